public import Adapters

/// A row-major array of binary32 values.
public struct Tensor: Hashable, Sendable {
    public let shape: [Int]
    public var values: [Float]

    /// Traps where the number of values is not the product of the dimensions.
    public init(shape: [Int], values: [Float]) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
        self.shape = shape
        self.values = values
    }
}

/// Tensors by name: a base's weights, or an adapter's as PEFT names them.
public struct NamedTensors: Equatable, Sendable {
    public var tensors: [String: Tensor]

    public init(_ tensors: [String: Tensor]) {
        self.tensors = tensors
    }

    public subscript(name: String) -> Tensor? {
        get { tensors[name] }
        set { tensors[name] = newValue }
    }

    /// The names in ascending order of their bytes.
    public var names: [String] {
        tensors.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The tensor digest (`schemas/adapters.md`), which no file layout changes.
    public var digest: TensorDigest {
        var hasher = TensorHasher()
        for name in names {
            let tensor = tensors[name]!
            hasher.begin(TensorDescription(name: name, element: .f32, shape: tensor.shape))
            tensor.values.withLittleEndianBytes { hasher.update($0) }
        }
        return hasher.finish()
    }
}

extension [Float] {
    /// Calls `body` with the values as little-endian binary32.
    func withLittleEndianBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        #if _endian(little)
            return try withUnsafeBytes(body)
        #else
            return try map(\.bitPattern.littleEndian).withUnsafeBytes(body)
        #endif
    }

    /// Reads little-endian binary32; traps where `bytes` is not a whole number of values.
    init(littleEndianBytes bytes: ArraySlice<UInt8>) {
        precondition(bytes.count % 4 == 0, "\(bytes.count) bytes are no whole number of values")
        self.init(unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            count = bytes.count / 4
        }
        #if _endian(big)
            self = map { Float(bitPattern: UInt32(littleEndian: $0.bitPattern)) }
        #endif
    }
}
