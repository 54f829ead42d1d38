import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios around datasets, runs and erased records on a private chain.
enum DatasetVectors {
    static func add(to set: inout VectorSet) throws {
        try datasets(&set)
        try runs(&set)
        try parents(&set)
        try erasures(&set)
    }

    private static let origin = Skies.privateOrigin(of: Skies.united)

    /// united's private chain, which virgin reads, and an isolated and a feedback round.
    private static func prepared() throws -> Skies {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.openRound("f1", .feedback)
        try skies.openPrivateChain(of: Skies.united, readers: [Skies.virgin])
        return skies
    }

    private static func datasets(_ set: inout VectorSet) throws {
        var skies = try prepared()
        func add(
            _ name: String, rule: String, _ comment: String, _ event: DatasetRegistered,
            by author: MemberName = Skies.united
        ) {
            set.add(name, rule: rule, comment, skies, on: origin, .datasetRegistered(event), by: author)
        }
        add("dataset-by-a-reader", rule: "notTheMember", "The chain is united's.", Skies.dataset(), by: Skies.virgin)
        var empty = Skies.dataset()
        empty.records.count = Count(0)!
        add("dataset-of-nothing", rule: "listIsEmpty", "It has no records.", empty)
        set.add(
            "valid-dataset", "ok", "Ten records in two shards.", skies, on: origin,
            skies.envelope(.datasetRegistered(Skies.dataset()), by: Skies.united, on: origin))
        try skies.registerDataset(by: Skies.united)
        add("dataset-again", rule: "datasetExists", "The id is taken.", Skies.dataset())
        set.add(
            "dataset-in-public", rule: "wrongAudience", "Datasets are private.", skies,
            .datasetRegistered(Skies.dataset("ds-2")), by: Skies.united)
    }

    private static func runs(_ set: inout VectorSet) throws {
        var skies = try prepared()
        try skies.registerDataset(by: Skies.united)
        func add(
            _ name: String, rule: String, _ comment: String, by author: MemberName = Skies.united, _ run: ShardTrained
        ) {
            set.add(name, rule: rule, comment, skies, on: origin, .shardTrained(run), by: author)
        }
        add("run-by-a-reader", rule: "notTheMember", "The chain is united's.", by: Skies.virgin, Skies.run(for: "r1"))
        add("run-on-no-dataset", rule: "unknownDataset", "There is no such dataset.", Skies.run("ds-9", for: "r1"))
        add("run-on-no-shard", rule: "unknownShard", "It has the shards 0 and 1.", Skies.run(shard: 2, for: "r1"))
        add("run-for-no-round", rule: "unknownRound", "There is no such round.", Skies.run(for: "r9"))
        var run = Skies.run(for: "r1")
        run.base = digest("another base")
        add("run-on-another-base", rule: "baseDiffers", "The round is about another base.", run)
        run = Skies.run(for: "r1")
        run.records.count = Count(0)!
        add("run-on-nothing", rule: "listIsEmpty", "It used no records.", run)
        run.records.count = Count(11)!
        add("run-on-more-than-there-is", rule: "recordsForgotten", "The dataset has ten records.", run)
        run = Skies.run(for: "r1")
        run.trainer.versions = TrainerText("torch 2.13.0")!
        add(
            "run-by-a-trainer-of-both-kinds", rule: "trainerMalformed", "The built-in trainer has no such versions.",
            run)
        set.add(
            "valid-run", "ok", "Five records of the first shard.", skies, on: origin,
            skies.envelope(.shardTrained(Skies.run(for: "r1")), by: Skies.united, on: origin))
        try skies.train(Skies.run(for: "r1"), by: Skies.united)
        add(
            "run-again", rule: "runExists", "Repeating a run of the built-in trainer shows nothing.",
            Skies.run(for: "r1"))
        var external = Skies.run(shard: 1, for: "r1")
        external.trainer = Skies.externalTrainer
        try skies.train(external, by: Skies.united)
        set.add(
            "valid-run-reproduced", "ok", "An external run was repeated with the same bytes.", skies, on: origin,
            skies.envelope(.shardTrained(external), by: Skies.united, on: origin))
    }

    private static func parents(_ set: inout VectorSet) throws {
        var skies = try prepared()
        try skies.registerDataset(by: Skies.united)
        let first = Skies.run(for: "r1")
        try skies.train(first, by: Skies.united)
        try skies.openRound("r2")
        func add(_ name: String, rule: String, _ comment: String, _ run: ShardTrained) {
            set.add(name, rule: rule, comment, skies, on: origin, .shardTrained(run), by: Skies.united)
        }
        add(
            "run-from-nowhere", rule: "unknownParent", "No run on this shard gave such an adapter.",
            Skies.run(for: "r2", parent: digest("elsewhere")))
        add(
            "run-from-another-shard", rule: "unknownParent", "The parent is of shard 0.",
            Skies.run(shard: 1, for: "r2", parent: first.adapter))
        add(
            "run-from-its-own-round", rule: "unknownParent", "The parent is of the same round.",
            Skies.run(for: "r1", parent: first.adapter, label: "once more"))
        add(
            "run-from-no-model", rule: "unknownParent", "Feedback rounds start from models.",
            Skies.run(for: "f1", parent: first.adapter))
        set.add(
            "valid-run-of-a-second-round", "ok", "It goes on from the shard's own adapter.", skies, on: origin,
            skies.envelope(
                .shardTrained(Skies.run(for: "r2", parent: first.adapter)), by: Skies.united, on: origin))
        try skies.train(Skies.run(for: "r1", plan: digest("plan"), label: "without"), by: Skies.united)
        add(
            "run-from-a-replaced-one", rule: "forgotten", "The parent was replaced under a plan.",
            Skies.run(for: "r2", parent: first.adapter))
    }

    private static func erasures(_ set: inout VectorSet) throws {
        var skies = try prepared()
        try skies.registerDataset(by: Skies.united)
        func add(
            _ name: String, rule: String, _ comment: String, by author: MemberName = Skies.united, _ event: RecordErased
        ) {
            set.add(name, rule: rule, comment, skies, on: origin, .recordErased(event), by: author)
        }
        add(
            "record-erasure-by-a-reader", rule: "notTheMember", "The chain is united's.", by: Skies.virgin,
            Skies.erasure("a"))
        add(
            "record-erasure-of-no-dataset", rule: "unknownDataset", "There is no such dataset.",
            Skies.erasure("a", of: "ds-9"))
        add(
            "record-erasure-of-no-record", rule: "listIsEmpty", "A dataset without records.",
            RecordErased(bodies: [], records: [ErasedRecords(dataset: DatasetID("ds-1")!, records: [])]))
        set.add(
            "valid-record-erasure", "ok", "Two records are gone.", skies, on: origin,
            skies.envelope(.recordErased(Skies.erasure("a", "b")), by: Skies.united, on: origin))
        try skies.say(.recordErased(Skies.erasure("a", "b", "c", "d", "e", "f")), by: Skies.united, on: origin)
        add("record-erasure-again", rule: "recordAlreadyErased", "It is gone already.", Skies.erasure("a"))
        add(
            "record-erasure-of-more-than-there-is", rule: "recordsForgotten", "Four records are left.",
            Skies.erasure("g", "h", "i", "j", "k"))
        set.add(
            "run-on-erased-records", rule: "recordsForgotten", "Four records are left, it used five.", skies,
            on: origin,
            .shardTrained(Skies.run(for: "r1")), by: Skies.united)
    }
}
