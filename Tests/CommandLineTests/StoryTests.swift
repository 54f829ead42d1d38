import Foundation
import Testing

/// The whole story of the ledger, told by separate organisations which exchange nothing but files.
struct StoryTests {
    /// Merged and re-merged models against rational arithmetic that shares no code with the product.
    private func expectMean(
        _ place: Workplace, _ model: String, of contributions: [(directory: String, samples: Int)],
        at location: SourceLocation = #_sourceLocation
    ) {
        guard Places.havePython else {
            return print("skipped: no python3 for the oracle of \(model)")
        }
        let arguments = contributions.flatMap { [$0.directory, "\($0.samples)"] }
        let outcome = place.run(["/usr/bin/python3", Places.oracle, "mean", model] + arguments)
        #expect(outcome.status == 0, "\(model): \(outcome.output)\(outcome.errors)", sourceLocation: location)
        #expect(outcome.output.hasPrefix("ok "), sourceLocation: location)
    }

    private func expectLoads(_ place: Workplace, _ model: String) {
        guard Places.haveSafetensors else {
            return print("skipped: no safetensors for \(Places.python) to load \(model) with")
        }
        let script = "import sys, safetensors.numpy as s; print(len(s.load_file(sys.argv[1])))"
        let outcome = place.run(["/usr/bin/env", Places.python, "-c", script, "\(model)/adapter_model.safetensors"])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    /// Rounds of adapters by organisation, as directories and numbers of samples.
    private typealias Rounds = [[String: (directory: String, samples: Int)]]

    private func contributions(
        _ round: [String: (directory: String, samples: Int)], without: String? = nil
    ) -> [(directory: String, samples: Int)] {
        round.filter { $0.key != without }.sorted { $0.key < $1.key }.map(\.value)
    }

    private func smallRounds(_ names: [String], in place: Workplace) -> Rounds {
        (1...2).map { number in
            Dictionary(
                uniqueKeysWithValues: names.enumerated().map { position, name in
                    let directory = place.file("adapters/round-\(number)/\(name)")
                    SmallAdapter(seed: UInt64(100 * number + position)).write(to: directory)
                    return (name, (directory, 100 + 37 * position))
                })
        }
    }

    private struct Samples: Decodable { let num_samples: Int }

    private func airlineRounds(_ set: String) throws -> Rounds {
        let files = FileManager.default
        return try (1...3).map { number in
            let folder = "\(Places.airline)/\(set)/round-\(number)"
            return Dictionary(
                uniqueKeysWithValues: try files.contentsOfDirectory(atPath: folder).sorted().map { name in
                    let url = URL(fileURLWithPath: "\(folder)/\(name)/contribution.json")
                    let samples = try JSONDecoder().decode(Samples.self, from: Data(contentsOf: url))
                    return (name, ("\(folder)/\(name)", samples.num_samples))
                })
        }
    }

    @Test func rebuildsEveryModelOfIsolatedRoundsWithoutTheOrganisationThatLeaves() throws {
        let place = Workplace()
        let names = ["alder", "birch", "delta"]
        try tellIsolated(place, names, smallRounds(names, in: place))
    }

    @Test(.enabled(if: Places.haveAirline, "no adapters at ../shared/data/peft-minilm-airline"))
    func rebuildsEveryModelOfTheAirlinesIsolatedRounds() throws {
        let rounds = try airlineRounds("isolated")
        try tellIsolated(Workplace(), rounds[0].keys.sorted(), rounds)
    }

    @Test func withdrawsTheModelsOfFeedbackRoundsAndClaimsNoExactGrade() throws {
        let place = Workplace()
        let names = ["alder", "birch", "delta"]
        try tellFeedback(place, names, smallRounds(names, in: place))
    }

    @Test(.enabled(if: Places.haveAirline, "no adapters at ../shared/data/peft-minilm-airline"))
    func withdrawsTheModelsOfTheAirlinesFeedbackRounds() throws {
        let rounds = try airlineRounds("feedback")
        try tellFeedback(Workplace(), rounds[0].keys.sorted(), rounds)
    }

    // MARK: Isolated

    private func tellIsolated(_ place: Workplace, _ names: [String], _ rounds: Rounds) throws {
        let organisations = try Organisations(names, in: place)
        try organisations.at(
            "hub", "base", "register", "sentence-transformers/all-MiniLM-L6-v2", "--digest", Organisations.baseDigest)
        for (number, round) in rounds.enumerated() {
            try organisations.round("round-\(number + 1)", topology: "isolated", round)
            let model = "before-\(number + 1)"
            try organisations.at("hub", "model", "export", "round-\(number + 1)", model)
            expectMean(place, model, of: contributions(round))
            expectLoads(place, model)
        }
        try organisations.exchange()
        try lookAtLineage(organisations, rounds.count)
        let (deletion, plan) = try organisations.requestDeletion(of: "delta", reason: "the contract has ended")
        try expectPlan(organisations, deletion, rounds.count)
        try organisations.execute(plan) { try attest(organisations, rounds) }
        try expectRebuilt(organisations, rounds)
        try certify(organisations, deletion, rounds)
    }

    private func lookAtLineage(_ organisations: Organisations, _ rounds: Int) throws {
        let place = organisations.place
        let lineage = try JSON(organisations.at("hub", "model", "lineage", "before-\(rounds)", "--json"))
        #expect(lineage["kind"].text == "model")
        #expect(lineage["nodes"].elements.count == 1 + rounds * organisations.names.count)
        #expect(lineage["nodes"].elements.allSatisfy { $0["proof"].text?.contains("in checkpoint") ?? false })
        // A file that no event names is a no.
        SmallAdapter(seed: 999).write(to: place.file("stranger"))
        let unknown = place.lethe("model", "lineage", "stranger", "--ledger", "hub")
        expectRefusal(unknown, 1, naming: "stranger")
    }

    private func expectPlan(_ organisations: Organisations, _ deletion: String, _ rounds: Int) throws {
        let plan = try JSON(organisations.at("hub", "deletion", "plan", deletion, "--json"))["plan"]
        #expect(plan["excluded"].elements.count == rounds)
        #expect(plan["models"].elements.count == rounds)
        #expect(plan["models"].elements.allSatisfy { $0["outcome"].text == "rematerialized" })
        #expect(plan["descendants"].elements.isEmpty)
        // Anybody who has the chain derives the same plan.
        let other = try JSON(organisations.at(organisations.second, "deletion", "plan", deletion, "--json"))["plan"]
        #expect(other.canonical == plan.canonical)
    }

    /// Another organisation gets the adapters that stay, merges them itself, and confirms equal bytes.
    private func attest(_ organisations: Organisations, _ rounds: Rounds) throws {
        let second = organisations.second
        for (number, round) in rounds.enumerated() {
            for (directory, _) in contributions(round, without: "delta") {
                try organisations.at(second, "adapter", "import", directory)
            }
            try organisations.at(second, "model", "attest", "round-\(number + 1)")
        }
        try organisations.exchange()
    }

    private func expectRebuilt(_ organisations: Organisations, _ rounds: Rounds) throws {
        let place = organisations.place
        for (number, round) in rounds.enumerated() {
            let model = "after-\(number + 1)"
            try organisations.at("hub", "model", "export", "round-\(number + 1)", model)
            expectMean(place, model, of: contributions(round, without: "delta"))
            expectLoads(place, model)
            #expect(place.lethe("adapter", "diff", "before-\(number + 1)", model).status == 1)
            // What was forgotten may not come back.
            let old = try #require(round["delta"]).directory
            expectRefusal(place.lethe("adapter", "import", old, "--ledger", "hub"), 1, naming: "deleted")
            let stale = place.lethe("adapter", "import", "before-\(number + 1)", "--ledger", organisations.second)
            expectRefusal(stale, 1, naming: "may not come back")
        }
        let replayed = try JSON(organisations.at("hub", "replay", "--json"))
        #expect(replayed.elements.count == rounds.count)
        #expect(replayed.elements.allSatisfy { $0["outcome"].text == "equal" })
        for name in ["hub"] + organisations.names { try organisations.at(name, "check") }
    }

    private func certify(_ organisations: Organisations, _ deletion: String, _ rounds: Rounds) throws {
        let place = organisations.place
        try organisations.cosign()
        try organisations.at(
            "hub", "deletion", "certify", deletion, "--output", "certificate.json", "--trust", "trust.policy",
            "--report", "report.html")
        try organisations.exchange()
        try organisations.at(
            organisations.second, "deletion", "countersign", "certificate.json", "--trust", "trust.policy")
        try expectVerifiesAlone(organisations, rounds)
        let status = try JSON(organisations.at("delta", "deletion", "status", "--json"))
        #expect(status.elements.map { $0["state"].text } == ["certified"])
        for name in ["hub"] + organisations.names { try organisations.at(name, "check") }
        #expect(FileManager.default.fileExists(atPath: place.file("report.html")))
    }

    /// A regulator's empty directory: the certificate, the policy, nothing else.
    private func expectVerifiesAlone(_ organisations: Organisations, _ rounds: Rounds) throws {
        let (place, regulator) = (organisations.place, Workplace())
        try organisations.cosign()
        try organisations.at("hub", "prove", "3", "--output", "event.tlog-proof")
        for file in ["certificate.json", "trust.policy", "event.tlog-proof"] {
            try FileManager.default.copyItem(atPath: place.file(file), toPath: regulator.file(file))
        }
        let said = try regulator.done("verify", "certificate.json", "--trust", "trust.policy")
        #expect(said.contains("grade A4") && said.contains("proved") && said.contains("not claimed"))
        let verdict = try JSON(regulator.done("verify", "certificate.json", "--trust", "trust.policy", "--json"))
        #expect(verdict["holds"].number == 1)
        #expect(verdict["grade"].text == "A4")
        for (number, round) in rounds.enumerated() {
            for (name, adapter) in round where name != "delta" {
                let to = regulator.file("adapters/\(number)/\(name)")
                try FileManager.default.createDirectory(
                    atPath: regulator.file("adapters/\(number)"), withIntermediateDirectories: true)
                try FileManager.default.copyItem(atPath: adapter.directory, toPath: to)
            }
        }
        let recomputed = try regulator.done(
            "verify", "certificate.json", "--trust", "trust.policy", "--adapters", "adapters")
        #expect(recomputed.components(separatedBy: "reproduced ").count == rounds.count + 1, "\(recomputed)")
        let proof = try regulator.done("verify", "event.tlog-proof", "--trust", "trust.policy")
        #expect(proof.hasPrefix("proved   event 3 of skies.example/public"))
        try expectRefusesForgeries(regulator)
    }

    private func expectRefusesForgeries(_ regulator: Workplace) throws {
        let text = try String(contentsOfFile: regulator.file("certificate.json"), encoding: .utf8)
        // One character in the middle of the certificate's own payload.
        var forged = Array(text.utf8)
        let position = forged.count - forged.count / 3
        forged[position] = forged[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        try Data(forged).write(to: URL(fileURLWithPath: regulator.file("forged.json")))
        let outcome = regulator.lethe("verify", "forged.json", "--trust", "trust.policy")
        #expect(outcome.status == 1 || outcome.status == 2, "\(outcome.output)")
        #expect(outcome.errors.contains("lethe: error: forged.json"))
        // A policy that wants every witness, the hub's log of another consortium.
        let policy = try String(contentsOfFile: regulator.file("trust.policy"), encoding: .utf8)
        let other = policy.replacingOccurrences(of: "skies.example/public+", with: "seas.example/public+")
        try Data(other.utf8).write(to: URL(fileURLWithPath: regulator.file("other.policy")))
        #expect(regulator.lethe("verify", "certificate.json", "--trust", "other.policy").status != 0)
    }

    // MARK: Feedback

    private func tellFeedback(_ place: Workplace, _ names: [String], _ rounds: Rounds) throws {
        let organisations = try Organisations(names, in: place)
        try organisations.at(
            "hub", "base", "register", "sentence-transformers/all-MiniLM-L6-v2", "--digest", Organisations.baseDigest)
        for (number, round) in rounds.enumerated() {
            try organisations.round("round-\(number + 1)", topology: "feedback", round)
            try organisations.at("hub", "model", "export", "round-\(number + 1)", "before-\(number + 1)")
            expectMean(place, "before-\(number + 1)", of: contributions(round))
        }
        try organisations.exchange()
        let (deletion, plan) = try organisations.requestDeletion(of: "delta", reason: "the contract has ended")
        try expectFeedbackPlan(organisations, deletion, rounds.count)
        try organisations.execute(plan)
        try expectWithdrawn(organisations, deletion, rounds.count)
    }

    private func expectFeedbackPlan(_ organisations: Organisations, _ deletion: String, _ rounds: Int) throws {
        let plan = try JSON(organisations.at("hub", "deletion", "plan", deletion, "--json"))["plan"]
        #expect(plan["excluded"].elements.count == rounds)
        // Everybody else's contributions after the first round start from a model with delta's in it.
        #expect(plan["descendants"].elements.count == (rounds - 1) * (organisations.names.count - 1))
        let outcomes = plan["models"].elements.map { $0["outcome"].text }
        #expect(outcomes == ["rematerialized"] + Array(repeating: "withdrawn", count: rounds - 1))
        let events = try JSON(organisations.at("hub", "show", "events", "--json")).elements
        let later = events.filter { event in
            plan["descendants"].elements.contains { $0.text == event["event"].text }
        }
        #expect(later.allSatisfy { $0["type"].text == "adapter-committed" && $0["author"].text != "delta" })
        #expect(later.count == plan["descendants"].elements.count)
    }

    private func expectWithdrawn(_ organisations: Organisations, _ deletion: String, _ rounds: Int) throws {
        let place = organisations.place
        for number in 2...rounds {
            let outcome = place.lethe("model", "export", "round-\(number)", "recalled", "--ledger", "hub")
            expectRefusal(outcome, 1, naming: "recalled")
            #expect(!FileManager.default.fileExists(atPath: place.file("recalled")))
        }
        try organisations.cosign()
        let said = try organisations.at("hub", "deletion", "certify", deletion, "--output", "status.json")
        #expect(said.contains("statement of status") && said.contains("grade A2"))
        let verdict = try JSON(place.done("verify", "status.json", "--trust", "trust.policy", "--json"))
        #expect(["A0", "A1", "A2"].contains(verdict["grade"].text))
        try organisations.exchange()
        for name in ["hub"] + organisations.names { try organisations.at(name, "check") }
    }
}

extension Organisations {
    /// Some organisation that stays.
    var second: String { names.first { $0 != "delta" }! }
}
