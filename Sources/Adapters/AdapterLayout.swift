/// Sorts an adapter's tensors into modules and heads, and holds their shapes against the configuration.
struct AdapterLayout {
    private let configuration: AdapterConfiguration
    private var a: [String: SafetensorsHeader.Entry] = [:]
    private var b: [String: SafetensorsHeader.Entry] = [:]
    private var heads: [SafetensorsHeader.Entry] = []

    init(_ configuration: AdapterConfiguration) { self.configuration = configuration }

    consuming func sort(
        _ entries: [SafetensorsHeader.Entry]
    ) throws -> ([LoRAModule], [SafetensorsHeader.Entry]) {
        for entry in entries { try place(entry) }
        let paths = Set(a.keys).union(b.keys).sorted()
        guard !paths.isEmpty else { throw AdapterError.noModules }
        let modules = try paths.map { try module(at: $0) }
        try requireEveryTarget(in: paths)
        guard configuration.modulesToSave.isEmpty || !heads.isEmpty else {
            throw AdapterError.noHeads(configuration.modulesToSave)
        }
        return (modules, heads)
    }

    private mutating func place(_ entry: SafetensorsHeader.Entry) throws(AdapterError) {
        let name = entry.tensor.name
        guard name.hasPrefix(LoRAModule.prefix) else { throw .unexpectedTensor(name) }
        let path = name.dropFirst(LoRAModule.prefix.count)
        if path.hasSuffix(LoRAModule.suffixA) {
            a[try target(path.dropLast(LoRAModule.suffixA.count), of: name)] = entry
        } else if path.hasSuffix(LoRAModule.suffixB) {
            b[try target(path.dropLast(LoRAModule.suffixB.count), of: name)] = entry
        } else {
            guard isHead(path) else { throw .unexpectedTensor(name) }
            heads.append(entry)
        }
    }

    private func target(_ path: Substring, of name: String) throws(AdapterError) -> String {
        let path = String(path)
        guard configuration.targets.includes(path) else { throw .unexpectedTensor(name) }
        return path
    }

    /// Whether one of `modules_to_save` is a run of whole components of the path, before its last.
    private func isHead(_ path: Substring) -> Bool {
        let components = path.split(separator: ".", omittingEmptySubsequences: false)
        return configuration.modulesToSave.contains { module in
            let wanted = module.split(separator: ".", omittingEmptySubsequences: false)
            return (0..<components.count).contains { start in
                start + wanted.count < components.count
                    && components[start..<start + wanted.count].elementsEqual(wanted)
            }
        }
    }

    private func module(at path: String) throws -> LoRAModule {
        guard let a = a[path] else {
            throw AdapterError.missingTensor(LoRAModule.prefix + path + LoRAModule.suffixA)
        }
        guard let b = b[path] else {
            throw AdapterError.missingTensor(LoRAModule.prefix + path + LoRAModule.suffixB)
        }
        let rank = try configuration.rank(ofModule: path)
        _ = try configuration.alpha(ofModule: path)
        guard a.tensor.shape.count == 2, a.tensor.shape[0] == rank else {
            throw AdapterError.shape(
                tensor: a.tensor.name, shape: a.tensor.shape, expected: "[\(rank), inputs]")
        }
        guard b.tensor.shape.count == 2, b.tensor.shape[1] == rank else {
            throw AdapterError.shape(
                tensor: b.tensor.name, shape: b.tensor.shape, expected: "[outputs, \(rank)]")
        }
        return LoRAModule(path: path, a: a, b: b)
    }

    private func requireEveryTarget(in paths: [String]) throws(AdapterError) {
        guard case .names(let names) = configuration.targets else { return }
        for name in names where !paths.contains(where: { $0 == name || $0.hasSuffix("." + name) }) {
            throw .targetWithoutModule(name)
        }
    }
}
