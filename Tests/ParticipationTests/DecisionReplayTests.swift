import Bytes
import Foundation
@testable import Participation
import Testing

@Suite struct DecisionReplayTests {
    /// Twelve rounds with an override, a discarded round and the end of the series.
    static func history() throws -> [AgentInput] {
        var inputs: [AgentInput] = []
        for number in 0..<12 {
            let seen = observation(
                left: Int64(6_000_000 - number * 400_000), contributionPPB: number == 0 ? nil : 5_000,
                phasePPM: Int64(number) * 80_000)
            let override =
                number == 7 ? try Override(action: ActionIndex(rawValue: 1), reason: "trial run") : nil
            inputs.append(.decide(round: round(number), observation: seen, override: override))
            inputs.append(
                number == 4
                    ? .discard(round: round(number))
                    : .settle(
                        round: round(number),
                        payout: Payout(
                            shareMicrocredits: Int64(number % 3) * 900_000, incentiveMicrocredits: 1)))
        }
        return inputs + [.finish]
    }

    static func replay() throws -> DecisionReplay {
        try DecisionReplay(policy: smallPolicy().checked(), profile: profile(), charter: charter)
    }

    @Test func derivesTheSameBytesTwice() throws {
        let (first, second) = (try Self.replay(), try Self.replay())
        let left = try first.derive(Self.history())
        let right = try second.derive(Self.history())
        #expect(left == right)
        #expect(left.table.canonicalBytes == right.table.canonicalBytes)
        #expect(try first.firstDivergence(of: left.records, from: Self.history()) == nil)
        // Twelve decisions; an update for each but the discarded one.
        #expect(left.records.count == 12 + 11)
        #expect(left.table != QTable(try smallPolicy().checked()))
    }

    /// Every leaf of every record, as JSON, is changed in turn. Either it cannot be read any more, or
    /// the replay names the record and a field of that name.
    @Test func pointsAtEveryChangedField() throws {
        let inputs = try Self.history()
        let replay = try Self.replay()
        let records = try replay.derive(inputs).records
        var (changed, unreadable) = (0, 0)
        for (index, record) in records.enumerated() {
            let tree = try Tree(encoded(record))
            for path in tree.leaves {
                let altered = tree.changing(path, Self.altered)
                #expect(altered != tree)
                guard let other = try? decoded(altered.data, like: record) else {
                    unreadable += 1
                    continue
                }
                var forged = records
                forged[index] = other
                let found = try #require(try replay.firstDivergence(of: forged, from: inputs))
                #expect(found.record == index)
                let leaf = try #require(path.last { Int($0) == nil })
                #expect(found.field.split(separator: ".").last?.hasPrefix(leaf) == true, "\(path) as \(found)")
                #expect(found.recorded != found.derived)
                changed += 1
            }
        }
        #expect(changed > 400)
        // `mode` and `decision.by` of twelve decisions, and the digest of eleven updates.
        #expect(unreadable == 12 + 12 + 11)
    }

    /// A digest with another digit, a mode that is the other one: what the general change cannot reach.
    @Test func pointsAtAChangedDigestAndMode() throws {
        let replay = try Self.replay()
        let inputs = try Self.history()
        var records = try replay.derive(inputs).records
        guard case .decision(var first) = records[0], case .learning(var second) = records[1] else {
            Issue.record("the first record is a decision, the second an update")
            return
        }
        second.tableDigest = .sha256([])
        records[1] = .learning(second)
        #expect(try replay.firstDivergence(of: records, from: inputs)?.field == "tableDigest")
        first.mode = first.mode == .greedy ? .explore : .greedy
        records[0] = .decision(first)
        #expect(try replay.firstDivergence(of: records, from: inputs)?.field == "mode")
        first = try #require(try replay.derive(inputs).records.first?.asDecision)
        first.decision = .override(try Override(action: .stayOut, reason: "not said at the time"))
        records[0] = .decision(first)
        #expect(try replay.firstDivergence(of: records, from: inputs)?.field == "decision.by")
    }

    @Test func pointsAtMissingAddedAndSwappedRecords() throws {
        let inputs = try Self.history()
        let replay = try Self.replay()
        let records = try replay.derive(inputs).records
        let short = try #require(try replay.firstDivergence(of: Array(records.dropLast()), from: inputs))
        #expect(short.record == records.count - 1 && short.recorded == "missing")
        let long = try #require(try replay.firstDivergence(of: records + [records[0]], from: inputs))
        #expect(long.record == records.count && long.derived == "missing")
        var swapped = records
        swapped.swapAt(2, 3)
        #expect(try replay.firstDivergence(of: swapped, from: inputs)?.record == 2)
        #expect(try replay.firstDivergence(of: swapped, from: inputs)?.field == "kind")
        guard case .decision(var decision) = records[0] else { return }
        decision.qRowUnits.append(0)
        var longer = records
        longer[0] = .decision(decision)
        let row = try #require(try replay.firstDivergence(of: longer, from: inputs))
        #expect(row.field == "qRowUnits[3]" && row.derived == "missing")
        decision.qRowUnits.removeLast(2)
        longer[0] = .decision(decision)
        let shorter = try #require(try replay.firstDivergence(of: longer, from: inputs))
        #expect(shorter.field == "qRowUnits[2]" && shorter.recorded == "missing")
    }

    @Test func anotherPolicyProfileOrCharterGivesAnotherHistory() throws {
        let inputs = try Self.history()
        let records = try Self.replay().derive(inputs).records
        var document = smallPolicy()
        document.discount = "0.8"
        let others = [
            try DecisionReplay(policy: document.checked(), profile: profile(), charter: charter),
            try DecisionReplay(policy: smallPolicy().checked(), profile: profile("alpha"), charter: charter),
            try DecisionReplay(policy: smallPolicy().checked(), profile: profile(), charter: .sha256([])),
        ]
        for other in others { #expect(try other.firstDivergence(of: records, from: inputs) != nil) }
    }

    @Test func namesTheInputThatAnAgentRefuses() throws {
        var inputs = try Self.history()
        inputs[5] = .settle(round: round(9), payout: .nothing)
        let expected = DecisionReplay.Refusal(
            input: 5, cause: .wrongRound(round(9), pending: round(2)))
        #expect(throws: expected) { try Self.replay().derive(inputs) }
    }

    /// Another value of the same kind.
    static func altered(_ leaf: Tree) -> Tree {
        switch leaf {
        case .number(let number): .number(number + 1)
        case .string(let text): .string(text + "x")
        case .object, .array: leaf
        }
    }

    private func encoded(_ record: AgentRecord) throws -> Data {
        switch record {
        case .decision(let decision): try json(decision)
        case .learning(let learning): try json(learning)
        }
    }

    private func decoded(_ data: Data, like record: AgentRecord) throws -> AgentRecord {
        switch record {
        case .decision: .decision(try JSONDecoder().decode(DecisionRecord.self, from: data))
        case .learning: .learning(try JSONDecoder().decode(LearningRecord.self, from: data))
        }
    }
}

extension AgentRecord {
    fileprivate var asDecision: DecisionRecord? {
        if case .decision(let record) = self { record } else { nil }
    }
}
