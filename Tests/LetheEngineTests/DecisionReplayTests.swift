import Bytes
import ChainViews
import Events
import Foundation
import GRDB
import LetheEngine
import Participation
import Testing

private typealias Sample = TestConsortium

/// A consortium in which a round was decided, delivered and settled, and another is open.
private struct DecidedConsortium {
    static let round = RoundID("round-2")!
    static let dataset = ArtifactDigest.sha256(Array("data set".utf8))
    /// 500,000 and 100,000 more for each member.
    static let evaluator = Evaluator(dataset: dataset) { PartsPerMillion(500_000 + 100_000 * $0.members.count)! }

    let consortium: TestConsortium

    init() async throws {
        let consortium = try await TestConsortium()
        self.consortium = consortium
        try await consortium.using { ledger in
            for text in [Self.policy, Self.rules] {
                let event = try await ledger.policyEvent(parsing: Array(text.utf8), path: "policy")
                try await ledger.record(
                    .policyAdopted(event), as: Sample.hub, on: consortium.origin, cosigners: [Sample.alder])
            }
            for member in Sample.contributors {
                _ = try await ledger.allocateResources(
                    parsing: Array(Self.resources(member).utf8), path: "resources", as: member)
            }
            try await Self.firstRound(consortium, ledger)
            try await Self.open(Self.round, consortium, ledger)
        }
    }

    private static func open(_ round: RoundID, _ consortium: TestConsortium, _ ledger: Ledger) async throws {
        let opened = RoundOpened(base: Sample.base, round: round, rule: .mean, topology: .isolated)
        try await ledger.record(.roundOpened(opened), as: Sample.hub, on: consortium.origin)
    }

    private static func firstRound(_ consortium: TestConsortium, _ ledger: Ledger) async throws {
        let round = RoundID("round-1")!
        try await open(round, consortium, ledger)
        for (number, member) in Sample.contributors.enumerated() {
            let override = OverrideRequest(allocation: Allocation(shards: 2, epochs: 1), reason: "a first try")
            _ = try await ledger.decideParticipation(DecisionRequest(round: round, override: override), as: member)
            let directory = consortium.scratch.file("adapter-\(member)")
            writeSmallAdapter(to: directory, seed: UInt64(number + 1))
            _ = try await ledger.commitAdapter(
                ContributionRequest(directory: directory, round: round, weight: 5), as: member)
        }
        _ = try await ledger.closeRound(round, as: Sample.hub)
        _ = try await ledger.materialize(round, as: Sample.hub)
        _ = try await ledger.settleRewards(of: round, with: evaluator, .leaveOneOut, as: Sample.hub)
    }

    private static let policy = """
        {"format":"lethe/agent-policy/v1","name":"replay","revision":1,
        "bins":{"budgetLeftPPM":[500000],"contributionPPB":[],"privacyLeftPPM":[],"phasePPM":[],"othersLastRound":[1]},
        "allocations":[{"shards":1,"epochs":1},{"shards":2,"epochs":1}],"explorationRate":[{"fromDecision":0,"rate":"1"}],
        "learningRate":[{"fromDecision":0,"rate":"0.5"}],"discount":"0.9","initialValueMicrocredits":5,
        "valueUnitsPerMicrocredit":2,"rewardMinimumMicrocredits":-100000000,"rewardMaximumMicrocredits":100000000}
        """
    private static let rules = """
        {"format":"lethe/settlement-rules/v1","revision":1,"microcreditsPerPPM":60,"incentiveMicrocredits":100000,
        "minimumContributionPPB":0,"reimbursementRate":"0","reimbursementCapMicrocreditsPerShardEpoch":0}
        """

    private static func resources(_ member: MemberName) -> String {
        """
        {"format":"lethe/resources/v1","budgetMicrocredits":20000000,"privacyMicroepsilon":8000000,"rounds":10,
        "profile":{"organisation":"\(member)","shards":4,"computeMicrocreditsPerShardEpoch":1000000,
        "privacyMicroepsilonPerEpoch":500000,"privacyMicrocreditsPerMicroepsilon":1}}
        """
    }

    static func privateOrigin(_ member: MemberName) -> Origin { Origin("skies.example/\(member)")! }

