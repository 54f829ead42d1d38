internal import GRDB
internal import Signing

/// How far long computations are, so that they go on after a kill: one encrypted value under a name, replaced again
/// and again, in `vault.sqlite`.
///
/// A state may hold what was learnt from personal data. It is under a data key of its own, it goes when its run is
/// finished, and erasing any row of a dataset removes all of them.
public final class StateStore: Sendable {
    private let vault: VaultDatabase

    init(_ vault: VaultDatabase) { self.vault = vault }

    /// Puts `bytes` in the place of what was saved under `name`; durable on return.
    public func save(_ bytes: [UInt8], as name: String) throws {
        let key = DataKey.generate(random: vault.random)
        let nonce = Nonce(random: vault.random)
        let context = Self.context(name)
        let wrapped = vault.wrap(key, for: context)
        let ciphertext = key.seal(bytes, nonce: nonce, additionalData: context)
        try vault.faults.perform(.saveState) {
            try vault.write("saving the state \(name)") { database in
                let statement = try RawStatement(
                    database,
                    """
                    INSERT INTO states (name, wrapped_key, nonce, ciphertext) VALUES (?, ?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET wrapped_key = excluded.wrapped_key, nonce = excluded.nonce,
                        ciphertext = excluded.ciphertext
                    """)
                statement.bind(name, at: 1)
                statement.bind(copying: wrapped, at: 2)
                statement.bind(copying: nonce.bytes, at: 3)
                statement.bind(copying: ciphertext, at: 4)
                try statement.run()
            }
        }
    }

    /// What was last saved under `name`; `nil` for nothing, and for what does not open, which is as good as nothing.
    public func load(_ name: String) throws -> [UInt8]? {
        try vault.read("reading the state \(name)") { database in
            let statement = try RawStatement(
                database, "SELECT wrapped_key, nonce, ciphertext FROM states WHERE name = ?")
            defer { statement.reset() }
            statement.bind(name, at: 1)
            guard try statement.next(), let nonce = Nonce(bytes: statement.bytes(at: 1)),
                let key = try? vault.unwrap(Array(statement.bytes(at: 0)), for: Self.context(name))
            else { return nil }
            return try? key.open(
                Array(statement.bytes(at: 2)), nonce: nonce, additionalData: Self.context(name))
        }
    }

    /// Removes what was saved under `name`.
    public func remove(_ name: String) throws {
        try vault.write("removing the state \(name)") { database in
            let statement = try RawStatement(database, "DELETE FROM states WHERE name = ?")
            statement.bind(name, at: 1)
            try statement.run()
        }
    }

    /// The names under which something is saved, ascending.
    public func names() throws -> [String] {
        try vault.read("listing states") { try String.fetchAll($0, sql: "SELECT name FROM states ORDER BY name") }
    }

    private static func context(_ name: String) -> [UInt8] {
        Array("lethe/vault-state/v1".utf8) + [0] + Array(name.utf8)
    }
}
