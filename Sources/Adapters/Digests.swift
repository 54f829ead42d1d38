public import Bytes

/// What a `BaseDigest` is the digest of: a frozen base model, named by the SHA-256 of its weights file.
public enum BaseModel {}
/// What a `TensorDigest` is the digest of: names, types, shapes and elements of an adapter's tensors.
public enum AdapterTensors {}
/// What an `AdapterDigest` is the digest of: an adapter's tensors, and what its configuration makes of them.
public enum AdapterFunction {}

public typealias BaseDigest = Hash256<BaseModel>
public typealias TensorDigest = Hash256<AdapterTensors>
public typealias AdapterDigest = Hash256<AdapterFunction>

/// Computes a tensor digest, tensor by tensor in ascending byte order of name (`schemas/adapters.md`).
package struct TensorHasher {
    private var hasher = Hasher256()
    private var lastName = ""

    package init() { hasher.update(Array("lethe/tensors/v1\0".utf8)) }

    /// Begins a tensor. Its elements follow through `update`.
    package mutating func begin(_ tensor: TensorDescription) {
        precondition(lastName < tensor.name, "tensors in another order than by name")
        lastName = tensor.name
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt32(tensor.name.utf8.count))
        bytes += tensor.name.utf8
        let type = Array(tensor.element.rawValue.utf8)
        bytes += type + [UInt8](repeating: UInt8(ascii: " "), count: 4 - type.count)
        bytes.appendBigEndian(UInt32(tensor.shape.count))
        for dimension in tensor.shape { bytes.appendBigEndian(UInt64(dimension)) }
        hasher.update(bytes)
    }

    package mutating func update(_ elements: UnsafeRawBufferPointer) { hasher.update(elements) }

    package func finish() -> TensorDigest { hasher.finish() }
}

extension SafetensorsFile {
    /// The tensor digest, in one pass and fixed memory. NaN and infinity are refused on the way.
    public func tensorDigest() throws -> TensorDigest {
        var hasher = TensorHasher()
        for entry in header.entries {
            hasher.begin(entry.tensor)
            try forEachChunk(of: entry) { hasher.update($0) }
        }
        return hasher.finish()
    }
}

extension AdapterDigest {
    /// SHA-256 over the tag, the canonical configuration and the tensor digest (`schemas/adapters.md`).
    public static func of(_ configuration: AdapterConfiguration, _ tensors: TensorDigest) -> AdapterDigest {
        var hasher = Hasher256()
        hasher.update(Array("lethe/adapter/v1\0".utf8))
        hasher.update(configuration.canonicalBytes)
        hasher.update(tensors)
        return hasher.finish()
    }
}
