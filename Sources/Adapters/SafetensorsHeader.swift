/// The header of a safetensors file: which tensors it holds, and where.
///
/// Stricter than the reference parser, which takes the last of two tensors with one name: names are unique,
/// entries have no unknown fields, and the tensors tile the data exactly. All is checked before anything of
/// the announced sizes is allocated.
public struct SafetensorsHeader: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public let tensor: TensorDescription
        /// Where its bytes begin, counted from the first byte after the header.
        public let offset: Int
    }

    /// In ascending order of name.
    public let entries: [Entry]
    /// `__metadata__`: anybody's text, never part of a digest.
    public let metadata: [String: String]
    /// The bytes before the data: eight of length, and the header.
    public let prefixByteCount: Int

    public static let maximumByteCount = 16 << 20

    /// Reads the header of the file that `source` holds, and checks it against the file's size.
    public init(reading source: some ByteSource) throws {
        let length = try Self.byteCount(of: source)
        let bytes = try source.bytes(at: 8, count: length)
        try self.init(parsing: bytes, dataByteCount: source.count - 8 - length)
    }

    private static func byteCount(of source: some ByteSource) throws -> Int {
        guard source.count >= 8 else {
            throw SafetensorsError.truncated(fileBytes: source.count, needed: 8)
        }
        let length = try source.bytes(at: 0, count: 8).withUnsafeBytes {
            UInt64(littleEndian: $0.load(as: UInt64.self))
        }
        guard length <= UInt64(maximumByteCount) else {
            throw SafetensorsError.headerTooLarge(bytes: length, limit: maximumByteCount)
        }
        guard source.count - 8 >= Int(length) else {
            throw SafetensorsError.truncated(fileBytes: source.count, needed: 8 + Int(length))
        }
        return Int(length)
    }

    /// Reads a header's `bytes` as they stand before `dataByteCount` bytes of tensors.
    public init(parsing bytes: [UInt8], dataByteCount: Int) throws(SafetensorsError) {
        guard let first = bytes.first, first == UInt8(ascii: "{") else {
            throw .headerStart(byte: bytes.first ?? 0)
        }
        var metadata: [String: String] = [:]
        var entries: [Entry] = []
        var scanner = JSONScanner(bytes[...])
        try scanner.object(fault: SafetensorsError.json) { name, scanner throws(SafetensorsError) in
            if name == "__metadata__" {
                metadata = try Self.metadata(&scanner)
            } else {
                entries.append(try Self.entry(name, &scanner))
            }
        }
        do throws(JSONFault) { try scanner.end() } catch { throw .json(error) }
        try Self.requireTiling(of: entries, dataByteCount: dataByteCount)
        self.entries = entries.sorted { $0.tensor.name < $1.tensor.name }
        self.metadata = metadata
        prefixByteCount = 8 + bytes.count
    }

    private static func metadata(_ scanner: inout JSONScanner) throws(SafetensorsError) -> [String: String] {
        var metadata: [String: String] = [:]
        try scanner.object(fault: SafetensorsError.json) { name, scanner throws(SafetensorsError) in
            do throws(JSONFault) { metadata[name] = try scanner.string() } catch { throw .json(error) }
        }
        return metadata
    }

    private static func entry(
        _ name: String, _ scanner: inout JSONScanner
    ) throws(SafetensorsError) -> Entry {
        guard (1...TensorDescription.maximumNameCount).contains(name.utf8.count),
            name.utf8.allSatisfy({ 0x21...0x7e ~= $0 })
        else { throw .tensorName(String(name.prefix(80))) }
        var element: ElementType?
        var shape: [Int]?
        var offsets: [Int]?
        try scanner.object(fault: SafetensorsError.json) { field, scanner throws(SafetensorsError) in
            switch field {
            case "dtype": element = try elementType(of: name, &scanner)
            case "shape": shape = try counts(&scanner, limit: TensorDescription.maximumRank, of: name)
            case "data_offsets": offsets = try counts(&scanner, limit: 2, of: name)
            default: throw .unknownField(tensor: name, field: String(field.prefix(80)))
            }
        }
        guard let element else { throw .missingField(tensor: name, field: "dtype") }
        guard let shape else { throw .missingField(tensor: name, field: "shape") }
        guard let offsets else { throw .missingField(tensor: name, field: "data_offsets") }
        return try entry(name, element, shape, offsets)
    }

    private static func entry(
        _ name: String, _ element: ElementType, _ shape: [Int], _ offsets: [Int]
    ) throws(SafetensorsError) -> Entry {
        if let index = shape.firstIndex(of: 0) { throw .emptyDimension(tensor: name, index: index) }
        var byteCount = element.size
        for dimension in shape {
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw .tooLarge(tensor: name, shape: shape) }
            byteCount = product
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw .offsets(tensor: name, values: offsets)
        }
        guard offsets[1] - offsets[0] == byteCount else {
            throw .byteCount(tensor: name, offsets: offsets[1] - offsets[0], shape: byteCount)
        }
        return Entry(
            tensor: TensorDescription(name: name, element: element, shape: shape), offset: offsets[0])
    }

    private static func elementType(
        of tensor: String, _ scanner: inout JSONScanner
    ) throws(SafetensorsError) -> ElementType {
        let name: String
        do throws(JSONFault) { name = try scanner.string() } catch { throw .json(error) }
        guard let element = ElementType(rawValue: name) else {
            throw .elementType(tensor: tensor, name: String(name.prefix(80)))
        }
        return element
    }

    private static func counts(
        _ scanner: inout JSONScanner, limit: Int, of tensor: String
    ) throws(SafetensorsError) -> [Int] {
        var counts: [Int] = []
        try scanner.array(fault: SafetensorsError.json) { scanner throws(SafetensorsError) in
            do throws(JSONFault) { counts.append(try scanner.count()) } catch { throw .json(error) }
            guard counts.count <= limit else {
                throw limit == 2
                    ? .offsets(tensor: tensor, values: counts) : .rank(tensor: tensor, limit: limit)
            }
        }
        return counts
    }

    private static func requireTiling(of entries: [Entry], dataByteCount: Int) throws(SafetensorsError) {
        var expected = 0
        for entry in entries.sorted(by: { $0.offset < $1.offset }) {
            guard entry.offset == expected else {
                throw .notContiguous(tensor: entry.tensor.name, start: entry.offset, expected: expected)
            }
            // The difference of the offsets was checked to be this count, so the sum cannot overflow.
            expected += entry.tensor.byteCount
        }
        guard expected == dataByteCount else { throw .dataCount(tensors: expected, file: dataByteCount) }
    }
}

