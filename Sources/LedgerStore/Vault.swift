public import Bytes
public import Events
internal import GRDB
internal import Signing

/// A body with everything that its commitment hides.
public struct OpenBody: Hashable, Sendable {
    public let salt: Salt
    public let mediaType: MediaType
    public let bytes: [UInt8]

    public init(salt: Salt, mediaType: MediaType, bytes: [UInt8]) {
        (self.salt, self.mediaType, self.bytes) = (salt, mediaType, bytes)
    }

    public var commitment: BodyCommitment {
        BodyCommitment(body: bytes, mediaType: mediaType, salt: salt)
    }
}

/// The bodies that events commit to, and their salts: the erasable side of a ledger, in `vault.sqlite`.
///
/// A body and its salt are stored as one ciphertext under a data key of their own. See
/// ``eraseBodies(_:)`` for what erasing does and what it cannot do.
public final class Vault: Sendable {
    /// The most bytes that a body has here; what is larger is a blob.
    public static let maximumBodyLength = 16 << 20

    let vault: VaultDatabase

    init(_ vault: VaultDatabase) { self.vault = vault }

    /// Stores a body and returns its commitment, durable on return. A body that is there already stays
    /// as it is.
    ///
    /// - Throws: ``StoreError/Code/erased`` for a body that was erased here, whether it was ever stored
    ///   or not.
    @discardableResult
    public func putBody(_ body: OpenBody) throws -> BodyCommitment {
        guard body.bytes.count <= Self.maximumBodyLength else {
            throw StoreError(
                .bodyTooLarge(bytes: body.bytes.count),
                "a body of \(body.bytes.count) bytes exceeds \(Self.maximumBodyLength)",
                hint: "store it as a blob, and let the body name its digest")
        }
        let commitment = body.commitment
        let key = DataKey.generate(random: vault.random)
        let nonce = Nonce(random: vault.random)
        let ciphertext = key.seal(
            body.salt.bytes + body.bytes, nonce: nonce,
            additionalData: Self.context(commitment) + Array(body.mediaType.text.utf8))
        let wrapped = vault.wrap(key, for: Self.context(commitment))
        try vault.faults.perform(.insertBody) {
            try vault.write("storing body \(commitment)") { database in
                guard try VaultDatabase.tombstone(.body(commitment), database) == nil else {
                    throw VaultDatabase.erased("body \(commitment)")
                }
                guard try Self.row(commitment, database) == nil else { return }
                let row = Row(
                    mediaType: body.mediaType.text, wrappedKey: wrapped, nonce: nonce.bytes,
                    ciphertext: ciphertext)
                try Self.insert(row, commitment, database)
            }
        }
        return commitment
    }

    /// The body behind a commitment; `nil` where there is none, or where its erasure has begun.
    public func body(_ commitment: BodyCommitment) throws -> OpenBody? {
        let row = try vault.read("reading body \(commitment)") { database in
            try VaultDatabase.tombstone(.body(commitment), database) == nil
                ? try Self.row(commitment, database) : nil
        }
        return try row.map { try open($0, commitment) }
    }

    /// Whether the body was erased here, or its erasure has begun.
    public func isBuried(_ commitment: BodyCommitment) throws -> Bool {
        try vault.read("looking for an erased body") { try VaultDatabase.tombstone(.body(commitment), $0) != nil }
    }

    /// Whether ``body(_:)`` would find it.
    public func contains(_ commitment: BodyCommitment) throws -> Bool {
        try vault.read("looking for body \(commitment)") { database in
            try VaultDatabase.tombstone(.body(commitment), database) == nil
                && Self.row(commitment, database) != nil
        }
    }

    /// The commitments of all bodies here, in ascending order.
    public func bodies() throws -> [BodyCommitment] {
        try vault.read("listing bodies") { database in
            let statement = try RawStatement(
                database,
                """
                SELECT commitment FROM bodies WHERE NOT EXISTS (
                    SELECT 1 FROM tombstones WHERE store = 'body' AND digest = commitment)
                ORDER BY commitment
                """)
            defer { statement.reset() }
            var found: [BodyCommitment] = []
            while try statement.next() { found.append(try statement.hash(at: 0)) }
            return found
        }
    }

