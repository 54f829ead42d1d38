import Testing

@testable import Compliance

/// What a query may do, and everything else that one may try.
@Suite struct SandboxTests {
    /// Three rows to ask about.
    static let rows = """
        {"as_of":"2027-03-01T00:00:00Z"}
        {"row":{"member":"alpine","role":"witness"},"table":"member_roles"}
        {"row":{"member":"delta","role":"operator"},"table":"member_roles"}
        {"row":{"member":"delta","role":"witness"},"table":"member_roles"}

        """

    static func sandbox(_ limits: SandboxLimits = SandboxLimits()) throws -> Sandbox {
        try Fixture(Array(rows.utf8), file: "rows").sandbox(limits)
    }

    /// What asking for one integer is refused with.
    static func refusal(_ sql: String, _ limits: SandboxLimits = SandboxLimits()) throws -> SandboxError? {
        let sandbox = try sandbox(limits)
        do throws(SandboxError) {
            _ = try sandbox.integer(sql, ["as_of": .text("2027-03-01T00:00:00Z")])
            return nil
        } catch {
            return error
        }
    }

    private static func isNotAllowed(_ error: SandboxError?) -> Bool {
        if case .notAllowed? = error { return true }
        return false
    }

    // MARK: Allowed

    @Test func readsTablesWindowsRecursionAndJSON() throws {
        #expect(try Self.sandbox().integer("SELECT count(*) FROM member_roles", [:]) == 3)
        let recursion =
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n"
        #expect(try Self.sandbox().integer(recursion, [:]) == 15)
        let json =
            #"SELECT count(*) FROM json_each('["delta","united"]') AS j JOIN member_roles AS r ON r.member = j.value"#
        #expect(try Self.sandbox().integer(json, [:]) == 2)
        let window = """
            WITH r AS (SELECT row_number() OVER (PARTITION BY member ORDER BY role) AS n FROM member_roles)
            SELECT max(n) FROM r
            """
        #expect(try Self.sandbox().integer(window, [:]) == 2)
    }

    /// A count over a common table expression asks to read a table of that name without a column.
    @Test func countsACommonTableExpression() throws {
        let sql =
            "WITH mine AS (SELECT member FROM member_roles WHERE role = :role) SELECT count(*) FROM mine"
        #expect(try Self.sandbox().integer(sql, ["role": .text("witness")]) == 2)
    }

