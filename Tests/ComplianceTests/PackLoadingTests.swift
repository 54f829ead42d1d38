import Bytes
import ConsortiumFixture
import Events
import Foundation
import Signing
import Testing

@testable import Compliance

/// A pack is whole, or it is refused with the file and what is wrong with it.
@Suite struct PackLoadingTests {
    /// A pack of one control that wants nobody to be a tyrant.
    static func files() throws -> [String: [UInt8]] {
        let texts = [
            "pack.yaml": """
            id: test-pack
            version: 1.0.0
            title: A pack for tests
            regime: {law: Charter}
            controls: [TST-1]
            sources: []
            limits: None of this means anything.
            """,
            "TST-1/control.yaml": """
            id: TST-1
            version: 1.0.0
            title: Nobody is a tyrant
            meaning: No member has the role of a tyrant.
            severity: low
            regime: {law: Charter, article: "1"}
            roles: [any]
            views: {member_roles: '>=1 <2'}
            params:
              role: {type: text, default: tyrant, allowed: [tyrant, despot], meaning: the role that nobody has}
            result: {subject: subject, reason: reason, since: since, event_id: event_id}
            limits: Tyrants by other names are not found.
            owner: auditor
            """,
            "TST-1/violations.sql": """
            SELECT member AS subject, 'is a ' || role AS reason, NULL AS since, NULL AS event_id
            FROM member_roles WHERE role = :role ORDER BY member
            """,
            "TST-1/population.sql": "SELECT count(*) FROM member_roles",
            "TST-1/fixtures/pass.jsonl": """
            {"as_of":"2027-01-01T00:00:00Z"}
            {"row":{"member":"delta","role":"witness"},"table":"member_roles"}

            """,
            "TST-1/fixtures/fail.jsonl": """
            {"as_of":"2027-01-01T00:00:00Z"}
            {"row":{"member":"delta","role":"tyrant"},"table":"member_roles"}

            """,
            "TST-1/fixtures/fail.expected.json": #"[{"reason":"is a tyrant","subject":"delta"}]"# + "\n",
        ]
        return texts.mapValues { Array($0.utf8) }
    }

    /// The error that comes of changing one file.
    private static func refusal(_ path: String, _ old: String, _ new: String) throws -> PackError? {
        var files = try files()
        let text = String(decoding: files[path] ?? [], as: UTF8.self)
        try #require(text.contains(old), "the change to \(path) changes nothing")
        files[path] = Array(text.replacing(old, with: new).utf8)
        return refusal(files)
    }

    private static func refusal(_ files: [String: [UInt8]]) -> PackError? {
        do throws(PackError) {
            _ = try Pack(PackFiles(files))
            return nil
        } catch {
            return error
        }
    }

    @Test func theUnchangedPackLoadsAndPassesItsTests() throws {
        let pack = try Pack(PackFiles(try Self.files()))
        #expect(pack.controls.map(\.id.text) == ["TST-1"])
        #expect(SelfTest.results(of: pack).map(\.isExpected) == [true, true])
    }

