/// Holds contributions against the first of them, field by field and tensor by tensor.
enum Compatibility {
    /// Throws where the contributions are too few, too many, or do not fit together under `rule`.
    static func check(_ contributions: [Contribution], rule: MergeRule) throws(MergeError) {
        guard let first = contributions.first else { throw .noContributions }
        guard contributions.count <= Contribution.maximumCount else {
            throw .tooManyContributions(contributions.count, limit: Contribution.maximumCount)
        }
        for other in contributions.dropFirst() {
            try checkConfigurations(first, other, rule: rule)
            try checkNames(first, other)
            try checkTensors(first, other, rule: rule)
        }
    }

    private static func checkConfigurations(
        _ first: Contribution, _ second: Contribution, rule: MergeRule
    ) throws(MergeError) {
        var left = first.adapter.configuration.canonicalFields
        var right = second.adapter.configuration.canonicalFields
        if rule == .stack {
            // Blocks may differ in rank; which modules have a rank of their own must agree.
            left["r"] = nil
            right["r"] = nil
            left["rank_pattern"] = .strings(first.adapter.configuration.rankPattern.keys.sorted())
            right["rank_pattern"] = .strings(second.adapter.configuration.rankPattern.keys.sorted())
        }
        for field in left.keys.sorted() {
            try require(
                field, text(left[field]), text(right[field]), first, second)
        }
    }

    private static func text(_ value: JSONValue?) -> String {
        value.map { String(decoding: $0.canonicalBytes, as: UTF8.self) } ?? "absent"
    }

    private static func checkNames(_ first: Contribution, _ second: Contribution) throws(MergeError) {
        let left = first.adapter.tensors.map(\.name), right = second.adapter.tensors.map(\.name)
        guard left != right else { return }
        if let name = left.first(where: Set(right).symmetricDifference(left).contains) {
            throw .missingTensor(name, label: second.label, presentIn: first.label)
        }
        let name = right.first(where: Set(left).symmetricDifference(right).contains)
        throw .missingTensor(name ?? "", label: first.label, presentIn: second.label)
    }

    private static func checkTensors(
        _ first: Contribution, _ second: Contribution, rule: MergeRule
    ) throws(MergeError) {
        let matrices = Set(first.adapter.modules.flatMap { [$0.a.tensor.name, $0.b.tensor.name] })
        for (left, right) in zip(first.adapter.tensors, second.adapter.tensors) {
            try require(
                "dtype of \(left.name)", left.element.rawValue, right.element.rawValue, first, second)
            guard rule != .stack || !matrices.contains(left.name) else { continue }
            try require("shape of \(left.name)", "\(left.shape)", "\(right.shape)", first, second)
        }
        guard rule == .stack else { return }
        for (left, right) in zip(first.adapter.modules, second.adapter.modules) {
            try require("inputs of \(left.path)", "\(left.inputs)", "\(right.inputs)", first, second)
            try require("outputs of \(left.path)", "\(left.outputs)", "\(right.outputs)", first, second)
        }
    }

    private static func require(
        _ field: String, _ left: String, _ right: String, _ first: Contribution, _ second: Contribution
    ) throws(MergeError) {
        guard left == right else {
            throw .mismatch(
                field: field, first: .init(label: first.label, value: left),
                second: .init(label: second.label, value: right))
        }
    }
}
