import Foundation
import Testing

/// A person's records are taken out of what three organisations made together, each with a ledger of its own. They hand
/// over files, and the status says at each step who is waited for.
struct RecordDeletionExchangeTests {
    @Test(arguments: ["isolated", "feedback"])
    func thePersonIsForgottenAcrossLedgers(topology: String) throws {
        let federation = try Federation(topology)
        let organisations = federation.organisations
        let old = try federation.currentModels()
        let plan = try federation.requestForBirch()
        #expect(try organisations.at("hub", "deletion", "status").contains("aggregator:"))

        var waited: Set<String> = []
        for _ in 0..<12 {
            let status = try organisations.at("hub", "deletion", "status")
            if status.contains("completed") { break }
            for name in ["birch", "delta"] where status.contains("\(name):") { waited.insert(name) }
            for name in ["hub"] + organisations.names { try organisations.at(name, "deletion", "execute", plan) }
            try organisations.exchange()
            try federation.handOver()
        }
        #expect(try organisations.at("hub", "deletion", "status").contains("completed"))
        // delta trains again only where its second round started from a model with the person in it.
        #expect(waited == (topology == "feedback" ? ["birch", "delta"] : ["birch"]))

        let new = try federation.currentModels()
        #expect(new.count == 2 && Set(new).isDisjoint(with: old))
        let replayed = try JSON(organisations.at("hub", "replay", "--json")).elements
        #expect(replayed.count == 2 && replayed.allSatisfy { $0["outcome"].text == "equal" })
        for name in organisations.names {
            let again = organisations.place.lethe("replay", "--retrain", "--ledger", name)
            #expect(!again.output.contains("differs") && again.output.contains("equal"), "\(name): \(again.errors)")
            try organisations.at(name, "check")
        }
        try organisations.at("hub", "check")
        if topology == "isolated" { try federation.repeatedByDelta() }
        // The person is gone, and does not come back.
        let request = ["deletion", "request", "--subject", "person-3", "--ledger", "birch"]
        expectRefusal(organisations.place.lethe(request), 1, naming: "person-3")
        let back = ["dataset", "register", "birch.tsv", "--ledger", "birch"]
        expectRefusal(organisations.place.lethe(back), 2, naming: "erased")
    }

    /// birch keeps its copies for a ground, and says so in a file that nobody has appended yet.
    @Test func whatWaitsInTheOutboxIsNotDoneAgain() throws {
        let federation = try Federation("isolated")
        let organisations = federation.organisations
        let plan = try federation.requestForBirch()
        let id = try #require(
            try JSON(organisations.at("hub", "deletion", "status", "--json")).elements.first?["deletion"].text)
        var said = ""
        for _ in 0..<8 {
            if try organisations.at("hub", "deletion", "status").contains("birch erases") { break }
            for name in ["hub", "birch"] { said = try organisations.at(name, "deletion", "execute", plan) }
            if said.contains("waits in") {
                #expect(!said.contains("to round-1 again"), "what birch has trained waits to be appended: \(said)")
            }
            try organisations.exchange()
            try federation.handOver()
        }
        #expect(try organisations.at("birch", "deletion", "status").contains("birch erases"))
        let kept = try organisations.at(
            "birch", "deletion", "attest", id, "--retained", "blobs=gdpr-17-3-b", "--until", "2096-01-01T00:00:00Z")
        #expect(kept.contains("blobs retained"), "\(kept)")
        let held = try organisations.at("birch", "check")
        let went = try organisations.at("birch", "deletion", "execute", plan)
        #expect(went.contains("waits in") && went.contains("blobs retained for gdpr-17-3-b"), "\(went)")
        #expect(try organisations.at("birch", "check") == held, "nothing that is kept was erased")
        #expect(!(try organisations.at("birch", "inbox").contains("birch erases and attests")))
        // Once that is ended, the words are those of the new event, not of the chain.
        let ended = try organisations.at("birch", "deletion", "attest", id)
        #expect(ended.contains("blobs deleted") && !ended.contains("retained"), "\(ended)")
    }
}

/// A hub, and two members that trained for two rounds.
private struct Federation {
    let organisations: Organisations
    private let rounds = ["round-1", "round-2"]

