import Bytes
import MerkleLog
import Signing
import Testing

@testable import Proofs

@Suite struct TrustPolicyTests {
    private let policy = try! TrustPolicy(parsing: Array(Scenario.policyText.utf8))

    @Test func readsEveryDefinition() {
        #expect(policy.logs.map(\.key) == [Scenario.logKey])
        #expect(policy.witnesses.map(\.name.description) == ["one", "two", "three"])
        #expect(policy.witnesses.map { $0.url?.description } == [nil, "https://two.example/", nil])
        #expect(policy.groups.map(\.threshold) == [.atLeast(2)])
        #expect(policy.quorum == .named(PolicyWord("members")!))
    }

    @Test func writesAFileThatSaysTheSame() throws {
        let text = String(decoding: policy.bytes, as: UTF8.self)
        #expect(text == Scenario.policyText.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n")
        let built = try TrustPolicy(
            logs: policy.logs, witnesses: policy.witnesses, groups: policy.groups, quorum: policy.quorum)
        #expect(built == policy)
    }

    @Test func refusesToBeBuiltInconsistent() {
        #expect(throws: TrustPolicyFailure.Cause.unknownName(PolicyWord("x")!)) {
            try TrustPolicy(logs: policy.logs, quorum: .named(PolicyWord("x")!))
        }
        #expect(throws: TrustPolicyFailure.Cause.noMembers(PolicyWord("g")!)) {
            try TrustPolicy(
                logs: [], groups: [.init(name: PolicyWord("g")!, threshold: .all, members: [])],
                quorum: .notRequired)
        }
        let odd = Scenario.verifier("a\u{7f}b", .ed25519, Scenario.log)
        #expect(throws: TrustPolicyFailure.Cause.forbiddenOctet(0x7f)) {
            try TrustPolicy(logs: [.init(key: odd)], quorum: .notRequired)
        }
    }

    @Test func saysWhoSignedAndWhen() {
        let verdict = policy.evaluate(Scenario.note())
        #expect(verdict.isTrusted && verdict.isQuorumMet)
        #expect(verdict.checkpoint?.size == TreeSize(12))
        #expect(verdict.log == Scenario.logKey)
        #expect(verdict.cosigners.map(\.witness.key) == [Scenario.firstKey, Scenario.secondKey])
        #expect(verdict.cosigners.map(\.time) == [1_795_000_000, 1_795_000_060])
    }

    @Test func saysWhoIsMissing() {
        let verdict = policy.evaluate(Scenario.signedNote())
        let missing = policy.witnesses.map(\.name)
        #expect(
            verdict.findings == [.quorum(PolicyWord("members")!, needed: 2, counted: 0, missing: missing)])
        #expect(verdict.checkpoint == nil)
        #expect(verdict.claimed?.size == TreeSize(12))
        #expect(verdict.log == Scenario.logKey)
    }

    @Test func reportsLogAndQuorumTogether() throws {
        var note = try Note(text: Scenario.text(origin: "skies.example/delta"))
        note.cosign(as: Scenario.firstKey.name, with: Scenario.first, time: 5)
        let verdict = policy.evaluate(note)
        #expect(verdict.findings.first == .unknownLog(origin: "skies.example/delta"))
        #expect(verdict.findings.count == 2)
    }

    /// Each of the eight sets of witnesses that may have cosigned, against a truth table written by hand:
    /// the digit at place m is the answer for the set whose bits (one = 1, two = 2, three = 4) sum to m.
    @Test(arguments: [
        ("quorum none\n", "11111111"),
        ("quorum two\n", "00110011"),
        ("group g any one two three\nquorum g\n", "01111111"),
        ("group g all one two three\nquorum g\n", "00000001"),
        ("group g 2 one two three\nquorum g\n", "00010111"),
        ("group a any one two\ngroup b all a three\nquorum b\n", "00000111"),
        ("group a all one two\ngroup b any three\ngroup c any a b\nquorum c\n", "00011111"),
        ("group a all one two\ngroup b any three\nquorum a\n", "00010001"),
    ])
    func countsGroupsAsTheyAreDefined(rule: String, table: String) throws {
        let head = Scenario.policyText.split(separator: "group")[0]
        let policy = try TrustPolicy(parsing: Array("\(head)\(rule)".utf8))
        let witnesses = [
            (Scenario.firstKey, Scenario.first), (Scenario.secondKey, Scenario.second),
            (Scenario.thirdKey, Scenario.third),
        ]
        for mask in 0..<8 {
            let on = (0..<3).map { mask >> $0 & 1 == 1 }
            var note = Scenario.signedNote()
            for (place, witness) in witnesses.enumerated() where on[place] {
                note.cosign(as: witness.0.name, with: witness.1, time: 1)
            }
            let expected = Array(table)[mask] == "1"
            let verdict = policy.evaluate(note)
            #expect(verdict.isQuorumMet == expected, "\(on)")
            #expect(verdict.isTrusted == expected)
            #expect(verdict.cosigners.count == on.count { $0 })
        }
    }
}

@Suite struct TlogProofTests {
    private let policy = try! TrustPolicy(parsing: Array(Scenario.policyText.utf8))

    @Test func provesEveryEntryOfEverySize() throws {
        for size in 1...12 {
            let note = Scenario.note(Scenario.text(size: size))
            for index in 0..<size {
                let proof = try TlogProof(parsing: Scenario.proof(of: index, size: size, note: note).bytes)
                let logged = try proof.verify(entry: Scenario.entries[index], policy: policy)
                #expect(logged.index == LeafIndex(index))
                #expect(logged.checkpoint.size == TreeSize(size))
            }
        }
    }

    /// The extra data is for whoever looks the entry up; changing it changes nothing of what is proven.
    @Test func doesNotVouchForExtraData() throws {
        for extra in [nil, [1], [UInt8](repeating: 9, count: 70_000)] {
            let proof = try TlogProof(parsing: Scenario.proof(extra: extra).bytes)
            #expect(proof.extra == extra)
            #expect(try proof.verify(entry: Scenario.entries[7], policy: policy).index == LeafIndex(7))
        }
    }

    @Test func refusesAnyInvertedBitButInWhatNobodySigned() throws {
        let bytes = Scenario.proof().bytes
        for position in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[position] ^= 1 << UInt8(bit)
                guard let proof = try? TlogProof(parsing: changed),
                    (try? proof.verify(entry: Scenario.entries[7], policy: policy)) != nil
                else { continue }
                Issue.record("byte \(position), bit \(bit) may be inverted")
            }
        }
    }

    @Test func refusesWhatIsTooLarge() {
        #expect(throws: TlogProof.Failure.tooLarge(TlogProof.maximumSize + 1)) {
            try TlogProof(parsing: [UInt8](repeating: 97, count: TlogProof.maximumSize + 1))
        }
    }
}
