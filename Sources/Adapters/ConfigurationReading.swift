public import Bytes

extension AdapterConfiguration {
    /// Reads a PEFT `adapter_config.json` for an adapter of `base`, which PEFT itself knows only by name.
    ///
    /// Fields that change the function are read strictly. Fields that only inform are passed over.
    /// Everything else, known or not, must be inert: null, false, or empty.
    public init(parsing bytes: [UInt8], base: BaseDigest) throws(ConfigurationError) {
        let root: JSONValue
        do throws(JSONFault) { root = try JSONValue(parsing: bytes) } catch { throw .json(error) }
        guard case .object(let members) = root else { throw .notAnObject }
        let fields = ConfigurationFields(members)
        try fields.requireInert(except: Self.meaningful.union(Self.informative))
        try Self.requirePlainLoRA(fields)
        self.base = base
        rank = try fields.rank("r", fields.required("r"))
        alpha = try fields.decimal("lora_alpha", fields.required("lora_alpha"))
        targets = try fields.targets("target_modules")
        rankPattern = try fields.pattern("rank_pattern") { name, value throws(ConfigurationError) in
            try fields.rank(name, value)
        }
        alphaPattern = try fields.pattern("alpha_pattern") { name, value throws(ConfigurationError) in
            try fields.decimal(name, value)
        }
        isRankStabilised = try fields.bool("use_rslora")
        fanInFanOut = try fields.bool("fan_in_fan_out")
        modulesToSave = try fields.names("modules_to_save")
        taskType = try fields.text("task_type")
        baseName = try fields.text("base_model_name_or_path")
    }

    private static let meaningful: Set<String> = [
        "r", "lora_alpha", "target_modules", "rank_pattern", "alpha_pattern", "use_rslora", "use_dora",
        "fan_in_fan_out", "bias", "modules_to_save", "task_type", "peft_type", "init_lora_weights",
    ]

    /// Fields that say where the adapter comes from or how it was trained, not what it computes.
    private static let informative: Set<String> = [
        "auto_mapping", "base_model_name_or_path", "inference_mode", "lora_dropout", "megatron_core",
        "peft_version", "qalora_group_size", "revision",
    ]

    private static func requirePlainLoRA(_ fields: ConfigurationFields) throws(ConfigurationError) {
        guard try fields.text("peft_type") == "LORA" else {
            throw .unsupported(field: "peft_type", value: fields.spelling("peft_type"))
        }
        guard try fields.text("bias") ?? "none" == "none" else {
            throw .unsupported(field: "bias", value: fields.spelling("bias"))
        }
        guard try !fields.bool("use_dora") else { throw .unsupported(field: "use_dora", value: "true") }
        // Other initialisations (pissa, olora, corda, loftq, eva, lora_ga) rewrite the base model.
        switch fields["init_lora_weights"] {
        case nil, .bool, .string("gaussian"), .string("orthogonal"): break
        default: throw .unsupported(field: "init_lora_weights", value: fields.spelling("init_lora_weights"))
        }
    }
}

/// The members of a configuration, read by type.
private struct ConfigurationFields {
    private let values: [String: JSONValue]

    init(_ members: [JSONValue.Member]) {
        values = Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
    }

    subscript(name: String) -> JSONValue? { values[name] }

    /// The value as JSON, cut where it is long.
    func spelling(_ name: String) -> String { Self.spelling(values[name] ?? .null) }

    private static func spelling(_ value: JSONValue) -> String {
        String(String(decoding: value.canonicalBytes, as: UTF8.self).prefix(120))
    }

    private func wrong(_ name: String, _ value: JSONValue, _ expected: String) -> ConfigurationError {
        .invalid(field: name, value: Self.spelling(value), expected: expected)
    }

    func requireInert(except known: Set<String>) throws(ConfigurationError) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
            switch value {
            case .null, .bool(false), .array([]), .object([]): break
            default: throw .unsupported(field: name, value: Self.spelling(value))
            }
        }
    }

    func required(_ name: String) throws(ConfigurationError) -> JSONValue {
        guard let value = values[name] else { throw .missing(field: name) }
        return value
    }

    func rank(_ name: String, _ value: JSONValue) throws(ConfigurationError) -> Int {
        guard case .number(let text) = value, let rank = Int(text),
            (1...AdapterConfiguration.maximumRank).contains(rank)
        else { throw wrong(name, value, "an integer from 1 to \(AdapterConfiguration.maximumRank)") }
        return rank
    }

    func decimal(_ name: String, _ value: JSONValue) throws(ConfigurationError) -> DecimalNumber {
        guard case .number(let text) = value, let number = DecimalNumber(jsonNumber: text) else {
            throw wrong(name, value, "a number above zero of at most \(DecimalNumber.maximumDigits) digits")
        }
        return number
    }

    func bool(_ name: String) throws(ConfigurationError) -> Bool {
        guard let value = values[name] else { return false }
        guard case .bool(let bool) = value else { throw wrong(name, value, "true or false") }
        return bool
    }

    func text(_ name: String) throws(ConfigurationError) -> String? {
        switch values[name] {
        case nil, .null: return nil
        case .string(let text) where !text.isEmpty: return text
        case .some(let value): throw wrong(name, value, "a string or null")
        }
    }

    /// An ascending list of different names.
    func names(_ name: String) throws(ConfigurationError) -> [String] {
        guard let value = values[name], value != .null else { return [] }
        guard case .array(let elements) = value else { throw wrong(name, value, "a list of module names") }
        var names: [String] = []
        for element in elements {
            guard case .string(let text) = element, Self.isModuleName(text) else {
                throw wrong(name, element, "a module name")
            }
            names.append(text)
        }
        names.sort()
        guard Set(names).count == names.count else { throw wrong(name, value, "different module names") }
        return names
    }

    func targets(_ name: String) throws(ConfigurationError) -> AdapterConfiguration.TargetModules {
        let value = try required(name)
        if case .string(let pattern) = value, !pattern.isEmpty { return .pattern(pattern) }
        let names = try names(name)
        guard !names.isEmpty else { throw wrong(name, value, "at least one module name") }
        return .names(names)
    }

    func pattern<Value>(
        _ name: String, _ read: (String, JSONValue) throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> [String: Value] {
        guard let value = values[name], value != .null else { return [:] }
        guard case .object(let members) = value else { throw wrong(name, value, "an object") }
        var pattern: [String: Value] = [:]
        for member in members {
            guard Self.isModuleName(member.name) else {
                throw wrong(
                    name, .string(member.name), "the end of a module path, without special characters")
            }
            pattern[member.name] = try read(name, member.value)
        }
        return pattern
    }

    /// Letters, digits, underscores, hyphens and points.
    private static func isModuleName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
