internal import ChainViews
public import Events
public import Bytes

/// What a report that is made from a ledger stands on: which events, under which checkpoint, seen by whom.
public struct Footing: Codable, Hashable, Sendable {
    /// The newest checkpoint that the ledger keeps.
    public struct KnownCheckpoint: Codable, Hashable, Sendable {
        /// The members whose cosignatures on it are kept, ascending.
        public var cosigners: [MemberName]
        public var root: ArtifactDigest
        public var size: Count

        public init(size: Count, root: ArtifactDigest, cosigners: [MemberName]) {
            (self.size, self.root, self.cosigners) = (size, root, cosigners)
        }
    }

    public var chain: Origin
    /// Absent before the first one was signed.
    public var checkpoint: KnownCheckpoint?
    /// The newest one that somebody cosigned, where that is an earlier one.
    public var cosigned: KnownCheckpoint?
    /// The command line that makes the report again.
    public var command: String
    /// By the clock of whoever made it.
    public var madeAt: Timestamp
    /// How many public events were looked at.
    public var size: Count

    public init(
        chain: Origin, size: Count, checkpoint: KnownCheckpoint?, cosigned: KnownCheckpoint? = nil, command: String,
        madeAt: Timestamp
    ) {
        (self.chain, self.size, self.checkpoint, self.cosigned) = (chain, size, checkpoint, cosigned)
        (self.command, self.madeAt) = (command, madeAt)
    }
}

extension Footing.KnownCheckpoint {
    /// Who cosigned it.
    fileprivate var seen: String {
        cosigners.count > 6
            ? "cosigned by \(cosigners.count) witnesses"
            : "cosigned by \(cosigners.map(\.text).joined(separator: ", "))"
    }
}

extension Footing {
    /// How many events no checkpoint covers yet.
    var uncovered: Int { max(0, size.value - (checkpoint?.size.value ?? 0)) }

    /// The checkpoint, who cosigned it, and what it leaves out.
    var sentence: [Span] {
        guard let checkpoint else {
            return [
                "There is no signed checkpoint of \(chain) yet: nothing but this ledger shows what was recorded, ",
                "and when.",
            ]
        }
        let seen: String =
            checkpoint.cosigners.isEmpty
            ? "nobody has cosigned it" + (cosigned == nil ? ", so only its operator vouches for it" : " yet")
            : checkpoint.seen
        var spans: [Span] = [
            "Newest checkpoint: size \(checkpoint.size), root ", .digest(checkpoint.root.hex), ", \(seen).",
        ]
        if let cosigned {
            let newer = Elapsed.unit(checkpoint.size.value - cosigned.size.value, "event")
            spans.append(
                " The one of size \(cosigned.size) is \(cosigned.seen); for the \(newer) after it only the operator vouches."
            )
        }
        if uncovered > 0 { spans.append(" \(Elapsed.unit(uncovered, "newer event")) it does not cover.") }
        return spans
    }

    /// How anybody makes the report again and compares.
    func checking(_ steps: [[Span]]) -> Section {
        Section(
            "checking", "How to check this report",
            [
                .paragraph([
                    "A page can say anything, and this one can lie. What counts is the ledger. Import the chain into a ",
                    "ledger of your own, compare its checkpoint with one from a member you trust, and run, without a ",
                    "network:",
                ]),
                .command(command),
                .steps(
                    [
                        [
                            "Your ledger must have the root ",
                            checkpoint.map { .fullDigest($0.root.hex) } ?? "of a checkpoint that you trust",
                            .text(checkpoint.map { " at size \($0.size)." } ?? "."),
                        ]
                    ] + steps + [
                        [
                            "The data of the page you get must equal the data of this one, except for ",
                            .code("madeAt"), " and what has been recorded since.",
                        ]
                    ]),
            ])
    }

    /// The words that every report from a ledger uses.
    static let definitions = [
        Fact("event", "something that a member said, signed; named by its place on its chain, from 0"),
        Fact("checkpoint", "the signed size and root of a chain; it fixes every event before it"),
        Fact("cosigned", "a witness has checked that the checkpoint extends all that it saw before"),
        Fact(
            "claimed time",
            "what an author's clock said; what is proven is that an event is older than a cosigned checkpoint"),
        Fact("digest", "SHA-256: 64 digits that name a file; another file has other digits"),
    ]

    /// What stands under every report from a ledger.
    static let limits = [
        "Times before a cosigned checkpoint are declared by the organisations.",
        "What nobody recorded on the ledger is not in this report.",
        "This report is an engineering reading of records and rules, not legal advice.",
    ]
}

extension Section {
    /// The events that a report rests on.
    static func evidence(_ events: [CitedEvent], caption: String) -> Section {
        let rows = events.map { cited -> [[Span]] in
            [
                [.text(cited.chain.isPublic ? "\(cited.index)" : "\(cited.chain) \(cited.index)")],
                [.text(cited.type)], ["\(cited.author)"], [.text(cited.claimedAt.readable)],
                [.fullDigest(cited.event.hex)],
            ]
        }
        let table = DataTable(
            caption: caption, columns: ["Event", "Type", "Author", "Claimed time", "Leaf hash"], rows: rows)
        return Section("evidence", "Evidence index", table: table, atMost: shownRows, orElse: "No event is cited.")
    }
}
