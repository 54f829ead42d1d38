public import Bytes
public import Events

/// A key of a view's rows, written as text.
public protocol RowKey: Hashable, Comparable, Sendable, Packable {
    var rowKey: String { get }
    init?(rowKey: String)
}

extension Hash256: RowKey {
    public var rowKey: String { hex }
    public init?(rowKey: String) { self.init(hex: rowKey) }
}

extension Identifier: RowKey {
    public var rowKey: String { text }
    public init?(rowKey: String) { self.init(rowKey) }
}

extension Origin: RowKey {
    public var rowKey: String { text }
    public init?(rowKey: String) { self.init(rowKey) }
}

/// One row of a view as it is stored: canonical JSON under a kind and a key.
public struct ViewRow: Hashable, Sendable {
    public var kind: String
    public var key: String
    public var value: [UInt8]

    public init(kind: String, key: String, value: [UInt8]) {
        self.kind = kind
        self.key = key
        self.value = value
    }
}

/// The rows of one kind, and which of them changed since they were last taken.
public struct Table<Key: RowKey, Row: Codable & Hashable & Sendable>: Sendable {
    let kind: String
    public private(set) var rows: Rows
    /// `nil` where that is all of them.
    private var changed: Set<Key>? = []
    /// The key that a row itself tells, where it does.
    private let ownKey: @Sendable (Row) -> Key?

    init(
        kind: String, packing: Packing<Row> = .canonical, ownKey: @escaping @Sendable (Row) -> Key? = { _ in nil }
    ) {
        self.kind = kind
        self.ownKey = ownKey
        rows = Rows(packing)
    }

    /// From here on most rows lie in `log`. None of those that come counts as stored, until they are taken.
    mutating func keepRows(in log: RowLog) {
        rows.keep(in: log)
        changed = nil
    }

    public subscript(key: Key) -> Row? { rows[key] }

    /// Rows by key. Each lies in memory of its own, so that a dictionary that grows moves pointers and not rows; or, where
    /// there is a log and nobody changed it lately, there.
    public struct Rows: Sequence, Sendable {
        private final class Box: Sendable {
            let row: Row
            init(_ row: Row) { self.row = row }
        }

        /// All rows, or those that are gathered for the log.
        private var recent: [Key: Box] = [:]
        /// Those that went into the log last: they are the ones that are asked for most.
        private var shelved: [Key: Box] = [:]
        private var shelf: Shelf<Key>?
        private let packing: Packing<Row>
        public private(set) var count = 0

        init(_ packing: Packing<Row>) { self.packing = packing }

        mutating func keep(in log: RowLog) {
            precondition(count == 0, "rows are kept in a log from the first on")
            shelf = Shelf(log)
        }

        public subscript(key: Key) -> Row? {
            if let box = recent[key] ?? shelved[key] { return box.row }
            guard var reader = shelf?.value(of: key) else { return nil }
            return packing.unpack(&reader)
        }

        mutating func set(_ key: Key, _ row: Row) {
            let old = recent.updateValue(Box(row), forKey: key)
            if old == nil, !isShelved(key) { count += 1 }
            shelveRecent()
        }

        /// Changes the row under `key`, which must exist.
        mutating func update(_ key: Key, _ change: (inout Row) -> Void) {
            if let index = recent.index(forKey: key) {
                var row = recent.values[index].row
                change(&row)
                recent.values[index] = Box(row)
            } else {
                guard var row = self[key] else { preconditionFailure("no row \(key.rowKey)") }
                change(&row)
                recent[key] = Box(row)
                shelveRecent()
            }
        }

        private func isShelved(_ key: Key) -> Bool { shelved[key] != nil || shelf?.contains(key) ?? false }

        private mutating func shelveRecent() {
            guard let log = shelf?.log, recent.count >= log.gathered else { return }
            for (key, box) in recent { shelf!.put(key) { packing.pack(box.row, &$1) } }
            swap(&recent, &shelved)
            recent.removeAll(keepingCapacity: true)
        }

        /// How many rows are in memory.
        var held: Int { recent.count + shelved.count }

        public var isEmpty: Bool { count == 0 }
        public var keys: some Sequence<Key> {
            var keys = Array(recent.keys)
            keys.reserveCapacity(count)
            if let shelf { for key in shelf.keys where recent[key] == nil { keys.append(key) } }
            return keys
        }
        public var values: some Sequence<Row> { lazy.map(\.value) }

        public func mapValues<Value>(_ transform: (Row) -> Value) -> [Key: Value] {
            var result = [Key: Value](minimumCapacity: count)
            for (key, row) in self { result[key] = transform(row) }
            return result
        }

        /// In no order.
        public func makeIterator() -> AnyIterator<(key: Key, value: Row)> {
            var inMemory = recent.makeIterator()
            var inLog = shelf?.entries.makeIterator()
            return AnyIterator {
                if let (key, box) = inMemory.next() { return (key: key, value: box.row) }
                while let (key, value) = inLog?.next() {
                    guard recent[key] == nil else { continue }
                    var reader = value
                    return (key: key, value: shelved[key]?.row ?? packing.unpack(&reader))
                }
                return nil
            }
        }
    }

    mutating func set(_ key: Key, _ row: Row) {
        rows.set(key, row)
        changed?.insert(key)
    }

    /// Changes the row under `key`, which must exist.
    mutating func update(_ key: Key, _ change: (inout Row) -> Void) {
        rows.update(key, change)
        changed?.insert(key)
    }

    /// The rows set or updated since the last call, in ascending order of key.
    mutating func takeChanges() -> [ViewRow] {
        defer { changed = [] }
        return changed?.sorted().map { row(at: $0) } ?? all
    }

    /// All rows, in ascending order of key.
    var all: [ViewRow] { all(cores: 1) }

    /// All rows, in ascending order of key, written on `cores` threads.
    func all(cores: Int) -> [ViewRow] {
        map(rows.keys.sorted(), cores: cores, meanwhile: {}) { row(at: $0) }
    }

    private func row(at key: Key) -> ViewRow {
        ViewRow(kind: kind, key: key.rowKey, value: CanonicalJSON.encode(rows[key]!))
    }

    /// Takes in a stored row of this kind.
    mutating func load(_ row: ViewRow) throws(ViewLoadError) {
        guard let key = Key(rowKey: row.key) else {
            throw ViewLoadError(kind: row.kind, key: row.key, reason: "the key is malformed")
        }
        guard rows[key] == nil else {
            throw ViewLoadError(kind: row.kind, key: row.key, reason: "the row is there twice")
        }
        let value: Row
        do throws(JSONError) {
            value = try CanonicalJSON.decode(Row.self, from: row.value)
        } catch {
            throw ViewLoadError(kind: row.kind, key: row.key, reason: "\(error)")
        }
        guard ownKey(value).map({ $0 == key }) ?? true else {
            throw ViewLoadError(kind: row.kind, key: row.key, reason: "the row is another's")
        }
        rows.set(key, value)
    }
}

/// A stored view row that this version cannot have written. The view is rebuilt from events, which are not in
/// doubt.
public struct ViewLoadError: Error, Hashable, Sendable, CustomStringConvertible {
    public var kind: String
    public var key: String
    public var reason: String

    public var description: String { "view row \(kind)/\(key): \(reason)" }
}
