/// What an adapter changes of a base: the part of a recipe that gives its tensors their names and shapes.
public struct AdapterShape: Hashable, Sendable {
    public var lora: Recipe.LoRA
    /// `classifier`, and `pooler` if it is trained whole.
    public var modulesToSave: [String]
    /// Labels are 0, 1, ... below this.
    public var classCount: Int

    public init(lora: Recipe.LoRA, modulesToSave: [String], classCount: Int) {
        self.lora = lora
        self.modulesToSave = modulesToSave
        self.classCount = classCount
    }
}

extension Recipe {
    /// The shape of the adapters that this recipe trains.
    public var shape: AdapterShape {
        AdapterShape(lora: lora, modulesToSave: modulesToSave, classCount: classCount)
    }
}

/// Which tensors a recipe trains on a base, under PEFT's names, and where they lie in one flat array.
struct AdapterLayout: Sendable {
    struct Entry: Sendable {
        let name: String
        let shape: [Int]
        /// Place of the first value in the flat array.
        let offset: Int
        var count: Int { shape.reduce(1, *) }
    }

    /// Where in the encoder a linear map stands.
    enum Site: Hashable, Sendable {
        case layer(Int, LayerModule)
        case pooler
        case classifier
    }

    /// A low-rank addition to a linear map: A is [rank, inputs], B is [outputs, rank].
    struct LowRank: Sendable {
        let site: Site
        let inputs, outputs: Int
        let a, b: Entry
    }

    /// A linear map trained whole.
    struct Whole: Sendable {
        let site: Site
        let inputs, outputs: Int
        let weight, bias: Entry
    }

    /// All tensors in ascending order of name, one after the other in the flat array.
    let entries: [Entry]
    let lowRank: [LowRank]
    let whole: [Whole]
    let rank: Int
    /// alpha / rank, the nearest binary32.
    let scale: Float

    var valueCount: Int { entries.last.map { $0.offset + $0.count } ?? 0 }

    /// The lowest layer with a low-rank addition: gradients go down to it. The layer count where there is
    /// none.
    let lowestLayer: Int

    init(recipe: Recipe, configuration: EncoderConfiguration) throws(TrainingError) {
        try self.init(recipe.shape, configuration: configuration)
    }

    init(_ shape: AdapterShape, configuration: EncoderConfiguration) throws(TrainingError) {
        let targets = try Self.targets(of: shape, in: configuration)
        rank = shape.lora.rank
        scale = Float(shape.lora.alpha) / Float(shape.lora.rank)
        let hidden = configuration.hiddenSize
        let saved: [(Site, String, Int)] = shape.modulesToSave.map {
            $0 == "classifier"
                ? (.classifier, "base_model.model.classifier", shape.classCount)
                : (.pooler, "base_model.model.bert.pooler.dense", hidden)
        }
        var shapes: [String: [Int]] = [:]
        for target in targets {
            shapes[target.path + ".lora_A.weight"] = [shape.lora.rank, target.inputs]
            shapes[target.path + ".lora_B.weight"] = [target.outputs, shape.lora.rank]
        }
        for (_, path, outputs) in saved {
            shapes[path + ".weight"] = [outputs, hidden]
            shapes[path + ".bias"] = [outputs]
        }
        let placed = Self.place(shapes)
        let byName = Dictionary(uniqueKeysWithValues: placed.map { ($0.name, $0) })
        entries = placed
        lowRank = targets.map {
            LowRank(
                site: $0.site, inputs: $0.inputs, outputs: $0.outputs,
                a: byName[$0.path + ".lora_A.weight"]!,
                b: byName[$0.path + ".lora_B.weight"]!)
        }
        whole = saved.map { site, path, outputs in
            Whole(
                site: site, inputs: hidden, outputs: outputs, weight: byName[path + ".weight"]!,
                bias: byName[path + ".bias"]!)
        }
        lowestLayer =
            targets.map {
                if case .layer(let layer, _) = $0.site { layer } else { configuration.layerCount }
            }
            .min() ?? configuration.layerCount
    }

    private static func place(_ shapes: [String: [Int]]) -> [Entry] {
        var offset = 0
        return shapes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { name, shape in
            defer { offset += shape.reduce(1, *) }
            return Entry(name: name, shape: shape, offset: offset)
        }
    }