    /// Each change, and what the message must name.
    @Test(arguments: [
        ("pack.yaml", "limits:", "limit:", "limit"), ("pack.yaml", "id: test-pack", "id: Test Pack", "id"),
        ("pack.yaml", "sources: []", "sources: []\nsuppress: [TST-1]", "suppress"),
        ("pack.yaml", "regime: {law: Charter}", "regime: {law: Charter, law: GDPR}", "pack.yaml"),
        ("pack.yaml", "version: 1.0.0", "version: 1.0", "version"),
        ("pack.yaml", "title: A pack for tests", "title: 12", "title"),
        ("pack.yaml", "title: A pack for tests", "title: &a A pack", "line 3"),
        ("pack.yaml", "title: A pack for tests", "title: *a", "line 3"),
        ("pack.yaml", "title: A pack for tests", "title: !!binary x", "line 3"),
        ("pack.yaml", "sources: []", "sources: [{title: x, reading: guessed}]", "reading"),
        ("TST-1/control.yaml", "severity: low", "severity: none", "severity"),
        ("TST-1/control.yaml", "severity: low\n", "", "severity"),
        ("TST-1/control.yaml", "roles: [any]", "roles: []", "roles"),
        ("TST-1/control.yaml", "roles: [any]", "roles: [any, controller]", "any"),
        ("TST-1/control.yaml", "roles: [any]", "roles: [emperor]", "roles"),
        ("TST-1/control.yaml", "limits:", "applies_form: 2027-01-01\nlimits:", "applies_form"),
        ("TST-1/control.yaml", "limits:", "applies_from: 2027-02-30\nlimits:", "applies_from"),
        (
            "TST-1/control.yaml", "limits:", "applies_from: 2027-02-01\napplies_until: 2027-01-01\nlimits:",
            "applies_until"
        ),
        ("TST-1/control.yaml", "member_roles: '>=1 <2'", "member_roles: '>=2 <3'", "member_roles"),
        ("TST-1/control.yaml", "member_roles: '>=1 <2'", "member_roles: '>=1'", "member_roles"),
        ("TST-1/control.yaml", "member_roles: '>=1 <2'", "nothing: '>=1 <2'", "nothing"),
        ("TST-1/control.yaml", "member_roles: '>=1 <2'", "member_roles: '>=1 <2', keys: '>=1 <2'", "keys"),
        ("TST-1/control.yaml", "default: tyrant", "default: king", "default"),
        (
            "TST-1/control.yaml", "type: text, default: tyrant, allowed: [tyrant, despot]",
            "type: integer, default: 5, min: 6, max: 9", "5"
        ),
        (
            "TST-1/control.yaml", "type: text, default: tyrant, allowed: [tyrant, despot]",
            "type: real, default: 5", "type"
        ),
        ("TST-1/control.yaml", "type: text", "unit: days, type: text", "unit"),
        (
            "TST-1/control.yaml", "  role: {",
            "  as_of: {type: integer, default: 1, min: 0, max: 2, meaning: x}\n  role: {", "as_of"
        ),
        (
            "TST-1/control.yaml", "  role: {",
            "  unused: {type: integer, default: 1, min: 0, max: 2, meaning: x}\n  role: {", "unused"
        ),
        ("TST-1/control.yaml", "since: since", "since: reason", "result"),
        ("TST-1/control.yaml", "result: {subject: subject", "result: {subject: who", "who"),
        ("TST-1/control.yaml", "id: TST-1", "id: TST-2", "TST-2"),
    ])
    func refusesAManifestAndNamesTheKey(path: String, old: String, new: String, name: String) throws {
        let error = try Self.refusal(path, old, new)
        let text = error.map { "\($0)" } ?? "nothing was wrong"
        #expect(error != nil && text.contains(name), "\(text)")
    }

    @Test(arguments: [
        ("violations.sql", " ORDER BY member", "", "ORDER BY"),
        (
            "violations.sql", " ORDER BY member",
            " AND member IN (SELECT member FROM member_roles ORDER BY member)", "ORDER BY"
        ),
        ("violations.sql", "ORDER BY member", "ORDER BY member LIMIT 1", "LIMIT"),
        ("violations.sql", "role = :role ", "role = :rule ", ":rule"),
        ("violations.sql", "NULL AS since, NULL AS event_id", "NULL AS event_id, NULL AS since", "columns"),
        ("violations.sql", "FROM member_roles", "FROM member_roles CROSS JOIN bases", "bases"),
        (
            "violations.sql", "FROM member_roles", "FROM sqlite_master CROSS JOIN member_roles",
            "sqlite_master"
        ),
        ("violations.sql", "ORDER BY member", "ORDER BY random()", "random"),
        ("violations.sql", "ORDER BY member", "ORDER BY member; DELETE FROM keys", "more than one statement"),
        (
            "violations.sql", "FROM member_roles WHERE role = :role",
            "FROM (SELECT 'a' AS member, :role AS role)", "empty database"
        ),
        ("population.sql", "SELECT count(*)", "SELECT count(*), 1", "columns"),
        ("population.sql", "SELECT count(*)", "SELECT member", "column"),
        ("population.sql", "SELECT count(*)", "DELETE", "change"),
        ("population.sql", "SELECT count(*) FROM member_roles", "SELECT count(*) FROM nowhere", "nowhere"),
    ])
    func refusesAQueryAndSaysWhy(file: String, old: String, new: String, name: String) throws {
        let error = try Self.refusal("TST-1/\(file)", old, new)
        let text = error.map { "\($0)" } ?? "nothing was wrong"
        #expect(error != nil && text.contains(name), "\(text)")
    }

