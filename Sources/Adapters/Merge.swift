/// Contributions that fit together, ready to be merged by one rule.
///
/// Each element of the result is one rational number rounded once, to nearest, ties to even. So it depends
/// on nothing but the contributions: not on their order, the number of threads, or the machine; and a merge
/// from which a contribution was removed is the merge that never had it.
public struct Merge: Sendable {
    public let rule: MergeRule
    /// The configuration of the result.
    public let configuration: AdapterConfiguration
    /// The tensors of the result, in ascending order of name.
    public let tensors: [TensorDescription]
    private let steps: [MergeStep]
    private let weights: [UInt32]
    private let files: [SafetensorsFile]
    private let labels: [String]

    /// Holds the contributions against each other. `output` is the element type of every tensor of the
    /// result; by default each keeps the type that it has in the contributions, which must agree.
    ///
    /// The rule `stack` reads every contribution once, to order the blocks by tensor digest.
    public init(
        _ contributions: [Contribution], rule: MergeRule, output: ElementType? = nil, threads: Int = 2
    ) throws {
        try Compatibility.check(contributions, rule: rule)
        let ordered = rule == .stack ? try Self.stackOrder(contributions, threads: threads) : contributions
        let plan = try MergePlan(ordered, rule: rule, output: output)
        self.rule = rule
        configuration = plan.configuration
        steps = plan.steps.sorted { $0.output.name < $1.output.name }
        tensors = steps.map(\.output)
        weights = ordered.map { UInt32($0.weight) }
        files = ordered.map(\.adapter.file)
        labels = ordered.map(\.label)
    }

    private static func stackOrder(_ contributions: [Contribution], threads: Int) throws -> [Contribution] {
        let digests = try concurrentMap(contributions, threads: threads) {
            try $0.adapter.file.tensorDigest()
        }
        return zip(digests, contributions).sorted { left, right in
            (left.0, left.1.weight) < (right.0, right.1.weight)
        }.map(\.1)
    }

    /// Writes the result as a PEFT directory, created where it is missing, on `threads` threads and in
    /// fixed memory.
    public func write(toDirectory path: String, threads: Int = 2) throws {
        try createDirectory(path)
        try writeTensors(to: path + "/" + Adapter.tensorsName, threads: threads)
        try AtomicFile.write(configuration.peftBytes, path: path + "/" + Adapter.configurationName)
    }

    /// Writes the tensors alone, as the safetensors file at `path`.
    public func writeTensors(to path: String, threads: Int = 2) throws {
        let writer = try SafetensorsWriter(path: path, tensors: tensors)
        let worker = MergeWorker(
            weights: weights, files: files, labels: labels, target: writer.target,
            outputs: writer.header.entries, steps: steps)
        let chunks = worker.chunks()
        try forEachConcurrently(chunks.count, threads: threads, state: worker.memory) { memory, index in
            try worker.process(chunks[index], memory)
        }
        try writer.commit()
    }
}
