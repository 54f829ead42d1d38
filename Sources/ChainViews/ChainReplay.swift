internal import Bytes
public import Events
public import MerkleLog

/// An entry that a replay refuses, and where.
public struct ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
    public var origin: Origin
    public var position: Int
    public var reason: AdmissionError

    public init(origin: Origin, position: Int, reason: AdmissionError) {
        self.origin = origin
        self.position = position
        self.reason = reason
    }

    public var description: String { "\(origin) leaf \(position): \(reason)" }
}

/// The public chain, folded from entry bytes: every signature verified, every rule applied, the tree rebuilt.
///
/// Nothing is taken from a database but the entries, so that what comes out can be compared with what is
/// stored.
public struct PublicReplay: Sendable {
    public private(set) var view: PublicView
    public private(set) var tree = CompactRange()
    private let cores: Int

    /// - Parameters:
    ///   - cores: how many threads check signatures. The result does not depend on it.
    ///   - file: where the view keeps rows that were not changed lately; `nil` for all in memory.
    public init(origin: Origin, cores: Int, rowsIn file: (any RowFile)? = nil) {
        view = PublicView(origin: origin, rowsIn: file)
        self.cores = cores
    }

    /// Takes in the next entries, or says which of them is the first that does not belong.
    public mutating func append(_ entries: [[UInt8]]) throws(ReplayError) {
        let keys = view.keys
        try admit(verify(entries, cores: cores) { keys[$0]?.key })
    }

    /// Takes in what `next` gives until it gives nothing more: while one batch is admitted and the next is read, the
    /// other cores verify the signatures of the one between.
    ///
    /// - Throws: ``ReplayError`` for the first entry that does not belong, and whatever `next` throws.
    public mutating func append(batches next: () throws -> [[UInt8]]?) throws {
        var known = view.keys.rows.mapValues(\.key)
        var verified: [Result<CheckedEntry, AdmissionError>] = []
        var batch = try next()
        while let entries = batch {
            var failure: (any Error)?
            let keys = known
            let checked = verify(entries, cores: cores, keys: { keys[$0] }) {
                do {
                    try admit(verified)
                    batch = try next()
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            known.merge(introducedKeys(in: checked)) { first, _ in first }
            verified = checked
        }
        try admit(verified)
    }

    private mutating func admit(_ checked: [Result<CheckedEntry, AdmissionError>]) throws(ReplayError) {
        for result in checked {
            do throws(AdmissionError) {
                let entry = try result.get()
                try view.admit(entry.event, signaturesHold: entry.signaturesHold)
                tree.append(LeafHash(retagging: entry.event.hash))
            } catch {
                throw ReplayError(origin: view.origin, position: view.size, reason: error)
            }
        }
    }
}

/// A private chain, folded from entry bytes under the public chain's keys.
public struct PrivateReplay: Sendable {
    public private(set) var view: PrivateView
    public private(set) var tree = CompactRange()
    private let publicView: PublicView
    private let cores: Int
    /// As of which public position the leaf at a private position is judged.
    private let judgedAt: @Sendable (Int) -> Int

    public init(
        origin: Origin, publicView: PublicView, cores: Int, judgedAt: @escaping @Sendable (Int) -> Int
    ) {
        view = PrivateView(origin: origin)
        self.publicView = publicView
        self.cores = cores
        self.judgedAt = judgedAt
    }

    public mutating func append(_ entries: [[UInt8]]) throws(ReplayError) {
        let keys = publicView.keys
        let checked = verify(entries, cores: cores) { keys[$0]?.key }
        for result in checked {
            do throws(AdmissionError) {
                let entry = try result.get()
                try view.admit(
                    entry.event, publicView: publicView, judgedAt: judgedAt(view.size),
                    signaturesHold: entry.signaturesHold)
                tree.append(LeafHash(retagging: entry.event.hash))
            } catch {
                throw ReplayError(origin: view.origin, position: view.size, reason: error)
            }
        }
    }
}
