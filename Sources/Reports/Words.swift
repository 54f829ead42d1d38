internal import Events
internal import Proofs

// The sentences with which reports explain our words. Each says what is claimed, never more.

extension Grade {
    /// `A0` to `A4`.
    var name: String { "A\(rawValue)" }

    /// The grade in two or three words.
    var word: String {
        switch self {
        case .recorded: "recorded"
        case .excluded: "excluded"
        case .destroyed: "payload destroyed"
        case .replayed: "replayed"
        case .replayedTwice: "replayed by a second organisation"
        }
    }

    var meaning: String {
        switch self {
        case .recorded: "the request is recorded, and nothing more is shown"
        case .excluded: "the contributions are excluded and the models that held them are no longer served"
        case .destroyed: "every holder attests that its copies of what the plan lists are gone"
        case .replayed: "every descendant was rebuilt without them, and the digests are published"
        case .replayedTwice:
            "every descendant was rebuilt without them, and another organisation got equal digests"
        }
    }
}

extension DeletionGround {
    var meaning: String {
        switch self {
        case .ccpa1798105: "CCPA § 1798.105: the right to delete"
        case .contractEnded: "the contract has ended"
        case .gdpr171a: "GDPR Art. 17(1)(a): no longer necessary for the purposes"
        case .gdpr171b: "GDPR Art. 17(1)(b): consent withdrawn"
        case .gdpr171c: "GDPR Art. 17(1)(c): objection"
        case .gdpr171d: "GDPR Art. 17(1)(d): unlawfully processed"
        case .gdpr171e: "GDPR Art. 17(1)(e): a legal obligation to erase"
        case .gdpr171f: "GDPR Art. 17(1)(f): collected when offering online services to a child"
        case .memberLeft: "the member has left the consortium"
        }
    }
}

extension StoreKind {
    var meaning: String {
        switch self {
        case .backups: "backups of the other stores"
        case .blobs: "adapters, encrypted, by digest"
        case .runningSums: "running sums of rounds"
        case .vault: "bodies, salts and data keys"
        }
    }
}

extension StoreResult.Verdict {
    var words: String {
        switch self {
        case .deleted: "deleted"
        case .failed: "failed"
        case .notFound: "not found"
        case .pendingBackup: "pending in a backup"
        case .retained: "retained"
        }
    }

    var tone: Tone {
        switch self {
        case .deleted, .notFound: .plain
        case .pendingBackup, .retained: .caution
        case .failed: .bad
        }
    }
}

extension EvidenceWord {
    var tone: Tone {
        switch self {
        case .proved, .reproduced: .good
        case .attested: .plain
        case .notClaimed: .caution
        }
    }

    var meaning: String {
        switch self {
        case .proved:
            "follows from signatures, the log's tree and the chain's rules, which anyone can apply again"
        case .reproduced: "was computed again by whoever made this page, from the files themselves"
        case .attested: "somebody signed that it is so; no computation shows it"
        case .notClaimed: "not shown by this document"
        }
    }
}

/// Terms that every reader of a deletion report meets.
enum Glossary {
    static let deletion = [
        Fact(
            "contribution", "an adapter, a small set of changed weights, that a member committed to a round"
        ),
        Fact("model", "the exact merge of a round's contributions, named by the digest of its content"),
        Fact("lineage", "which contributions a model merges, and what each was trained on"),
        Fact("exclusion", "contributions that every later replay of the chain leaves out"),
        Fact(
            "plan",
            "an exclusion, every model that descends from it, and what becomes of each; anyone who has the chain "
                + "derives it"),
        Fact("holder", "a member that had something to erase, and says store by store what it erased"),
        Fact("checkpoint", "the signed size and root of the chain; it fixes every event before it"),
        Fact("counterfactual", "the history with whose result a rebuilt model is equal, byte for byte"),
        Fact(
            "certificate",
            "issued where every affected model was rebuilt; where one was withdrawn instead, a statement of status "
                + "takes its place"),
        Fact("digest", "SHA-256: 64 digits that name a file; another file has other digits"),
    ]
}
