public import Bytes
public import Events

/// What can be written into a record of a view's log and read back, in one process: no format.
public protocol Packable {
    func pack(into packer: inout RowPacker)
    init(unpacking unpacker: inout RowUnpacker)
}

/// Writes values behind each other.
public struct RowPacker {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ number: Int) {
        var rest = UInt64(bitPattern: Int64(number))
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func add<Subject>(_ hash: Hash256<Subject>) { hash.withUnsafeBytes { bytes.append(contentsOf: $0) } }

    mutating func add<Subject>(_ hash: Hash256<Subject>?) {
        bytes.append(hash == nil ? 0 : 1)
        if let hash { add(hash) }
    }

    mutating func add(_ text: String) {
        add(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func add(_ list: some Collection<some Packable>) {
        add(list.count)
        for element in list { element.pack(into: &self) }
    }

    mutating func add(_ value: (some Packable)?) {
        bytes.append(value == nil ? 0 : 1)
        value?.pack(into: &self)
    }

    /// A value in its canonical bytes.
    mutating func add(canonical value: some Encodable) {
        let json = CanonicalJSON.encode(value)
        add(json.count)
        bytes += json
    }
}

/// Reads what a ``RowPacker`` wrote, in the same order.
public struct RowUnpacker {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func integer() -> Int {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = bytes[position]
            position += 1
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return Int(Int64(bitPattern: number)) }
            shift += 7
        }
    }

    mutating func count() -> Count { Count(integer())! }

    mutating func hash<Subject>() -> Hash256<Subject> {
        defer { position += 32 }
        return bytes.withUnsafeBytes { Hash256(bytes: UnsafeRawBufferPointer(rebasing: $0[position..<position + 32]))! }
    }

    mutating func optionalHash<Subject>() -> Hash256<Subject>? { flag() ? hash() : nil }

    mutating func text() -> String {
        let range = next()
        return String(decoding: bytes[range], as: UTF8.self)
    }

    mutating func list<Element: Packable>() -> [Element] {
        let count = integer()
        return (0..<count).map { _ in Element(unpacking: &self) }
    }

    mutating func optional<Value: Packable>() -> Value? { flag() ? Value(unpacking: &self) : nil }

    mutating func canonical<Value: Decodable>() -> Value {
        let range = next()
        do throws(JSONError) {
            return try CanonicalJSON.decode(Value.self, from: Array(bytes[range]))
        } catch {
            preconditionFailure("what was packed as \(Value.self) is not: \(error)")
        }
    }

    private mutating func flag() -> Bool {
        defer { position += 1 }
        return bytes[position] == 1
    }

    private mutating func next() -> Range<Int> {
        let count = integer()
        defer { position += count }
        return position..<position + count
    }
}

extension Hash256: Packable {
    public func pack(into packer: inout RowPacker) { packer.add(self) }
    public init(unpacking unpacker: inout RowUnpacker) { self = unpacker.hash() }
}

extension RowKey {
    public func pack(into packer: inout RowPacker) { packer.add(rowKey) }
    public init(unpacking unpacker: inout RowUnpacker) { self.init(rowKey: unpacker.text())! }
}

/// How the rows of a table are written into a log.
struct Packing<Row: Sendable>: Sendable {
    let pack: @Sendable (Row, inout RowPacker) -> Void
    let unpack: @Sendable (inout RowUnpacker) -> Row
}

extension Packing where Row: Codable {
    /// In their canonical bytes, which is well enough for what there are few of.
    static var canonical: Self { Packing(pack: { $1.add(canonical: $0) }, unpack: { $0.canonical() }) }
}

extension Packing where Row: Packable {
    /// Field by field, several times as quick.
    static var fields: Self { Packing(pack: { $0.pack(into: &$1) }, unpack: { Row(unpacking: &$0) }) }
}

// MARK: - The rows that long chains have most of

extension ContributionRow: Packable {
    public func pack(into packer: inout RowPacker) {
        packer.add(event)
        packer.add(position.value)
        packer.add(member.text)
        packer.add(round.text)
        packer.add(adapter)
        packer.add(tensors)
        packer.add(parents)
        packer.add(weight.value)
        packer.add(training)
        packer.add(replaces)
        packer.add(excludedBy)
        packer.add(affectedBy)
        packer.add(withdrawnBy)
    }

    public init(unpacking unpacker: inout RowUnpacker) {
        self.init(
            event: unpacker.hash(), position: unpacker.count(), member: MemberName(unpacking: &unpacker),
            round: RoundID(unpacking: &unpacker), adapter: unpacker.hash(), tensors: unpacker.hash(),
            parents: Ascending(unpacker.list()), weight: Weight(unpacker.integer())!, training: unpacker.optional(),
            replaces: unpacker.optionalHash(), excludedBy: unpacker.optionalHash(),
            affectedBy: unpacker.optionalHash(), withdrawnBy: unpacker.optionalHash())
    }
}

extension TrainingReference: Packable {
    public func pack(into packer: inout RowPacker) {
        packer.add(environment)
        packer.add(recipe)
        packer.add(runs)
        packer.add(shards)
        packer.add(trainer.rawValue)
    }

    public init(unpacking unpacker: inout RowUnpacker) {
        let environment: ArtifactDigest? = unpacker.optionalHash()
        self.init(
            recipe: unpacker.hash(), runs: unpacker.hash(), shards: Ascending(unpacker.list()),
            trainer: TrainerKind(rawValue: unpacker.text())!, environment: environment)
    }
}

extension ShardReference: Packable {
    public func pack(into packer: inout RowPacker) {
        packer.add(dataset.text)
        packer.add(shard.value)
    }

    public init(unpacking unpacker: inout RowUnpacker) {
        self.init(dataset: DatasetID(unpacking: &unpacker), shard: unpacker.count())
    }
}

extension AnchorRow: Packable {
    public func pack(into packer: inout RowPacker) {
        packer.add(origin.text)
        packer.add(position.value)
        packer.add(commitment)
    }

    public init(unpacking unpacker: inout RowUnpacker) {
        self.init(origin: Origin(unpacking: &unpacker), position: unpacker.count(), commitment: unpacker.hash())
    }
}