    @Test func givesRowsInOrderAndSaysWhetherTheyAreAll() throws {
        let sql = "SELECT member, role FROM member_roles ORDER BY role, member"
        let all = try Self.sandbox().rows(sql, [:], columns: ["member", "role"])
        #expect(
            all.values == [
                [.text("delta"), .text("operator")], [.text("alpine"), .text("witness")],
                [.text("delta"), .text("witness")],
            ])
        #expect(!all.isTruncated)
        let two = try Self.sandbox(SandboxLimits(rows: 2)).rows(sql, [:], columns: ["member", "role"])
        #expect(two.values == Array(all.values.prefix(2)))
        #expect(two.isTruncated)
    }

    // MARK: Refused

    @Test(arguments: [
        "DELETE FROM member_roles", "INSERT INTO member_roles VALUES ('x', 'y')",
        "UPDATE member_roles SET role = 'x'",
        "DROP TABLE member_roles", "CREATE TABLE t (a)", "CREATE TEMP TABLE t (a)",
        "ALTER TABLE member_roles ADD COLUMN x",
        "CREATE INDEX i ON member_roles (role)", "REPLACE INTO member_roles VALUES ('x', 'y')", "REINDEX",
        "ANALYZE",
        "WITH x AS (SELECT 1) DELETE FROM member_roles",
        "CREATE TRIGGER t AFTER INSERT ON keys BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE t USING fts5(a)", "CREATE VIEW v AS SELECT 1", "VACUUM", "BEGIN", "SAVEPOINT s",
        "DELETE FROM member_roles RETURNING 1",
    ])
    func refusesToWrite(sql: String) throws {
        let sandbox = try Self.sandbox()
        #expect(throws: SandboxError.self) { try sandbox.integer(sql, [:]) }
        #expect(try sandbox.integer("SELECT count(*) FROM member_roles", [:]) == 3)
    }

    @Test(arguments: [
        "ATTACH DATABASE '/etc/passwd' AS p", "ATTACH ':memory:' AS m", "VACUUM INTO '/tmp/lethe-out.sqlite'",
        "PRAGMA table_info(keys)", "PRAGMA query_only = 0", "PRAGMA writable_schema = 1",
        "SELECT count(*) FROM pragma_table_info('keys')", "SELECT name FROM pragma_database_list",
        "SELECT count(*) FROM sqlite_master", "SELECT sql FROM sqlite_schema", "SELECT count(*) FROM dbstat",
        "SELECT count(*) FROM sqlite_temp_master", "SELECT count(*) FROM json_tree('[]')",
    ])
    func refusesToLookOutside(sql: String) throws {
        let error = try Self.refusal(sql)
        #expect(Self.isNotAllowed(error) || error == .notReadOnly, "\(String(describing: error))")
    }

    @Test(arguments: [
        "SELECT load_extension('x')", "SELECT random()", "SELECT hex(randomblob(8))", "SELECT date('now')",
        "SELECT julianday('now')", "SELECT strftime('%s', 'now')", "SELECT datetime(0, 'unixepoch')",
        "SELECT unixepoch()",
        "SELECT length(zeroblob(1000000000))", "SELECT printf('%1000000d', 1)", "SELECT sqlite_version()",
        "SELECT last_insert_rowid()", "SELECT changes()", "SELECT total_changes()",
        "SELECT writefile('x', 'y')",
        "SELECT readfile('/etc/passwd')", "SELECT fts3_tokenizer('simple')",
        "SELECT sqlite_compileoption_get(0)",
        "SELECT char(0)", "SELECT quote(1)", "SELECT length(trim('aaaab', 'ab'))", "SELECT length(ltrim('a', 'a'))",
        "SELECT round(1.5)",
        "SELECT count(*) FROM member_roles WHERE role REGEXP 'x'",
        "SELECT count(*) FROM member_roles WHERE role MATCH 'x'",
    ])
    func refusesFunctionsBesidesThePureOnes(sql: String) throws {
        let error = try Self.refusal(sql)
        guard case .sql(let message)? = error,
            message.hasPrefix("no such function") || message.contains("unable to use function")
        else { return #expect(Self.isNotAllowed(error), "\(String(describing: error))") }
    }

    /// The time of the day has names of its own that are no functions.
    @Test(arguments: ["SELECT CURRENT_TIME", "SELECT CURRENT_DATE", "SELECT CURRENT_TIMESTAMP"])
    func refusesTheClock(sql: String) throws {
        #expect(Self.isNotAllowed(try Self.refusal(sql)))
    }

    /// A view's name gives no rights: here a common table expression borrows the name of a table that may be
    /// read to read one that may not.
    @Test func refusesACommonTableExpressionThatBorrowsATablesName() throws {
        let connection = try SQLiteConnection(.memory)
        try connection.createControlTables()
        try connection.execute("CREATE TABLE raw (secret TEXT) STRICT; INSERT INTO raw VALUES ('a name')")
        let sandbox = try Sandbox(connection, tables: ["members"], limits: SandboxLimits())
        let sql = "WITH members AS (SELECT secret FROM raw) SELECT secret FROM members ORDER BY secret"
        #expect(throws: SandboxError.notAllowed("read raw.secret")) {
            try sandbox.rows(sql, [:], columns: ["secret"])
        }
        #expect(throws: SandboxError.notAllowed("read raw.secret")) {
            try sandbox.integer("SELECT max(length(secret)) FROM raw", [:])
        }
    }

    // MARK: One statement, bound

    @Test(arguments: [
        "SELECT 1; SELECT 2", "SELECT 1; DELETE FROM member_roles", "SELECT 1;; SELECT 2",
        "SELECT 1; nonsense",
    ])
    func refusesASecondStatement(sql: String) throws {
        #expect(try Self.refusal(sql) == .severalStatements)
    }

    @Test(arguments: ["SELECT 1;", "SELECT 1 -- ; SELECT 2", "SELECT 1; /* the end */ ", " SELECT 1 ; ; "])
    func takesOneStatementWithWhatFollowsNothing(sql: String) throws {
        #expect(try Self.sandbox().integer(sql, [:]) == 1)
    }

    @Test(arguments: ["", "  ", "-- nothing", ";"])
    func refusesNoStatement(sql: String) throws {
        #expect(try Self.refusal(sql) == .empty)
    }

    /// An unbound parameter would be NULL, match nothing, and pass.
    @Test func refusesAParameterThatIsNotDeclared() throws {
        #expect(try Self.refusal("SELECT :missing") == .unboundParameter(":missing"))
        #expect(
            try Self.refusal("SELECT count(*) FROM keys WHERE member = :as_of_")
                == .unboundParameter(":as_of_"))
    }

    @Test(arguments: ["SELECT ?", "SELECT ?1", "SELECT @as_of", "SELECT $as_of"])
    func refusesAParameterWithoutAName(sql: String) throws {
        #expect(try Self.refusal(sql) == .unnamedParameter(index: 1))
    }

    @Test func refusesAMisspeltColumnInQuotes() throws {
        guard case .sql? = try Self.refusal(#"SELECT count(*) FROM member_roles WHERE "rolle" = 'x'"#) else {
            return #expect(Bool(false), "a name in double quotes was taken for a text")
        }
    }

    @Test func refusesToExplain() throws {
        #expect(try Self.refusal("EXPLAIN SELECT 1") != nil)
        #expect(try Self.refusal("EXPLAIN QUERY PLAN SELECT 1") != nil)
    }

    @Test func refusesOtherColumnsThanThoseNamed() throws {
        #expect(throws: SandboxError.wrongColumns(expected: ["member", "role"], actual: ["role", "member"])) {
            try Self.sandbox().rows(
                "SELECT role, member FROM member_roles ORDER BY 1", [:], columns: ["member", "role"])
        }
    }

    @Test(arguments: [
        "SELECT 1.5", "SELECT x'00'", "SELECT 'a'", "SELECT NULL", "SELECT -1",
        "SELECT role FROM member_roles",
    ])
    func refusesACountThatIsNone(sql: String) throws {
        guard case .wrongValue? = try Self.refusal(sql) else {
            return #expect(Bool(false), "\(sql) was taken for a count")
        }
    }

    // MARK: Limits

    @Test func endsAnEndlessRecursion() throws {
        let endless =
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        #expect(try Self.refusal(endless, SandboxLimits(milliseconds: 100)) == .tooSlow(milliseconds: 100))
    }

    @Test func endsAnEndlessJoin() throws {
        let joined = (1...12).map {
            "(SELECT 1 AS c UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5) AS t\($0)"
        }
        let sql = "SELECT count(*) FROM \(joined.joined(separator: ", "))"
        #expect(try Self.refusal(sql, SandboxLimits(milliseconds: 100)) == .tooSlow(milliseconds: 100))
    }

    @Test func endsAQueryThatFillsTheMemory() throws {
        let text = String(repeating: "x", count: 10_000)
        let sql = """
            WITH RECURSIVE n(i, t) AS (VALUES (1, :text) UNION SELECT i + 1, i || :text FROM n WHERE i < 1000000)
            SELECT count(*) FROM (SELECT DISTINCT t FROM n)
            """
        let limits = SandboxLimits(milliseconds: 20_000, bytes: 4 << 20)
        #expect(throws: SandboxError.tooMuchMemory(bytes: 4 << 20)) {
            try Self.sandbox(limits).integer(sql, ["text": .text(text)])
        }
    }

    /// The heap is the process's: what one query's compilation uses up is no reason to refuse another's database.
    @Test func aCompilationThatDoublesKeepsNobodyFromOpening() async throws {
        let lines = (1...40).map { "c\($0) AS (SELECT a.x FROM c\($0 - 1) AS a, c\($0 - 1) AS b)" }
        let sql = "WITH c0 AS (SELECT 1 AS x), \(lines.joined(separator: ", ")) SELECT count(*) FROM c40"
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<8 {
                    let refusal = try Self.refusal(sql, SandboxLimits(bytes: 1 << 20))
                    #expect(refusal == .tooMuchMemory(bytes: 1 << 20))
                }
            }
            group.addTask { for _ in 0..<200 { _ = try Self.sandbox() } }
            try await group.waitForAll()
        }
    }

    /// Each name stands for two copies of the one before: what is compiled doubles with each line.
    @Test func endsACompilationThatDoubles() throws {
        let lines = (1...40).map { "c\($0) AS (SELECT a.x FROM c\($0 - 1) AS a, c\($0 - 1) AS b)" }
        let sql = "WITH c0 AS (SELECT 1 AS x), \(lines.joined(separator: ", ")) SELECT count(*) FROM c40"
        let limits = SandboxLimits(bytes: 16 << 20)
        #expect(try Self.refusal(sql, limits) == .tooMuchMemory(bytes: limits.bytes))
        #expect(try Self.sandbox(limits).integer("SELECT count(*) FROM member_roles", [:]) == 3)
    }

    @Test func refusesALargeValue() throws {
        let doubling =
            "WITH RECURSIVE n(t) AS (VALUES ('xx') UNION ALL SELECT t || t FROM n) SELECT max(length(t)) FROM n"
        #expect(try Self.refusal(doubling) == .tooLarge)
        #expect(try Self.refusal("SELECT 1 /* \(String(repeating: "x", count: 70_000)) */") == .tooLarge)
    }

    @Test func keepsALargeResultWithinBounds() throws {
        let sql = """
            WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
            SELECT i || :text AS t FROM n ORDER BY i
            """
        let rows = try Self.sandbox(SandboxLimits(rows: 100_000)).rows(
            sql, ["text": .text(String(repeating: "x", count: 1_000))], columns: ["t"])
        #expect(rows.isTruncated)
        #expect(rows.values.count < 20_000)
    }

    @Test func refusesDeepExpressionsAndLongCompounds() throws {
        let deep =
            "SELECT " + String(repeating: "(1 + ", count: 200) + "1" + String(repeating: ")", count: 200)
        #expect(try Self.refusal(deep) != nil)
        let compound = Array(repeating: "SELECT 1", count: 60).joined(separator: " UNION ALL ")
        #expect(try Self.refusal("SELECT count(*) FROM (\(compound))") != nil)
    }
}