    init(_ topology: String) throws {
        organisations = try Organisations(["birch", "delta"], in: Workplace(), quorum: 1)
        try organisations.at("hub", "base", "register", "--embedded", "7")
        try organisations.exchange()
        try organisations.at("birch", "recipe", "new", "recipe.json", "--epochs", "1")
        for name in organisations.names {
            TrainingPilot.write(TrainingPilot.table(24, prefix: name), to: organisations.place.file("\(name).tsv"))
            try organisations.at(name, "dataset", "register", "\(name).tsv", "--shards", "2")
        }
        for round in rounds {
            try organisations.at("hub", "round", "open", round, "--topology", topology)
            try organisations.exchange()
            for name in organisations.names {
                try organisations.at(name, "train", round, "--dataset", "ds-", "--recipe", "recipe.json")
            }
            try organisations.exchange()
            try handOver()
            try organisations.at("hub", "round", "close", round)
            try organisations.at("hub", "model", "materialize", round)
            try organisations.exchange()
            try handOver()
        }
    }

    /// Every contribution that counts to the hub, every current model to the members, as directories.
    func handOver() throws {
        for row in try JSON(organisations.at("hub", "show", "rounds", "--json")).elements {
            for contribution in row["contributions"].elements where contribution["excludedBy"].isNull {
                let (member, adapter) = (contribution["member"].text ?? "", contribution["adapter"].text ?? "")
                try pass(["adapter", "export", adapter], named: adapter, from: member, to: ["hub"])
            }
            if let model = row["model"].text, let round = row["round"]["round"].text {
                try pass(["model", "export", round], named: model, from: "hub", to: organisations.names)
            }
        }
    }

    private func pass(_ export: [String], named digest: String, from giver: String, to takers: [String]) throws {
        let folder = "handed-\(digest.prefix(16))"
        guard !FileManager.default.fileExists(atPath: organisations.place.file(folder)) else { return }
        try organisations.place.done(export + [folder, "--ledger", giver])
        for taker in takers { try organisations.at(taker, "adapter", "import", folder) }
    }

    /// birch hands its records to delta, which trains again in a ledger of its own, and says so in a file.
    func repeatedByDelta() throws {
        let id =
            try JSON(organisations.at("hub", "deletion", "status", "--json")).elements.first?["deletion"].text ?? ""
        #expect(try organisations.at("delta", "inbox").contains("lethe deletion replay \(id) --data DIR --base DIR"))
        try organisations.at(
            "birch", "deletion", "export", id, "--to", "delta", "--kind", "member", "--output", "for-delta")
        let said = try organisations.at("delta", "deletion", "replay", id, "--data", "for-delta", "--embedded", "7")
        #expect(
            said.contains("contribution of birch  equal: ") && said.contains("the attestations wait in "), "\(said)")
        for row in try JSON(organisations.at("hub", "show", "rounds", "--json")).elements {
            for contribution in row["contributions"].elements where contribution["excludedBy"].isNull {
                let folder = "handed-\((contribution["adapter"].text ?? "").prefix(16))"
                try organisations.at("delta", "adapter", "import", folder)
            }
        }
        for round in rounds { try organisations.at("delta", "model", "attest", round) }
        try organisations.exchange()
        let status = try JSON(organisations.at("hub", "deletion", "status", "--json")).elements.first
        #expect(status?["grade"].number == 4 && status?["secondReplays"].elements.isEmpty == true)
        #expect(!(try organisations.at("delta", "inbox").contains("deletion replay")))
    }

    func currentModels() throws -> [String] {
        try JSON(organisations.at("hub", "show", "rounds", "--json")).elements.compactMap { $0["model"].text }
    }

    /// birch has two records of a person that have to go; returns the plan's digest.
    func requestForBirch() throws -> String {
        try organisations.at("birch", "deletion", "request", "--subject", "person-3", "--ground", "gdpr-17-1-b")
        try organisations.exchange()
        try organisations.at("birch", "deletion", "decide")
        try organisations.exchange()
        return try organisations.at("hub", "deletion", "plan", "--digest-only").trimmingCharacters(in: .newlines)
    }
}
