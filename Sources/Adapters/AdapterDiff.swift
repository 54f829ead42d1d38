internal import Kernels

/// How two adapters differ, in whatever a digest covers.
public struct AdapterDiff: Hashable, Sendable {
    /// Fields of the canonical configuration, in ascending order of name.
    public let fields: [Field]
    public let onlyInFirst: [TensorDescription]
    public let onlyInSecond: [TensorDescription]
    /// Tensors that both have and that differ, in ascending order of name.
    public let tensors: [Tensor]

    public struct Field: Hashable, Sendable {
        public let name: String
        /// JSON.
        public let first: String
        public let second: String
    }

    public struct Tensor: Hashable, Sendable {
        public let first: TensorDescription
        public let second: TensorDescription
        /// Absent where type or shape differ.
        public let elements: Elements?
    }

    /// How the elements of two tensors differ.
    public struct Elements: Hashable, Sendable {
        /// Elements whose bits differ; +0 and −0 do.
        public let differingCount: Int
        public let largestDifference: Double
        /// The largest number of steps between neighbouring numbers of the type that lie between two
        /// elements.
        public let largestUlps: UInt64
    }

    public var isEmpty: Bool {
        fields.isEmpty && onlyInFirst.isEmpty && onlyInSecond.isEmpty && tensors.isEmpty
    }

    /// Reads what both have, in fixed memory.
    public init(_ first: Adapter, _ second: Adapter) throws {
        fields = Self.fields(first.configuration, second.configuration)
        onlyInFirst = first.tensors.filter { second.file.entry(named: $0.name) == nil }
        onlyInSecond = second.tensors.filter { first.file.entry(named: $0.name) == nil }
        tensors = try first.file.header.entries.compactMap { entry in
            guard let other = second.file.entry(named: entry.tensor.name) else { return nil }
            guard entry.tensor == other.tensor else {
                return Tensor(first: entry.tensor, second: other.tensor, elements: nil)
            }
            let elements = try Self.elements(first.file, entry, second.file, other)
            guard elements.differingCount > 0 else { return nil }
            return Tensor(first: entry.tensor, second: other.tensor, elements: elements)
        }
    }

    private static func fields(_ first: AdapterConfiguration, _ second: AdapterConfiguration) -> [Field] {
        let left = first.canonicalFields, right = second.canonicalFields
        func text(_ value: JSONValue?) -> String {
            String(decoding: (value ?? .null).canonicalBytes, as: UTF8.self)
        }
        return left.keys.sorted().compactMap { name in
            let field = Field(name: name, first: text(left[name]), second: text(right[name]))
            return field.first == field.second ? nil : field
        }
    }

    private static func elements(
        _ first: SafetensorsFile, _ entry: SafetensorsHeader.Entry, _ second: SafetensorsFile,
        _ other: SafetensorsHeader.Entry
    ) throws -> Elements {
        var difference = lethe_difference()
        var start = 0
        let buffer = ElementBuffer(byteCount: SafetensorsFile.chunkByteCount)
        try first.forEachChunk(of: entry) { elements in
            let count = elements.count / entry.tensor.element.size
            let opposite = buffer.bytes(elements.count)
            try second.read(other, from: start, into: opposite)
            lethe_add_difference(
                &difference, elements.baseAddress, opposite.baseAddress, count, entry.tensor.element.kernel)
            start += count
        }
        return Elements(
            differingCount: difference.differing, largestDifference: difference.largest,
            largestUlps: difference.largest_steps)
    }
}
