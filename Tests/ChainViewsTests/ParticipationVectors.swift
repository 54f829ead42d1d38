import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios around policies, decisions, evaluations and rewards.
enum ParticipationVectors {
    static func add(to set: inout VectorSet) throws {
        try policies(&set)
        try decisions(&set)
        try contributions(&set)
        try explanations(&set)
        try evaluations(&set)
        try settlements(&set)
        try corrections(&set)
        try withdrawals(&set)
    }

    private static func policies(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let event = Event.policyAdopted(Skies.policy(.agentPolicy))
        set.add(
            "policy-by-one", rule: "tooFewSignatures", "A policy takes the charter's threshold.", skies, event,
            by: Skies.delta)
        let spaced = PolicyAdopted(document: PolicyText(#"{"format": "lethe/agent-policy/v1"}"#)!, kind: .agentPolicy)
        set.add(
            "policy-with-a-space", rule: "policyMalformed", "The text is not canonical JSON.", skies,
            .policyAdopted(spaced), by: Skies.delta, with: [Skies.united])
        try skies.say(event, by: Skies.delta, with: [Skies.united])
        set.add(
            "policy-again", rule: "policyExists", "The same text was adopted before.", skies, event, by: Skies.delta,
            with: [Skies.united])
    }

    private static func decisions(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r0")
        func add(_ name: String, rule: String, _ comment: String, _ event: ParticipationDecided, by author: MemberName)
        {
            set.add(name, rule: rule, comment, skies, .participationDecided(event), by: author)
        }
        add(
            "decision-without-a-policy", rule: "noPolicy", "No policy was in force when the round was opened.",
            skies.decision(Skies.united, "r0"), by: Skies.united)
        try skies.adoptPolicies()
        add(
            "decision-under-a-later-policy", rule: "noPolicy", "The policy came after the round's opening.",
            skies.decision(Skies.united, "r0"), by: Skies.united)
        try skies.openRound("r1")
        add(
            "decision-by-the-operator", rule: "lacksRole", "Contributors decide.", skies.decision(Skies.air, "r1"),
            by: Skies.air)
        add(
            "decision-about-no-round", rule: "unknownRound", "There is no such round.",
            skies.decision(Skies.united, "r9"),
            by: Skies.united)
        var other = skies.decision(Skies.united, "r1")
        other.policy = digest("another policy")
        add(
            "decision-under-another-policy", rule: "policyDiffers", "The round is held by another policy.", other,
            by: Skies.united)
        try skies.decide(Skies.united, "r1", out: true)
        add(
            "decision-twice", rule: "alreadyDecided", "One decision of a member about a round.",
            skies.decision(Skies.united, "r1", explanation: "second thoughts"), by: Skies.united)
        add(
            "decision-with-anothers-explanation", rule: "explanationReused", "The explanation is cited already.",
            skies.decision(Skies.virgin, "r1", explanation: "united/r1"), by: Skies.virgin)
        try skies.close("r1")
        add(
            "decision-after-the-close", rule: "roundClosed", "The round is closed; all had stayed out.",
            skies.decision(Skies.virgin, "r1"), by: Skies.virgin)
    }

    private static func contributions(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.adoptPolicies()
        try skies.openRound("r1")
        let event = Event.adapterCommitted(Skies.contribution(Skies.united, to: "r1"))
        set.add(
            "contribution-without-decision", rule: "notDecided", "No decision, no contribution.", skies, event,
            by: Skies.united)
        try skies.decide(Skies.united, "r1", out: true)
        set.add(
            "contribution-after-staying-out", rule: "stayedOut", "It decided to stay out.", skies, event,
            by: Skies.united)
    }

    private static func explanations(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.openPrivateChain(of: Skies.united, readers: [Skies.virgin])
        let origin = Skies.privateOrigin(of: Skies.united)
        let explained = Event.decisionExplained(DecisionExplained(round: RoundID("r1")!))
        set.add(
            "explanation-by-a-reader", rule: "notTheMember", "The chain is united's.", skies, on: origin, explained,
            by: Skies.virgin)
        let allocated = Event.resourcesAllocated(ResourcesAllocated(rounds: Quantity(10)!))
        set.add(
            "resources-by-a-reader", rule: "notTheMember", "The chain is united's.", skies, on: origin, allocated,
            by: Skies.virgin)
        set.add(
            "explanation-of-no-round", rule: "unknownRound", "There is no such round.", skies, on: origin,
            .decisionExplained(DecisionExplained(round: RoundID("r9")!)), by: Skies.united)
        try skies.say(explained, by: Skies.united, on: origin)
        set.add(
            "explanation-twice", rule: "alreadyDecided", "One round, one seed, one decision.", skies, on: origin,
            explained,
            by: Skies.united)
    }

    private static func evaluations(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        func add(
            _ name: String, rule: String, _ comment: String, by author: MemberName = Skies.delta,
            _ event: EvaluationRecorded
        ) {
            set.add(name, rule: rule, comment, skies, .evaluationRecorded(event), by: author)
        }
        add(
            "evaluation-by-a-contributor", rule: "lacksRole", "Aggregators record evaluations.", by: Skies.united,
            skies.evaluation("r1"))
        var event = skies.evaluation("r1")
        event.contributions.reverse()
        add("evaluation-out-of-order", rule: "evaluationRefused", "The contributions are not in chain order.", event)
        event = skies.evaluation("r1", [Skies.united])
        event.contributions.append(digest("no contribution"))
        add("evaluation-of-a-stranger", rule: "evaluationRefused", "One of the events is no contribution.", event)
        event = skies.evaluation("r1")
        event.model = nil
        add("evaluation-without-model", rule: "evaluationRefused", "Contributions are named and no model.", event)
        event.model = digest("another model")
        add("evaluation-of-another-model", rule: "unknownModel", "All contributions give the round's model.", event)
        event = skies.evaluation("r1", [])
        event.model = digest("another model")
        add("evaluation-of-an-unknown-start", rule: "unknownModel", "No model of the chain is the start.", event)
        try skies.evaluate("r1")
        add(
            "evaluation-again", rule: "evaluationRefused", "The model was evaluated on this data set.",
            skies.evaluation("r1", ppm: 1))
        try skies.openRound("r2")
        add("evaluation-of-an-open-round", rule: "roundOpen", "The round is still open.", skies.evaluation("r2", []))
    }

    private static func settlements(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.runRound("r0", .isolated, [Skies.united])
        try skies.evaluate("r0")
        func add(
            _ name: String, rule: String, _ comment: String, _ round: String = "r1",
            by author: MemberName = Skies.delta,
            _ change: (inout RewardSettled) -> Void = { _ in }
        ) {
            var event = skies.settlement(round)
            change(&event)
            set.add(name, rule: rule, comment, skies, .rewardSettled(event), by: author)
        }
        add("reward-without-rules", rule: "noPolicy", "No rules were in force when the round was opened.", "r0")
        try skies.adoptPolicies()
        try skies.runDecidedRound("r1")
        add("reward-by-a-contributor", rule: "lacksRole", "Aggregators settle.", by: Skies.united)
        add("reward-under-other-rules", rule: "policyDiffers", "The round is held by other rules.") {
            $0.rules = digest("other")
        }
        add("reward-for-another-model", rule: "notCurrent", "The round has another model.") {
            $0.model = digest("other")
        }
        add("reward-that-corrects-nothing", rule: "correctsNothing", "Nothing was settled yet.") {
            $0.corrects = digest("x")
        }
        add("reward-for-fewer-members", rule: "settlementDiffers", "virgin contributed and has no line.") {
            $0.lines.removeLast()
        }
        add("reward-lines-out-of-order", rule: "settlementDiffers", "Lines ascend by member.") { $0.lines.reverse() }
        add("reward-below-zero", rule: "settlementDiffers", "Nobody is left owing.") {
            $0.lines[0] = Skies.line(Skies.united, share: -1)
        }
        add("reward-for-another-improvement", rule: "settlementDiffers", "No evaluations give this improvement.") {
            $0.improvementPPB = PartsPerBillion(99_999_000)!
        }
        add("reward-on-another-data-set", rule: "settlementDiffers", "Nothing was evaluated on it.") {
            $0.measure.dataset = digest("another data set")
        }
        add("reward-sampled-without-seed", rule: "settlementDiffers", "Sampled values have a seed.") {
            $0.measure.method = .sampledShapley
        }
        try skies.say(.rewardSettled(skies.settlement("r1")), by: Skies.delta)
        add("reward-again", rule: "alreadySettled", "The rewards are settled; only a correction may follow.")
        let first = skies.view.rewards[RoundID("r1")!]!.first.event
        add("correction-without-need", rule: "alreadySettled", "The round has the model that was settled.") {
            $0.corrects = first
        }
        try skies.openRound("r2")
        try skies.decide(Skies.united, "r2")
        try skies.commit(Skies.united, to: "r2")
        add("reward-of-an-open-round", rule: "roundOpen", "The round is still open.", "r2")
        try skies.close("r2")
        add("reward-before-the-model", rule: "settlementDiffers", "The round has no model yet.", "r2")
    }

    private static func corrections(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.adoptPolicies()
        try skies.runDecidedRound("r1")
        let first = try skies.say(.rewardSettled(skies.settlement("r1")), by: Skies.delta)
        try skies.accept("del-1", of: Skies.virgin)
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        var event = skies.settlement("r1")
        (event.corrects, event.model) = (first, nil)
        set.add(
            "correction-while-suppressed", rule: "notCurrent", "The deletion is not carried out.", skies,
            .rewardSettled(event), by: Skies.delta)
        try skies.rebuild(plan)
        try skies.completeRematerialization(plan)
        try skies.evaluate("r1", ppm: 550_000)
        var correction = skies.settlement("r1", ppm: 550_000)
        correction.corrects = first
        correction.lines = [Skies.line(Skies.united, share: 500), Skies.line(Skies.virgin, share: -1_000)]
        func add(_ name: String, rule: String, _ comment: String, _ change: (inout RewardSettled) -> Void) {
            var event = correction
            change(&event)
            set.add(name, rule: rule, comment, skies, .rewardSettled(event), by: Skies.delta)
        }
        add("correction-that-names-nothing", rule: "alreadySettled", "It does not say what it corrects.") {
            $0.corrects = nil
        }
        add("correction-of-another-event", rule: "correctsNothing", "It names another event.") {
            $0.corrects = digest("x")
        }
        add("correction-that-leaves-a-reward", rule: "settlementDiffers", "virgin is excluded and keeps 1.") {
            $0.lines[1] = Skies.line(Skies.virgin, share: -999)
        }
        add("correction-that-takes-too-much", rule: "settlementDiffers", "united would owe 1.") {
            $0.lines[0] = Skies.line(Skies.united, share: -1_001)
        }
        add("correction-for-a-stranger", rule: "settlementDiffers", "swiss was never settled.") {
            $0.lines.insert(Skies.line(Skies.swiss, share: 1), at: 0)
        }
        set.add(
            "valid-correction", "ok", "united gets more, virgin nothing.", skies,
            skies.envelope(.rewardSettled(correction), by: Skies.delta))
    }

    private static func withdrawals(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.adoptPolicies()
        try skies.openRound("r1")
        try skies.decide(Skies.united, "r1")
        try skies.commit(Skies.united, to: "r1")
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.evaluate("r1")
        var event = skies.settlement("r1")
        var settled = skies
        let first = try settled.say(.rewardSettled(event), by: Skies.delta)
        try skies.delete(Skies.united, "del-1")
        set.add(
            "reward-for-a-recalled-model", rule: "modelRecalled", "The model was recalled before it was settled.",
            skies,
            .rewardSettled(event), by: Skies.delta)
        try settled.delete(Skies.united, "del-1")
        (event.corrects, event.model) = (first, nil)
        event.lines = [Skies.line(Skies.united, share: -1_000)]
        set.add(
            "correction-with-an-improvement-of-nothing", rule: "settlementDiffers", "Without a model nothing improves.",
            settled,
            .rewardSettled(event), by: Skies.delta)
        event.improvementPPB = PartsPerBillion(0)!
        set.add(
            "valid-correction-to-nothing", "ok", "The only contribution is gone, and the reward with it.", settled,
            settled.envelope(.rewardSettled(event), by: Skies.delta))
    }
}