    /// The explanation of alder's decision about the open round, and its public part; made on a copy.
    func genuine() async throws -> (body: [UInt8], allocation: CommittedAllocation?) {
        let copy = consortium.copy()
        return try await copy.using { ledger in
            let summary = try await ledger.decideParticipation(DecisionRequest(round: Self.round), as: Sample.alder)
            return (CanonicalJSON.encode(summary.explanation), summary.allocation)
        }
    }

    /// What a replay finds of alder where its chains have this explanation and decision.
    func replay(
        _ body: [UInt8], _ allocation: CommittedAllocation?, override: Bool = false
    ) async throws -> DecisionReplayResult {
        let copy = consortium.copy()
        return try await copy.using { ledger in
            let explained = try await ledger.record(
                .decisionExplained(DecisionExplained(round: Self.round)), as: Sample.alder,
                on: Self.privateOrigin(Sample.alder), body: (.json, body))
            let policy = try #require(try await ledger.view.rounds[Self.round]?.policy)
            let decided = ParticipationDecided(
                allocation: allocation, explanation: explained.event, override: override, policy: policy,
                round: Self.round)
            try await ledger.record(.participationDecided(decided), as: Sample.alder, on: copy.origin)
            return try await Self.result(ledger)
        }
    }

    static func result(_ ledger: Ledger) async throws -> DecisionReplayResult {
        try #require(try await ledger.replayDecisions().first { $0.member == Sample.alder })
    }
}

/// JSON with every leaf changed in turn: an integer less one, a string with its first character exchanged.
private enum Leaves {
    static func changes(of value: Any, at path: String = "") -> [(path: String, value: Any)] {
        switch value {
        case let members as [String: Any]:
            return members.keys.sorted().flatMap { key in
                changes(of: members[key]!, at: path.isEmpty ? key : "\(path).\(key)").map { change in
                    (change.path, members.merging([key: change.value]) { $1 })
                }
            }
        case let elements as [Any]:
            return elements.indices.flatMap { index in
                changes(of: elements[index], at: "\(path)[\(index)]").map { change in
                    var copy = elements
                    copy[index] = change.value
                    return (change.path, copy as Any)
                }
            }
        case let text as String: return [(path, (text.hasPrefix("0") ? "1" : "0") + text.dropFirst())]
        case let number as NSNumber: return [(path, number.intValue - 1)]
        default: return []
        }
    }
}

@Suite struct DecisionReplayEngineTests {
    @Test func whatTheAgentRecordedFollows() async throws {
        let sample = try await DecidedConsortium()
        let (body, allocation) = try await sample.genuine()
        let result = try await sample.replay(body, allocation)
        #expect(result.divergence == nil && result.decisions == 2 && result.unpublished.isEmpty)
        let explanation = try CanonicalJSON.decode(DecisionExplanation.self, from: body)
        #expect(result.tableDigest == explanation.learning?.tableDigest.hex)
        // Paid 6,100,000 in round 1, spent 2,000,000 and 500,000 for privacy; the value began at 10 units.
        #expect(explanation.learning?.rewardMicrocredits == 3_600_000)
        #expect(explanation.decision.actionDraw != nil && explanation.decision.observation.othersLastRound == 1)
    }

