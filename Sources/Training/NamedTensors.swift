public import Bytes

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
    /// The tensor digest of formats.md §3, which no file layout changes.
    public typealias Digest = Hash256<NamedTensors>

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

    /// SHA-256 of `"lethe/tensors/v1" 00`, then per tensor in order of name: u32be length and name, `F32 `, u32be rank, u64be
    /// each dimension, and the values as little-endian bytes.
    public var digest: Digest {
        var hasher = Hasher256()
        hasher.update(Array("lethe/tensors/v1\0".utf8))
        for name in names {
            let tensor = tensors[name]!
            var head: [UInt8] = []
            head.appendBigEndian(UInt32(name.utf8.count))
            head.append(contentsOf: name.utf8)
            head.append(contentsOf: "F32 ".utf8)
            head.appendBigEndian(UInt32(tensor.shape.count))
            for dimension in tensor.shape { head.appendBigEndian(UInt64(dimension)) }
            hasher.update(head)
            tensor.values.withLittleEndianBytes { hasher.update($0) }
        }
        return hasher.finish()
    }
}

extension [Float] {
    /// Calls `body` with the values as little-endian binary32.
    func withLittleEndianBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        #if _endian(little)
            return withUnsafeBytes(body)
        #else
            return map(\.bitPattern.littleEndian).withUnsafeBytes(body)
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
