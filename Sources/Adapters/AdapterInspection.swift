internal import Kernels

/// What an adapter is, for people: configuration, tensors with their norms, digests.
public struct AdapterInspection: Hashable, Sendable {
    public let configuration: AdapterConfiguration
    public let digests: AdapterDigests
    /// `__metadata__` of the file: anybody's text, in no digest.
    public let metadata: [String: String]
    /// In ascending order of name.
    public let tensors: [Tensor]

    /// One tensor. The figures are informative: doubles, summed in order.
    public struct Tensor: Hashable, Sendable {
        public let description: TensorDescription
        /// The square root of the sum of squares.
        public let norm: Double
        public let largestMagnitude: Double
        public let zeroCount: Int
    }

    public var elementCount: Int { tensors.reduce(0) { $0 + $1.description.count } }
    public var byteCount: Int { tensors.reduce(0) { $0 + $1.description.byteCount } }

    /// Reads every element of `adapter` once.
    public init(of adapter: Adapter) throws {
        var hasher = TensorHasher()
        var tensors: [Tensor] = []
        for entry in adapter.file.header.entries {
            hasher.begin(entry.tensor)
            var statistics = lethe_statistics()
            try adapter.file.forEachChunk(of: entry) { elements in
                hasher.update(elements)
                lethe_add_statistics(
                    &statistics, elements.baseAddress, elements.count / entry.tensor.element.size,
                    entry.tensor.element.kernel)
            }
            tensors.append(
                Tensor(
                    description: entry.tensor, norm: statistics.sum_of_squares.squareRoot(),
                    largestMagnitude: statistics.largest_magnitude, zeroCount: statistics.zeros))
        }
        let digest = hasher.finish()
        configuration = adapter.configuration
        digests = AdapterDigests(tensors: digest, adapter: .of(adapter.configuration, digest))
        metadata = adapter.file.header.metadata
        self.tensors = tensors
    }
}
