import Bytes
import Signing

/// Trust policies, and which line of those that must be refused is to blame.
///
/// Layers: `syntax` (octets, lines, keywords, fields), `key`, `name`, `group`, `quorum`. Header `line`
/// counts from one.
enum PolicyVectors {
    private static let log = "log \(Scenario.logKey.text)\n"
    private static let one = "witness one \(Scenario.firstKey.text)\n"
    private static let two = "witness two \(Scenario.secondKey.text)\n"
    private static let none = "quorum none\n"

    static func make() -> [String: VectorFile] {
        var files = accepted()
        for part in [syntax(), keys(), names(), groups()] { files.merge(part) { $1 } }
        return files
    }

    private static func accepted() -> [String: VectorFile] {
        [
            "ok": file("ok", Scenario.policyText),
            "ok-no-logs": file("ok", none),
            "ok-log-alone": file("ok", log + none),
            "ok-single-witness": file("ok", one + "quorum one\n"),
            "ok-spaces-and-tabs": file("ok", " \t# c\n\n\t\(log)  quorum \t none \t\n"),
            "ok-quorum-before-log": file("ok", one + "quorum one\n" + log),
            "ok-nested-groups": file(
                "ok", log + one + two + "group a all one\ngroup b 1 two\ngroup c any a b\nquorum c\n"),
            "ok-opaque-octets": VectorFile(
                expect: "ok",
                body: Array("witness ".utf8) + [0xff, 0x80] + Array(one.utf8.dropFirst(11))
                    + Array("quorum ".utf8) + [0xff, 0x80, 0x0a]),
        ]
    }

    private static func syntax() -> [String: VectorFile] {
        [
            "syntax-no-final-newline": file("syntax", log + "quorum none", line: 2),
            "syntax-carriage-return": file("syntax", log + "quorum none\r\n", line: 2),
            "syntax-control-in-comment": file("syntax", "# \u{b}\n" + none, line: 1),
            "syntax-delete-character": file("syntax", "# \u{7f}\n" + none, line: 1),
            "syntax-unknown-keyword": file("syntax", log + none + "require all\n", line: 3),
            "syntax-keyword-upper-case": file("syntax", "Quorum none\n", line: 1),
            "syntax-log-without-key": file("syntax", "log\n" + none, line: 1),
            "syntax-log-two-urls": file("syntax", log.dropLast() + " a b\n" + none, line: 1),
            "syntax-witness-without-key": file("syntax", "witness one\n" + none, line: 1),
            "syntax-comment-after-fields": file("syntax", log.dropLast() + " # our log\n" + none, line: 1),
            "syntax-group-without-members": file("syntax", "group g any\n" + none, line: 1),
            "syntax-quorum-two-names": file("syntax", one + two + "quorum one two\n", line: 3),
            "syntax-quorum-empty": file("syntax", "quorum\n", line: 1),
        ]
    }

    private static func keys() -> [String: VectorFile] {
        let renamed = Scenario.verifier("four.example/w", .cosignatureV1, Scenario.first)
        let rekeyed = Scenario.verifier("one.example/w", .cosignatureV1, Scenario.stranger)
        let relogged = Scenario.verifier(Scenario.origin, .ed25519, Scenario.stranger)
        let logAsWitness = Scenario.verifier("one.example/w", .cosignatureV1, Scenario.log)
        return [
            "key-id-changed": file("key", "log " + mangled(Scenario.logKey.text) + "\n" + none, line: 1),
            "key-not-base64": file("key", "log a+00000000+*\n" + none, line: 1),
            "key-ml-dsa": file("key", "witness m a+00000000+Bg==\n" + none, line: 1),
            "key-log-of-witness-type": file("key", "log \(Scenario.firstKey.text)\n" + none, line: 1),
            "key-witness-of-log-type": file("key", "witness w \(Scenario.logKey.text)\n" + none, line: 1),
            "key-log-twice": file("key", log + log + none, line: 2),
            "key-two-for-one-log": file("key", log + "log \(relogged.text)\n" + none, line: 2),
            "key-one-for-two-witnesses": file("key", one + "witness two \(renamed.text)\n" + none, line: 2),
            "key-two-under-one-key-name": file("key", one + "witness two \(rekeyed.text)\n" + none, line: 2),
            "key-log-cosigns-itself": file("key", log + "witness one \(logAsWitness.text)\n" + none, line: 2),
        ]
    }

    private static func names() -> [String: VectorFile] {
        [
            "name-witness-twice": file(
                "name", one + "witness one \(Scenario.secondKey.text)\n" + none, line: 2),
            "name-group-like-witness": file("name", one + two + "group one any two\n" + none, line: 3),
            "name-witness-none": file("name", "witness none \(Scenario.firstKey.text)\n" + none, line: 1),
            "name-group-none": file("name", one + "group none any one\n" + none, line: 2),
            "name-member-none": file("name", one + "group g any one none\n" + none, line: 2),
            "name-member-unknown": file("name", one + "group g any one two\n" + none, line: 2),
            "name-member-later": file("name", one + "group g any one two\n" + two + "quorum g\n", line: 2),
            "name-group-of-itself": file("name", one + "group g any one g\nquorum g\n", line: 2),
            "name-cycle": file("name", one + "group a any b\ngroup b any a\nquorum a\n", line: 2),
            "name-quorum-unknown": file("name", one + "quorum two\n", line: 2),
            "name-quorum-later": file("name", "quorum one\n" + one, line: 1),
            "name-kelvin-for-k": file(
                "name", "witness K \(Scenario.firstKey.text)\nquorum \u{212a}\n", line: 2),
        ]
    }

    private static func groups() -> [String: VectorFile] {
        func group(_ threshold: String) -> VectorFile {
            file("group", one + two + "group g \(threshold) one two\nquorum g\n", line: 3)
        }
        return [
            "group-zero": group("0"), "group-more-than-members": group("3"), "group-negative": group("-1"),
            "group-leading-zero": group("01"), "group-plus-sign": group("+1"),
            "group-upper-case": group("ANY"),
            "group-huge": group("99999999999999999999"),
            "group-member-repeated": file("group", one + "group g 2 one one\nquorum g\n", line: 2),
            "group-member-of-two": file(
                "group", one + two + "group a any one\ngroup b any one two\nquorum b\n", line: 4),
            "quorum-missing": file("quorum", log + one, line: 2),
            "quorum-empty-file": file("quorum", "", line: 0),
            "quorum-twice": file("quorum", none + none, line: 2),
        ]
    }

    /// The key with another ID.
    private static func mangled(_ text: String) -> String {
        let parts = text.split(separator: "+", maxSplits: 2)
        return "\(parts[0])+00000000+\(parts[2])"
    }

    private static func file(_ expect: String, _ text: String, line: Int? = nil) -> VectorFile {
        VectorFile(expect: expect, line.map { [["line", String($0)]] } ?? [], body: Array(text.utf8))
    }
}