    @Test func refusesAQueryThatFindsSomethingWhereNothingHappened() throws {
        var files = try Self.files()
        files["TST-1/violations.sql"] = Array(
            """
            SELECT 'all' AS subject, 'there are ' || count(*) AS reason, max(:role) AS since, NULL AS event_id
            FROM member_roles ORDER BY subject
            """.utf8)
        #expect(Self.refusal(files) == .failsOnNothing(file: "TST-1/violations.sql"))
    }

    @Test(arguments: [
        ("pass.jsonl", "\"as_of\"", "\"at\"", 1), ("pass.jsonl", "2027-01-01T00", "2027-02-30T00", 1),
        ("pass.jsonl", "member_roles", "nowhere", 2), ("pass.jsonl", "\"role\":", "\"rolle\":", 2),
        ("pass.jsonl", "\"witness\"", "5", 2), ("pass.jsonl", "{\"row\"", "{ \"row\"", 2),
        ("pass.jsonl", "\"table\":\"member_roles\"", "\"table\":\"members\"", 2),
        ("fail.jsonl", "\"tyrant\"", "null", 2),
        ("fail.jsonl", "\"member\":\"delta\",\"role\"", "\"role\":\"x\",\"role\"", 2),
        ("fail.expected.json", "[{\"reason\":\"is a tyrant\",\"subject\":\"delta\"}]", "[]", 1),
        ("fail.expected.json", "\"subject\"", "\"who\"", 1),
    ])
    func refusesAFixtureAndNamesTheLine(file: String, old: String, new: String, line: Int) throws {
        let error = try Self.refusal("TST-1/fixtures/\(file)", old, new)
        guard case .fixture(_, line, _)? = error else {
            return #expect(Bool(false), "\(String(describing: error)) does not name line \(line)")
        }
    }

