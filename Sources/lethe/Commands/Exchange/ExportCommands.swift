import ArgumentParser
import Bytes
import ChainViews
import Compliance
import Events
import Exports
import Foundation
import LetheEngine
import Reports

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "What the ledger has, in formats that other tools read.",
        discussion:
            "Only what is on the public chain is exported. lethe disclose opens a private event for one reader.",
        subcommands: [EventEnvelope.self, Provenance.self, Materials.self, Assessment.self, Catalog.self])

    struct EventEnvelope: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "event",
            abstract: "One public event as it was signed: an in-toto statement in a DSSE envelope.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The event: its index on the public chain, its hash, or at least 8 digits of it.")
        var event: String
        @Option(name: .shortAndLong, help: "The file to write.") var output: String

        func run() async throws {
            let (bytes, hash) = try await options.reading { ledger in
                let hash = try await ledger.resolveEvent(event)
                return (try await ledger.publicEnvelope(of: hash), hash)
            }
            try writeFile(bytes, to: output)
            printFile(output, ["event": hash.hex], "event \(short(hash.hex)), DSSE", json: options.json)
        }
    }

    struct Provenance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "A model's lineage as W3C PROV-JSON.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The model: its round, or at least 8 digits of its digest.") var model: String
        @Option(name: .shortAndLong, help: "The file to write.") var output: String

        func run() async throws {
            let history = try await options.reading { try await $0.modelHistory(model) }
            try writeFile(ProvenanceDocument.bytes(of: history), to: output)
            printHistory(history, output, "PROV-JSON", json: options.json)
        }
    }

    struct Materials: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "bom", abstract: "A model and what it is made of as a CycloneDX 1.6 bill of materials."
        )
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The model: its round, or at least 8 digits of its digest.") var model: String
        @Option(help: "The model's PEFT directory: its files are named with their SHA-256.") var files: String?
        @Option(name: .shortAndLong, help: "The file to write.") var output: String

        func run() async throws {
            let history = try await options.reading { ledger in
                let history = try await ledger.modelHistory(model)
                if let files {
                    let found = try await ledger.lineage(ofDirectory: files).adapter
                    guard found == history.model.model else {
                        throw Answer.no(
                            "\(files) holds the adapter \(short(found.hex)), not the model \(short(history.model.model.hex))",
                            hint: "lethe model export writes the model of a round")
                    }
                }
                return history
            }
            let listed = try files.map { try ModelFiles(directory: $0).resources() } ?? []
            let bytes = BillOfMaterials.bytes(
                of: history, files: listed.map { .init(name: $0.path, sha256: $0.digest.hex) },
                version: String(Lethe.configuration.version.drop { !$0.isNumber }))
            try writeFile(bytes, to: output)
            printHistory(history, output, "CycloneDX 1.6", json: options.json)
        }
    }

    struct Assessment: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Control results as OSCAL assessment results.",
            discussion: "Takes the JSON that lethe report compliance wrote.")
        @Argument(help: "The report's JSON.") var results: String
        @Flag(help: "Also where the report looked at a private chain.") var includePrivate = false
        @Option(help: "The OSCAL catalog that the results are to fit: every control must be in it.")
        var catalog: String?
        @Option(name: .shortAndLong, help: "The file to write.") var output: String
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        func run() async throws {
            var bytes = try readFile(results)
            while bytes.last == 0x0a { bytes.removeLast() }
            let report: ComplianceReport.Content
            do throws(JSONError) {
                report = try CanonicalJSON.decode(ComplianceReport.Content.self, from: bytes)
            } catch {
                throw Answer.unknown(
                    "\(results) is not the JSON of a compliance report: \(error)",
                    hint: "lethe report compliance --roles ROLES --output FILE.json writes one")
            }
            guard report.format == ComplianceReport.format else {
                throw Answer.unknown(
                    "\(results) has the format \"\(printable(String(report.format.prefix(60))))\"",
                    hint: "a later version may read it")
            }
            guard report.organisation == nil || includePrivate else {
                throw Answer.no(
                    "\(results) is about the private chain of \(report.organisation!) too",
                    hint: "make the report without --as; or --include-private, and keep the file from others")
            }
            let result = report.result
            let document = ControlAssessment.results(of: result)
            try checkReferences(document)
            try writeFile(document, to: output)
            printFile(
                output, ["overall": result.overall.rawValue],
                "OSCAL assessment results, \(result.overall.rawValue)", json: json)
        }

        /// Refuses references that nothing answers to; those to controls are looked up where there is a catalog.
        private func checkReferences(_ document: [UInt8]) throws {
            let others = try catalog.map { [try readFile($0)] } ?? []
            guard let dangling = DanglingReferences.check([document] + others) else {
                throw Answer.unknown(
                    "\(catalog ?? "the catalog") is not JSON", hint: "lethe export catalog writes one")
            }
            let open = dangling.filter { catalog != nil || !$0.isOfAControl }
            guard let first = open.first else { return }
            throw Answer.no(
                "\(open.count) reference(s) lead nowhere; \(first)",
                hint: "make the catalog of the packs that were judged: lethe export catalog PACK…")
        }
    }

    struct Catalog: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Control packs as an OSCAL catalog.")
        @Argument(help: "The folders of the packs, or a folder that holds them.") var packs: [String]
        @Option(name: .shortAndLong, help: "The file to write.") var output: String
        @Flag(name: .long, help: "Answer in JSON.") var json = false

        func run() async throws {
            let folders = packs.flatMap { path in
                let inside = packFolders(in: path)
                return inside.isEmpty ? [path] : inside
            }
            let read = try folders.map(readPack)
            guard Set(read.map(\.id.text)).count == read.count else {
                throw Answer(code: 64, message: "a pack is named twice", hint: "name each folder once")
            }
            let now = try Surroundings.process().now()
            try writeFile(ControlAssessment.catalog(of: read, time: now), to: output)
            let count = read.reduce(0) { $0 + $1.controls.count }
            printFile(output, ["controls": "\(count)"], "OSCAL catalog of \(count) controls", json: json)
        }
    }
}

private func printHistory(_ history: ModelHistory, _ path: String, _ format: String, json: Bool) {
    let model = history.model
    let count = history.contributions.count { history.foundations.contains($0.event) }
    printFile(
        path, ["model": model.model.hex, "round": model.round.text],
        "the model \(short(model.model.hex)) of \(model.round) in \(format), resting on \(count) contribution(s)",
        json: json)
}
