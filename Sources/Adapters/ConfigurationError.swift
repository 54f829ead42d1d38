/// Why an `adapter_config.json` is not one that we can give a meaning to.
public enum ConfigurationError: Error, Hashable, CustomStringConvertible {
    case json(JSONFault)
    case notAnObject
    case missing(field: String)
    /// The field has another JSON type, or a value outside of what its meaning allows.
    case invalid(field: String, value: String, expected: String)
    /// The field is active and changes the function in a way that is not supported, or is not known at all.
    case unsupported(field: String, value: String)
    /// Two patterns match one module and give it different values.
    case ambiguousPattern(field: String, module: String, first: String, second: String)

    public var description: String {
        switch self {
        case .json(let fault): "adapter_config.json is not valid: \(fault)"
        case .notAnObject: "adapter_config.json is not a JSON object"
        case .missing(let field): "adapter_config.json has no field \"\(field)\""
        case .invalid(let field, let value, let expected):
            "adapter_config.json: \"\(field)\" is \(value), expected \(expected)"
        case .unsupported(let field, let value):
            "adapter_config.json: \"\(field)\" is \(value), which is not supported: the adapter would not be"
                + " the plain LoRA that its tensors say"
        case .ambiguousPattern(let field, let module, let first, let second):
            "adapter_config.json: \"\(first)\" and \"\(second)\" in \"\(field)\" both match \(module) and disagree"
        }
    }
}