    @Test func aTimeIsGivenByItsTextAlone() throws {
        let line = #"{"row":{"admitted_at":"2027-01-02T00:00:00Z","admitted_s":5},"table":"members"}"#
        let header = #"{"as_of":"2027-01-01T00:00:00Z"}"#
        #expect(throws: PackError.fixture(file: "f", line: 2, reason: "members takes no admitted_s")) {
            try Fixture(Array("\(header)\n\(line)\n".utf8), file: "f")
        }
        let fixture = try Fixture(
            Array("\(header)\n\(line.replacing(",\"admitted_s\":5", with: ""))\n".utf8), file: "f")
        let sandbox = try fixture.sandbox(SandboxLimits())
        #expect(try sandbox.integer("SELECT admitted_s FROM members", [:]) == 1_798_848_000)
        #expect(try sandbox.integer("SELECT admitted_day FROM members", [:]) == 20_820)
    }

    @Test(arguments: [
        "control.yaml", "violations.sql", "population.sql", "fixtures/pass.jsonl", "fixtures/fail.jsonl",
        "fixtures/fail.expected.json",
    ])
    func refusesAControlWithAFileMissing(name: String) throws {
        var files = try Self.files()
        files["TST-1/\(name)"] = nil
        #expect(Self.refusal(files) == .missingFile("TST-1/\(name)"))
    }

    @Test func refusesFilesThatNoPackHas() throws {
        for path in [
            "README", "TST-1/notes.txt", "TST-1/fixtures/more.jsonl", "../pack.yaml", "TST-1/.hidden",
            "a/b/c/d",
        ] {
            var files = try Self.files()
            files[path] = [0x61]
            #expect(Self.refusal(files) == .unexpectedFile(path))
        }
        var files = try Self.files()
        files["TST-2/control.yaml"] = files["TST-1/control.yaml"]
        #expect(Self.refusal(files) == .controlsDiffer(listed: ["TST-1"], found: ["TST-1", "TST-2"]))
        files = try Self.files().filter { !$0.key.hasPrefix("TST-1/") }
        #expect(Self.refusal(files) == .controlsDiffer(listed: ["TST-1"], found: []))
        files = try Self.files()
        files["TST-1/violations.sql"] = [UInt8](repeating: 0x20, count: PackFiles.maximumFileBytes + 1)
        #expect(
            Self.refusal(files)
                == .tooLarge(file: "TST-1/violations.sql", bytes: PackFiles.maximumFileBytes + 1))
    }

    /// Each file is small enough, all of them are not.
    @Test func refusesAPackThatIsTooLargeAsAWhole() throws {
        var files = try Self.files()
        let usual = files.values.reduce(0) { $0 + $1.count }
        for number in 0..<16 {
            files["TST-1/fixtures/\(number).jsonl"] = [UInt8](repeating: 0x20, count: PackFiles.maximumFileBytes)
        }
        let bytes = usual + PackFiles.maximumBytes
        #expect(Self.refusal(files) == .tooLarge(file: ".", bytes: bytes))
    }

    /// A parser that calls itself for each bracket ends the process.
    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func refusesAManifestThatIsNestedDeeply(bracket: String) throws {
        var files = try Self.files()
        files["pack.yaml"] = Array(String(repeating: bracket, count: 60_000 / bracket.utf8.count).utf8)
        guard case .manifest("pack.yaml", _)? = Self.refusal(files) else {
            return #expect(Bool(false), "\(String(describing: Self.refusal(files)))")
        }
    }

    @Test func refusesAPackWithoutControls() throws {
        #expect(
            try Self.refusal("pack.yaml", "controls: [TST-1]", "controls: []")
                == .noControls(pack: "test-pack"))
    }

    /// Nine lists of nine of the one before are 9⁹ elements in a few lines.
    @Test func refusesAListThatStandsForItselfManyTimes() throws {
        var files = try Self.files()
        let lines = (1...9).map {
            "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 9).joined(separator: ", "))]"
        }
        files["pack.yaml"] = Array((["a0: &a0 x"] + lines).joined(separator: "\n").utf8)
        guard case .manifest("pack.yaml", let reason)? = Self.refusal(files) else {
            return #expect(Bool(false), "the list was composed")
        }
        #expect(reason.contains("line 1"))
    }

    @Test func refusesAFolderWithALinkOrNoFolder() throws {
        try Project.withTemporaryFolder { folder in
            for (path, bytes) in try Self.files() {
                let file = folder.appending(path: path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(bytes).write(to: file)
            }
            #expect(try Pack(folder: folder.path).id.text == "test-pack")
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: "TST-1/link"), withDestinationURL: URL(filePath: "/etc/passwd"))
            #expect(throws: PackError.self) { try Pack(folder: folder.path) }
            #expect(throws: PackError.self) { try Pack(folder: folder.appending(path: "missing").path) }
        }
    }

    // MARK: Digest and signature

    @Test func theDigestChangesWithEveryByteButNotWithTheSignature() throws {
        let files = try Self.files()
        let digest = try PackFiles(files).digest
        for path in files.keys {
            var changed = files
            changed[path]!.append(0x0a)
            #expect(try PackFiles(changed).digest != digest)
        }
        var signed = files
        signed[PackFiles.signatureName] = [0x7b]
        #expect(try PackFiles(signed).digest == digest)
        #expect(try PackFiles(signed).signature == [0x7b])
    }

    private static let key = SampleConsortium.key(SampleConsortium.united)
    private static var keyID: KeyID { KeyBytes(bytes: key.publicKey.bytes)!.keyID }

    private static func signature(on pack: Pack) -> PackSignature {
        let message = PackSignature(pack, signatures: []).envelope.signedBytes
        return PackSignature(
            pack, signatures: [Envelope.Signature(keyID: keyID, signature: key.sign(message))])
    }

    private static func isValid(_ id: KeyID, _ signature: [UInt8], _ message: [UInt8]) -> Bool? {
        id == keyID ? key.publicKey.isValidSignature(signature, of: message) : nil
    }

    @Test func aSignatureHoldsForExactlyOnePack() throws {
        let pack = try Pack(PackFiles(try Self.files()))
        let read = try PackSignature(parsing: Self.signature(on: pack).envelope.bytes)
        #expect(try read.signers(of: pack, isValid: Self.isValid) == [Self.keyID])
        #expect(try read.signers(of: pack) { _, _, _ in nil } == [])
        var files = try Self.files()
        files["TST-1/population.sql"]!.append(0x0a)
        let other = try Pack(PackFiles(files))
        #expect(throws: PackError.self) { try read.signers(of: other, isValid: Self.isValid) }
    }

    @Test func refusesAFalseSignatureAndBytesThatAreNone() throws {
        let pack = try Pack(PackFiles(try Self.files()))
        let forged = PackSignature(
            pack,
            signatures: [Envelope.Signature(keyID: Self.keyID, signature: [UInt8](repeating: 1, count: 64))])
        #expect(throws: PackError.self) { try forged.signers(of: pack, isValid: Self.isValid) }
        #expect(throws: PackError.self) { try PackSignature(parsing: Array("{}".utf8)) }
    }
}
