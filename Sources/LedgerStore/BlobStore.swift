internal import Bytes
internal import Glibc
internal import GRDB
internal import Signing

/// Large artifacts by kind and digest, each in a file of its own under `blobs/`, encrypted under a data
/// key of its own.
///
/// Life of a blob:
/// 1. It is encrypted into a temporary file, which is synced and renamed to a random name; the directory
///    is synced.
/// 2. Its wrapped data key goes into `vault.sqlite`. This is the commit point: before it nobody can read
///    the file, and the next opening for writing removes it.
///
/// The store does not compute digests: it does not know of what each kind takes them. It vouches that
/// what comes out under a name is what went in under it.
public final class BlobStore: Sendable {
    private let vault: VaultDatabase

    init(_ vault: VaultDatabase) throws {
        self.vault = vault
        if !vault.readOnly { try sweep() }
    }

    /// Stores a blob of `count` bytes, durable on return. A blob that is there already stays as it is.
    ///
    /// - Parameter source: writes the next bytes into the buffer and returns how many; 0 at the end.
    /// - Throws: ``StoreError/Code/wrongLength(expected:actual:)`` where `source` gives more or fewer
    ///   bytes, and ``StoreError/Code/erased`` for a blob that was erased here. After an error nothing
    ///   is stored, unless the error came from the commit itself: ask ``contains(_:)``.
    public func put(
        _ id: BlobID, count: Int, from source: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws {
        guard !vault.readOnly else {
            throw StoreError(
                .readOnly, "the ledger is open for reading only", hint: "open it for writing to store")
        }
        try refuseErased(id)
        guard try row(id) == nil else { return }
        let name = Hex.encode(vault.random.generate(16))
        let cipher = BlobCipher(
            key: .generate(random: vault.random), id: id, count: count, prefix: vault.random.generate(16))
        do {
            try write(cipher, to: path("tmp-\(name)"), from: source)
            try vault.faults.perform(.renameBlobFile) {
                guard rename(path("tmp-\(name)"), path(name)) == 0 else {
                    throw StoreError.system("rename", path(name))
                }
            }
            try vault.faults.perform(.syncBlobDirectory) { try Directory.sync(vault.paths.blobs) }
            // From here on the blob is there.
            try vault.faults.perform(.insertBlobKey) { try insert(id, cipher, file: name) }
        } catch {
            // Not where its key is stored, or where that is not known: the next opening then finds out.
            if let isStored = try? contains(id), !isStored {
                try? Directory.unlink(path("tmp-\(name)"))
                try? Directory.unlink(path(name))
            }
            throw error
        }
    }

    /// Stores `bytes`; see ``put(_:count:from:)``.
    public func put(_ id: BlobID, _ bytes: [UInt8]) throws {
        var done = 0
        try put(id, count: bytes.count) { buffer in
            let length = min(buffer.count, bytes.count - done)
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[done..<done + length]))
            }
            done += length
            return length
        }
    }

    /// Stores the content of a file; see ``put(_:count:from:)``.
    public func put(_ id: BlobID, contentsOf path: String) throws {
        let file = try FileDescriptor(opening: path, O_RDONLY)
        var done = 0
        try put(id, count: try file.size()) { buffer in
            let length = try file.read(into: buffer, at: done)
            done += length
            return length
        }
    }

    /// A reader of the blob; `nil` where there is none, or where its erasure has begun.
    public func open(_ id: BlobID) throws -> BlobReader? {
        guard let row = try row(id), try !isErased(id) else { return nil }
        let key = try vault.unwrap(row.wrappedKey, for: Self.context(id, row.count))
        return try BlobReader(id, path: path(row.file), key: key, count: row.count)
    }

    /// Whether ``open(_:)`` would find it.
    public func contains(_ id: BlobID) throws -> Bool {
        try row(id) != nil && !isErased(id)
    }

    /// All blobs, ordered by kind and digest.
    public func list() throws -> [BlobRecord] {
        try vault.read("listing blobs") { database in
            let statement = try RawStatement(
                database,
                """
                SELECT kind, digest, size FROM blobs WHERE NOT EXISTS (
                    SELECT 1 FROM tombstones
                    WHERE store = 'blob' AND tombstones.kind = blobs.kind
                        AND tombstones.digest = blobs.digest)
                ORDER BY kind, digest
                """)
            defer { statement.reset() }
            var records: [BlobRecord] = []
            while try statement.next() {
                guard let kind = BlobKind(rawValue: statement.text(at: 0)) else { continue }
                let id = BlobID(kind, try statement.hash(at: 1, as: BlobSubject.self))
                records.append(BlobRecord(id: id, count: Int(statement.integer(at: 2))))
            }
            return records
        }
    }

    /// Erases blobs: file and data key. Otherwise as ``Vault/eraseBodies(_:)``, with the same limits.
    ///
    /// - Parameter untilSettled: what was here counts as deleted, however often it is erased again, until ``settle(_:)``.
    public func erase(_ ids: [BlobID], untilSettled: Bool = false) throws -> ErasureReceipt {
        try vault.erase(ids.map(ErasureSubject.blob), untilSettled: untilSettled)
    }

    /// Notes that the erasure of `ids` is attested: from now on they are as if they had never been here.
    public func settle(_ ids: [BlobID]) throws { try vault.settle(ids.map(ErasureSubject.blob)) }
}

extension BlobStore {
    private func path(_ name: String) -> String { "\(vault.paths.blobs)/\(name)" }

