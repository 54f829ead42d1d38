internal import Bytes
internal import ChainViews
internal import Events
internal import MerkleLog

/// A later state of the chain that a certificate rests on: a checkpoint, and the entries up to it.
public struct LaterChain: Hashable, Sendable {
    /// The signed note, with cosignatures.
    public var checkpoint: String
    /// The index of the first entry.
    public var from: Int
    public var entries: [[UInt8]]

    public init(_ bundle: CertificateBundle) {
        (checkpoint, from, entries) = (bundle.chain.checkpoint, 0, bundle.chain.entries.map(\.bytes))
    }

    public init(_ file: ChainFile) {
        (checkpoint, from, entries) = (file.header.checkpoint, file.header.from.value, file.entries)
    }
}

extension CertificateVerifier {
    /// Goes on from a verified certificate to a later checkpoint of its chain, to see whether it still stands and whether
    /// anything came back.
    ///
    /// 1. The later checkpoint is trusted by the policy and no smaller than the certificate's.
    /// 2. What the file repeats of the certificate's chain is the same, entry by entry.
    /// 3. The further entries replay on from there, and give the later checkpoint's root: so the chain was only extended.
    /// 4. The deletion is as it was: still excluded, still rebuilt, nothing of it merged or committed again.
    public func follow(
        _ verdict: CertificateVerdict, _ bundle: CertificateBundle, to later: LaterChain
    ) throws(CertificateFailure) -> CertificateVerdict {
        let (checkpoint, trust) = try trustedCheckpoint(later.checkpoint)
        let old = verdict.content.checkpoint
        guard checkpoint.origin == old.origin.text else { throw .later("it is of \(checkpoint.origin)") }
        guard checkpoint.size.rawValue >= old.size.value else {
            throw .later("its checkpoint has \(checkpoint.size) events, the certificate's has \(old.size)")
        }
        var replay = verdict.replay
        let entries = try newEntries(of: later, upTo: checkpoint.size.rawValue, after: bundle)
        do throws(ReplayError) {
            try replay.append(entries)
        } catch {
            throw .entry(error)
        }
        guard replay.tree.root() == checkpoint.root else {
            throw .later(
                "its entries do not extend the certificate's chain to its checkpoint: two histories, keep both files")
        }
        var verdict = verdict
        verdict.newest = .init(
            origin: old.origin, root: ArtifactDigest(retagging: checkpoint.root), size: Count(checkpoint.size.rawValue)!
        )
        verdict.cosignedAt = trust.cosignedTime
        try judge(&verdict, bundle, on: replay.view)
        return verdict
    }

    /// What the file has beyond the bundle's entries, once what it repeats of them is known to be the same.
    private func newEntries(
        of later: LaterChain, upTo size: Int, after bundle: CertificateBundle
    ) throws(CertificateFailure) -> [[UInt8]] {
        let known = bundle.chain.entries
        guard later.from + later.entries.count == size else {
            throw .later("it has \(later.entries.count) entries from \(later.from) on, its checkpoint \(size)")
        }
        guard later.from <= known.count else {
            throw .later("it begins at event \(later.from); the certificate's chain ends at \(known.count)")
        }
        for (offset, entry) in later.entries.prefix(known.count - later.from).enumerated()
        where entry != known[later.from + offset].bytes {
            throw .later(
                "its event \(later.from + offset) is another than the certificate's: two histories, keep both files")
        }
        return Array(later.entries.dropFirst(known.count - later.from))
    }

    /// What the later view says of the deletion. Most of it the chain's rules hold anyway, and the replay has applied them;
    /// that each was looked at is worth its line.
    private func judge(
        _ verdict: inout CertificateVerdict, _ bundle: CertificateBundle, on view: PublicView
    ) throws(CertificateFailure) {
        let content = verdict.content
        let size = content.checkpoint.size.value
        let source = "checkpoint \(view.size)"
        if let back = whatCameBack(content, view) { throw .later(back) }
        let contributions = view.contributions.rows.values.count { $0.position.value >= size }
        let models = view.models.rows.values.count { $0.position.value >= size }
        let disputed = try disputes(content, bundle, view)
        var findings = [
            CertificateFinding(
                .proved,
                "nothing came back in the \(view.size - size) event(s) since: of \(contributions) contribution(s) and \(models) "
                    + "model(s) none has the bytes of what is excluded or replaced, and none was merged from it",
                source: source)
        ]
        findings += content.models.compactMap { successorFinding($0, view, source) }
        let row = view.deletions[content.deletion]
        let statement = ArtifactDigest.sha256(
            (try? Envelope(parsing: bundle.certificate.bytes, limit: .max))?.payload ?? [])
        if row?.certificate == statement, row?.serial != content.serial {
            throw .later(
                "the chain records this document as number \(row?.serial?.value ?? 0) of its deletion; it says it is number "
                    + "\(content.serial)")
        }
        if let current = row?.certificate, current != statement, (row?.serial?.value ?? 0) >= content.serial.value {
            verdict.supersededBy = current
            findings.append(
                CertificateFinding(
                    .proved,
                    "the chain records another document of this deletion, number \(row?.serial?.value ?? 0): \(current)",
                    source: source))
        } else if row?.certificate == statement {
            findings.append(
                CertificateFinding(
                    .proved, "the chain records this document as the last one of this deletion", source: source))
        }
        findings.append(
            CertificateFinding(
                .notClaimed, "that the excluded records did not come back under other commitments, in other bytes",
                source: source))
        // A revocation that came since disputes more than one that was there already, and never less.
        verdict.findings = disputed + verdict.findings.filter { $0.source != Self.disputeSource } + findings
    }

    /// What of the deletion is undone in a later view; `nil` where nothing is.
    private func whatCameBack(_ content: CertificateContent, _ view: PublicView) -> String? {
        let excluded = Set(content.excluded.map(\.event))
        if let event = content.excluded.first(where: { view.contributions[$0.event]?.excludedBy == nil }) {
            return "the contribution \(event.event) is no longer excluded"
        }
        let gone = Set(content.excluded.map(\.adapter) + content.models.map(\.oldModel))
            .subtracting(content.models.compactMap(\.newModel)).filter {
                !view.isServed($0) || isNew($0, content, view)
            }
        let size = content.checkpoint.size.value
        if let row = view.contributions.rows.values.first(where: {
            $0.position.value >= size && gone.contains($0.adapter)
        }) {
            return "the contribution at event \(row.position) has bytes that were excluded"
        }
        for row in view.models.rows.values where row.position.value >= size {
            if gone.contains(row.model) { return "the model at event \(row.position) has bytes that were replaced" }
            if view.contributions(of: row).contains(where: excluded.contains) {
                return "the model at event \(row.position) merged a contribution that is excluded"
            }
        }
        return nil
    }

    /// Whether the models with the bytes of `artifact` all came after the certificate. One that stood there before keeps them.
    private func isNew(_ artifact: ArtifactDigest, _ content: CertificateContent, _ view: PublicView) -> Bool {
        view.models(withDigest: artifact).allSatisfy { $0.position >= content.checkpoint.size }
    }

    /// What became since of the model that took the old one's place, where it is no longer the current one.
    private func successorFinding(
        _ model: CertifiedModel, _ view: PublicView, _ source: String
    ) -> CertificateFinding? {
        guard let new = model.newModel, let row = view.model(new), row.state != .current else { return nil }
        return CertificateFinding(
            .proved,
            "\(model.name): the model \(new.hex.prefix(16))… of the certificate is \(row.state.rawValue) since",
            source: source)
    }
}
