/// How an adapter's tensors contradict its configuration.
public enum AdapterError: Error, Hashable, CustomStringConvertible {
    /// Neither a LoRA matrix of a target module nor part of a module in `modules_to_save`.
    case unexpectedTensor(String)
    /// One of the two matrices of a module is there without the other.
    case missingTensor(String)
    case shape(tensor: String, shape: [Int], expected: String)
    case noModules
    /// No module's path ends in this name from `target_modules`.
    case targetWithoutModule(String)
    /// `modules_to_save` is not empty, and no tensor belongs to any of them.
    case noHeads([String])

    public var description: String {
        switch self {
        case .unexpectedTensor(let name):
            "tensor \(name) belongs to no module that target_modules or modules_to_save names"
        case .missingTensor(let name): "tensor \(name) is missing"
        case .shape(let tensor, let shape, let expected):
            "tensor \(tensor) has shape \(shape), expected \(expected)"
        case .noModules: "the file holds no LoRA matrices"
        case .targetWithoutModule(let name): "target_modules names \"\(name)\", which no tensor belongs to"
        case .noHeads(let names): "modules_to_save names \(names), and no tensor belongs to any of them"
        }
    }
}