    /// Erases bodies: content, salt and data key. Returns only after the ledger's files were searched
    /// for what is left.
    ///
    /// Rows are overwritten with zeros in the file (`secure_delete`), the log is emptied, and every file
    /// of the ledger is scanned for the salts, wrapped keys, ciphertexts and content that were just
    /// deleted. A trace makes the verdict `failed`. What this cannot reach: blocks that the file system
    /// or the disk moved or copied (copy-on-write, flash translation, snapshots) and backups. There only
    /// the ciphertext can be left, without its key.
    ///
    /// Commitments that are not here get `notFound` and are remembered all the same, so that they cannot
    /// be imported later. An erasure that was interrupted is continued by asking again.
    ///
    /// - Parameter said: bytes that a body has in common with events. They stay on the chain and are no trace.
    public func eraseBodies(
        _ commitments: [BodyCommitment], said: (_ body: [UInt8]) -> [UInt8] = { _ in [] }
    ) throws -> ErasureReceipt {
        try vault.erase(commitments.map(ErasureSubject.body), said: said)
    }

    /// Erasures that were begun and not confirmed, of bodies and of blobs: erase them again.
    public func pendingErasures() throws -> [ErasureSubject] {
        try vault.pendingErasures()
    }
}

extension Vault {
    struct Row {
        var mediaType: String
        var wrappedKey: [UInt8]
        var nonce: [UInt8]
        var ciphertext: [UInt8]
    }

    static func row(_ commitment: BodyCommitment, _ database: Database) throws -> Row? {
        let statement = try RawStatement(
            database,
            "SELECT media_type, wrapped_key, nonce, ciphertext FROM bodies WHERE commitment = ?")
        defer { statement.reset() }
        return try commitment.withUnsafeBytes { commitment in
            statement.bind(commitment, at: 1)
            guard try statement.next() else { return nil }
            return Row(
                mediaType: statement.text(at: 0), wrappedKey: Array(statement.bytes(at: 1)),
                nonce: Array(statement.bytes(at: 2)), ciphertext: Array(statement.bytes(at: 3)))
        }
    }

    private static func insert(_ row: Row, _ commitment: BodyCommitment, _ database: Database) throws {
        let statement = try RawStatement(
            database,
            """
            INSERT INTO bodies (commitment, media_type, wrapped_key, nonce, ciphertext)
            VALUES (?, ?, ?, ?, ?)
            """)
        statement.bind(copying: commitment.bytes, at: 1)
        statement.bind(row.mediaType, at: 2)
        statement.bind(copying: row.wrappedKey, at: 3)
        statement.bind(copying: row.nonce, at: 4)
        try row.ciphertext.withUnsafeBytes { ciphertext in
            statement.bind(ciphertext, at: 5)
            try statement.run()
        }
    }

    private func open(_ row: Row, _ commitment: BodyCommitment) throws -> OpenBody {
        let key = try vault.unwrap(row.wrappedKey, for: Self.context(commitment))
        guard let nonce = Nonce(bytes: row.nonce), let mediaType = MediaType(row.mediaType),
            let plain = try? key.open(
                row.ciphertext, nonce: nonce,
                additionalData: Self.context(commitment) + Array(row.mediaType.utf8)),
            let salt = Salt(bytes: Array(plain.prefix(32)))
        else {
            throw StoreError(
                .corrupt, "body \(commitment) does not open under its key",
                hint: "run a check; fetch the body from another reader")
        }
        return OpenBody(salt: salt, mediaType: mediaType, bytes: Array(plain.dropFirst(32)))
    }

    private static func context(_ commitment: BodyCommitment) -> [UInt8] {
        Array("lethe/vault-body/v1".utf8) + [0] + commitment.bytes
    }

    /// What must not be found any more once this body is erased. Less, where it does not open: it is
    /// erased even so.
    func needles(_ row: Row, _ commitment: BodyCommitment, _ said: ([UInt8]) -> [UInt8]) -> [Needle] {
        let body = try? open(row, commitment)
        var needles = [
            Needle(.wrappedKey, row.wrappedKey), Needle(.ciphertext, Array(row.ciphertext.prefix(64))),
            Needle(.ciphertext, Array(row.ciphertext.suffix(64))),
        ]
        if let key = try? vault.unwrap(row.wrappedKey, for: Self.context(commitment)) {
            needles.append(Needle(.dataKey, key.withUnsafeBytes { Array($0) }))
        }
        if let body {
            needles.append(Needle(.salt, body.salt.bytes))
            needles.append(Needle(.salt, Array(Hex.encode(body.salt.bytes).utf8)))
            let said = said(body.bytes)
            needles += Needle.windows(of: body.bytes).filter { !$0.isPart(of: said) }
        }
        return needles
    }
}
