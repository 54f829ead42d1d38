public import Bytes
public import ChainViews
public import Events
internal import LedgerStore
internal import MerkleLog

/// What people type for a deletion, a plan, an event or a body: its name, or as much of it as no other has.
extension Ledger {
    /// How many digits of a hash have to be typed: fewer would be meant for something else now and then.
    public static let fewestDigits = 8

    /// The deletion that `text` names: its id, or the beginning of it, with or without `del-`. One that waits in the
    /// outbox counts.
    public func resolveDeletion(_ text: String) throws -> DeletionID {
        try Self.deletion(text, among: viewAhead().allDeletions)
    }

    /// The same among `rows`.
    public static func deletion(_ text: String, among rows: [DeletionRow]) throws -> DeletionID {
        if let row = rows.first(where: { $0.deletion.text == text }) { return row.deletion }
        let found = rows.filter { row in
            !text.isEmpty && (row.deletion.text.hasPrefix(text) || row.deletion.text.hasPrefix("del-\(text)"))
        }
        return try only(
            found.map { ($0.deletion, "\($0.deletion) (\($0.member), \($0.state.rawValue))") }, text, "deletion",
            hint: "lethe deletion status lists them")
    }

    /// The only deletion in `state`, for commands that need not be told which one.
    public func onlyDeletion(in state: DeletionRow.State) throws -> DeletionID {
        let rows = try view.allDeletions.filter { $0.state == state }
        guard let row = rows.first else {
            throw EngineError(
                .invalidRequest, "no deletion is \(state.rawValue)", hint: "lethe deletion status shows them all")
        }
        guard rows.count == 1 else {
            throw EngineError(
                .invalidRequest, "\(rows.count) deletions are \(state.rawValue)",
                hint: "name one: " + Self.list(rows.map { "\($0.deletion) (\($0.member))" }))
        }
        return row.deletion
    }

    /// The digest of the plan that `text` names, of those that were started and those of the accepted deletions. A whole
    /// digest is taken as it is.
    public func resolvePlan(_ text: String) throws -> ArtifactDigest {
        if let digest = ArtifactDigest(hex: text) { return digest }
        let view = try view
        var found = Set(view.plans.rows.keys.filter { Self.isBeginning(text) && $0.hex.hasPrefix(text) })
        for deletions in acceptedTogether(view) where Self.isBeginning(text) {
            let digest = view.plan(for: Ascending(deletions)).digest
            if digest.hex.hasPrefix(text) { found.insert(digest) }
        }
        return try Self.only(
            found.sorted().map { ($0, $0.hex) }, text, "plan",
            hint: "the chain may have grown since: lethe deletion plan shows the plan again")
    }

    /// The event whose hash begins with `text`, or which stands at this index of the public chain.
    public func resolveEvent(_ text: String) throws -> EventHash {
        if let hash = EventHash(hex: text) { return hash }
        var found: [(EventHash, String)] = []
        for origin in try origins() {
            let chain = try chainID(origin)
            let size = try directory.events.size(of: chain)
            try directory.events.scanEntries(of: chain, in: LeafIndex(0)..<LeafIndex(size.rawValue)) { index, leaf, _ in
                let isNamed = origin.isPublic && String(index.rawValue) == text
                guard isNamed || (Self.isBeginning(text) && leaf.hex.hasPrefix(text)) else { return }
                found.append((EventHash(retagging: leaf), "event \(index) of \(origin) \(leaf.hex)"))
            }
        }
        return try Self.only(
            found, text, "event",
            hint: "give its index on the public chain, its hash, or at least \(Self.fewestDigits) digits of it")
    }

    /// The commitment that `text` begins, of the bodies that the private chains here commit to. A whole one is taken as
    /// it is.
    public func resolveBody(_ text: String) throws -> BodyCommitment {
        if let commitment = BodyCommitment(hex: text) { return commitment }
        let found = bodyRows.filter { Self.isBeginning(text) && $0.commitment.hex.hasPrefix(text) }
        return try Self.only(
            found.map { ($0.commitment, $0.commitment.hex) }, text, "body", hint: "lethe show bodies lists them")
    }

    // MARK: One of several

    /// Whether `text` is a hash in hexadecimal digits, or enough of its beginning.
    public static func isBeginning(_ text: String) -> Bool {
        (fewestDigits...64).contains(text.utf8.count) && text.utf8.allSatisfy(isHexadecimal)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// The only one of `found`, each with its words; else an error that lists what `text` may mean.
    private static func only<Name>(
        _ found: [(name: Name, words: String)], _ text: String, _ kind: String, hint: String
    ) throws -> Name {
        guard let first = found.first else {
            throw EngineError(.invalidRequest, "there is no \(kind) \"\(text)\"", hint: hint)
        }
        guard found.count == 1 else {
            throw EngineError(
                .invalidRequest, "\"\(text)\" begins the name of \(found.count) \(kind)s",
                hint: "give more of it: " + list(found.map(\.words)))
        }
        return first.name
    }

    private static func list(_ words: [String]) -> String {
        let shown = words.prefix(8).joined(separator: ", ")
        return words.count > 8 ? "\(shown), and \(words.count - 8) more" : shown
    }
}
