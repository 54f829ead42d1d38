import Bytes
@testable import Participation
import Testing

@Suite struct QTableTests {
    struct Update: Decodable {
        let valueUnits, rewardUnits, bestNextUnits, learningRateBasisPoints, discountBasisPoints: Int64
        let expectedUnits: Int64
        let why: String
    }

    @Test func updatesAsWorkedByHand() throws {
        let updates: [Update] = try vector("q-updates")
        #expect(updates.count == 11)
        for known in updates {
            #expect(
                QTable.updated(
                    value: known.valueUnits, rewardUnits: known.rewardUnits, bestNext: known.bestNextUnits,
                    learningRate: known.learningRateBasisPoints, discount: known.discountBasisPoints)
                    == known.expectedUnits, "\(known.why)")
        }
    }

    @Test func readsOnlyTheBytesOfATableOfItsPolicy() throws {
        let policy = try smallPolicy().checked()
        let table = QTable(policy)
        let bytes = table.canonicalBytes
        #expect(bytes.count == 17 + 8 + 8 * 8 * 3)
        #expect(QTable(canonicalBytes: bytes, policy: policy) == table)
        #expect(QTable(canonicalBytes: bytes + [0], policy: policy) == nil)
        #expect(QTable(canonicalBytes: Array(bytes.dropLast()), policy: policy) == nil)
        for place in 0..<25 {
            var other = bytes
            other[place] ^= 1
            #expect(QTable(canonicalBytes: other, policy: policy) == nil, "header byte \(place)")
        }
        var beyond = bytes
        beyond[25] = 0x7F
        #expect(QTable(canonicalBytes: beyond, policy: policy) == nil)
    }

    /// |Q| ≤ ⌈max |r| / (1 − γ)⌉ for policies and rewards from one end to the other, and the bound is
    /// reached.
    @Test func neverLeavesTheProvenBound() throws {
        var stream = DrawStream(domain: "bounds", seed: [1])
        for trial in 0..<200 {
            var document = smallPolicy()
            let rate = Int64(stream.next(in: 1...10_000))
            let discount = Int64(stream.next(in: 0...9_999))
            let limit = Int64(stream.next(in: 1...50_000))
            document.learningRate = [RateStep(fromDecision: 0, rate: DecimalText.text(rate, digits: 4))]
            document.discount = DecimalText.text(discount, digits: 4)
            document.valueUnitsPerMicrocredit = Int64(stream.next(in: 1...3))
            (document.rewardMinimumMicrocredits, document.rewardMaximumMicrocredits) = (-limit, limit)
            let policy = try document.checked()
            let reward = limit * document.valueUnitsPerMicrocredit
            var (value, best): (Int64, Int64) = (0, 0)
            for step in 0..<400 {
                let extreme = trial.isMultiple(of: 2)
                let drawn = extreme ? reward : Int64(stream.next(in: -Int(reward)...Int(reward)))
                value = QTable.updated(
                    value: value, rewardUnits: drawn, bestNext: extreme ? value : best,
                    learningRate: rate, discount: discount)
                if step.isMultiple(of: 3) { best = value }
                // The bound in exact arithmetic, with the one unit that ⌈⌉ may add.
                #expect(
                    (value.magnitude - (value == 0 ? 0 : 1)) * UInt64(10_000 - discount)
                        < UInt64(reward) * 10_000)
                #expect(value.magnitude <= UInt64(policy.valueBoundUnits))
            }
        }
    }

    @Test func staysAtTheBoundOnceThere() throws {
        let policy = try smallPolicy().checked()
        let bound = policy.valueBoundUnits
        #expect(bound == 10_000_000_000)
        #expect(
            QTable.updated(
                value: bound, rewardUnits: 1_000_000_000, bestNext: bound, learningRate: 2500, discount: 9000)
                == bound)
    }
}
