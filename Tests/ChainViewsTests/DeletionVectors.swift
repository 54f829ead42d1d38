import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios along a deletion, from the request to the certificate.
enum DeletionVectors {
    static func add(to set: inout VectorSet) throws {
        try requests(&set)
        try recordDecisions(&set)
        try parts(&set)
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin])
        let feedback = try skies.runRound("r2", .feedback, [Skies.united, Skies.virgin])
        try skies.runRound("r3", .feedback, [Skies.virgin]) { _ in [feedback] }
        try starts(&skies, &set)
        let plan = try skies.start("del-1")
        try exclusions(&skies, plan, &set)
        try rebuilding(&skies, plan, &set)
        try erasures(&skies, plan, &set)
        try completions(&skies, plan, &set)
    }

    private static func decided(_ id: String, _ decision: Decision = .accepted) -> Event {
        .deletionDecided(
            DeletionDecided(
                decision: decision, deletion: DeletionID(id)!, refusal: decision == .refused ? Skies.refusal : nil))
    }

    private static func recordDecisions(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        var request = skies.request("del-1", of: Skies.united)
        func decided(_ decision: Decision, _ touched: Ascending<TouchedShard>?) -> Event {
            .deletionDecided(
                DeletionDecided(
                    decision: decision, deletion: request.deletion, touched: touched,
                    refusal: decision == .refused ? Skies.refusal : nil))
        }
        let shard = ShardReference(dataset: DatasetID("ds-1")!, shard: Count(3)!)
        let touched: Ascending = [TouchedShard(shard, emptied: false)]
        var whole = skies
        try whole.say(.deletionRequested(request), by: Skies.united)
        set.add(
            "decision-with-shards-on-contributions", rule: "touchedDoesNotFit", "All contributions go.", whole,
            decided(.accepted, touched), by: Skies.united)
        request.scope = .records
        try skies.say(.deletionRequested(request), by: Skies.united)
        set.add(
            "decision-on-records-without-shards", rule: "touchedDoesNotFit", "It says which shards.", skies,
            decided(.accepted, nil), by: Skies.united)
        set.add(
            "decision-on-records-in-no-shard", rule: "listIsEmpty", "Records are in shards.", skies,
            decided(.accepted, []), by: Skies.united)
        set.add(
            "refusal-with-shards", rule: "touchedDoesNotFit", "A refusal touches nothing.", skies,
            decided(.refused, touched), by: Skies.united)
        set.add(
            "decision-on-records", "ok", "One shard loses records.", skies,
            skies.envelope(decided(.accepted, touched), by: Skies.united))
    }

    private static func requests(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let good = skies.request("del-1", of: Skies.united)
        var stranger = good
        var late = good
        stranger.member = Skies.hawk
        late.dueAt = Timestamp(seconds: good.receivedAt.seconds - 1)!
        set.add(
            "request-for-a-stranger", rule: "unknownMember", "Nobody of that name contributed.", skies,
            .deletionRequested(stranger),
            by: Skies.air)
        set.add(
            "request-due-before-received", rule: "dueBeforeReceived", "Due a second too early.", skies,
            .deletionRequested(late),
            by: Skies.air)
        var slow = good
        (slow.ground, slow.dueAt) = (.gdpr171b, Timestamp(seconds: good.receivedAt.seconds + 40 * 86_400)!)
        set.add(
            "request-due-later-than-the-law-says", rule: "recordRefused", "A month and a week at most.", skies,
            .deletionRequested(slow), by: Skies.air)
        set.add(
            "decision-without-request", rule: "unknownDeletion", "There is no such request.", skies,
            decided("del-1"), by: Skies.united)
        try skies.say(.deletionRequested(good), by: Skies.air)
        set.add(
            "request-again", rule: "deletionExists", "The id is taken.", skies, .deletionRequested(good),
            by: Skies.united)
        set.add(
            "decision-by-another-alone", rule: "tooFewSignatures",
            "For somebody else it takes the threshold.", skies,
            decided("del-1"), by: Skies.virgin)
        set.add(
            "valid-decision-by-two-others", "ok", "As many members as the threshold.", skies,
            skies.envelope(decided("del-1"), by: Skies.virgin, with: [Skies.swiss]))
        try skies.say(decided("del-1", .refused), by: Skies.united)
        set.add(
            "decision-again", rule: "deletionState", "The request was refused.", skies, decided("del-1"),
            by: Skies.united)
    }

    private static func starts(_ skies: inout Skies, _ set: inout VectorSet) throws {
        try skies.say(.deletionRequested(skies.request("del-1", of: Skies.united)), by: Skies.united)
        set.add(
            "start-before-the-decision", rule: "deletionState", "The request is not accepted.", skies,
            .deletionStarted(skies.start(of: ["del-1"])), by: Skies.delta)
        try skies.say(decided("del-1"), by: Skies.united)
        let good = skies.start(of: ["del-1"])
        var none = good
        var fewer = good
        var holders = good
        none.deletions = []
        fewer.excluded = DerivedList(good.excluded.elements!.dropLast())
        holders.holders = DerivedList([Skies.united])
        set.add(
            "start-by-a-contributor", rule: "lacksRole", "Aggregators carry deletions out.", skies,
            .deletionStarted(good), by: Skies.united)
        set.add(
            "start-of-nothing", rule: "listIsEmpty", "At least one deletion.", skies, .deletionStarted(none),
            by: Skies.delta)
        set.add(
            "start-with-a-contribution-left-out", rule: "planDiffers", "The chain gives another plan.", skies,
            .deletionStarted(fewer),
            by: Skies.delta)
        set.add(
            "start-with-a-holder-left-out", rule: "planDiffers", "The chain gives another plan.", skies,
            .deletionStarted(holders),
            by: Skies.delta)
    }

    private static func exclusions(
        _ skies: inout Skies, _ plan: ArtifactDigest, _ set: inout VectorSet
    ) throws {
        let models = Ascending(skies.view.plans[plan]!.models.map(\.model))
        let good = ExclusionApplied(models: models, plan: plan)
        let fewer = ExclusionApplied(models: Ascending(models.dropLast()), plan: plan)
        let unknown = ExclusionApplied(models: models, plan: digest("plan"))
        set.add(
            "exclusion-with-a-model-left-out", rule: "modelsDiffer", "The plan names one more.", skies,
            .exclusionApplied(fewer), by: Skies.delta)
        set.add(
            "exclusion-of-an-unknown-plan", rule: "unknownPlan", "No such deletion was started.", skies,
            .exclusionApplied(unknown),
            by: Skies.delta)
        try skies.accept("del-2", of: Skies.virgin)
        set.add(
            "start-while-another-plan-is-open", rule: "planStep", "One plan after the other.", skies,
            .deletionStarted(skies.start(of: ["del-2"])), by: Skies.delta)
        try skies.exclude(plan)
        set.add(
            "exclusion-again", rule: "planStep", "The exclusion is in force.", skies, .exclusionApplied(good),
            by: Skies.delta)
    }

    private static func rebuilding(
        _ skies: inout Skies, _ plan: ArtifactDigest, _ set: inout VectorSet
    ) throws {
        let planned = skies.view.plans[plan]!.models
        let gone = planned[2]
        func recalled(_ model: ArtifactDigest, _ round: RoundID, plan: ArtifactDigest) -> Event {
            .modelRecalled(ModelRecalled(model: model, plan: plan, round: round))
        }
        set.add(
            "recall-of-an-unknown-model", rule: "modelsDiffer", "The plan does not name it.", skies,
            recalled(digest("other"), gone.round, plan: plan), by: Skies.delta)
        var early = skies.completion(of: plan)
        set.add(
            "disposition-before-the-recall", rule: "dispositionsDiffer", "No model is disposed of yet.",
            skies,
            .rematerializationCompleted(early), by: Skies.delta)
        early.dispositions = DerivedList(early.dispositions.elements!.dropLast())
        set.add(
            "disposition-left-out", rule: "dispositionsDiffer", "One for each affected model.", skies,
            .rematerializationCompleted(early), by: Skies.delta)
        set.add(
            "erasure-before-the-dispositions", rule: "planStep", "The models are not disposed of.", skies,
            .erasureAttested(skies.erasure(plan)), by: Skies.united)
        try skies.rebuild(plan)
        set.add(
            "recall-again", rule: "notCurrent", "The model is recalled.", skies,
            recalled(gone.model, gone.round, plan: plan), by: Skies.delta)
        set.add(
            "recall-of-a-rebuilt-model", rule: "notCurrent", "Another model took its place.", skies,
            recalled(planned[0].model, planned[0].round, plan: plan), by: Skies.delta)
        var other = skies.completion(of: plan)
        other.changeDisposition(0) { $0.newModel = digest("other") }
        set.add(
            "disposition-with-another-model", rule: "dispositionsDiffer", "The new model is another.", skies,
            .rematerializationCompleted(other), by: Skies.delta)
        other = skies.completion(of: plan)
        other.changeDisposition(2) {
            $0 = Disposition(
                newModel: digest("other"), oldModel: gone.model, outcome: .rematerialized, round: gone.round)
        }
        set.add(
            "disposition-rebuilt-though-recalled", rule: "dispositionsDiffer", "The model was recalled.",
            skies,
            .rematerializationCompleted(other), by: Skies.delta)
        try skies.completeRematerialization(plan)
    }

    private static func parts(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        var request = skies.request("del-1", of: Skies.united)
        request.scope = .records
        try skies.say(.deletionRequested(request), by: Skies.united)
        let limit = DeletionDecided.touchedInOnePart
        func decided(_ shards: Range<Int>, _ number: Int, of: Int) -> DeletionDecided {
            DeletionDecided(
                decision: .accepted, deletion: DeletionID("del-1")!,
                touched: Ascending(shards.map { TouchedShard(Skies.shard(Skies.united, $0), emptied: false) }),
                part: ListPart(number: Count(number)!, of: Count(of)!))
        }
        func add(_ name: String, _ rule: String, _ comment: String, _ event: DeletionDecided) {
            set.add("decision-\(name)", rule: rule, comment, skies, .deletionDecided(event), by: Skies.united)
        }
        var whole = decided(0..<limit + 1, 1, of: 2)
        whole.part = nil
        add("of-too-many-shards", "listTooLong", "More shards are said in parts.", whole)
        add("of-one-part", "touchedDoesNotFit", "One part is the whole.", decided(0..<limit, 1, of: 1))
        add("beyond-its-parts", "touchedDoesNotFit", "There is no third of two.", decided(0..<limit, 3, of: 2))
        add(
            "part-that-is-not-full", "touchedDoesNotFit", "Parts but the last are full.",
            decided(0..<limit - 1, 1, of: 2))
        add("part-before-the-first", "touchedDoesNotFit", "Parts come in order.", decided(limit..<limit + 3, 2, of: 2))
        try skies.say(.deletionDecided(decided(0..<limit, 1, of: 2)), by: Skies.united)
        set.add(
            "start-before-the-last-part", rule: "deletionState", "The decision is not complete.", skies,
            .deletionStarted(skies.start(of: ["del-1"])), by: Skies.delta)
        add("part-of-more-parts", "touchedDoesNotFit", "It was one of two.", decided(limit..<limit + 3, 2, of: 3))
        add(
            "part-that-repeats-a-shard", "touchedDoesNotFit", "Each shard once.",
            decided(limit - 1..<limit + 3, 2, of: 2))
    }

    private static func erasures(
        _ skies: inout Skies, _ plan: ArtifactDigest, _ set: inout VectorSet
    ) throws {
        func add(_ name: String, _ rule: String, _ comment: String, _ change: (inout ErasureAttested) -> Void) {
            var event = skies.erasure(plan)
            change(&event)
            set.add("erasure-\(name)", rule: rule, comment, skies, .erasureAttested(event), by: Skies.united)
        }
        add("under-an-unknown-plan", "unknownPlan", "No such deletion was started.") {
            $0.plan = digest("plan")
        }
        add("of-fewer-artifacts", "artifactsDiffer", "An artifact is left out.") {
            $0.artifacts = DerivedList($0.artifacts.elements!.dropFirst())
        }
        add("of-no-store", "listIsEmpty", "At least one store.") { $0.results = [] }
        add("stores-out-of-order", "storesNotAscending", "The stores ascend.") { $0.results.reverse() }
        add("store-twice", "storesNotAscending", "Each store stands once.") { $0.results[1].store = .blobs }
        add("retained-for-no-ground", "storeResultUndated", "Who keeps something says why.") {
            $0.results[0].verdict = .retained
            $0.results[0].until = Timestamp(seconds: skies.clock)
        }
        add("backup-without-an-end", "storeResultUndated", "A backup runs out some day.") {
            $0.results[0].verdict = .pendingBackup
        }
        add("retained-until-yesterday", "storeResultUndated", "The end is still to come.") {
            ($0.results[0].verdict, $0.results[0].ground) = (.retained, .gdpr173e)
            $0.results[0].until = Timestamp(seconds: skies.clock - 86_400)
        }
        add("of-backups-alone", "storeMissing", "Every holder has blobs and a vault.") {
            $0.results = [StoreResult(items: Count(0)!, store: .backups, verdict: .notFound)]
        }
        add("without-the-vault", "storeMissing", "Every holder has a vault.") { $0.results.removeLast() }
        add("deleted-nothing", "storeResultContradicts", "What is deleted is something.") {
            $0.results[0].items = Count(0)!
        }
        add("not-found-and-counted", "storeResultContradicts", "What is not found is nothing.") {
            $0.results[1].items = Count(1)!
        }
        add("not-found-and-overwritten", "storeResultContradicts", "What is not found was not erased.") {
            $0.results[1].method = .clear
        }
        add("deleted-for-a-ground", "storeResultUndated", "What is gone needs no ground.") {
            $0.results[0].ground = .gdpr173b
        }
        set.add(
            "erasure-by-no-holder", rule: "notAHolder", "The plan names other holders.", skies,
            .erasureAttested(skies.erasure(plan)), by: Skies.air)
        let completed = Event.deletionCompleted(skies.completion("del-1", of: plan))
        set.add(
            "completion-before-the-erasures", rule: "erasureOpen", "No holder has attested.", skies,
            completed, by: Skies.delta)
        for holder in skies.view.plans[plan]!.holders.dropLast() { try skies.erase(plan, by: holder) }
        let last = skies.view.plans[plan]!.holders.last!
        try skies.say(.erasureAttested(skies.erasure(plan, .retained)), by: last)
        set.add(
            "completion-after-a-failed-erasure", rule: "erasureOpen", "A store still has it.", skies,
            completed, by: Skies.delta)
        try skies.erase(plan, by: last)
        add("again", "erasureRepeated", "The holder has erased everything.") { _ in }
    }

    private static func completions(
        _ skies: inout Skies, _ plan: ArtifactDigest, _ set: inout VectorSet
    ) throws {
        func certified(
            _ kind: DeletionCertified.Kind, _ label: String = "c", supersedes: String? = nil
        ) -> Event {
            .deletionCertified(
                DeletionCertified(
                    certificate: digest(label), deletion: DeletionID("del-1")!, kind: kind,
                    supersedes: supersedes.map { digest($0) }))
        }
        let good = skies.completion("del-1", of: plan)
        var exact = good
        var keys = good
        var unknown = good
        exact.outcome = .exact
        keys.keyDirectory = digest("keys")
        unknown.plan = digest("plan")
        set.add(
            "certificate-before-the-completion", rule: "deletionState", "The deletion is open.", skies,
            certified(.certificate),
            by: Skies.delta)
        set.add(
            "valid-statement-of-status-while-open", "ok", "What was done so far may be stated at any time.", skies,
            skies.envelope(certified(.statusStatement), by: Skies.delta))
        set.add(
            "completion-claims-to-be-exact", rule: "outcomeDiffers", "A model was withdrawn.", skies,
            .deletionCompleted(exact), by: Skies.delta)
        set.add(
            "completion-with-other-keys", rule: "keyDirectoryDiffers", "The chain has another key directory.",
            skies,
            .deletionCompleted(keys), by: Skies.delta)
        set.add(
            "completion-under-an-unknown-plan", rule: "unknownPlan", "No such deletion was started.", skies,
            .deletionCompleted(unknown),
            by: Skies.delta)
        set.add(
            "completion-by-a-contributor", rule: "lacksRole", "Aggregators complete.", skies,
            .deletionCompleted(good), by: Skies.united)
        try skies.complete("del-1", plan)
        set.add(
            "completion-again", rule: "deletionState", "The deletion is completed.", skies,
            .deletionCompleted(good), by: Skies.delta)
        set.add(
            "certificate-for-what-is-not-exact", rule: "outcomeDiffers",
            "There can be a statement of status alone.", skies,
            certified(.certificate), by: Skies.delta)
        set.add(
            "valid-statement-of-status", "ok", "What is not exact gets a statement of status.", skies,
            skies.envelope(certified(.statusStatement), by: Skies.delta))
        set.add(
            "certificate-that-supersedes-nothing", rule: "supersedesDiffers", "There is none before it.", skies,
            certified(.statusStatement, supersedes: "b"), by: Skies.delta)
        try skies.say(certified(.statusStatement), by: Skies.delta)
        set.add(
            "certificate-beside-another", rule: "supersedesDiffers", "It must name the one that it replaces.", skies,
            certified(.statusStatement, "d"), by: Skies.delta)
        set.add(
            "certificate-in-its-own-place", rule: "supersedesItself", "It is the same document.", skies,
            certified(.statusStatement, "c", supersedes: "c"), by: Skies.delta)
        set.add(
            "valid-certificate-in-the-place-of-another", "ok", "Issued again.", skies,
            skies.envelope(certified(.statusStatement, "d", supersedes: "c"), by: Skies.delta))
    }
}

extension RematerializationCompleted {
    /// Changes one disposition; count and digest go with it.
    mutating func changeDisposition(_ index: Int, _ change: (inout Disposition) -> Void) {
        var elements = dispositions.elements!
        change(&elements[index])
        dispositions = DerivedList(elements)
    }
}
