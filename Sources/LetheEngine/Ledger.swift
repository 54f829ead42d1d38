internal import Bytes
public import ChainViews
public import Events
internal import Foundation
public import LedgerStore
public import MerkleLog
internal import Replay
public import Signing

/// What the engine takes from its surroundings: the time, randomness, the passphrase, the number of cores.
public struct Surroundings: Sendable {
    public var now: @Sendable () -> Timestamp
    public var random: RandomBytes
    public var passphrase: @Sendable () throws -> [UInt8]?
    public var cores: Int
    /// Told of long work: what is done, how much of it, out of how much.
    public var progress: @Sendable (_ what: String, _ done: Int, _ total: Int) -> Void

    public init(
        now: @escaping @Sendable () -> Timestamp, random: RandomBytes,
        passphrase: @escaping @Sendable () throws -> [UInt8]?, cores: Int,
        progress: @escaping @Sendable (_ what: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
    ) {
        self.now = now
        self.random = random
        self.passphrase = passphrase
        self.cores = cores
        self.progress = progress
    }
}

/// One ledger directory, opened: its chains, views, keys, bodies and blobs.
///
/// The actor orders all appends. Nothing suspends between reading a tree and committing to it.
public actor Ledger {
    public nonisolated let path: String
    public nonisolated let surroundings: Surroundings
    let directory: LedgerDirectory
    var keys: KeyRing
    public internal(set) var publicView: PublicView?
    public internal(set) var privateViews: [Origin: PrivateView] = [:]

    init(directory: LedgerDirectory, keys: KeyRing, surroundings: Surroundings) {
        path = directory.paths.root
        self.directory = directory
        self.keys = keys
        self.surroundings = surroundings
    }

    /// Opens the ledger at `path`.
    ///
    /// - Parameters:
    ///   - loadingViews: `false` for what folds the chain from its entries before anything else, as
    ///     ``compliance(_:)`` does: there is no view until then, and never two of a long chain at once.
    ///   - restoring: also where the ledger was restored from a backup that is older than its kept checkpoints.
    ///     Nothing but ``importChain(_:policy:)`` may be done with it then; that brings back what is missing.
    ///
    /// Views that do not stand at the end of their chain are rebuilt from the entries.
    public static func open(
        at path: String, mode: LedgerDirectory.Mode, surroundings: Surroundings, loadingViews: Bool = true,
        restoring: Bool = false, faults: FaultInjector = .none
    ) async throws -> Ledger {
        let directory = try LedgerDirectory.open(
            at: path, mode: mode, reconciling: !restoring, random: surroundings.random, faults: faults)
        let keys = try KeyRing(directory: directory.paths.keys, passphrase: surroundings.passphrase)
        let ledger = Ledger(directory: directory, keys: keys, surroundings: surroundings)
        // Plaintext that a process which was killed left behind. The lock says that no other writer is at work.
        if mode == .readWrite { sweepScratch(await ledger.scratch) }
        if loadingViews { try await ledger.loadViews() }
        return ledger
    }

    public func close() throws { try directory.close() }

    // MARK: Chains

    /// The public chain's origin; an error before a charter was made or imported.
    public var publicOrigin: Origin {
        get throws {
            guard let origin = publicView?.origin else {
                throw EngineError(
                    .missing, "this ledger has no public chain yet",
                    hint: "found one with lethe init, or import one with lethe chain import")
            }
            return origin
        }
    }

    /// The public view; an error before there is one.
    public var view: PublicView {
        get throws {
            _ = try publicOrigin
            return publicView!
        }
    }

    /// The origins of all chains that this ledger holds, the public one first.
    public func origins() throws -> [Origin] {
        try directory.events.chains().compactMap { Origin($0.origin) }
            .sorted { ($0.isPublic ? 0 : 1, $0) < ($1.isPublic ? 0 : 1, $1) }
    }

    func chainID(_ origin: Origin) throws -> ChainID {
        guard let id = try directory.events.chain(origin.text) else {
            throw EngineError(
                .missing, "this ledger holds no chain \(origin)",
                hint: "lethe chain list shows those it holds")
        }
        return id
    }

    public func size(of origin: Origin) throws -> TreeSize { try directory.events.size(of: chainID(origin)) }

    /// Whether this ledger signs the checkpoints of `origin`.
    public func operates(_ origin: Origin) -> Bool { keys.checkpointKey(of: origin) != nil }

    /// The members whose keys lie in this ledger.
    public var localMembers: [MemberName] { keys.members }

    /// How many entries are held in memory at a time.
    private static let batch = 1_024

    /// The entries of `origin` below `size`, in batches.
    func forEachBatch(
        of origin: Origin, upTo size: TreeSize, _ body: ([[UInt8]]) throws -> Void
    ) throws {
        for start in stride(from: 0, to: size.rawValue, by: Self.batch) {
            try body(entries(of: origin, in: start..<min(size.rawValue, start + Self.batch)))
        }
    }

    /// Gives the entries of `origin` below `size` batch by batch, and nothing after the last; each is told as progress
    /// of `work`.
    func batches(of origin: Origin, upTo size: TreeSize, _ work: String) -> () throws -> [[UInt8]]? {
        var start = 0
        return { [self] in
            guard start < size.rawValue else { return nil }
            let batch = try entries(of: origin, in: start..<min(size.rawValue, start + Self.batch))
            start += batch.count
            surroundings.progress("\(work) \(origin)", start, size.rawValue)
            return batch
        }
    }

    private func entries(of origin: Origin, in range: Range<Int>) throws -> [[UInt8]] {
        var batch: [[UInt8]] = []
        batch.reserveCapacity(range.count)
        let positions = LeafIndex(range.lowerBound)..<LeafIndex(range.upperBound)
        try directory.events.scanEntries(of: chainID(origin), in: positions) { _, _, bytes in
            batch.append(Array(bytes))
        }
        return batch
    }

    // MARK: Views

    func loadViews() throws {
        for origin in try origins() where origin.isPublic { publicView = try loadPublicView(origin) }
        try loadPrivateViews()
    }

    func loadPrivateViews() throws {
        for origin in try origins() where !origin.isPublic {
            privateViews[origin] = try loadPrivateView(origin)
        }
    }

    private func storedRows(_ origin: Origin) throws -> [ChainViews.ViewRow]? {
        let chain = try chainID(origin)
        guard try directory.events.viewPosition(of: chain) == directory.events.size(of: chain) else { return nil }
        return try directory.events.viewRows(of: chain).map {
            ChainViews.ViewRow(kind: $0.kind, key: $0.key, value: $0.value)
        }
    }

    func loadPublicView(_ origin: Origin) throws -> PublicView {
        let size = try size(of: origin).rawValue
        if let rows = try storedRows(origin),
            let view = try? PublicView(origin: origin, size: size, rows: rows)
        {
            return view
        }
        return try replayPublic(origin).view
    }

    private func loadPrivateView(_ origin: Origin) throws -> PrivateView {
        let size = try size(of: origin).rawValue
        if let rows = try storedRows(origin),
            let view = try? PrivateView(origin: origin, size: size, rows: rows)
        {
            return view
        }
        return try replayPrivate(origin, publicView: view).view
    }

    /// Folds the public chain from its entries.
    ///
    /// - Parameter isForReading: whether the view is to answer a question and then go. Its rows then lie in a file, for all but
    ///   the latest, so that memory does not grow with the chain.
    func replayPublic(
        _ origin: Origin, upTo limit: TreeSize? = nil, forReading isForReading: Bool = false
    ) throws -> PublicReplay {
        let size = try limit ?? size(of: origin)
        let file = isForReading ? TemporaryRowFile(in: scratch) : nil
        var replay = PublicReplay(origin: origin, cores: surroundings.cores, rowsIn: file)
        try replay.append(batches: batches(of: origin, upTo: size, "verifying"))
        return replay
    }

    /// Folds a private chain from its entries, each leaf judged as of the first anchor that covers it.
    func replayPrivate(_ origin: Origin, publicView: PublicView) throws -> PrivateReplay {
        let size = try size(of: origin)
        let anchors = openedAnchors(of: origin, publicView: publicView)
        let now = publicView.size
        var replay = PrivateReplay(origin: origin, publicView: publicView, cores: surroundings.cores) { leaf in
            anchors.first { leaf < $0.size.rawValue }?.position ?? now
        }
        try forEachBatch(of: origin, upTo: size) { batch in
            try replay.append(batch)
            surroundings.progress("verifying \(origin)", replay.view.size, size.rawValue)
        }
        return replay
    }

    /// Writes rebuilt views over the stored ones.
    public func rebuildViews() throws {
        for origin in try origins() {
            let rows: [ChainViews.ViewRow]
            if origin.isPublic {
                publicView = try replayPublic(origin).view
                rows = publicView!.rows
            } else {
                let view = try replayPrivate(origin, publicView: view).view
                privateViews[origin] = view
                rows = view.rows
            }
            try directory.events.replaceViews(
                of: chainID(origin),
                with: rows.map { LedgerStore.ViewRow(kind: $0.kind, key: $0.key, value: $0.value) },
                at: size(of: origin))
        }
    }
}
