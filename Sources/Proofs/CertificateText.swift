internal import ChainViews
internal import Events

/// The sentences that go with an outcome, and how to check it.
extension CertificateContent {
    public static let counterfactualName =
        "the history that never had the excluded events, with the remaining contributions merged by the same rule"

    public static let retrainedCounterfactualName =
        "the history that never had the excluded records and events, with the remaining records trained by the same "
        + "recipes and the contributions merged by the same rule"

    /// What is not looked at in a deletion of `scope`.
    static func outOfScopeText(_ scope: DeletionScope) -> [String] {
        outOfScopeOfAll + (scope == .records ? [outOfScopeOfRecords] : [])
    }

    private static let outOfScopeOfRecords =
        "Which shards the records were in, and which of their member's records they are: that is what the member says, which "
        + "alone has them."

    private static let outOfScopeOfAll = [
        "Copies that a holder kept outside the stores it attests.",
        "The base model, and outputs that were already produced.",
        "Information that also entered through another member's contribution.",
        "Lineage that nobody declared: what a contribution was trained on is what its member says.",
        "The excluded records under another commitment: a member can register the same record again with a fresh salt. "
            + "The same adapter bytes, or a declared parent, are refused by the chain's rules; the same data is not seen.",
        "Recipients of models outside the consortium that nobody recorded, and what recorded ones did beyond their answers.",
        "Whether two members are one organisation: a second replay counts by name, and who admits members answers for that.",
    ]

    public static let statusText =
        "Stands until the chain records a document of this deletion with a higher serial, or a revocation that disputes a "
        + "cited event. Ask the consortium for a later checkpoint (lethe verify --later)."

    public static let verificationText = Verification(
        command: "lethe verify BUNDLE --trust POLICY",
        steps: [
            "1. Read the file as a bundle; refuse any other encoding.",
            "2. Take the checkpoint from its note; refuse it unless the policy's log signed and its quorum cosigned it.",
            "3. Replay all entries from an empty state: signatures, keys at their place, author chains, rules, root.",
            "4. Take each earlier checkpoint from its note; its consistency proof leads to the checkpoint.",
            "5. Read the certificate as a signed statement; each signature holds under a key that is valid at the checkpoint.",
            "6. Derive every field from the replayed state; refuse the first that differs.",
            "7. For each cited event verify its inclusion proof under the checkpoint.",
            "8. Refuse a time outside its bracket.",
        ])

    /// What takes the place of ``recordsText`` where all repeated runs were repeated once more.
    static let recordsSeenText =
        "The repeated runs were trained again here, from the rows that were given, to the same bytes: which rows they used "
        + "was seen. That these rows are all that their member has of a person is its word."

    /// The sentences that go with the outcome.
    func limitsText() -> [String] {
        var limits = [nothingWasRebuilt ?? Self.methodText(kind, state)]
        if retraining != nil {
            limits.append(recordsText)
        }
        limits.append(erasureText)
        if interim != nil {
            limits.append(
                "Until it was carried out, parameters were changed to reduce the influence of what was to go. Tests are "
                    + "attached where evaluations are listed. Influence may remain. This is not erasure.")
        }
        return limits + [
            "Outputs already produced, copies already taken, and the base model are outside this certificate.",
            "Times before checkpoint \(checkpoint.size) are declared by the organisations.",
        ]
    }

    /// What a certificate says in the place of a rebuild where there was nothing to rebuild.
    private var nothingWasRebuilt: String? {
        guard let absence else { return nil }
        let reason =
            excluded.isEmpty
            ? "No contribution that counted on the chain rested on what was to go"
            : "No model had merged the excluded contributions, which no later merge takes in"
        return
            "\(reason): \(absence), and nothing was rebuilt. This shows what the chain records. It does not prove that the "
            + "same information did not enter through another contribution, through the base model, or outside this ledger."
    }

    /// On whose word it rests that what was trained again left the records out.
    var recordsText: String {
        let rows = retraining ?? []
        guard !rows.isEmpty, rows.allSatisfy(\.isConfirmed) else {
            return
                "Which records the repeated runs were trained on is their member's word, until somebody who is given the "
                + "base and the records trains them again (lethe verify --base --data)."
        }
        let members = Set(rows.flatMap(\.standing).map(\.member)).sorted().map(\.text).joined(separator: ", ")
        return
            "Which records the repeated runs were trained on is the word of their member and of \(members), which was "
            + "handed the records and trained them again; whoever is given base and records can too (lethe verify --base "
            + "--data)."
    }

    /// What became of keys and salts: nothing is said to be destroyed that no holder attests.
    private var erasureText: String {
        let copies = "Copies outside them, and a future break of the cipher, are not covered."
        guard grade >= .destroyed else {
            return "Keys and salts were destroyed only in the stores that an attestation calls deleted. \(copies)"
        }
        let held = holds.contains { $0.releasedBy == nil } ? ", except for what a hold keeps until its day" : ""
        return "Keys and salts were destroyed in the stores listed\(held). \(copies)"
    }

    private static func methodText(_ kind: DeletionCertified.Kind, _ state: DeletionRow.State) -> String {
        if kind == .certificate {
            return
                "The models were rebuilt by the recorded procedure from inputs that do not include the excluded contributions. "
                + "This shows which procedure was followed. It does not prove that the same information did not enter "
                + "through another contribution, through the base model, or outside this ledger."
        }
        switch state {
        case .completed, .certified:
            return
                "At least one affected model could not be rebuilt and was withdrawn, or a contribution that was trained on "
                + "one still exists. This is a statement of status, not a certificate of deletion."
        case .refused:
            return
                "The request was refused: nothing is deleted. This is a statement of status, not a certificate of deletion."
        case .requested, .accepted, .started:
            return
                "The deletion is not finished: what is still to be done is listed. This is a statement of status, not a "
                + "certificate of deletion."
        }
    }
}
