internal import Adapters
public import Bytes
internal import ChainViews
public import Events
internal import Foundation
public import Training

/// Where this ledger finds a base model. A setting of this machine, not an event.
public enum BaseLocation: Codable, Hashable, Sendable {
    /// The program makes it from a seed.
    case embedded(seed: UInt64)
    /// A Hugging Face directory, by its absolute path.
    case directory(String)

    private struct Fields: Codable {
        var directory: String?
        var embeddedSeed: Int?
    }

    public init(from decoder: any Decoder) throws {
        let fields = try Fields(from: decoder)
        switch (fields.directory, fields.embeddedSeed) {
        case (let path?, nil): self = .directory(path)
        case (nil, let seed?) where seed >= 0: self = .embedded(seed: UInt64(seed))
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "neither a directory nor a seed"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .directory(let path): try Fields(directory: path).encode(to: encoder)
        case .embedded(let seed): try Fields(embeddedSeed: Int(seed)).encode(to: encoder)
        }
    }

    /// Reads the base that is there.
    public func load() throws -> BaseEncoder {
        switch self {
        case .embedded(let seed): return BaseEncoder.embedded(seed: seed)
        case .directory(let path):
            do throws(BaseEncoderError) {
                return try BaseEncoder(directory: URL(fileURLWithPath: path))
            } catch {
                throw EngineError(
                    .invalidRequest, "\(path) is not a base that can be trained on: \(error)",
                    hint: "a Hugging Face directory of a BERT-family encoder has config.json, "
                        + "model.safetensors and vocab.txt or tokenizer.json", cause: error)
            }
        }
    }

    /// The largest seed: those above are no JSON integers.
    public static let maximumSeed = UInt64(CanonicalJSON.maximumInteger)
    private static let embeddedPrefix = "lethe/embedded-"

    /// What the embedded base of a seed is called where nobody says otherwise.
    public static func name(ofEmbedded seed: UInt64) -> BaseName { BaseName("\(embeddedPrefix)\(seed)")! }

    /// The embedded base that a name speaks of.
    init?(embeddedName name: BaseName) {
        guard name.text.hasPrefix(Self.embeddedPrefix),
            let seed = UInt64(name.text.dropFirst(Self.embeddedPrefix.count)), seed <= Self.maximumSeed
        else { return nil }
        self = .embedded(seed: seed)
    }
}

/// A registered base, and where it is.
public struct BaseSummary: Codable, Hashable, Sendable {
    /// By which the public chain names it: the SHA-256 of its weights file.
    public var base: ArtifactDigest
    /// Absent where this ledger does not know where it is.
    public var location: BaseLocation?
    public var name: BaseName
}

extension Ledger {
    private var basesFolder: String { "\(path)/bases" }
    private func locationFile(_ base: ArtifactDigest) -> String { "\(basesFolder)/\(base.hex).json" }

    /// The bases on the chain, in chain order.
    public func baseSummaries() throws -> [BaseSummary] {
        try view.allBases.map { BaseSummary(base: $0.base, location: try location(of: $0), name: $0.name) }
    }

    /// Registers a base and keeps where it is, so that training finds it.
    public func registerBase(
        _ name: BaseName, at location: BaseLocation, as member: MemberName
    ) throws -> (base: ArtifactDigest, recorded: Recorded) {
        let base = ArtifactDigest(retagging: try load(location).weightsDigest)
        let recorded = try record(
            .baseRegistered(BaseRegistered(base: base, name: name)), as: member, on: publicOrigin)
        try keep(location, for: base)
        return (base, recorded)
    }

    /// Keeps where a base is that the chain knows.
    public func locateBase(at location: BaseLocation) throws -> BaseSummary {
        let base = ArtifactDigest(retagging: try load(location).weightsDigest)
        guard let row = try view.bases[base] else {
            throw EngineError(
                .refused, "the chain knows no base \(base)",
                hint: "it is another model than the registered one; lethe base list shows those")
        }
        try keep(location, for: base)
        return BaseSummary(base: base, location: location, name: row.name)
    }

    private func load(_ location: BaseLocation) throws -> BaseEncoder { try location.load() }

    private func keep(_ location: BaseLocation, for base: ArtifactDigest) throws {
        try? FileManager.default.createDirectory(
            atPath: basesFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try writeAtomically(CanonicalJSON.encode(location), to: locationFile(base))
    }

    /// The directory in which this ledger found the weights of `row`, if any.
    func pathOfBase(_ row: BaseRow) throws -> String? {
        guard case .directory(let path)? = try location(of: row) else { return nil }
        return path
    }

    private func location(of row: BaseRow) throws -> BaseLocation? {
        guard let data = FileManager.default.contents(atPath: locationFile(row.base)) else {
            return BaseLocation(embeddedName: row.name)
        }
        do throws(JSONError) {
            return try CanonicalJSON.decode(BaseLocation.self, from: Array(data))
        } catch {
            throw EngineError(
                .inconsistent, "\(locationFile(row.base)) does not say where a base is: \(error)",
                hint: "lethe base locate writes it anew", cause: error)
        }
    }

    /// The base that the chain calls `base`, read from where it is and checked.
    public func encoder(
        for base: ArtifactDigest
    ) throws -> (encoder: BaseEncoder, location: BaseLocation, name: BaseName) {
        guard let row = try view.bases[base] else {
            throw EngineError(
                .invalidRequest, "the chain knows no base \(base)",
                hint: "lethe base list shows those it knows")
        }
        guard let location = try location(of: row) else {
            throw EngineError(
                .missing, "this ledger does not know where the base \(row.name) is",
                hint: "lethe base locate --directory DIR, with the model's Hugging Face directory")
        }
        let encoder = try load(location)
        guard ArtifactDigest(retagging: encoder.weightsDigest) == base else {
            throw EngineError(
                .refused,
                "what lies at the place of \(row.name) has the digest \(encoder.weightsDigest), not \(base)",
                hint: "the model was changed; lethe base locate names another place")
        }
        return (encoder, location, row.name)
    }

    /// The registered base that `text` names: by name, or by at least eight digits of its digest.
    public func resolveBase(_ text: String) throws -> ArtifactDigest {
        let all = try view.allBases
        let found = all.filter { $0.name.text == text || (text.count >= 8 && $0.base.hex.hasPrefix(text)) }
        guard let base = found.first?.base, Set(found.map(\.base)).count == 1 else {
            throw EngineError(
                .invalidRequest, "no base \"\(text)\"", hint: "lethe base list shows those on the chain")
        }
        return base
    }
}
