import ArgumentParser
import Bytes
import ChainViews
import Events
import LetheEngine

extension DeletionCommand {
    struct Attest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "A holder erases what a deletion names, and attests it; or says what it keeps, why and until when.",
            discussion: """
                Without options everything is erased, as lethe deletion execute does. --retained STORE=GROUND keeps a store \
                for a ground that the law gives, --pending-backup says that backups have it until they run out; both need \
                --until. The deletion stays open until the same command without them says that nothing is left.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The deletion's id.") var deletion: String
        @Option(
            name: .customLong("retained"), parsing: .singleValue,
            help: "STORE=GROUND: blobs, vault or backups, and e.g. gdpr-17-3-b.")
        var retained: [String] = []
        @Flag(help: "Backups have it until they run out.") var pendingBackup = false
        @Option(help: "Until when: the day on which the ground is looked at again, or the backup runs out.") var until:
            String?
        @Option(help: "How many things are kept (default: as many as the plan names).") var items: Int?

        func run() async throws {
            let kept = try keptStores()
            try await options.writing { ledger in
                let id = try await ledger.resolveDeletion(deletion)
                let holder = try await options.actor(ledger)
                let (recorded, results) = try await ledger.attestErasure(of: id, keeping: kept, as: holder)
                if options.json {
                    return printJSON(
                        AttestAnswer(deletion: id, event: recorded.event, holder: holder, results: results))
                }
                let left = results.isEmpty ? "" : ": " + results.map(Self.words).joined(separator: ", ")
                printRecorded(recorded, "\(holder) attested\(left)", json: false)
            }
        }

        private func keptStores() throws -> [KeptStore] {
            guard pendingBackup || !retained.isEmpty else {
                guard until == nil, items == nil else {
                    throw Answer(
                        code: 64, message: "--until and --items say something of what is kept",
                        hint: "add --retained STORE=GROUND or --pending-backup, or leave them out")
                }
                return []
            }
            guard let until else {
                throw Answer(
                    code: 64, message: "what is kept has an end", hint: "add --until TIME, e.g. 2027-03-01T00:00:00Z")
            }
            let end: Timestamp = try parsed(until, "time")
            let count = try items.map { items in
                guard let count = Count(items) else {
                    throw Answer(code: 64, message: "--items \(items) is no number of things", hint: "0 or more")
                }
                return count
            }
            var kept = try retained.map { text -> KeptStore in
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else {
                    throw Answer(
                        code: 64, message: "\"\(text)\" names no store and ground",
                        hint: "e.g. --retained blobs=gdpr-17-3-b")
                }
                return KeptStore(
                    store: try parsed(parts[0], "store"), ground: try parsed(parts[1], "ground"), until: end,
                    items: count)
            }
            if pendingBackup { kept.append(KeptStore(store: .backups, ground: nil, until: end, items: count)) }
            return kept
        }

        private static func words(_ result: StoreResult) -> String {
            "\(result.store.rawValue) \(result.verdict.rawValue) (\(result.items))"
                + (result.ground.map { " for \($0.rawValue)" } ?? "") + (result.until.map { " until \($0)" } ?? "")
        }

        private struct AttestAnswer: Encodable {
            var deletion: DeletionID
            var event: EventHash
            var holder: MemberName
            var results: [StoreResult]
        }
    }
}
