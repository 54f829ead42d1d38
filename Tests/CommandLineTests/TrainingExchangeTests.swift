import Foundation
import Testing

/// Members with ledgers of their own train, exchange files, and go on from what the topology says; a reader of a private
/// chain sees runs and no rows.
struct TrainingExchangeTests {
    @Test func twoMembersTrainOverTwoRounds() throws {
        let organisations = try Organisations(["birch", "delta"], in: Workplace(), quorum: 1)
        let place = organisations.place
        try organisations.at("hub", "base", "register", "--embedded", "7")
        try organisations.at("hub", "round", "open", "round-1", "--topology", "feedback")
        try organisations.exchange()
        try organisations.at("birch", "recipe", "new", "recipe.json", "--epochs", "1")
        for name in organisations.names {
            TrainingPilot.write(TrainingPilot.table(30, prefix: name), to: place.file("\(name).tsv"))
            try organisations.at(name, "dataset", "register", "\(name).tsv", "--shards", "2")
        }
        try round("round-1", organisations)
        // In a feedback round the model is needed to start from: without it nothing is trained.
        try organisations.at("hub", "round", "open", "round-2", "--topology", "feedback")
        try organisations.exchange()
        let train = ["train", "round-2", "--dataset", "ds-", "--recipe", "recipe.json", "--ledger", "birch"]
        expectRefusal(place.lethe(train), 2, naming: "starts from")
        try organisations.at("hub", "model", "export", "round-1", "model-1")
        for name in organisations.names { try organisations.at(name, "adapter", "import", "model-1") }
        try round("round-2", organisations)
        for name in organisations.names {
            let replay = try JSON(organisations.at(name, "replay", "--retrain", "--json"))
            let lines = replay["runs"].elements + replay["contributions"].elements
            #expect(lines.count == 6 && lines.allSatisfy { $0["outcome"].text == "equal" })
            try organisations.at(name, "check")
        }
        try organisations.at("hub", "check")
        try organisations.at("hub", "replay")
    }

    /// Both train for an open round; the hub merges.
    private func round(_ round: String, _ organisations: Organisations) throws {
        var adapters: [String: String] = [:]
        for name in organisations.names {
            let answer = try JSON(
                organisations.at(name, "train", round, "--dataset", "ds-", "--recipe", "recipe.json", "--json"))
            adapters[name] = answer["adapter"].text
        }
        try organisations.exchange()
        for name in organisations.names {
            let folder = "\(round)-\(name)"
            try organisations.at(name, "adapter", "export", try #require(adapters[name]), folder)
            try organisations.at("hub", "adapter", "import", folder)
        }
        try organisations.at("hub", "round", "close", round)
        try organisations.at("hub", "model", "materialize", round)
        try organisations.exchange()
    }

    @Test func aReaderSeesRunsAndNoRows() throws {
        let place = Workplace()
        for name in ["birch", "delta"] {
            try place.done("init", "--ledger", name, "--consortium", "skies.example", "--member", name, "--join")
        }
        try place.done(
            "init", "--ledger", "hub", "--consortium", "skies.example", "--member", "hub:operator,aggregator,witness",
            "--card", "birch/birch.card.json", "--card", "delta/delta.card.json")
        try place.done("trust", "--quorum", "1", "--without", "hub", "--output", "trust.policy", "--ledger", "hub")
        func exchange() throws {
            let outbox = "delta/outbox/skies.example-public.jsonl"
            if FileManager.default.fileExists(atPath: place.file(outbox)) {
                try place.done("append", outbox, "--ledger", "hub")
            }
            try place.done("chain", "export", "--output", "public.chain", "--ledger", "hub")
            for name in ["birch", "delta"] {
                try place.done("chain", "import", "public.chain", "--trust", "trust.policy", "--ledger", name)
            }
        }
        try exchange()
        try place.done("base", "register", "--embedded", "7", "--ledger", "hub")
        try place.done("round", "open", "round-1", "--ledger", "hub")
        for _ in 0..<2 {
            try place.done("chain", "open", "--ledger", "delta", "--reader", "birch")
            try exchange()
        }
        try place.done("recipe", "new", "recipe.json", "--ledger", "delta")
        TrainingPilot.write(TrainingPilot.table(20), to: place.file("rows.tsv"))
        try place.done("dataset", "register", "rows.tsv", "--shards", "2", "--ledger", "delta")
        try place.done("train", "round-1", "--dataset", "ds-", "--recipe", "recipe.json", "--ledger", "delta")
        try exchange()
        try place.done("chain", "export", "skies.example/delta", "--output", "delta.chain", "--ledger", "delta")
        try place.done("chain", "import", "delta.chain", "--ledger", "birch")
        let row = try #require(try JSON(place.done("show", "datasets", "--json", "--ledger", "birch")).elements.first)
        #expect(row["records"].number == 20 && row["name"].text == "rows.tsv" && row["runs"].number == 2)
        #expect(try place.done("show", "datasets", "--ledger", "birch").contains("elsewhere"))
        try place.done("check", "--ledger", "birch")
        let replay = place.lethe("replay", "--retrain", "--ledger", "birch")
        #expect(replay.status == 2 && replay.output.contains("not run: its records are not held here"))
        let file = try #require(FileManager.default.contents(atPath: place.file("delta.chain")))
        for needle in ["row-3", "person-1", "flight"] { #expect(file.range(of: Data(needle.utf8)) == nil) }
    }
}
