internal import Events
internal import LedgerStore
internal import MerkleLog
internal import Proofs
public import Signing

extension Ledger {
    /// The checkpoint of `origin` to show a reader something under that stands at `index`.
    ///
    /// Of those that cover it, the newest one that `policy` takes; without a policy the newest of those that most
    /// witnesses cosigned, since most policies that take any will take that one.
    ///
    /// - Throws: where none covers it, or the policy takes none of those that do.
    func checkpoint(
        of origin: Origin, covering index: LeafIndex, under policy: TrustPolicy?
    ) throws -> (checkpoint: Checkpoint, note: [UInt8]) {
        let newest = try newestNote(of: origin)
        guard index.isInside(newest.checkpoint.size) else {
            throw EngineError(
                .missing, "event \(index) is newer than the last checkpoint of \(origin), of \(newest.checkpoint.size)",
                hint: "import the newest chain file")
        }
        let earlier = try directory.checkpoints.cosigned(origin.text, below: newest.checkpoint.size)
            .filter { index.isInside($0.checkpoint.size) }.reversed()
            .map { (checkpoint: $0.checkpoint, note: try cosignedNote($0)) }
        let all = [newest] + earlier
        guard let policy else {
            // The first of those with the most: `all` begins with the newest.
            let best = all.reduce(newest) { Self.cosigners($1.note).count > Self.cosigners($0.note).count ? $1 : $0 }
            return (best.checkpoint, best.note.bytes)
        }
        guard let trusted = all.first(where: { policy.evaluate($0.note).isTrusted }) else {
            throw Self.untrusted(newest.checkpoint, policy.evaluate(newest.note))
        }
        return (trusted.checkpoint, trusted.note.bytes)
    }

    private func newestNote(of origin: Origin) throws -> (checkpoint: Checkpoint, note: Note) {
        let (checkpoint, note) = try checkpointNote(of: origin)
        return (checkpoint, try Self.note(note))
    }

    /// The refusal of what a policy would not take.
    static func untrusted(_ checkpoint: Checkpoint, _ verdict: TrustVerdict) -> EngineError {
        let why = verdict.findings.map { "\($0)" }.joined(separator: "; ")
        return EngineError(
            .refused, "the trust policy does not take checkpoint \(checkpoint.size) of \(checkpoint.origin): \(why)",
            hint: "have its witnesses cosign it (lethe witness cosign), take in what they send back "
                + "(lethe chain checkpoint --collect), then repeat")
    }

    /// The names of the witnesses whose signature lines a note of this ledger bears.
    public static func cosigners(_ note: Note) -> [String] {
        let origin = String(note.text.prefix { $0 != "\n" })
        return Set(note.signatures.map(\.name.text)).subtracting([origin]).sorted()
    }
}
