import Bytes
import MerkleLog
import Signing

@testable import Proofs

/// Offline proofs of entries. Layers in the order in which they must fail: `parse`, `signature` (of the
/// note), `checkpoint` (its text), `log`, `quorum`, `inclusion`. Headers: `entry` in hexadecimal, `policy`
/// a line each.
enum TlogProofVectors {
    static func make() -> [String: VectorFile] {
        var files = accepted()
        for part in [malformed(), untrusted(), notIncluded()] { files.merge(part) { $1 } }
        return files
    }

    private static func accepted() -> [String: VectorFile] {
        var files: [String: VectorFile] = [
            "ok-extra": file("ok", Scenario.proof(extra: Scenario.entries[7])),
            "ok-single-leaf": file("ok", Scenario.proof(of: 0, size: 1), entry: 0),
            "ok-more-witnesses-than-needed": file("ok", Scenario.proof(note: all())),
        ]
        for index in [0, 7, 11] { files["ok-\(index)"] = file("ok", Scenario.proof(of: index), entry: index) }
        return files
    }

    private static func all() -> Note {
        var note = Scenario.note()
        note.cosign(as: Scenario.thirdKey.name, with: Scenario.third, time: 1_795_000_120)
        return note
    }

    private static func malformed() -> [String: VectorFile] {
        let text = String(decoding: Scenario.proof().bytes, as: UTF8.self)
        let long = String(repeating: "\(Base64.encode([UInt8](repeating: 0, count: 32)))\n", count: 64)
        let changes: [String: (String, String)] = [
            "version": ("@v1", "@v2"), "no-index": ("index 7\n", ""),
            "index-negative": ("index 7", "index -7"),
            "index-leading-zero": ("index 7", "index 07"),
            "index-too-large": ("index 7", "index 9223372036854775808"),
            "extra-empty": ("index 7", "extra \nindex 7"),
            "extra-not-base64": ("index 7", "extra *\nindex 7"),
            "extra-after-index": ("index 7", "index 7\nextra AAAA"),
            "extra-twice": ("index", "extra AAAA\nextra AAAA\nindex"),
            "carriage-return": ("index 7\n", "index 7\r\n"),
            "short-hash": ("index 7\n", "index 7\nAAAA\n"), "path-of-64": ("index 7\n", "index 7\n" + long),
            "unpadded-hash": ("=\n", "\n"), "no-signatures": ("\u{2014} ", ""),
        ]
        var files = changes.reduce(into: [String: VectorFile]()) { files, change in
            let (old, new) = change.value
            let changed = text.replacing(old, with: new, maxReplacements: old == "=\n" ? 1 : .max)
            files["parse-\(change.key)"] = file("parse", Array(changed.utf8))
        }
        files["parse-no-checkpoint"] = file("parse", Array(text.utf8.prefix(60)))
        files["parse-empty"] = file("parse", [])
        return files
    }

    private static func untrusted() -> [String: VectorFile] {
        var oneWitness = Scenario.signedNote()
        oneWitness.cosign(as: Scenario.firstKey.name, with: Scenario.first, time: 1_795_000_000)
        var twiceTheSame = oneWitness
        twiceTheSame.cosign(as: Scenario.firstKey.name, with: Scenario.first, time: 1_795_000_001)
        var byStranger = oneWitness
        byStranger.cosign(as: Scenario.secondKey.name, with: Scenario.stranger, time: 1_795_000_000)
        var witnessesAlone = try! Note(text: Scenario.text())
        witnessesAlone.cosign(as: Scenario.firstKey.name, with: Scenario.first, time: 1_795_000_000)
        witnessesAlone.cosign(as: Scenario.secondKey.name, with: Scenario.second, time: 1_795_000_000)
        var forged = oneWitness
        forged.add(
            NoteSignature(
                name: Scenario.secondKey.name, keyID: Scenario.secondKey.id,
                signature: [UInt8](repeating: 1, count: 72)))
        let extended = Scenario.note(Scenario.text() + "extension\n")
        let elsewhere = Scenario.note(Scenario.text(origin: "skies.example/delta"))
        return [
            "quorum-log-alone": file("quorum", Scenario.proof(note: Scenario.signedNote())),
            "quorum-one-witness": file("quorum", Scenario.proof(note: oneWitness)),
            "quorum-same-witness-twice": file("quorum", Scenario.proof(note: twiceTheSame)),
            "quorum-name-of-witness-other-key": file("quorum", Scenario.proof(note: byStranger)),
            "log-did-not-sign": file("log", Scenario.proof(note: witnessesAlone)),
            "log-of-other-origin": file("log", Scenario.proof(note: elsewhere)),
            "checkpoint-extension-line": file("checkpoint", Scenario.proof(note: extended)),
            "checkpoint-size-with-zero": file(
                "checkpoint",
                Scenario.proof(note: Scenario.note(Scenario.text().replacing("\n12\n", with: "\n012\n")))),
            // The path becomes the beginning of the note's text, which nobody signed.
            "signature-empty-line-early": file(
                "signature",
                Array(
                    String(decoding: Scenario.proof().bytes, as: UTF8.self)
                        .replacing("index 7\n", with: "index 7\n\n").utf8)),
            "signature-forged-witness": file("signature", Scenario.proof(note: forged)),
            "signature-size-changed": file(
                "signature",
                Array(
                    String(decoding: Scenario.proof().bytes, as: UTF8.self)
                        .replacing("\n12\n", with: "\n13\n").utf8)),
        ]
    }

    private static func notIncluded() -> [String: VectorFile] {
        let proof = Scenario.proof()
        func with(index: Int = 7, path: [NodeHash]) -> TlogProof {
            TlogProof(index: LeafIndex(index), path: path, note: proof.note)
        }
        var flipped = proof.path
        flipped[2] = NodeHash(bytes: [flipped[2].bytes[0] ^ 1] + flipped[2].bytes.dropFirst())!
        return [
            "inclusion-other-entry": file("inclusion", proof, entry: 6),
            "inclusion-other-index": file("inclusion", with(index: 6, path: proof.path)),
            "inclusion-index-outside": file("inclusion", with(index: 12, path: proof.path)),
            "inclusion-bit-flipped": file("inclusion", with(path: flipped)),
            "inclusion-path-short": file("inclusion", with(path: proof.path.dropLast())),
            "inclusion-path-long": file("inclusion", with(path: proof.path + [proof.path[0]])),
            "inclusion-path-reversed": file("inclusion", with(path: proof.path.reversed())),
            "inclusion-path-of-smaller-tree": file(
                "inclusion", with(path: Scenario.tree.inclusionProof(of: LeafIndex(7), in: TreeSize(9)))),
        ]
    }

    private static func file(_ expect: String, _ proof: TlogProof, entry: Int = 7) -> VectorFile {
        file(expect, proof.bytes, entry: entry)
    }

    private static func file(_ expect: String, _ body: [UInt8], entry: Int = 7) -> VectorFile {
        let policy = Scenario.policyText.split(separator: "\n").map { ["policy", String($0)] }
        return VectorFile(
            expect: expect, [["entry", Hex.encode(Scenario.entries[entry])]] + policy, body: body)
    }
}
