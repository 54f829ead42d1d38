internal import ChainViews
internal import Events
internal import MerkleLog

/// Between which of a bundle's checkpoints each place of the chain was filled.
struct EventBrackets {
    /// Those that prove a time, ascending by size.
    private let checkpoints: [WitnessedCheckpoint]

    init(_ chain: CertificateVerifier.VerifiedChain) {
        let all = chain.earlier.map { ($0.checkpoint, $0.trust) } + [(chain.checkpoint, chain.trust)]
        checkpoints = all.compactMap { checkpoint, trust in
            trust.cosignedTime.map { WitnessedCheckpoint(cosignedAt: $0, size: Count(checkpoint.size.rawValue)!) }
        }
    }

    /// The last checkpoint without the leaf at `index`, and of those with it the one that was cosigned first.
    ///
    /// A small checkpoint may have been cosigned later than a larger one, by witnesses that lag behind: one without the
    /// leaf then says nothing of a time before the leaf was there.
    subscript(index: Int) -> EventBracket {
        let by = checkpoints.filter { $0.size.value > index }.min { $0.cosignedAt < $1.cosignedAt }
        let after = checkpoints.last { $0.size.value <= index }
        if let first = after, let by, first.cosignedAt > by.cosignedAt { return EventBracket(after: nil, by: by) }
        return EventBracket(after: after, by: by)
    }
}

/// Where the entries of a bundle stand; who made them and when is read from the entry when it is asked for.
struct EventPlaces {
    private let indices: [EventHash: Int]
    private let entries: [JSONText]

    init(_ bundle: CertificateBundle) {
        entries = bundle.chain.entries
        indices = Dictionary(
            entries.enumerated().map { (EventHash(envelope: $0.element.bytes), $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }

    subscript(event: EventHash) -> EventPlace? {
        guard let index = indices[event], let received = try? ReceivedEvent(parsing: entries[index].bytes) else {
            return nil
        }
        let statement = received.statement
        return EventPlace(author: statement.author, claimedAt: statement.claimedAt, index: index)
    }
}

extension TrustVerdict {
    /// ``cosignedAt`` as a time of this project; `nil` where no time is proven, or one beyond the year 9999.
    var cosignedTime: Timestamp? { cosignedAt.flatMap { Int(exactly: $0) }.flatMap { Timestamp(seconds: $0) } }
}
