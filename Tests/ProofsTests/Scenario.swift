import Bytes
import MerkleLog
import Signing

@testable import Proofs

/// A log of twelve entries, two witnesses and a policy, the same in each run. What the vectors are made from.
enum Scenario {
    static let origin = "skies.example/public"
    static let log = key(1), first = key(2), second = key(3), third = key(4), stranger = key(5)
    static let entries = (0..<12).map { Array("entry \($0)".utf8) }
    static let tree = MerkleTree(leaves: entries.map { LeafHash(entry: $0) })

    static let logKey = verifier(origin, .ed25519, log)
    static let firstKey = verifier("one.example/w", .cosignatureV1, first)
    static let secondKey = verifier("two.example/w", .cosignatureV1, second)
    static let thirdKey = verifier("three.example/w", .cosignatureV1, third)

    static func key(_ number: UInt8) -> SigningKey {
        SigningKey(seed: [UInt8](repeating: number, count: 32))!
    }

    static func verifier(_ name: String, _ algorithm: NoteAlgorithm, _ key: SigningKey) -> VerifierKey {
        VerifierKey(name: KeyName(name)!, algorithm: algorithm, publicKey: key.publicKey)
    }

    /// Two of three witnesses.
    static let policyText = """
        # The members' policy.
        log \(logKey.text)

        witness one \(firstKey.text)
        witness two \(secondKey.text) https://two.example/
        witness three \(thirdKey.text)
        group members 2 one two three
        quorum members

        """

    /// The note text of the tree as it was at `size`.
    static func text(size: Int = 12, origin: String = origin) -> String {
        try! Checkpoint(origin: origin, size: TreeSize(size), root: tree.root(at: TreeSize(size))).text
    }

    /// `text` signed by the log and cosigned by the first two witnesses.
    static func note(_ text: String = text()) -> Note {
        var note = signedNote(text)
        note.cosign(as: firstKey.name, with: first, time: 1_795_000_000)
        note.cosign(as: secondKey.name, with: second, time: 1_795_000_060)
        return note
    }

    static func signedNote(_ text: String = text()) -> Note {
        var note = try! Note(text: text)
        note.sign(as: logKey.name, with: log)
        return note
    }

    static func proof(
        of index: Int = 7, size: Int = 12, note: Note? = nil, extra: [UInt8]? = nil
    ) -> TlogProof {
        TlogProof(
            extra: extra, index: LeafIndex(index),
            path: tree.inclusionProof(of: LeafIndex(index), in: TreeSize(size)),
            note: note ?? Self.note(text(size: size)))
    }
}
