internal import GRDB
public import MerkleLog

extension EventStore {
    /// How far the views of a chain have followed it.
    public func viewPosition(of chain: ChainID) throws -> TreeSize {
        try query("reading the view position") { try Self.viewPosition(of: chain, $0) }
    }

    /// The rows of one kind, or of all, ordered by kind and key, byte by byte.
    public func viewRows(of chain: ChainID, kind: String? = nil) throws -> [ViewRow] {
        try query("reading view rows") { database in
            let filter = kind == nil ? "" : "AND kind = ?2"
            let statement = try RawStatement(
                database,
                """
                SELECT kind, key, value FROM view_rows WHERE chain = ?1 \(filter) ORDER BY kind, key
                """)
            defer { statement.reset() }
            statement.bind(chain.number, at: 1)
            if let kind { statement.bind(kind, at: 2) }
            var rows: [ViewRow] = []
            while try statement.next() {
                rows.append(
                    ViewRow(
                        kind: statement.text(at: 0), key: statement.text(at: 1),
                        value: Array(statement.bytes(at: 2))))
            }
            return rows
        }
    }

    /// The value of one row, or `nil`.
    public func viewRow(of chain: ChainID, kind: String, key: String) throws -> [UInt8]? {
        try query("reading view row \(kind)/\(key)") { database in
            let statement = try RawStatement(
                database, "SELECT value FROM view_rows WHERE chain = ? AND kind = ? AND key = ?")
            defer { statement.reset() }
            statement.bind(chain.number, at: 1)
            statement.bind(kind, at: 2)
            statement.bind(key, at: 3)
            return try statement.next() ? Array(statement.bytes(at: 0)) : nil
        }
    }

    /// Puts `rows` in the place of all view rows of the chain, as they follow from its first `size` entries.
    public func replaceViews(of chain: ChainID, with rows: [ViewRow], at size: TreeSize) throws {
        try write("rebuilding the views") { database in
            guard try Self.size(of: chain, database) == size else {
                throw StoreError(
                    .outOfRange, "views at \(size) do not belong to the chain as it stands",
                    hint: "fold the chain to its end, then repeat")
            }
            try database.inTransaction(.immediate) {
                try database.execute(
                    sql: "DELETE FROM view_rows WHERE chain = ?", arguments: [chain.number])
                let changes = rows.map { ViewChange(kind: $0.kind, key: $0.key, value: $0.value) }
                try Self.write(changes, chain, database)
                try Self.setViewPosition(of: chain, to: size, database)
                return .commit
            }
        }
    }

    /// The views' part of an append.
    func apply(
        _ changes: [ViewChange], to chain: ChainID, from old: TreeSize, upTo new: TreeSize,
        _ database: Database
    ) throws {
        let position = try Self.viewPosition(of: chain, database)
        guard position == old else {
            throw StoreError(
                .viewsBehind(position: position.rawValue, size: old.rawValue),
                "the views stand at \(position), the chain at \(old)",
                hint: "rebuild the views first (lethe replay --views)")
        }
        try Self.write(changes, chain, database)
        try Self.setViewPosition(of: chain, to: new, database)
    }

    private static func write(_ changes: [ViewChange], _ chain: ChainID, _ database: Database) throws {
        let set = try RawStatement(
            database,
            """
            INSERT INTO view_rows (chain, kind, key, value) VALUES (?, ?, ?, ?)
            ON CONFLICT (chain, kind, key) DO UPDATE SET value = excluded.value
            """)
        let remove = try RawStatement(
            database, "DELETE FROM view_rows WHERE chain = ? AND kind = ? AND key = ?")
        for change in changes {
            let statement = change.value == nil ? remove : set
            statement.bind(chain.number, at: 1)
            statement.bind(change.kind, at: 2)
            statement.bind(change.key, at: 3)
            try (change.value ?? []).withUnsafeBytes { value in
                if change.value != nil { statement.bind(value, at: 4) }
                try statement.run()
            }
        }
    }

    private static func viewPosition(of chain: ChainID, _ database: Database) throws -> TreeSize {
        let size = try Int.fetchOne(
            database, sql: "SELECT size FROM view_positions WHERE chain = ?", arguments: [chain.number])
        return TreeSize(size ?? 0)
    }

    private static func setViewPosition(
        of chain: ChainID, to size: TreeSize, _ database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO view_positions (chain, size) VALUES (?, ?)
                ON CONFLICT (chain) DO UPDATE SET size = excluded.size
                """)
        try statement.execute(arguments: [chain.number, size.rawValue])
    }
}
