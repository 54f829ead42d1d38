/// Holds what is to be merged against the first of it, field by field and tensor by tensor.
enum Compatibility {
    /// A contribution, or a sum of contributions.
    struct Party {
        let label: String
        let configuration: AdapterConfiguration
        /// In ascending order of name.
        let tensors: [TensorDescription]
        /// In ascending order of path; needed by rule `stack` alone.
        var modules: [LoRAModule] = []
    }

    /// Throws where the contributions are too few, too many, or do not fit together under `rule`.
    static func check(_ contributions: [Contribution], rule: MergeRule) throws(MergeError) {
        guard let first = contributions.first else { throw .noContributions }
        guard contributions.count <= Contribution.maximumCount else {
            throw .tooManyContributions(contributions.count, limit: Contribution.maximumCount)
        }
        for other in contributions.dropFirst() { try check(first.party, other.party, rule: rule) }
    }

    static func check(_ first: Party, _ second: Party, rule: MergeRule) throws(MergeError) {
        try checkConfigurations(first, second, rule: rule)
        try checkNames(first, second)
        try checkTensors(first, second, rule: rule)
    }

    private static func checkConfigurations(
        _ first: Party, _ second: Party, rule: MergeRule
    ) throws(MergeError) {
        var left = first.configuration.canonicalFields
        var right = second.configuration.canonicalFields
        if rule == .stack {
            // Blocks may differ in rank; which modules have a rank of their own must agree.
            left["r"] = nil
            right["r"] = nil
            left["rank_pattern"] = .strings(first.configuration.rankPattern.keys.sorted())
            right["rank_pattern"] = .strings(second.configuration.rankPattern.keys.sorted())
        }
        for field in left.keys.sorted() {
            try require(field, text(left[field]), text(right[field]), first, second)
        }
    }

    private static func text(_ value: JSONValue?) -> String {
        value.map { String(decoding: $0.canonicalBytes, as: UTF8.self) } ?? "absent"
    }

    private static func checkNames(_ first: Party, _ second: Party) throws(MergeError) {
        let left = Set(first.tensors.map(\.name)), right = Set(second.tensors.map(\.name))
        if let name = left.subtracting(right).min() {
            throw .missingTensor(name, label: second.label, presentIn: first.label)
        }
        if let name = right.subtracting(left).min() {
            throw .missingTensor(name, label: first.label, presentIn: second.label)
        }
    }

    private static func checkTensors(_ first: Party, _ second: Party, rule: MergeRule) throws(MergeError) {
        let matrices = Set(first.modules.flatMap { [$0.a.tensor.name, $0.b.tensor.name] })
        for (left, right) in zip(first.tensors, second.tensors) {
            try require(
                "dtype of \(left.name)", left.element.rawValue, right.element.rawValue, first, second)
            guard rule != .stack || !matrices.contains(left.name) else { continue }
            try require("shape of \(left.name)", "\(left.shape)", "\(right.shape)", first, second)
        }
        guard rule == .stack else { return }
        for (left, right) in zip(first.modules, second.modules) {
            try require("inputs of \(left.path)", "\(left.inputs)", "\(right.inputs)", first, second)
            try require("outputs of \(left.path)", "\(left.outputs)", "\(right.outputs)", first, second)
        }
    }

    private static func require(
        _ field: String, _ left: String, _ right: String, _ first: Party, _ second: Party
    ) throws(MergeError) {
        guard left == right else {
            throw .mismatch(
                field: field, first: .init(label: first.label, value: left),
                second: .init(label: second.label, value: right))
        }
    }
}

extension Contribution {
    var party: Compatibility.Party {
        .init(
            label: label, configuration: adapter.configuration, tensors: adapter.tensors,
            modules: adapter.modules)
    }
}
