extension AdapterConfiguration {
    /// The bytes of an `adapter_config.json` that old and new PEFT load: twelve keys, and `rank_pattern`,
    /// `alpha_pattern` and `use_rslora` only where they say something.
    ///
    /// The same configuration always gives the same bytes. How the adapter was trained (dropout,
    /// initialisation) is not kept: it is inert in inference.
    public var peftBytes: [UInt8] {
        let lines = peftFields.sorted { $0.key < $1.key }.map { name, value in
            "  \"\(name)\": " + String(decoding: value.canonicalBytes, as: UTF8.self)
        }
        return Array(("{\n" + lines.joined(separator: ",\n") + "\n}\n").utf8)
    }

    var peftFields: [String: JSONValue] {
        var fields: [String: JSONValue] = [
            "base_model_name_or_path": baseName.map(JSONValue.string) ?? .null,
            "bias": .string("none"),
            "fan_in_fan_out": .bool(fanInFanOut),
            "inference_mode": .bool(true),
            "init_lora_weights": .bool(true),
            "lora_alpha": .number(alpha.text),
            "lora_dropout": .number("0.0"),
            "modules_to_save": modulesToSave.isEmpty ? .null : .strings(modulesToSave),
            "peft_type": .string("LORA"),
            "r": .integer(rank),
            "target_modules": targets.json,
            "task_type": taskType.map(JSONValue.string) ?? .null,
        ]
        if !rankPattern.isEmpty {
            fields["rank_pattern"] = .object(rankPattern.mapValues(JSONValue.integer))
        }
        if !alphaPattern.isEmpty {
            fields["alpha_pattern"] = .object(alphaPattern.mapValues { .number($0.text) })
        }
        if isRankStabilised { fields["use_rslora"] = .bool(true) }
        return fields
    }
}