    /// Each leaf of the explanation is changed alone; the replay points at it, or refuses to read the body.
    @Test func aReplayFindsEveryChangedField() async throws {
        let sample = try await DecidedConsortium()
        let (body, allocation) = try await sample.genuine()
        let tree = try JSONSerialization.jsonObject(with: Data(body))
        let changes = Leaves.changes(of: tree)
        #expect(changes.count > 30)
        for change in changes {
            let data = try JSONSerialization.data(
                withJSONObject: change.value, options: [.sortedKeys, .withoutEscapingSlashes])
            try #require(Array(data) != body)
            let found = try await sample.replay(Array(data), allocation).divergence
            let divergence = try #require(found, "\(change.path) was changed and nothing was found")
            let field = change.path.replacing(/^(decision|learning)\./, with: "")
            #expect(
                [field, "body"].contains(divergence.field) || divergence.field == "public.allocation",
                "\(change.path): \(divergence)")
            #expect(divergence.round == DecidedConsortium.round)
        }
    }

    @Test func aPublicDecisionThatSaysOtherwiseIsFound() async throws {
        let sample = try await DecidedConsortium()
        let (body, allocation) = try await sample.genuine()
        let other = CommittedAllocation(
            declaredCostMicrocredits: Count(0)!, epochs: Quantity(1)!,
            shards: Quantity(allocation?.shards.value == 2 ? 1 : 2)!)
        #expect(try await sample.replay(body, other).divergence?.field == "public.allocation")
        #expect(try await sample.replay(body, allocation, override: true).divergence?.field == "public.override")
    }

    @Test func aDecisionThatNoPrivateEventExplainsIsFound() async throws {
        let sample = try await DecidedConsortium()
        try await sample.consortium.using { ledger in
            let policy = try #require(try await ledger.view.rounds[DecidedConsortium.round]?.policy)
            let decided = ParticipationDecided(
                allocation: nil, explanation: .sha256([1]), override: false, policy: policy,
                round: DecidedConsortium.round)
            try await ledger.record(.participationDecided(decided), as: Sample.alder, on: sample.consortium.origin)
            #expect(try await DecidedConsortium.result(ledger).divergence?.field == "public.explanation")
        }
    }

    /// A body that was spoiled in the vault is found where it is; one that was erased under an event makes what comes after
    /// it unknown, not wrong.
    @Test func aSpoiledBodyIsADivergenceAndAnErasedOneIsNot() async throws {
        let sample = try await DecidedConsortium()
        let spoiled = sample.consortium.copy()
        let vault = try DatabaseQueue(path: spoiled.path + "/vault.sqlite")
        try await vault.write {
            try $0.execute(sql: "UPDATE bodies SET ciphertext = CAST(ciphertext || x'00' AS BLOB)")
        }
        try vault.close()
        try await spoiled.using { ledger in
            let result = try await DecidedConsortium.result(ledger)
            #expect(result.divergence?.field == "body" && result.divergence?.round == RoundID("round-1")!)
        }
        try await sample.consortium.using { ledger in
            let origin = DecidedConsortium.privateOrigin(Sample.alder)
            let body = try #require(await ledger.privateViews[origin]?.allExplanations.first?.body)
            _ = try await ledger.eraseBody(body, as: Sample.alder)
            let result = try await DecidedConsortium.result(ledger)
            #expect(result.divergence == nil && result.unreadable != nil && result.decisions == 0)
        }
    }

    /// A run that was cut off after the private event publishes that decision, and takes no other one.
    @Test func aDecisionThatWasCutOffIsPublishedAsItWas() async throws {
        let sample = try await DecidedConsortium()
        let (body, _) = try await sample.genuine()
        try await sample.consortium.using { ledger in
            let explained = try await ledger.record(
                .decisionExplained(DecisionExplained(round: DecidedConsortium.round)), as: Sample.alder,
                on: DecidedConsortium.privateOrigin(Sample.alder), body: (.json, body))
            let override = OverrideRequest(allocation: nil, reason: "second thoughts")
            let refused = await refusal {
                _ = try await ledger.decideParticipation(
                    DecisionRequest(round: DecidedConsortium.round, override: override), as: Sample.alder)
            }
            #expect(refused?.code == .refused)
            _ = try await ledger.decideParticipation(DecisionRequest(round: DecidedConsortium.round), as: Sample.alder)
            let row = try await ledger.view.decision(of: Sample.alder, in: DecidedConsortium.round)
            #expect(row?.explanation == explained.event)
            #expect(try await DecidedConsortium.result(ledger).divergence == nil)
        }
    }
}

