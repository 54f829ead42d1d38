public import Bytes

/// What turns an adapter's tensors into a change of the base model: ΔW = s·B·A, with s = lora_alpha / r, or
/// lora_alpha / √r under rank stabilisation.
///
/// Plain LoRA on linear layers only. Whatever else a PEFT configuration may ask for is refused when it is
/// read.
public struct AdapterConfiguration: Hashable, Sendable {
    /// The base model that the adapter was trained on.
    public var base: BaseDigest
    public var rank: Int
    public var alpha: DecimalNumber
    public var targets: TargetModules
    /// Ranks of modules that differ from `rank`, by suffix of the module's path.
    public var rankPattern: [String: Int]
    /// The same for `alpha`.
    public var alphaPattern: [String: DecimalNumber]
    /// PEFT's `use_rslora`: s = lora_alpha / √r.
    public var isRankStabilised: Bool
    /// The base layer stores its weight as [in, out].
    public var fanInFanOut: Bool
    /// Modules that are trained whole (heads), ascending and without repetition.
    public var modulesToSave: [String]
    public var taskType: String?

    /// What the base model is called. Informative: not part of any digest.
    public var baseName: String?

    public static let maximumRank = 1 << 20

    /// Which modules have an adapter.
    public enum TargetModules: Hashable, Sendable {
        /// Last components of module paths, ascending and without repetition.
        case names([String])
        /// A regular expression over paths, or `all-linear`; kept as it was written.
        case pattern(String)

        var json: JSONValue {
            switch self {
            case .names(let names): .strings(names)
            case .pattern(let pattern): .string(pattern)
            }
        }

        /// Whether the module at `path` has an adapter. A pattern is not evaluated: it takes every module.
        func includes(_ path: String) -> Bool {
            switch self {
            case .names(let names): names.contains { path == $0 || path.hasSuffix("." + $0) }
            case .pattern: true
            }
        }
    }

    /// The fields that change the function, in the names and types of PEFT.
    var canonicalFields: [String: JSONValue] {
        [
            "alpha_pattern": .object(alphaPattern.mapValues(\.canonical)),
            "base_digest": .string(base.hex),
            "bias": .string("none"),
            "fan_in_fan_out": .bool(fanInFanOut),
            "lora_alpha": alpha.canonical,
            "modules_to_save": .strings(modulesToSave),
            "r": .integer(rank),
            "rank_pattern": .object(rankPattern.mapValues(JSONValue.integer)),
            "target_modules": targets.json,
            "task_type": taskType.map(JSONValue.string) ?? .null,
            "use_dora": .bool(false),
            "use_rslora": .bool(isRankStabilised),
        ]
    }

    /// The bytes that the adapter digest covers: RFC 8785 over the fields that change the function.
    public var canonicalBytes: [UInt8] { JSONValue.object(canonicalFields).canonicalBytes }

    /// The rank of the module at `path`, counted from the base model's root.
    public func rank(ofModule path: String) throws(ConfigurationError) -> Int {
        try value(in: rankPattern, field: "rank_pattern", module: path) ?? rank
    }

    /// The alpha of the module at `path`.
    public func alpha(ofModule path: String) throws(ConfigurationError) -> DecimalNumber {
        try value(in: alphaPattern, field: "alpha_pattern", module: path) ?? alpha
    }

    private func value<Value: Equatable>(
        in pattern: [String: Value], field: String, module: String
    ) throws(ConfigurationError) -> Value? {
        let matches = pattern.keys.sorted().filter { Self.matches(pattern: $0, path: module) }
        for other in matches.dropFirst() where pattern[other] != pattern[matches[0]] {
            throw .ambiguousPattern(field: field, module: module, first: matches[0], second: other)
        }
        return matches.first.flatMap { pattern[$0] }
    }

    /// PEFT matches `(.*\.)?(key)$` as a regular expression. Keys hold no special character but the point,
    /// which matches any character there, so it does here.
    static func matches(pattern: String, path: String) -> Bool {
        let pattern = Array(pattern.utf8), path = Array(path.utf8)
        let start = path.count - pattern.count
        guard start == 0 || (start > 0 && path[start - 1] == UInt8(ascii: ".")) else { return false }
        return zip(pattern, path[start...]).allSatisfy { $0 == $1 || $0 == UInt8(ascii: ".") }
    }
}
