public import Bytes

/// A LoRA adapter as PEFT saves it: a configuration and the tensors that it speaks of, held to fit each
/// other.
public struct Adapter: Sendable {
    public let configuration: AdapterConfiguration
    public let file: SafetensorsFile
    /// The adapted modules, in ascending order of path.
    public let modules: [LoRAModule]
    /// Tensors of modules that were trained whole, in ascending order of name.
    public let heads: [SafetensorsHeader.Entry]

    public static let configurationName = "adapter_config.json"
    public static let tensorsName = "adapter_model.safetensors"

    /// Opens the PEFT directory at `path`.
    public init(directory path: String, base: BaseDigest) throws {
        let configuration = try FileByteSource(path: path + "/" + Self.configurationName)
        guard configuration.count <= JSONValue.maximumBytes else {
            throw ConfigurationError.json(
                .tooLarge(bytes: configuration.count, limit: JSONValue.maximumBytes))
        }
        try self.init(
            configuration: configuration.bytes(at: 0, count: configuration.count),
            tensors: FileByteSource(path: path + "/" + Self.tensorsName), base: base)
    }

    /// Opens an adapter from the bytes of its `adapter_config.json` and its safetensors file.
    public init(configuration: [UInt8], tensors: any ByteSource, base: BaseDigest) throws {
        try self.init(
            configuration: AdapterConfiguration(parsing: configuration, base: base),
            file: SafetensorsFile(reading: tensors))
    }

    public init(configuration: AdapterConfiguration, file: SafetensorsFile) throws {
        self.configuration = configuration
        self.file = file
        (modules, heads) = try AdapterLayout(configuration).sort(file.header.entries)
    }

    /// In ascending order of name.
    public var tensors: [TensorDescription] { file.tensors }

    /// Reads every element once, in fixed memory, and refuses NaN and infinity.
    public func digests() throws -> AdapterDigests {
        let tensors = try file.tensorDigest()
        return AdapterDigests(tensors: tensors, adapter: .of(configuration, tensors))
    }
}

/// The two names of an adapter.
public struct AdapterDigests: Hashable, Sendable {
    /// Of names, types, shapes and elements alone.
    public let tensors: TensorDigest
    /// Of these and the configuration, base model included.
    public let adapter: AdapterDigest
}

/// One adapted linear layer: ΔW = s·B·A.
public struct LoRAModule: Hashable, Sendable {
    /// Counted from the base model's root, such as `bert.encoder.layer.0.attention.self.query`.
    public let path: String
    /// [rank, inputs]
    public let a: SafetensorsHeader.Entry
    /// [outputs, rank]
    public let b: SafetensorsHeader.Entry

    public var rank: Int { a.tensor.shape[0] }
    public var inputs: Int { a.tensor.shape[1] }
    public var outputs: Int { b.tensor.shape[0] }

    static let prefix = "base_model.model."
    static let suffixA = ".lora_A.weight"
    static let suffixB = ".lora_B.weight"
}
