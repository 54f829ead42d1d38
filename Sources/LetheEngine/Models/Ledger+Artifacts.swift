public import Adapters
public import Bytes
internal import ChainViews
public import Events
internal import Foundation
internal import LedgerStore
internal import Replay

extension BlobKind {
    /// A safetensors file, by adapter digest.
    static let tensors = BlobKind(rawValue: "adapter-tensors")!
    /// The PEFT configuration beside it, by adapter digest.
    static let configuration = BlobKind(rawValue: "adapter-configuration")!
    /// A running sum, by the digest of the set of contributions in it.
    static let runningSum = BlobKind(rawValue: "running-sum")!
}

extension BlobID {
    /// The two blobs of the adapter with this digest.
    static func adapter(_ digest: ArtifactDigest) -> [BlobID] {
        [BlobID(.tensors, digest), BlobID(.configuration, digest)]
    }
}

/// Reads an encrypted blob through the seam that adapters are read through.
struct BlobSource: ByteSource {
    let reader: BlobReader

    var count: Int { reader.count }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
        try reader.read(into: buffer, at: offset)
    }
}

extension Ledger {
    /// Where merged tensors lie in plaintext for a moment: a writer's in the ledger, a reader's, which may not write
    /// there and may run beside a writer, among the temporary files.
    var scratch: String {
        directory.mode == .readWrite ? "\(path)/scratch" : NSTemporaryDirectory()
    }

    // MARK: Bodies

    /// The body behind `commitment`, where this ledger holds it.
    func body(_ commitment: BodyCommitment) throws -> OpenBody? { try directory.vault.body(commitment) }

    // MARK: Adapters

    /// The adapter with this digest, where this ledger holds it.
    public func adapter(_ digest: ArtifactDigest, base: ArtifactDigest) throws -> Adapter? {
        guard let tensors = try directory.blobs.open(BlobID(.tensors, digest)),
            let configuration = try directory.blobs.open(BlobID(.configuration, digest))
        else { return nil }
        return try Adapter(
            configuration: configuration.bytes(), tensors: BlobSource(reader: tensors),
            base: BaseDigest(retagging: base))
    }

    /// Keeps the adapter in `directory`, which has `digest`, encrypted.
    func keepAdapter(at path: String, _ adapter: Adapter, digest: ArtifactDigest) throws {
        try directory.blobs.put(BlobID(.tensors, digest), contentsOf: "\(path)/\(Adapter.tensorsName)")
        try directory.blobs.put(BlobID(.configuration, digest), adapter.configuration.peftBytes)
    }

    public func holdsAdapter(_ digest: ArtifactDigest) throws -> Bool {
        try directory.blobs.contains(BlobID(.tensors, digest))
            && directory.blobs.contains(BlobID(.configuration, digest))
    }

    /// Opens the PEFT directory at `path` under `base` and computes what names it.
    func inspect(_ path: String, base: ArtifactDigest) throws -> (
        adapter: Adapter, adapterDigest: ArtifactDigest, tensors: ArtifactDigest
    ) {
        do {
            let adapter = try Adapter(directory: path, base: BaseDigest(retagging: base))
            let digests = try adapter.digests()
            return (adapter, ArtifactDigest(retagging: digests.adapter), ArtifactDigest(retagging: digests.tensors))
        } catch let error as EngineError {
            throw error
        } catch  where !FileManager.default.fileExists(atPath: path) {
            throw EngineError(.invalidRequest, "there is no directory \(path)", hint: "check the path", cause: error)
        } catch {
            throw EngineError(
                .invalidRequest, "\(path) is not an adapter that can be used: \(error)",
                hint: "give the directory that PEFT's save_pretrained wrote", cause: error)
        }
    }

    /// Takes in an adapter that another member handed over; the chain must know it.
    public func importAdapter(at path: String) throws -> ContributionSummary {
        let view = try view
        guard let first = view.allBases.first else {
            throw EngineError(
                .refused, "no base is registered, so no adapter is known", hint: "import the newest public chain first")
        }
        // What is no adapter under the first base is none under another.
        _ = try inspect(path, base: first.base)
        for base in view.allBases {
            guard let found = try? inspect(path, base: base.base) else { continue }
            let row = view.contributions(withAdapter: found.adapterDigest).first
            let model = view.model(found.adapterDigest)
            guard row != nil || model != nil else { continue }
            let isForgotten = view.isForgotten(found.adapterDigest) && !view.isServed(found.adapterDigest)
            guard row != nil || model?.state == .current, !isForgotten else {
                throw EngineError(
                    .refused,
                    "the adapter \(found.adapterDigest) was deleted, or is a model that a deletion withdrew, and may not come back",
                    hint: "erase \(path) too")
            }
            try keepAdapter(at: path, found.adapter, digest: found.adapterDigest)
            return ContributionSummary(
                adapter: found.adapterDigest, event: row?.event ?? model!.event, round: row?.round ?? model!.round)
        }
        throw EngineError(
            .refused, "no event of the public chain names the adapter in \(path)",
            hint: "import the newest public chain first, and make sure the files were not changed on the way")
    }

    /// Writes the adapter with `digest` as a PEFT directory.
    func writeAdapter(_ adapter: Adapter, digest: ArtifactDigest, to path: String) throws {
        guard let tensors = try directory.blobs.open(BlobID(.tensors, digest)) else {
            throw EngineError(.missing, "the adapter \(digest) is not in this ledger")
        }
        try writePEFTDirectory(path, configuration: adapter.configuration.peftBytes, tensors: tensors)
    }
}

/// A contribution or model, as commands name it when they are done.
public struct ContributionSummary: Hashable, Sendable {
    public var adapter: ArtifactDigest
    public var event: EventHash
    public var round: RoundID
}
