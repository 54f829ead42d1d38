internal import Bytes

/// What a running sum says of itself before its elements.
struct RunningSumHeader {
    let configuration: AdapterConfiguration
    let terms: [RunningSum.Term]
    let tensors: [TensorDescription]
    let unitExponent: Int

    static let magic = Array("lethe/running-sum/v1\0".utf8)
    static let maximumByteCount = 16 << 20

    init(
        configuration: AdapterConfiguration, terms: [RunningSum.Term], tensors: [TensorDescription],
        unitExponent: Int
    ) {
        self.terms = terms.sorted {
            ($0.digest, $0.weight, $0.baseName ?? "") < ($1.digest, $1.weight, $1.baseName ?? "")
        }
        var configuration = configuration
        configuration.baseName = terms.compactMap(\.baseName).min {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        self.configuration = configuration
        self.tensors = tensors
        self.unitExponent = unitExponent
    }

    /// Magic, length and JSON.
    var encoded: [UInt8] {
        let json = JSONValue.object([
            "base": .string(configuration.base.hex),
            "configuration": .object(configuration.peftFields),
            "tensors": .array(
                tensors.map {
                    .object([
                        "dtype": .string($0.element.rawValue), "name": .string($0.name),
                        "shape": .array($0.shape.map(JSONValue.integer)),
                    ])
                }),
            "terms": .array(
                terms.map {
                    .object([
                        "baseName": $0.baseName.map(JSONValue.string) ?? .null,
                        "tensorDigest": .string($0.digest.hex), "weight": .integer($0.weight),
                    ])
                }),
            "unitExponent": .integer(unitExponent),
        ]).canonicalBytes
        var bytes = Self.magic
        bytes.appendBigEndian(UInt64(json.count))
        return bytes + json
    }

    /// Reads the JSON of a header. It is ours, so it is also written again and compared.
    init(parsing json: [UInt8], path: String) throws {
        let root = try JSONValue(parsing: json, limit: Self.maximumByteCount)
        func failed(_ field: String) -> RunningSumError { .header(path: path, field: field) }
        guard let base = root["base"]?.text.flatMap({ BaseDigest(hex: $0) }) else { throw failed("base") }
        guard let configuration = root["configuration"] else { throw failed("configuration") }
        guard let unit = root["unitExponent"]?.integer, -149...0 ~= unit else {
            throw failed("unitExponent")
        }
        guard let terms = root["terms"]?.elements?.map(Self.term), !terms.contains(nil),
            1...Contribution.maximumCount ~= terms.count
        else { throw failed("terms") }
        guard let tensors = root["tensors"]?.elements?.map(Self.tensor), !tensors.contains(nil) else {
            throw failed("tensors")
        }
        self.init(
            configuration: try AdapterConfiguration(parsing: configuration.canonicalBytes, base: base),
            terms: terms.compactMap { $0 }, tensors: tensors.compactMap { $0 }, unitExponent: unit)
        guard encoded == Self.magic + Self.length(json.count) + json else { throw failed("spelling") }
    }

    private static func length(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt64(count))
        return bytes
    }

    private static func term(_ json: JSONValue) -> RunningSum.Term? {
        guard let digest = json["tensorDigest"]?.text.flatMap({ TensorDigest(hex: $0) }),
            let weight = json["weight"]?.integer, 1...Contribution.maximumWeight ~= weight
        else { return nil }
        return RunningSum.Term(digest: digest, weight: weight, baseName: json["baseName"]?.text)
    }

    private static func tensor(_ json: JSONValue) -> TensorDescription? {
        guard let name = json["name"]?.text, let type = json["dtype"]?.text,
            let element = ElementType(rawValue: type), let shape = json["shape"]?.elements?.map(\.integer),
            shape.count <= TensorDescription.maximumRank
        else { return nil }
        // A cell takes 16 bytes: so much must be addressable.
        var byteCount = 16
        for dimension in shape {
            guard let dimension, dimension > 0 else { return nil }
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
            guard !overflow else { return nil }
            byteCount = product
        }
        return TensorDescription(name: name, element: element, shape: shape.compactMap { $0 })
    }
}
