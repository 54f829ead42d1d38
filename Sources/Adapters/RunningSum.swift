public import Bytes

/// What a `RunningSumDigest` is the digest of: a running sum file.
public enum RunningSumFile {}
public typealias RunningSumDigest = Hash256<RunningSumFile>

/// The exact weighted sum of a round's contributions, kept as a file (`schemas/running-sum.md`).
///
/// Removing a contribution is one subtraction for each element, however many others there are, and
/// materialising is one division. Because the sum is exact, the bytes are those of a fresh `Merge` by rule
/// `mean` of whatever remains.
///
/// Each element has a cell of 128 bits; a sum that leaves its window is kept in full beside it, so nothing
/// is ever rounded before the division.
public struct RunningSum: Sendable {
    /// What was added.
    public struct Term: Hashable, Sendable {
        public let digest: TensorDigest
        public let weight: Int
        /// The name of the base model in that contribution's configuration.
        let baseName: String?
    }

    public let path: String
    /// Ascending by digest, then weight; a contribution may be in it twice.
    public let terms: [Term]
    /// In ascending order of name; types as in the contributions.
    public let tensors: [TensorDescription]
    /// Of the mean of all terms.
    public let configuration: AdapterConfiguration
    /// Of the whole file.
    public let digest: RunningSumDigest
    /// A cell counts in units of two to this power.
    public let unitExponent: Int

    let blocks: RunningSumBlocks

    /// The sum of the weights.
    public var totalWeight: Int { terms.reduce(0) { $0 + $1.weight } }

    /// Opens the file at `path`. Header and index are checked here, each block of elements when it is read.
    public init(path: String) throws {
        let opened = try RunningSumReader(path: path).open()
        self.init(path: path, header: opened.header, digest: opened.digest, blocks: opened.blocks)
    }

    private init(path: String, header: RunningSumHeader, digest: RunningSumDigest, blocks: RunningSumBlocks) {
        self.path = path
        terms = header.terms
        tensors = header.tensors
        configuration = header.configuration
        unitExponent = header.unitExponent
        self.digest = digest
        self.blocks = blocks
    }

    /// Sums `contributions` into a new file at `path`.
    public static func create(
        at path: String, from contributions: [Contribution], threads: Int = 2
    ) throws -> RunningSum {
        try Compatibility.check(contributions, rule: .mean)
        let terms = try terms(of: contributions, threads: threads)
        let header = RunningSumHeader(
            configuration: contributions[0].adapter.configuration, terms: terms,
            tensors: contributions[0].adapter.tensors, unitExponent: unitExponent(for: terms))
        try RunningSumWriter(header: header, previous: nil, adding: contributions, removing: [])
            .write(to: path, threads: threads)
        return try RunningSum(path: path)
    }

    /// Writes the sum with contributions added and removed to the file at `newPath`, which may be that of
    /// this sum.
    ///
    /// What is removed must have been added with the same elements and the same weight.
    public func updated(
        adding: [Contribution] = [], removing: [Contribution] = [], to newPath: String, threads: Int = 2
    ) throws -> RunningSum {
        let own = Compatibility.Party(label: path, configuration: configuration, tensors: tensors)
        for contribution in adding + removing {
            try Compatibility.check(own, contribution.party, rule: .mean)
        }
        var terms = terms + (try Self.terms(of: adding, threads: threads))
        for (term, contribution) in zip(try Self.terms(of: removing, threads: threads), removing) {
            guard let place = terms.firstIndex(of: term) else {
                throw RunningSumError.notInSum(
                    label: contribution.label, digest: term.digest, weight: term.weight)
            }
            terms.remove(at: place)
        }
        guard !terms.isEmpty else { throw MergeError.noContributions }
        guard terms.count <= Contribution.maximumCount else {
            throw MergeError.tooManyContributions(terms.count, limit: Contribution.maximumCount)
        }
        let header = RunningSumHeader(
            configuration: configuration, terms: terms, tensors: tensors, unitExponent: unitExponent)
        try RunningSumWriter(header: header, previous: self, adding: adding, removing: removing)
            .write(to: newPath, threads: threads)
        return try RunningSum(path: newPath)
    }

    /// Writes the mean of all terms as a PEFT directory: the bytes of `Merge(…, rule: .mean)`.
    public func materialise(
        toDirectory directory: String, output: ElementType? = nil, threads: Int = 2
    ) throws {
        try createDirectory(directory)
        try materialiseTensors(to: directory + "/" + Adapter.tensorsName, output: output, threads: threads)
        try AtomicFile.write(
            configuration.peftBytes, path: directory + "/" + Adapter.configurationName)
    }

    /// Writes the tensors alone, as the safetensors file at `path`.
    public func materialiseTensors(to path: String, output: ElementType? = nil, threads: Int = 2) throws {
        let results = tensors.map {
            TensorDescription(name: $0.name, element: output ?? $0.element, shape: $0.shape)
        }
        let writer = try SafetensorsWriter(path: path, tensors: results)
        let target = writer.target, entries = writer.header.entries
        try forEachConcurrently(
            blocks.layout.count, threads: threads, state: { RunningSumMemory(layout: blocks.layout) }
        ) { memory, index in
            try blocks.read(index, into: memory)
            let block = blocks.layout[index]
            let elements = try memory.divide(
                block, by: totalWeight, unit: unitExponent, to: entries[block.tensor])
            try target.write(elements, of: entries[block.tensor], from: block.start)
        }
        try writer.commit()
    }

    /// Reads the whole file and holds every digest in it.
    public func verify(threads: Int = 2) throws {
        try forEachConcurrently(
            blocks.layout.count, threads: threads, state: { RunningSumMemory(layout: blocks.layout) }
        ) { memory, index in try blocks.read(index, into: memory) }
    }

    private static func terms(of contributions: [Contribution], threads: Int) throws -> [Term] {
        try concurrentMap(contributions, threads: threads) {
            Term(
                digest: try $0.adapter.file.tensorDigest(), weight: $0.weight,
                baseName: $0.adapter.configuration.baseName)
        }
    }

    /// The unit that leaves room for means up to 2^16 after the weights have grown 256-fold, and gives all
    /// other of the 127 bits to precision.
    private static func unitExponent(for terms: [Term]) -> Int {
        let total = terms.reduce(0) { $0 + $1.weight }
        return 16 + 8 + (Int.bitWidth - total.leadingZeroBitCount) - 127
    }
}