extension SafetensorsHeader {
    /// The header that we write for `tensors`: types from wide to narrow, then names ascending, compact,
    /// and padded with spaces so that the data begins at a multiple of eight.
    init(for tensors: [TensorDescription]) {
        var offset = 0
        var entries: [Entry] = []
        for tensor in tensors.sorted(by: TensorDescription.fileOrder) {
            entries.append(Entry(tensor: tensor, offset: offset))
            offset += tensor.byteCount
        }
        metadata = ["format": "pt"]
        prefixByteCount = 8 + Self.text(of: entries).count
        self.entries = entries.sorted { $0.tensor.name < $1.tensor.name }
    }

    /// The bytes before the data, as we write them.
    var encoded: [UInt8] {
        let text = Self.text(of: entries.sorted { $0.offset < $1.offset })
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    }

    var dataByteCount: Int { entries.reduce(0) { $0 + $1.tensor.byteCount } }

    private static func text(of entries: [Entry]) -> [UInt8] {
        var text = Array(#"{"__metadata__":{"format":"pt"}"#.utf8)
        for entry in entries {
            let tensor = entry.tensor
            text.append(UInt8(ascii: ","))
            JSONValue.append(tensor.name, to: &text)
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            text += #":{"dtype":"\#(tensor.element.rawValue)","shape":[\#(shape)],"#.utf8
            text += #""data_offsets":[\#(entry.offset),\#(entry.offset + tensor.byteCount)]}"#.utf8
        }
        text.append(UInt8(ascii: "}"))
        while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
        return text
    }
}
