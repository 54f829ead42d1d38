public import Adapters
public import Bytes

extension NamedTensors {
    /// The tensors of an adapter, read whole. Refuses any that is not F32, which is what this trainer
    /// computes in.
    public init(_ adapter: Adapter) throws {
        var tensors: [String: Tensor] = [:]
        for entry in adapter.file.header.entries {
            guard entry.tensor.element == .f32 else { throw NotSinglePrecision(tensor: entry.tensor) }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(entry.tensor.byteCount)
            try adapter.file.forEachChunk(of: entry) { bytes.append(contentsOf: $0) }
            tensors[entry.tensor.name] = Tensor(
                shape: entry.tensor.shape, values: [Float](littleEndianBytes: bytes[...]))
        }
        self.init(tensors)
    }

    /// A tensor of an adapter is of another type than F32.
    public struct NotSinglePrecision: Error, Hashable, CustomStringConvertible {
        public let tensor: TensorDescription
        public var description: String {
            "tensor \(tensor) is not F32, and the trainer computes in F32 only"
        }
    }

    /// Writes the tensors as the safetensors file at `path`, which appears whole or not at all.
    public func write(to path: String) throws {
        let descriptions = names.map {
            TensorDescription(name: $0, element: .f32, shape: tensors[$0]!.shape)
        }
        let writer = try SafetensorsWriter(path: path, tensors: descriptions)
        for entry in writer.header.entries {
            let values = tensors[entry.tensor.name]!.values
            try values.withLittleEndianBytes { try writer.target.write($0, of: entry, from: 0) }
        }
        try writer.commit()
    }
}

extension Recipe {
    /// The PEFT configuration of an adapter that this recipe trains.
    ///
    /// - Parameters:
    ///   - base: the digest by which the ledger names the base.
    ///   - baseName: what PEFT shall call it; informative.
    public func adapterConfiguration(
        base: BaseDigest, baseName: String? = nil
    ) throws(ConfigurationError) -> AdapterConfiguration {
        try shape.adapterConfiguration(base: base, baseName: baseName)
    }
}

extension AdapterShape {
    /// The PEFT configuration of an adapter of this shape.
    public func adapterConfiguration(
        base: BaseDigest, baseName: String? = nil
    ) throws(ConfigurationError) -> AdapterConfiguration {
        let quoted = { (names: [String]) in "[" + names.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
        let json = """
            {"bias":"none","fan_in_fan_out":false,"inference_mode":true,"init_lora_weights":true,\
            "lora_alpha":\(lora.alpha),"lora_dropout":0.0,"modules_to_save":\(quoted(modulesToSave)),\
            "peft_type":"LORA","r":\(lora.rank),"target_modules":\(quoted(lora.targetModules)),\
            "task_type":"SEQ_CLS"}
            """
        var configuration = try AdapterConfiguration(parsing: Array(json.utf8), base: base)
        configuration.baseName = baseName
        return configuration
    }

    /// Why the encoder does not compute what an adapter asks for.
    public struct NotComputable: Error, Hashable, CustomStringConvertible {
        public let reason: String
        public var description: String { reason }
    }

    /// The shape of an adapter that PEFT wrote: ranks and alphas that are all the same, a classifier, and
    /// perhaps a pooler that was trained whole. Other names in `modules_to_save` are nothing where no tensors
    /// have them.
    public init(_ adapter: Adapter) throws {
        func refuse(_ reason: String) -> NotComputable { NotComputable(reason: reason) }
        let configuration = adapter.configuration
        guard !configuration.isRankStabilised, !configuration.fanInFanOut else {
            throw refuse("the adapter is rank-stabilised or stores its layers as [in, out]")
        }
        let paths = adapter.modules.map(\.path)
        guard let first = adapter.modules.first, adapter.modules.allSatisfy({ $0.rank == first.rank }) else {
            throw refuse("the adapter's modules have no rank in common")
        }
        let alphas = Set(try paths.map { try configuration.alpha(ofModule: $0) })
        guard alphas.count == 1, let alpha = alphas.first.flatMap({ Int($0.text) }) else {
            throw refuse("the adapter's modules have no integer alpha in common")
        }
        let shapes = Dictionary(uniqueKeysWithValues: adapter.heads.map { ($0.tensor.name, $0.tensor.shape) })
        let classifier = "base_model.model.classifier.weight"
        guard let classes = shapes[classifier]?.first else {
            throw refuse("the adapter has no classifier of its own, such as modules_to_save gives it")
        }
        let hasPooler = shapes.keys.contains { $0.hasPrefix("base_model.model.bert.pooler.") }
        self.init(
            lora: Recipe.LoRA(rank: first.rank, alpha: alpha, targetModules: paths.sorted()),
            modulesToSave: hasPooler ? ["classifier", "pooler"] : ["classifier"], classCount: classes)
    }
}