    private struct Target {
        let site: Site
        /// The name that its tensors begin with.
        let path: String
        let inputs, outputs: Int
    }

    /// The linear maps that the recipe's names match, as PEFT matches: the whole path, or its end after a
    /// dot.
    private static func targets(
        of shape: AdapterShape, in configuration: EncoderConfiguration
    ) throws(TrainingError) -> [Target] {
        var sites: [(site: Site, name: String)] = (0..<configuration.layerCount).flatMap { layer in
            LayerModule.allCases.map { (site: .layer(layer, $0), name: "bert." + $0.name(in: layer)) }
        }
        sites.append((site: .pooler, name: "bert.pooler.dense"))
        let matches = { (name: String, target: String) in name == target || name.hasSuffix("." + target) }
        for target in shape.lora.targetModules where !sites.contains(where: { matches($0.name, target) }) {
            throw .noSuchModule(target)
        }
        return try sites.filter { site in shape.lora.targetModules.contains { matches(site.name, $0) } }
            .map { site throws(TrainingError) in
                switch site.site {
                case .layer(_, let module):
                    let (inputs, outputs) = configuration.size(of: module)
                    return Target(
                        site: site.site, path: "base_model.model." + site.name, inputs: inputs,
                        outputs: outputs)
                case .pooler, .classifier:
                    if shape.modulesToSave.contains("pooler") { throw .trainedTwice(module: "pooler") }
                    let hidden = configuration.hiddenSize
                    return Target(
                        site: site.site, path: "base_model.model." + site.name, inputs: hidden,
                        outputs: hidden)
                }
            }
    }

    /// The values that a run without a parent begins with: A uniform as PEFT has it (Kaiming with a = sqrt
    /// 5: within 1 / sqrt of the inputs), B zero, the classifier uniform with the standard deviation 0.02,
    /// its bias zero. A whole-trained pooler begins at the base's.
    func initialValues(recipe: Recipe, base: BaseEncoder) -> NamedTensors {
        var values: [String: Tensor] = [:]
        for target in lowRank {
            let bound = 1 / Float(target.inputs).squareRoot()
            values[target.a.name] = .uniform(
                shape: target.a.shape, seed: recipe.seed, name: target.a.name, bound: bound)
            values[target.b.name] = Tensor(
                shape: target.b.shape, values: [Float](repeating: 0, count: target.b.count))
        }
        for module in whole {
            if module.site == .pooler {
                values[module.weight.name] = base.weights["pooler.dense.weight"]!
                values[module.bias.name] = base.weights["pooler.dense.bias"]!
            } else {
                values[module.weight.name] = .uniform(
                    shape: module.weight.shape, seed: recipe.seed, name: module.weight.name,
                    bound: 0x1.1bc77ap-5)
                values[module.bias.name] = Tensor(
                    shape: module.bias.shape, values: [Float](repeating: 0, count: module.bias.count))
            }
        }
        return NamedTensors(values)
    }

    /// The flat values of `tensors`; refuses other names or shapes than the layout's, and values that are
    /// not finite.
    func flatten(_ tensors: NamedTensors) throws(TrainingError) -> [Float] {
        if let extra = Set(tensors.tensors.keys).subtracting(entries.map(\.name)).min() {
            throw .parentDoesNotFit(tensor: extra, reason: "the recipe trains no such tensor")
        }
        var values: [Float] = []
        values.reserveCapacity(valueCount)
        for entry in entries {
            guard let tensor = tensors[entry.name] else {
                throw .parentDoesNotFit(tensor: entry.name, reason: "it is missing")
            }
            guard tensor.shape == entry.shape else {
                throw .parentDoesNotFit(
                    tensor: entry.name,
                    reason: "shape \(tensor.shape), and the recipe implies \(entry.shape)")
            }
            guard tensor.values.allSatisfy(\.isFinite) else {
                throw .parentDoesNotFit(tensor: entry.name, reason: "it holds a NaN or an infinity")
            }
            values += tensor.values
        }
        return values
    }

    /// The tensors of flat values.
    func tensors(of values: [Float]) -> NamedTensors {
        NamedTensors(
            Dictionary(
                uniqueKeysWithValues: entries.map { entry in
                    let part = Array(values[entry.offset..<entry.offset + entry.count])
                    return (entry.name, Tensor(shape: entry.shape, values: part))
                }))
    }
}