    /// Encrypts what `source` gives into a new file and syncs it.
    private func write(
        _ cipher: BlobCipher, to path: String, from source: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws {
        let file = try vault.faults.perform(.createBlobFile) {
            try FileDescriptor(opening: path, O_RDWR | O_CREAT | O_EXCL)
        }
        try cipher.header.withUnsafeBytes { try file.write($0, at: 0) }
        var content = [UInt8](repeating: 0, count: BlobCipher.chunkSize)
        var sealed = [UInt8](repeating: 0, count: BlobCipher.chunkSize + DataKey.overhead)
        for chunk in 0..<cipher.chunkCount {
            let size = cipher.size(ofChunk: chunk)
            try content.withUnsafeMutableBytes { content in
                let content = UnsafeMutableRawBufferPointer(rebasing: content[..<size])
                let found = try Self.fill(content, from: source)
                guard found == size else {
                    throw Self.wrongLength(cipher.count, chunk * BlobCipher.chunkSize + found)
                }
                try sealed.withUnsafeMutableBytes { sealed in
                    let sealed = UnsafeMutableRawBufferPointer(rebasing: sealed[..<(size + DataKey.overhead)])
                    cipher.seal(chunk: chunk, UnsafeRawBufferPointer(content), into: sealed)
                    try vault.faults.perform(.writeBlobChunk) {
                        try file.write(UnsafeRawBufferPointer(sealed), at: cipher.offset(ofChunk: chunk))
                    }
                }
            }
        }
        let more = try content.withUnsafeMutableBytes {
            try source(UnsafeMutableRawBufferPointer(rebasing: $0[..<1]))
        }
        guard more == 0 else { throw Self.wrongLength(cipher.count, cipher.count + more) }
        try vault.faults.perform(.syncBlobFile) { try file.sync() }
    }

    /// Asks `source` until the buffer is full or there is no more.
    private static func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from source: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> Int {
        var done = 0
        while done < buffer.count {
            let count = try source(UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
            if count == 0 { break }
            done += count
        }
        return done
    }

    private static func wrongLength(_ expected: Int, _ actual: Int) -> StoreError {
        StoreError(
            .wrongLength(expected: expected, actual: actual),
            "\(expected) bytes were announced, at least \(actual) came",
            hint: "fetch the artifact again: it was cut or has changed")
    }

    private func insert(_ id: BlobID, _ cipher: BlobCipher, file name: String) throws {
        let wrapped = vault.wrap(cipher.key, for: Self.context(id, cipher.count))
        try vault.write("storing blob \(id)") { database in
            let statement = try RawStatement(
                database,
                "INSERT INTO blobs (kind, digest, size, file, wrapped_key) VALUES (?, ?, ?, ?, ?)")
            statement.bind(id.kind.rawValue, at: 1)
            statement.bind(copying: id.digest.bytes, at: 2)
            statement.bind(Int64(cipher.count), at: 3)
            statement.bind(name, at: 4)
            statement.bind(copying: wrapped, at: 5)
            try statement.run()
        }
    }

    private static func context(_ id: BlobID, _ count: Int) -> [UInt8] {
        Array("lethe/vault-blob/v1".utf8) + [0] + BlobCipher.context(id, count: count)
    }

    struct Row {
        var count: Int
        var file: String
        var wrappedKey: [UInt8]
    }

    static func row(_ id: BlobID, _ database: Database) throws -> Row? {
        let statement = try RawStatement(
            database, "SELECT size, file, wrapped_key FROM blobs WHERE kind = ? AND digest = ?")
        defer { statement.reset() }
        statement.bind(id.kind.rawValue, at: 1)
        statement.bind(copying: id.digest.bytes, at: 2)
        guard try statement.next() else { return nil }
        return Row(
            count: Int(statement.integer(at: 0)), file: statement.text(at: 1),
            wrappedKey: Array(statement.bytes(at: 2)))
    }

    private func row(_ id: BlobID) throws -> Row? {
        try vault.read("looking for blob \(id)") { try Self.row(id, $0) }
    }

    private func isErased(_ id: BlobID) throws -> Bool {
        try vault.read("looking for blob \(id)") { try VaultDatabase.tombstone(.blob(id), $0) != nil }
    }

    private func refuseErased(_ id: BlobID) throws {
        guard try !isErased(id) else {
            throw VaultDatabase.erased("blob \(id)")
        }
    }

    /// Removes the files that no key belongs to: leftovers of a put or an erasure that did not come to
    /// its end.
    private func sweep() throws {
        let known = try vault.read("listing blob files") {
            Set(try String.fetchAll($0, sql: "SELECT file FROM blobs"))
        }
        let orphans = try Directory.names(in: vault.paths.blobs).filter { !known.contains($0) }
        for name in orphans { try Directory.unlink(path(name)) }
        if !orphans.isEmpty { try Directory.sync(vault.paths.blobs) }
    }

    /// What must not be found any more once the blob in `row` is erased.
    static func needles(_ row: Row, _ id: BlobID, in vault: VaultDatabase) -> [Needle] {
        var needles = [Needle(.wrappedKey, row.wrappedKey)]
        if let key = try? vault.unwrap(row.wrappedKey, for: context(id, row.count)) {
            needles.append(Needle(.dataKey, key.withUnsafeBytes { Array($0) }))
        }
        var head = [UInt8](repeating: 0, count: BlobCipher.headerSize + 64)
        if let file = try? FileDescriptor(opening: "\(vault.paths.blobs)/\(row.file)", O_RDONLY),
            let count = try? head.withUnsafeMutableBytes({ try file.read(into: $0, at: 0) }),
            count > BlobCipher.headerSize
        {
            needles.append(Needle(.ciphertext, Array(head[24..<count])))
        }
        return needles
    }
}
