import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios around evaluations of adapters and interim measures.
enum BehaviourVectors {
    static func add(to set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        let model = skies.view.currentModel(of: RoundID("r1")!)!.model
        evaluations(skies, model, &set)
        try mitigations(skies, model, &set)
    }

    private static func evaluations(_ skies: Skies, _ model: ArtifactDigest, _ set: inout VectorSet) {
        func add(
            _ name: String, rule: String, _ comment: String, _ event: AdapterEvaluated,
            _ change: (inout AdapterEvaluated) -> Void = { _ in }
        ) {
            var event = event
            change(&event)
            set.add(name, rule: rule, comment, skies, .adapterEvaluated(event), by: Skies.air)
        }
        let accuracy = Skies.accuracy(of: model)
        add(
            "adapter-evaluation-of-a-stranger", rule: "unknownAdapter", "The chain names no such adapter.",
            Skies.accuracy(of: digest("no adapter")))
        add(
            "adapter-evaluation-for-no-deletion", rule: "unknownDeletion", "There is no such deletion.",
            Skies.accuracy(of: model, deletion: "del-9"))
        add(
            "adapter-evaluation-of-another-kind", rule: "measurementRefused", "The section is not the kind's.", accuracy
        ) {
            $0.kind = .membershipInference
        }
        add("adapter-evaluation-of-two-kinds", rule: "measurementRefused", "Two sections.", accuracy) {
            $0.membership = Skies.membership(of: model).membership
        }
        add("adapter-evaluation-on-nothing", rule: "measurementRefused", "An accuracy is on a data set.", accuracy) {
            $0.dataset = nil
        }
        add(
            "adapter-distance-on-a-data-set", rule: "measurementRefused", "A distance is not.",
            Skies.distance(of: model)
        ) {
            $0.dataset = Skies.dataset
        }
        add(
            "adapter-distance-of-equals", rule: "measurementRefused", "Equal bytes at a distance.",
            Skies.distance(of: model)
        ) {
            $0.distance!.greatestPPB = Count(1)!
        }
        add(
            "adapter-evaluation-interval-reversed", rule: "measurementRefused", "The interval ends before it begins.",
            Skies.membership(of: model)
        ) { $0.membership!.highPPM = PartsPerMillion(499_999)! }
        for (name, event) in [
            ("accuracy", accuracy), ("membership", Skies.membership(of: model)),
            ("distance", Skies.distance(of: model)),
        ] {
            set.add(
                "valid-\(name)-by-the-operator", "ok", "Any member may measure.", skies,
                skies.envelope(.adapterEvaluated(event), by: Skies.air))
        }
    }

    private static func mitigations(_ founded: Skies, _ model: ArtifactDigest, _ set: inout VectorSet) throws {
        var skies = founded
        let early = skies.mitigation("del-1", of: model)
        set.add(
            "mitigation-without-a-request", rule: "unknownDeletion", "Nobody asked for a deletion.", skies,
            .mitigationApplied(early), by: Skies.delta)
        try skies.say(.deletionRequested(skies.request("del-1", of: Skies.united)), by: Skies.united)
        func add(
            _ name: String, rule: String, _ comment: String, by author: MemberName = Skies.delta,
            _ change: (inout MitigationApplied) -> Void = { _ in }
        ) {
            var event = skies.mitigation("del-1", of: model)
            change(&event)
            set.add(name, rule: rule, comment, skies, .mitigationApplied(event), by: author)
        }
        add("mitigation-by-a-contributor", rule: "lacksRole", "Aggregators answer for models.", by: Skies.united)
        add("mitigation-of-no-model", rule: "unknownModel", "The chain has no such model.") {
            $0.model = digest("no model")
        }
        add("mitigation-that-changes-nothing", rule: "mitigationRefused", "It would serve the model itself.") {
            $0.adapter = model
        }
        let contribution = skies.view.contributions(to: RoundID("r1")!)[0]
        add("mitigation-by-a-contribution", rule: "mitigationRefused", "The tensors are a contribution's.") {
            $0.tensors = contribution.tensors
        }
        let start = skies.clock
        add("mitigation-that-ends-at-once", rule: "mitigationRefused", "It ends when it begins.") {
            $0.until = Timestamp(seconds: start)!
        }
        // The clock stands in November; three months on is within 92 days of it.
        add("mitigation-for-a-hundred-days", rule: "mitigationRefused", "More than three calendar months.") {
            $0.until = Timestamp(seconds: start + 100 * 86_400)!
        }
        set.add(
            "valid-mitigation", "ok", "Until tomorrow.", skies,
            skies.envelope(.mitigationApplied(skies.mitigation("del-1", of: model)), by: Skies.delta))
        try skies.say(.mitigationApplied(skies.mitigation("del-1", of: model)), by: Skies.delta)
        add("mitigation-again", rule: "mitigationRefused", "The adapter serves already.")
        try skies.openRound("r2")
        var commit = Skies.contribution(Skies.united, to: "r2")
        commit.adapter = digest("weakened del-1")
        set.add(
            "contribution-of-a-weakened-adapter", rule: "forgotten", "It descends from what is to be forgotten.", skies,
            .adapterCommitted(commit), by: Skies.united)
        try skies.say(
            .deletionDecided(
                DeletionDecided(decision: .refused, deletion: DeletionID("del-1")!, refusal: Skies.refusal)),
            by: Skies.united)
        add("mitigation-of-a-refused-deletion", rule: "deletionState", "The request was refused.")
    }
}
