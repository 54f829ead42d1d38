public import Bytes
public import Events
internal import LedgerStore
public import MerkleLog
internal import Signing
public import Timestamps

/// A timestamp that is kept beside a checkpoint, as its token says. It was verified when it was added.
public struct TimestampSummary: Codable, Hashable, Sendable {
    public var authority: String
    public var origin: String
    public var policy: String
    public var serial: String
    public var size: Int
    public var time: Timestamp
}

/// What a timestamp of a checkpoint is about: the text that log and witnesses sign, without their signatures, so that it
/// stays the same when more of them sign.
public func timestampImprint(of checkpoint: Checkpoint) -> TimestampImprint {
    .sha256(Array(checkpoint.text.utf8))
}

extension Ledger {
    /// A request for a timestamp on the newest checkpoint of `origin`.
    public func timestampRequest(for origin: Origin) throws -> (
        request: TimestampRequest, checkpoint: Checkpoint
    ) {
        let checkpoint = try checkpointNote(of: origin).checkpoint
        let nonce = surroundings.random.generate(16)
        return (TimestampRequest(imprint: timestampImprint(of: checkpoint), nonce: nonce), checkpoint)
    }

    /// Verifies a token and keeps it beside the checkpoint that it is about: any that the chain had, not only the newest.
    public func addTimestamp(
        _ token: TimestampToken, request: TimestampRequest?, for origin: Origin, trusting trusted: [Certificate]
    ) throws -> (checkpoint: Checkpoint, verified: VerifiedTimestamp) {
        guard let checkpoint = try checkpoint(with: token.imprint, of: origin) else {
            throw EngineError(
                .refused,
                "the timestamp is about other bytes than any checkpoint of \(origin) that this ledger had",
                hint: "lethe timestamp request writes the request for the newest one")
        }
        let verified: VerifiedTimestamp
        do throws(TimestampFailure) {
            verified = try token.verify(imprint: token.imprint, nonce: request?.nonce, trusting: trusted)
        } catch {
            throw EngineError(
                error.isUndecided ? .invalidRequest : .refused, "the timestamp does not hold: \(error)",
                hint: "it was not kept; ask the authority for another, or give its certificates with --ca",
                cause: error)
        }
        try directory.checkpoints.add(KeptTimestamp(checkpoint: checkpoint, token: token.bytes))
        return (checkpoint, verified)
    }

    /// How many sizes are tried, from the newest back.
    private static let searchedSizes = 100_000

    /// The checkpoint of `origin` whose text has this hash: of the kept one's size, or an earlier one.
    private func checkpoint(with imprint: TimestampImprint, of origin: Origin) throws -> Checkpoint? {
        let (newest, chain) = (try checkpointNote(of: origin).checkpoint, try chainID(origin))
        var size = newest.size.rawValue
        while size > max(0, newest.size.rawValue - Self.searchedSizes) {
            let root = try directory.events.root(of: chain, at: TreeSize(size))
            let checkpoint = try Checkpoint(origin: origin.text, size: TreeSize(size), root: root)
            if timestampImprint(of: checkpoint) == imprint { return checkpoint }
            size -= 1
        }
        return nil
    }

    /// Holds every kept timestamp against the checkpoint that it is about and against the chain.
    func checkTimestamps(_ authorities: [Certificate]?, _ report: inout CheckReport) throws {
        for kept in try directory.checkpoints.timestamps() {
            let place = "\(kept.checkpoint.origin) timestamp of \(kept.checkpoint.size)"
            report.timestamps += 1
            do {
                let token = try TimestampToken(parsing: kept.token)
                let imprint = timestampImprint(of: kept.checkpoint)
                if let authorities {
                    _ = try token.verify(imprint: imprint, nonce: nil, trusting: authorities)
                } else {
                    try token.verifySignature(imprint: imprint)
                    report.skipped("whether its authority is trusted: --ca gives certificates", at: place)
                }
            } catch let failure as TimestampFailure where failure.isUndecided {
                report.skipped("\(failure)", at: place)
            } catch {
                report.found("it does not hold: \(error)", at: place)
            }
            try checkPlace(of: kept.checkpoint, at: place, &report)
        }
    }

    /// Whether the chain has the checkpoint's root at its size.
    private func checkPlace(of checkpoint: Checkpoint, at place: String, _ report: inout CheckReport) throws {
        guard let origin = Origin(checkpoint.origin), try origins().contains(origin) else {
            return report.found("there is no such chain here", at: place)
        }
        guard try checkpoint.size <= size(of: origin) else {
            return report.found("the chain has fewer entries", at: place)
        }
        guard try directory.events.root(of: chainID(origin), at: checkpoint.size) == checkpoint.root else {
            return report.found("the chain has another root at that size", at: place)
        }
    }

    /// All timestamps of this ledger's checkpoints.
    public func timestamps() throws -> [TimestampSummary] {
        try keptTimestamps().map { kept, token in
            TimestampSummary(
                authority: token.authority, origin: kept.origin, policy: token.policy, serial: token.serial,
                size: kept.size.rawValue, time: token.time)
        }
    }

    /// The tokens with the checkpoints that they are about, by ascending size; for whoever hands them on.
    public func keptTimestamps() throws -> [(checkpoint: Checkpoint, token: TimestampToken)] {
        try directory.checkpoints.timestamps().map { kept in
            do throws(DERFault) {
                return (kept.checkpoint, try TimestampToken(parsing: kept.token))
            } catch {
                throw EngineError(
                    .inconsistent, "a kept timestamp of \(kept.checkpoint.origin) cannot be read: \(error)",
                    hint: "restore checkpoints.sqlite from the authority's replies", cause: error)
            }
        }
    }
}
