import ArgumentParser
import Events
import Foundation
import LetheEngine
import Signing

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a ledger: found a consortium, or make the keys to join one.",
        discussion: """
            Founding: lethe init --ledger DIR --consortium skies.example --member hub:operator,aggregator \\
              --card delta.card.json --card united.card.json
            Joining:  lethe init --ledger DIR --consortium skies.example --member delta --join
            writes delta.card.json into the ledger directory, for the founder.
            """)

    @Option(help: "The ledger directory to make.") var ledger: String?
    @Option(help: "The consortium's domain-like name.") var consortium: String
    @Option(
        name: .customLong("member"), parsing: .singleValue,
        help: "A member whose keys are made here, as NAME or NAME:ROLE,ROLE. The first one founds and operates.")
    var members: [String]
    @Option(name: .customLong("card"), parsing: .singleValue, help: "The card file of a member elsewhere.")
    var cards: [String] = []
    @Option(help: "How many members a decision that binds all needs (default: more than half).") var threshold: Int?
    @Flag(help: "Make keys and cards only; the charter comes from the founder.") var join = false
    @Flag(help: "Encrypt the key files under a passphrase.") var passphrase = false
    @Flag(name: .long, help: "Answer in JSON.") var json = false

    func run() async throws {
        let path = ledger ?? ProcessInfo.processInfo.environment["LETHE_LEDGER"] ?? "."
        let consortium: Consortium = try parsed(consortium, "consortium name")
        let specs = try members.enumerated().map { try MemberSpec($0.element, founds: $0.offset == 0 && !join) }
        guard !specs.isEmpty else { throw ValidationError("name at least one --member") }
        let distant = try cards.map { try MemberCard(parsing: readFile($0)) }
        let protection = try protection()
        let before = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        do {
            try await make(path, consortium, specs, distant, protection)
        } catch {
            // Nothing was there before, so nothing half-made stays: the keys have signed nothing that anybody has.
            if before.isEmpty { removeContents(of: path) }
            throw error
        }
    }

    private func removeContents(of path: String) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: path)) ?? [] {
            try? files.removeItem(atPath: "\(path)/\(name)")
        }
        try? files.removeItem(atPath: path)
    }

    private func make(
        _ path: String, _ consortium: Consortium, _ specs: [MemberSpec], _ distant: [MemberCard],
        _ protection: KeyProtection
    ) async throws {
        let ledger = try await Ledger.create(
            at: path, consortium: consortium, members: specs.map(\.name), protection: protection,
            surroundings: .process())
        var local: [MemberCard] = []
        for spec in specs {
            let card = try await ledger.card(of: spec.name, consortium: consortium, roles: spec.roles)
            try writeFile(card.bytes, to: "\(path)/\(spec.name).card.json")
            local.append(card)
        }
        if join {
            try await ledger.close()
            return printJoined(path, local)
        }
        let all = local + distant
        try await ledger.found(
            consortium, chainOperator: specs[0].name, cards: all, threshold: threshold ?? all.count / 2 + 1,
            protection: protection)
        for spec in specs {
            try await ledger.openPrivateChain(of: spec.name, readers: [spec.name])
        }
        let summary = try await ledger.summary()
        try await ledger.close()
        printFounded(path, summary)
    }

    private func protection() throws -> KeyProtection {
        guard passphrase else { return .none }
        guard let secret = try readPassphrase(), !secret.isEmpty else {
            throw Answer(
                code: 64, message: "no passphrase was given",
                hint: "type one, or put it into a file and name that in LETHE_PASSPHRASE_FILE")
        }
        return .passphrase(secret, random: .system)
    }

    private func printJoined(_ path: String, _ cards: [MemberCard]) {
        if json { return printJSON(cards) }
        for card in cards {
            print(
                "keys of \(card.member.name) are in \(path)/keys; hand \(path)/\(card.member.name).card.json to the founder"
            )
        }
    }

    private func printFounded(_ path: String, _ summary: LedgerSummary) {
        if json { return printJSON(summary) }
        print("founded \(summary.consortium) with \(summary.members.count) member(s) in \(path)")
        for chain in summary.chains { print("  \(chain.origin): \(chain.size) event(s)") }
    }
}

/// A member with its roles, as `NAME` or `NAME:ROLE,ROLE`.
struct MemberSpec {
    let name: MemberName
    let roles: [Role]

    /// Without roles a member contributes, witnesses and audits; the founder operates and aggregates too.
    init(_ text: String, founds: Bool) throws {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        name = try parsed(parts.first ?? "", "member name")
        let named: [Role] =
            try parts.count == 2 ? parts[1].split(separator: ",").map { try parsed(String($0), "role") } : []
        let base = named.isEmpty ? [.contributor, .witness, .auditor] : named
        roles = founds && named.isEmpty ? base + [.operator, .aggregator] : base
    }
}
