import ArgumentParser
import Events
import LetheEngine

struct MemberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member", abstract: "Members of the consortium.", subcommands: [Admit.self])

    struct Admit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Admit a member by its card, with as many members' signatures as the charter wants.",
            discussion: """
                Where too few of them have their keys here, the event is written to FILE for others to sign: \
                lethe sign FILE, then lethe append FILE by the chain's operator.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The new member's card.") var card: String
        @Option(name: .customLong("with"), parsing: .singleValue, help: "Another local member that signs.")
        var cosigners: [String] = []
        @Option(help: "Write the event to FILE for further signatures, and append nothing.") var draft: String?

        func run() async throws {
            let card = try MemberCard(parsing: readFile(card))
            let cosigners: [MemberName] = try cosigners.map { try parsed($0, "member name") }
            try await options.writing { ledger in
                let author = try await options.actor(ledger, role: .operator)
                let event = Event.memberAdmitted(MemberAdmitted(member: card.member))
                if let draft {
                    let bytes = try await ledger.draft(event, as: author, cosigners: cosigners)
                    try writeFile(bytes + [0x0a], to: draft)
                    printFile(
                        draft, ["member": author.text], draftWords(author),
                        json: options.json)
                } else {
                    let origin = try await ledger.publicOrigin
                    printRecorded(
                        try await ledger.record(event, as: author, on: origin, cosigners: cosigners),
                        "admitted \(card.member.name)", json: options.json)
                }
            }
        }
    }
}

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Add and revoke keys.", subcommands: [Add.self, Revoke.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make another key of a local member and add it on the chain.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "event, witness or encryption.") var purpose: String

        func run() async throws {
            let purpose: KeyPurpose = try parsed(purpose, "key purpose")
            try await options.writing { ledger in
                let member = try await options.actor(ledger)
                printRecorded(
                    try await ledger.addKey(purpose, of: member), "added a key for \(purpose.rawValue) of \(member)",
                    json: options.json)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key, and say up to which event it is vouched for.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The key's id, or its first digits; lethe show keys lists them.") var key: String
        @Option(help: "The key is good for the first N events of the public chain (default: all so far).")
        var goodSize: Int?
        @Option(help: "rotated, lost or compromised.") var reason = "rotated"
        @Option(name: .customLong("with"), parsing: .singleValue, help: "Another local member that signs.")
        var cosigners: [String] = []

        func run() async throws {
            let reason: RevocationReason = try parsed(reason, "reason")
            let cosigners: [MemberName] = try cosigners.map { try parsed($0, "member name") }
            try await options.writing { ledger in
                let member = try await options.actor(ledger)
                printRecorded(
                    try await ledger.revokeKey(
                        key, goodSize: goodSize, reason: reason, as: member, cosigners: cosigners),
                    "revoked the key \(key)", json: options.json)
            }
        }
    }
}
