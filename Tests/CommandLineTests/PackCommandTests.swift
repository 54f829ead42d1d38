import Foundation
import Testing

/// Control packs as typed: what is checked, signed and adopted, and what is refused with exit 2.
struct PackCommandTests {
    private static let policies = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../policies")
        .standardizedFileURL.path

    /// A copy of the shipped pack `ledger-core` in the workplace, cut down to one control so that it is quick.
    private func pack(_ place: Workplace) throws -> String {
        let folder = place.file("pack")
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try files.copyItem(atPath: "\(Self.policies)/ledger-core/LED-09", toPath: "\(folder)/LED-09")
        let manifest = try String(contentsOfFile: "\(Self.policies)/ledger-core/pack.yaml", encoding: .utf8)
        let cut = manifest.replacing(/controls:\n(  - .*\n)+/, with: "controls:\n  - LED-09\n")
        try Data(cut.utf8).write(to: URL(fileURLWithPath: "\(folder)/pack.yaml"))
        return folder
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test func aPackIsSignedByMembersAndAdoptedByTheThreshold() throws {
        let place = Pilot().place
        let folder = try pack(place)
        #expect(try place.done("pack", "check", folder).contains("signed by nobody; not adopted by the consortium"))
        try place.done("pack", "sign", folder, "--as", "alder")
        try place.done("pack", "sign", folder, "--as", "birch")
        #expect(try place.done("pack", "check", folder).contains("signed by alder, birch; not adopted"))
        expectRefusal(place.lethe(["pack", "adopt", folder, "--as", "hub"]), 1, naming: "signed by 1")
        try place.done("pack", "adopt", folder, "--as", "hub", "--with", "alder")
        #expect(try place.done("pack", "check", folder).contains("adopted by the consortium"))
        #expect(try place.done("pack", "list").contains("ledger-core"))
        #expect(try place.done("check").contains("clean"))
        // A changed file is another pack: the signature is about the old one.
        let query = "\(folder)/LED-09/population.sql"
        try write("SELECT count(*) FROM waivers AS w\n", to: query)
        expectRefusal(place.lethe(["pack", "check", folder]), 1, naming: "ledger-core")
        try place.done("pack", "sign", folder, "--as", "alder")
        #expect(
            try place.done("pack", "check", folder).contains("signed by alder; the consortium adopted another version"))
    }

    /// Each query wants what none may: refused with exit 2 and a word that says what it wanted.
    @Test(arguments: [
        ("DELETE FROM waivers", "violations.sql"), ("ATTACH DATABASE 'x' AS y", "violations.sql"),
        (
            "SELECT load_extension('x') AS subject, '' AS reason, NULL AS since, NULL AS event_id FROM waivers ORDER BY 1",
            "load_extension"
        ),
        (
            "SELECT date('now') AS subject, '' AS reason, NULL AS since, NULL AS event_id FROM waivers ORDER BY 1",
            "date"
        ),
        (
            "SELECT datetime() AS subject, '' AS reason, NULL AS since, NULL AS event_id FROM waivers ORDER BY 1",
            "datetime"
        ),
        ("PRAGMA journal_mode = DELETE", "violations.sql"),
        (
            "SELECT sql AS subject, '' AS reason, NULL AS since, NULL AS event_id FROM sqlite_master ORDER BY 1",
            "sqlite_master"
        ),
        (
            "SELECT randomblob(8) AS subject, '' AS reason, NULL AS since, NULL AS event_id FROM waivers ORDER BY 1",
            "randomblob"
        ),
        (
            "SELECT waiver AS subject, :secret AS reason, NULL AS since, NULL AS event_id FROM waivers ORDER BY 1",
            "secret"
        ),
        ("SELECT waiver AS who, '' AS reason, NULL AS since, NULL AS event_id FROM waivers ORDER BY 1", "who"),
        (
            "SELECT waiver AS subject, '' AS reason, NULL AS since, NULL AS event_id FROM waivers; SELECT 1",
            "violations.sql"
        ),
    ])
    func refusesAQueryThatWantsWhatNoneMay(sql: String, word: String) throws {
        let place = Workplace()
        let folder = try pack(place)
        try write(sql + "\n", to: "\(folder)/LED-09/violations.sql")
        let outcome = place.lethe(["pack", "check", folder, "--alone"])
        expectRefusal(outcome, 2, naming: word)
    }

    @Test func anEndlessQueryIsStopped() throws {
        let place = Workplace()
        let folder = try pack(place)
        let sql = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE :max_days > 0)
            SELECT waiver AS subject, '' AS reason, NULL AS since, NULL AS event_id FROM waivers
            WHERE (SELECT count(*) FROM n) > 0 ORDER BY waiver

            """
        try write(sql, to: "\(folder)/LED-09/violations.sql")
        let outcome = place.lethe(["pack", "check", folder, "--alone"])
        #expect([1, 2].contains(outcome.status), "\(outcome.output)\(outcome.errors)")
    }

    @Test(arguments: [
        ("unknown key", "control.yaml", "owner: auditor\n", "owner: auditor\nscope: everything\n", "scope"),
        ("missing key", "control.yaml", "owner: auditor\n", "", "owner"),
        ("undeclared parameter", "control.yaml", "  max_days:", "  most_days:", ":max_days"),
        ("unread table", "control.yaml", "views:\n", "views:\n  ledger: '>=1 <2'\n", "ledger"),
        ("another version of the tables", "control.yaml", "waivers: '>=1 <2'", "waivers: '>=7 <8'", "waivers"),
    ])
    func refusesAManifestThatSaysOtherwise(what: String, file: String, old: String, new: String, word: String) throws {
        let place = Workplace()
        let folder = try pack(place)
        let path = "\(folder)/LED-09/\(file)"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains(old))
        try write(text.replacingOccurrences(of: old, with: new), to: path)
        expectRefusal(place.lethe(["pack", "check", folder, "--alone"]), 2, naming: word)
    }

    @Test func refusesAPackWithoutFixturesAndOneWithoutControls() throws {
        let place = Workplace()
        let folder = try pack(place)
        try FileManager.default.removeItem(atPath: "\(folder)/LED-09/fixtures/fail.jsonl")
        expectRefusal(place.lethe(["pack", "check", folder, "--alone"]), 2, naming: "fail.jsonl")
        try FileManager.default.removeItem(atPath: "\(folder)/LED-09")
        expectRefusal(place.lethe(["pack", "check", folder, "--alone"]), 2, naming: "LED-09")
        expectRefusal(place.lethe(["pack", "check", "nowhere", "--alone"]), 2, naming: "nowhere")
    }

    /// A control that judges a fixture otherwise is not signed: exit 1, and no file is written.
    @Test func doesNotSignAControlThatFailsItsOwnTest() throws {
        let place = Pilot().place
        let folder = try pack(place)
        try write("[]\n", to: "\(folder)/LED-09/fixtures/fail.expected.json")
        let refused = place.lethe(["pack", "sign", folder, "--as", "alder"])
        #expect([1, 2].contains(refused.status))
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/pack.sig.json"))
    }
}