@Suite struct SettlementEngineTests {
    /// Utilities that add up give everybody its own part, however many permutations are drawn.
    @Test func sampledShapleyValuesOfAnAdditiveMetricAreExact() async throws {
        let sample = try await DecidedConsortium()
        try await sample.consortium.using { ledger in
            for (number, member) in Sample.contributors.enumerated() {
                let override = OverrideRequest(allocation: Allocation(shards: 1, epochs: 1), reason: "for the test")
                _ = try await ledger.decideParticipation(
                    DecisionRequest(round: DecidedConsortium.round, override: override), as: member)
                let directory = sample.consortium.scratch.file("second-\(member)")
                writeSmallAdapter(to: directory, seed: UInt64(number + 11))
                _ = try await ledger.commitAdapter(
                    ContributionRequest(directory: directory, round: DecidedConsortium.round, weight: 5), as: member)
            }
            _ = try await ledger.closeRound(DecidedConsortium.round, as: Sample.hub)
            _ = try await ledger.materialize(DecidedConsortium.round, as: Sample.hub)
            let summary = try await ledger.settleRewards(
                of: DecidedConsortium.round, with: DecidedConsortium.evaluator,
                .sampledShapley(samples: Quantity(20)!), as: Sample.hub)
            #expect(summary.settled.lines.map(\.contributionPPB.value) == [100_000_000, 100_000_000])
            #expect(summary.settled.measure.samples?.value == 20 && summary.settled.measure.seed != nil)
            #expect(summary.settled.improvementPPB.value == 200_000_000)
            // Nobody, the two alone, both: no model is measured twice.
            #expect(summary.evaluations <= 4)
            #expect(try await ledger.settlementFindings().isEmpty)
        }
    }

    /// The chain admits any amounts that an aggregator claims; whoever computes them again finds out.
    @Test func rewardsThatDoNotFollowAreFound() async throws {
        let sample = try await DecidedConsortium()
        try await sample.consortium.using { ledger in
            #expect(try await ledger.settlementFindings().isEmpty)
            let view = try await ledger.view
            let honest = try #require(view.rewards[RoundID("round-1")!]).first
            // 12,000,000 for two equal contributions.
            #expect(honest.settled.lines.map(\.shareMicrocredits.value) == [6_000_000, 6_000_000])
        }
        let spoiled = try await spoiledSettlement()
        #expect(spoiled.count == 1 && spoiled[0].problem.contains("round-2"))
    }

    /// A second round, settled with a micro-credit too much for one member.
    private func spoiledSettlement() async throws -> [CheckFinding] {
        let sample = try await DecidedConsortium()
        return try await sample.consortium.using { ledger in
            let override = OverrideRequest(allocation: Allocation(shards: 1, epochs: 1), reason: "for the test")
            _ = try await ledger.decideParticipation(
                DecisionRequest(round: DecidedConsortium.round, override: override), as: Sample.alder)
            let directory = sample.consortium.scratch.file("alone")
            writeSmallAdapter(to: directory, seed: 21)
            _ = try await ledger.commitAdapter(
                ContributionRequest(directory: directory, round: DecidedConsortium.round, weight: 5), as: Sample.alder)
            _ = try await ledger.closeRound(DecidedConsortium.round, as: Sample.hub)
            let model = try await ledger.materialize(DecidedConsortium.round, as: Sample.hub).1
            let view = try await ledger.view
            let events = view.contributions(to: DecidedConsortium.round).map(\.event)
            for (contributions, model, ppm) in [(events, model.model as ArtifactDigest?, 600_000), ([], nil, 500_000)] {
                let evaluation = EvaluationRecorded(
                    accuracyPPM: PartsPerMillion(ppm)!, contributions: contributions,
                    dataset: DecidedConsortium.dataset,
                    model: model, round: DecidedConsortium.round)
                try await ledger.record(.evaluationRecorded(evaluation), as: Sample.hub, on: sample.consortium.origin)
            }
            let line = RewardEntry(
                contributionPPB: PartsPerBillion(100_000_000)!, incentiveMicrocredits: Microcredits(100_000)!,
                member: Sample.alder, reimbursementMicrocredits: Microcredits(0)!,
                shareMicrocredits: Microcredits(6_000_001)!)
            let settled = RewardSettled(
                corrects: nil, improvementPPB: PartsPerBillion(100_000_000)!, lines: [line],
                measure: ContributionMeasure(
                    dataset: DecidedConsortium.dataset, method: .leaveOneOut, samples: nil, seed: nil),
                model: model.model, round: DecidedConsortium.round, rules: view.rounds[DecidedConsortium.round]!.rules!)
            try await ledger.record(.rewardSettled(settled), as: Sample.hub, on: sample.consortium.origin)
            return try await ledger.settlementFindings()
        }
    }
}
