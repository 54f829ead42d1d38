import Bytes
import Signing

/// What must be refused, or ignored, around the signatures of a note.
///
/// Layers: `parse`, the bytes are no note; `signature`, a known key's signature does not hold; `unknown`,
/// no known key signed. Header `key` is a verifier key, `names` are those that count after `ok`.
enum NoteVectors {
    private static let keys = [Scenario.logKey, Scenario.firstKey].map { ["key", $0.text] }
    private static let note = Scenario.note()
    private static let lines = note.signatures.map { $0.line + "\n" }
    private static let text = note.text

    static func make() -> [String: VectorFile] {
        var files = accepted()
        files.merge(signatures()) { $1 }
        files.merge(malformed()) { $1 }
        return files
    }

    private static func accepted() -> [String: VectorFile] {
        let both = ["names", "\(Scenario.logKey.name) \(Scenario.firstKey.name)"]
        let one = ["names", "\(Scenario.logKey.name)"]
        var repeated = note
        repeated.cosign(as: Scenario.firstKey.name, with: Scenario.first, time: 1_796_000_000)
        let sameName = NoteSignature(
            name: Scenario.logKey.name, keyID: NoteKeyID(rawValue: 1), signature: [1])
        let sameID = NoteSignature(name: KeyName("other")!, keyID: Scenario.logKey.id, signature: [1])
        let emptyLines = Scenario.signedNote("one\n\n\ntwo\n\n")
        return [
            "ok": VectorFile(expect: "ok", keys + [both], body: note.bytes),
            "ok-signed-twice": VectorFile(expect: "ok", keys + [both], body: repeated.bytes),
            "ok-line-repeated": VectorFile(
                expect: "ok", keys + [both], body: note.bytes + Array(lines[0].utf8)),
            "ok-unknown-id": file("ok", text + "\n" + lines[0] + sameName.line + "\n", [one]),
            "ok-unknown-name": file("ok", text + "\n" + sameID.line + "\n" + lines[0], [one]),
            "ok-empty-lines-in-text": VectorFile(expect: "ok", keys + [one], body: emptyLines.bytes),
        ]
    }

    private static func signatures() -> [String: VectorFile] {
        let stranger = Scenario.verifier(Scenario.origin, .ed25519, Scenario.stranger)
        var moved = note.signatures[1].signature
        moved[7] ^= 1
        let witness = Scenario.firstKey
        let otherTime = NoteSignature(name: witness.name, keyID: witness.id, signature: moved)
        let plain = NoteSignature(
            name: witness.name, keyID: witness.id, signature: Scenario.first.sign(note.textBytes))
        let swapped = NoteSignature(
            name: Scenario.logKey.name, keyID: Scenario.logKey.id, signature: note.signatures[1].signature)
        let short = NoteSignature(
            name: Scenario.logKey.name, keyID: Scenario.logKey.id,
            signature: note.signatures[0].signature.dropLast())
        return [
            "signature-text-changed": file("signature", "\(text)x\n\n" + lines[0]),
            "signature-time-changed": file("signature", text + "\n" + lines[0] + otherTime.line + "\n"),
            "signature-plain-under-cosigner": file("signature", text + "\n" + lines[0] + plain.line + "\n"),
            "signature-of-other-key": file("signature", text + "\n" + swapped.line + "\n"),
            "signature-short": file("signature", text + "\n" + short.line + "\n"),
            "signature-second-bad": file("signature", text + "\n" + lines[0] + short.line + "\n"),
            "unknown-key": VectorFile(expect: "unknown", [["key", stranger.text]], body: note.bytes),
            "unknown-no-keys": VectorFile(expect: "unknown", body: note.bytes),
            "unknown-other-cosigner": file("unknown", text + "\n" + lines[2]),
        ]
    }

    private static func malformed() -> [String: VectorFile] {
        let line = lines[0]
        let base64 = line.split(separator: " ")[2].dropLast()
        return [
            "parse-empty": file("parse", ""),
            "parse-no-signatures": file("parse", text + "\n"),
            "parse-no-blank-line": file("parse", text + line),
            "parse-no-text": file("parse", "\n" + line),
            "parse-no-final-newline": file("parse", text + "\n" + line.dropLast()),
            "parse-carriage-returns": file("parse", "one\r\n\r\n" + line),
            "parse-control-character": file("parse", "one\u{7}\n\n" + line),
            "parse-hyphen-for-dash": file("parse", text + "\n-" + line.dropFirst()),
            "parse-two-spaces": file("parse", text + "\n" + line.replacing("\u{2014} ", with: "\u{2014}  ")),
            "parse-trailing-space": file("parse", text + "\n" + line.dropLast() + " \n"),
            "parse-text-after-signatures": file("parse", text + "\n" + line + "more\n"),
            "parse-name-with-plus": file("parse", text + "\n\u{2014} a+b \(base64)\n"),
            "parse-name-with-ideographic-space": file("parse", text + "\n\u{2014} a\u{3000}b \(base64)\n"),
            "parse-id-alone": file("parse", text + "\n\u{2014} a AAAAAA==\n"),
            "parse-base64-unpadded": file("parse", text + "\n\u{2014} a AAAAAAA\n"),
            "parse-base64-trailing-bits": file("parse", text + "\n\u{2014} a AAAAAAB=\n"),
            "parse-not-utf8": VectorFile(
                expect: "parse", keys, body: [0xc3, 0x28, 0x0a, 0x0a] + Array(line.utf8)),
            "parse-overlong-utf8": VectorFile(
                expect: "parse", keys, body: [0xc0, 0xaf, 0x0a, 0x0a] + Array(line.utf8)),
        ]
    }

    private static func file(_ expect: String, _ text: String, _ headers: [[String]] = []) -> VectorFile {
        VectorFile(expect: expect, keys + headers, body: Array(text.utf8))
    }
}
