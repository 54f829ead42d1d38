import ArgumentParser
import Events
import LetheEngine

/// `lethe adapter withdraw`: takes a contribution back before a model merges it, or sets another member's aside.
struct WithdrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Take back a contribution that no model has merged, or set one aside.",
        discussion: """
            A member takes its own contribution back while the round is open, and may then commit another. Once the round is \
            closed, and for the contribution of another member, it takes as many signatures as the charter's threshold. The \
            contribution stays on the chain and does not count. What a model has merged goes by a deletion alone.
            """)
    @OptionGroup var options: LedgerOptions
    @Argument(help: "The round.") var round: String
    @Option(help: "Whose contribution (default: that of the member that acts).") var of: String?
    @Option(help: "Why: misfit or mistaken.") var reason = "mistaken"
    @Option(name: .customLong("with"), parsing: .singleValue, help: "Another local member that signs.")
    var cosigners: [String] = []
    @Option(help: "Write the event to FILE for further signatures, and append nothing.") var draft: String?

    func run() async throws {
        let round: RoundID = try parsed(round, "round name")
        let reason: ContributionWithdrawn.Reason = try parsed(reason, "reason")
        let named: MemberName? = try of.map { try parsed($0, "member name") }
        let cosigners: [MemberName] = try cosigners.map { try parsed($0, "member name") }
        try await options.writing { ledger in
            // The member concerned acts, where its keys are here; else whoever is named.
            let local = await ledger.localMembers
            let author: MemberName =
                if options.as == nil, let named, local.contains(named) { named } else {
                    try await options.actor(ledger, role: .contributor)
                }
            let member = named ?? author
            if let draft {
                let event = try await ledger.withdrawal(of: member, to: round, reason: reason)
                try writeFile(
                    try await ledger.draft(event, as: author, cosigners: cosigners) + [0x0a], to: draft)
                return answer(
                    ["file": draft, "signedBy": author.text],
                    "\(draft): signed by \(author); lethe sign adds signatures", json: options.json)
            }
            let recorded = try await ledger.withdrawContribution(
                of: member, to: round, reason: reason, as: author, cosigners: cosigners)
            printRecorded(
                recorded, "the contribution of \(member) to \(round) is withdrawn: \(reason.rawValue)",
                json: options.json)
        }
    }
}
