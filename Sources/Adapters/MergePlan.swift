/// One tensor of the result, and how it comes from those of the contributions.
struct MergeStep: Sendable {
    let output: TensorDescription
    /// The tensor of each contribution.
    let inputs: [SafetensorsHeader.Entry]
    let operation: Operation

    enum Operation: Sendable, Equatable {
        case mean
        /// The tensor of the first, which those of all others must equal.
        case shared
        /// One under the other, along the first dimension.
        case stackRows
        /// Side by side, along the second dimension, each times its factor.
        case stackColumns([Ratio])
    }

    var inputElement: ElementType { inputs[0].tensor.element }

    /// A positive fraction.
    struct Ratio: Hashable, Sendable {
        let numerator: UInt64
        let denominator: UInt64
    }
}

/// What a merge computes: the result's configuration, and a step for each of its tensors.
struct MergePlan {
    let configuration: AdapterConfiguration
    private(set) var steps: [MergeStep] = []

    private let contributions: [Contribution]
    private let output: ElementType?

    /// Plans for contributions that `Compatibility` found to fit, blocks in the order given.
    init(_ contributions: [Contribution], rule: MergeRule, output: ElementType?) throws {
        self.contributions = contributions
        self.output = output
        configuration = Self.configuration(contributions, rule: rule)
        for index in contributions[0].adapter.modules.indices {
            try addModule(contributions.map { $0.adapter.modules[index] }, rule: rule)
        }
        for index in contributions[0].adapter.heads.indices {
            add(contributions.map { $0.adapter.heads[index] }, .mean)
        }
    }

    private mutating func addModule(_ modules: [LoRAModule], rule: MergeRule) throws {
        let a = modules.map(\.a), b = modules.map(\.b)
        switch rule {
        case .mean:
            add(a, .mean)
            add(b, .mean)
        case .ffa:
            add(a, .shared)
            add(b, .mean)
        case .stack:
            let rank = modules.reduce(0) { $0 + $1.rank }
            guard rank <= AdapterConfiguration.maximumRank else {
                throw MergeError.rankTooLarge(
                    module: modules[0].path, rank: rank, limit: AdapterConfiguration.maximumRank)
            }
            add(a, .stackRows, shape: [rank, modules[0].inputs])
            add(b, .stackColumns(try factors(modules, rank)), shape: [modules[0].outputs, rank])
        }
    }

    private mutating func add(
        _ inputs: [SafetensorsHeader.Entry], _ operation: MergeStep.Operation, shape: [Int]? = nil
    ) {
        let first = inputs[0].tensor
        let tensor = TensorDescription(
            name: first.name, element: output ?? first.element, shape: shape ?? first.shape)
        steps.append(MergeStep(output: tensor, inputs: inputs, operation: operation))
    }

    /// What each block of B is multiplied by: (nᵢ/N)(R/rᵢ), or (nᵢ/N)√(R/rᵢ) under rank stabilisation.
    private func factors(_ modules: [LoRAModule], _ stackedRank: Int) throws -> [MergeStep.Ratio] {
        let total = contributions.reduce(0) { $0 + $1.weight }
        return try zip(contributions, modules).map { contribution, module in
            var numerator = stackedRank, denominator = module.rank
            if configuration.isRankStabilised {
                let common = Self.greatestCommonDivisor(numerator, denominator)
                guard let above = Self.squareRoot(numerator / common),
                    let below = Self.squareRoot(denominator / common)
                else {
                    throw MergeError.irrationalFactor(
                        module: module.path, label: contribution.label, rank: module.rank,
                        stackedRank: stackedRank)
                }
                (numerator, denominator) = (above, below)
            }
            // Weights have 31 bits, their sum 43, ranks 21.
            return MergeStep.Ratio(
                numerator: UInt64(contribution.weight * numerator),
                denominator: UInt64(total) * UInt64(denominator))
        }
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }

    /// The integer whose square is `value`, if there is one; `value` is at most 2^20.
    private static func squareRoot(_ value: Int) -> Int? {
        let root = Int(Double(value).squareRoot().rounded())
        return root * root == value ? root : nil
    }

    /// That of the first, but for ranks in a stack, and for the base model's name: the least of those
    /// given, so that it does not depend on the order either.
    private static func configuration(_ contributions: [Contribution], rule: MergeRule)
        -> AdapterConfiguration
    {
        let all = contributions.map(\.adapter.configuration)
        var result = all[0]
        result.baseName = all.compactMap(\.baseName).min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if rule == .stack {
            result.rank = all.reduce(0) { $0 + $1.rank }
            for key in result.rankPattern.keys {
                result.rankPattern[key] = all.reduce(0) { $0 + $1.rankPattern[key]! }
            }
        }
        return result
    }
}
