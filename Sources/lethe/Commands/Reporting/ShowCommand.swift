import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine

struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "What the views say.",
        subcommands: [
            Members.self, Keys.self, Events_.self, Event_.self, Rounds.self, Models.self, LineageOfModel.self,
            Deletions.self, Bodies.self, Datasets.self,
        ])

    struct Members: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Members and their roles.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let view = try await options.reading { try await $0.view }
            if options.json { return printJSON(view.allMembers) }
            var table = TextTable(["member", "roles"])
            for row in view.allMembers {
                table.add([row.name.text, row.roles.map(\.rawValue).joined(separator: ", ")])
            }
            print(table.text)
        }
    }

    struct Keys: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keys, and where each counts.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let view = try await options.reading { try await $0.view }
            if options.json { return printJSON(view.allKeys) }
            var table = TextTable(["key", "member", "purpose", "added at", "revoked at", "good for"])
            for row in view.allKeys {
                table.add([
                    short(row.key.keyID.hex), row.member.text, row.purpose.rawValue, "\(row.addedAt)",
                    row.revokedAt.map { "\($0)" } ?? "-", row.goodSize.map { "first \($0)" } ?? "-",
                ])
            }
            print(table.text)
        }
    }

    struct Events_: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "events", abstract: "The events of a chain, in order.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The chain's origin (default: the public chain).") var origin: String?

        func run() async throws {
            let events = try await options.reading { ledger in
                let origin: Origin = try await origin.map { try parsed($0, "chain") }.orElse {
                    try await ledger.publicOrigin
                }
                return try await ledger.events(of: origin)
            }
            if options.json { return printJSON(events) }
            var table = TextTable(["index", "event", "type", "author", "claimed at"])
            for event in events {
                table.add([
                    "\(event.index)", short(event.event.hex), event.type, event.author.text, event.claimedAt.text,
                ])
            }
            print(table.text)
        }
    }

    struct Event_: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "event", abstract: "One event's signed statement.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "Its index on the public chain, its hash, or at least 8 digits of it.") var event: String

        func run() async throws {
            let bytes = try await options.reading { ledger in
                try await ledger.statementBytes(of: ledger.resolveEvent(event))
            }
            print(String(decoding: bytes, as: UTF8.self))
        }
    }

    struct Rounds: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Rounds and their contributions.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let view = try await options.reading { try await $0.view }
            if options.json { return printJSON(view.allRounds.map { RoundAnswer($0, view) }) }
            guard !view.allRounds.isEmpty else { return print("no rounds") }
            var table = TextTable(["round", "state", "rule", "topology", "contributions", "model"])
            for row in view.allRounds {
                let all = view.allContributions(to: row.round)
                let replaced = Set(all.compactMap(\.replaces))
                let names = all.map { row in
                    row.whyNot(isReplaced: replaced.contains(row.event)).map { "\(row.member) (\($0))" }
                        ?? row.member.text
                }
                table.add([
                    row.round.text, row.state.rawValue, row.rule.rawValue, row.topology.rawValue,
                    names.joined(separator: ", "),
                    view.currentModel(of: row.round).map { short($0.model.hex) } ?? "-",
                ])
            }
            print(table.text)
        }

        private struct RoundAnswer: Encodable {
            var contributions: [ContributionRow]
            var model: ArtifactDigest?
            var round: RoundRow

            init(_ row: RoundRow, _ view: PublicView) {
                round = row
                contributions = view.allContributions(to: row.round)
                model = view.currentModel(of: row.round)?.model
            }
        }
    }

    struct Models: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Models, current and past.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let view = try await options.reading { try await $0.view }
            if options.json { return printJSON(view.allModels) }
            guard !view.allModels.isEmpty else { return print("no models") }
            var table = TextTable(["model", "round", "state", "contributions", "attested by", "replaced by"])
            for row in view.allModels {
                table.add([
                    short(row.model.hex), row.round.name(cohort: row.cohort), row.state.rawValue,
                    "\(row.contributions.count)",
                    row.attestedBy.isEmpty ? "-" : row.attestedBy.map(\.text).joined(separator: ", "),
                    row.replacedBy.flatMap { view.models[$0] }.map { short($0.model.hex) } ?? "-",
                ])
            }
            print(table.text)
        }
    }

    struct LineageOfModel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lineage", abstract: "Where a model comes from, down to the base.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The round, or the model's digest or first digits.") var model: String

        func run() async throws {
            let lineage = try await options.reading { try await $0.lineage(ofModel: model) }
            if options.json { return printJSON(lineage) }
            printLineage(lineage)
        }
    }

    struct Deletions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Deletions, as lethe deletion status shows them.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            try await printDeletions(options, legalCalendar(timeZone: "UTC", holidays: nil), onlyOpen: false)
        }
    }

    struct Bodies: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bodies of the private chains that are here.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let rows = try await options.reading { await $0.bodyRows }
            if options.json { return printJSON(rows) }
            guard !rows.isEmpty else { return print("no bodies") }
            var table = TextTable(["commitment", "chain", "leaf", "type", "state"])
            for row in rows {
                table.add([
                    row.commitment.hex, row.origin.text, "\(row.position)", row.mediaType.text,
                    row.isErased ? "erased" : row.isHere ? "here" : "elsewhere",
                ])
            }
            print(table.text)
        }
    }
}

extension ContributionRow {
    /// Why no merge takes it in any more, in a word; `nil` where they do.
    func whyNot(isReplaced: Bool) -> String? {
        if withdrawnBy != nil { return "withdrawn" }
        if excludedBy != nil { return isReplaced ? "replaced" : "excluded" }
        return affectedBy == nil ? nil : "affected"
    }
}
