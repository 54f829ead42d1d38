public import Bytes
public import Events

/// A key of a view's rows, written as text.
public protocol RowKey: Hashable, Comparable, Sendable {
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
    public private(set) var rows = Rows()
    private var changed: Set<Key> = []
    /// The key that a row itself tells, where it does.
    private let ownKey: @Sendable (Row) -> Key?

    init(kind: String, ownKey: @escaping @Sendable (Row) -> Key? = { _ in nil }) {
        self.kind = kind
        self.ownKey = ownKey
    }

    public subscript(key: Key) -> Row? { rows[key] }

    /// Rows by key. Each lies in memory of its own, so that a dictionary that grows moves pointers and not rows.
    public struct Rows: Sequence, Sendable {
        private final class Box: Sendable {
            let row: Row
            init(_ row: Row) { self.row = row }
        }

        private var boxes: [Key: Box] = [:]

        public internal(set) subscript(key: Key) -> Row? {
            get { boxes[key]?.row }
            set { boxes[key] = newValue.map(Box.init) }
        }

        /// Changes the row under `key`, which must exist.
        mutating func update(_ key: Key, _ change: (inout Row) -> Void) {
            guard let index = boxes.index(forKey: key) else {
                preconditionFailure("no row \(key.rowKey)")
            }
            var row = boxes.values[index].row
            change(&row)
            boxes.values[index] = Box(row)
        }

        public var count: Int { boxes.count }
        public var isEmpty: Bool { boxes.isEmpty }
        public var keys: some Collection<Key> { boxes.keys }
        public var values: some Collection<Row> { boxes.values.lazy.map(\.row) }

        public func mapValues<Value>(_ transform: (Row) -> Value) -> [Key: Value] {
            boxes.mapValues { transform($0.row) }
        }

        public func makeIterator() -> some IteratorProtocol<(key: Key, value: Row)> {
            boxes.lazy.map { (key: $0.key, value: $0.value.row) }.makeIterator()
        }
    }

    mutating func set(_ key: Key, _ row: Row) {
        rows[key] = row
        changed.insert(key)
    }

    /// Changes the row under `key`, which must exist.
    mutating func update(_ key: Key, _ change: (inout Row) -> Void) {
        rows.update(key, change)
        changed.insert(key)
    }

    /// The rows set or updated since the last call, in ascending order of key.
    mutating func takeChanges() -> [ViewRow] {
        defer { changed = [] }
        return changed.sorted().map { row(at: $0) }
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
        rows[key] = value
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
