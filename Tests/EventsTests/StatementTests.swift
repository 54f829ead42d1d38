import Events
import Testing

@Suite struct StatementTests {
    /// A valid statement, whose text the tests change.
    private static let text =
        #"{"_type":"https://in-toto.io/Statement/v1","predicate":{"author":"delta","#
        + #""chain":"skies.example/public","claimedAt":"2026-11-23T10:00:00Z","#
        + #""event":{"decision":"accepted","deletion":"d-1"},"previous":null,"sequence":0},"#
        + #""predicateType":"https://lethe.example/event/deletion-decided/v1","subject":[{"digest":{"sha256":""#
        + String(repeating: "0", count: 64) + #""},"name":"skies.example/public"}]}"#

    private func refusal(replacing old: String, with new: String) throws -> Statement.ParseError? {
        try #require(Self.text.contains(old))
        let changed = Self.text.replacing(old, with: new)
        do throws(Statement.ParseError) {
            _ = try Statement(parsing: Array(changed.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test func acceptsTheTextThatTheOthersChange() throws {
        #expect(try Statement(parsing: Array(Self.text.utf8)).author == MemberName("delta"))
    }

    @Test(arguments: [
        (#""delta""#, #""Delta""#, "$.predicate.author"),
        (#""skies.example/public","claimed"#, #""skies","claimed"#, "$.predicate.chain"),
        (#""accepted""#, #""perhaps""#, "$.predicate.event.decision"),
        (#""previous":null"#, #""previous":7"#, "$.predicate.previous"),
        (#""sequence":0"#, #""sequence":-1"#, "$.predicate.sequence"),
        (#""name":"skies.example/public""#, #""name":7"#, "$.subject[0].name"),
    ])
    func namesThePlaceOfAWrongField(old: String, new: String, path: String) throws {
        guard case .invalidField(path, _) = try refusal(replacing: old, with: new) else {
            Issue.record("no error at \(path): \(String(describing: try refusal(replacing: old, with: new)))")
            return
        }
    }

    /// In-toto wants at least one subject.
    @Test func refusesAnEmptyListOfSubjects() throws {
        let subject = String(Self.text.drop { $0 != "[" })
        let error = try refusal(replacing: subject, with: "[]}")
        #expect(error == .invalidField(path: "$.subject", reason: "is empty"))
    }
}
