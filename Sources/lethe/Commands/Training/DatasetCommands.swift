import ArgumentParser
import Events
import Foundation
import LetheEngine

struct DatasetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset", abstract: "Datasets on a member's private chain.",
        subcommands: [Register.self, Show.self])

    struct Register: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take in a dataset: its rows encrypted, its commitments onto the member's private chain.",
            discussion: """
                FILE is tab-separated with a header line (record_id, label, text, and optionally subject_id), or has a \
                JSON object a line. Each row gets a salt and a key of its own, so that it can be erased alone. Rows \
                are dealt to shards by a keyed hash of their ids; a deletion retrains only the shards it touches.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The file.") var file: String
        @Option(help: "How many shards.") var shards = 8
        @Option(help: "What people call it (default: the file's name).") var name: String?
        @Option(help: "tsv or jsonl (default: what the file's name says).") var format: String?
        @Option(help: "The column of record ids.") var idColumn = "record_id"
        @Option(help: "The column of subjects, where there is one.") var subjectColumn = "subject_id"
        @Option(help: "The column of labels: whole numbers from 0.") var labelColumn = "label"
        @Option(help: "The column of texts.") var textColumn = "text"
        @Flag(help: "Register rows once more that a dataset of the member has already.") var again = false

        func run() async throws {
            let data = try DatasetFile(
                parsing: readFile(file), format: fileFormat(), columns: columns, path: file)
            let name = name ?? URL(fileURLWithPath: file).lastPathComponent
            let request = DatasetRequest(file: data, path: file, name: name, shards: shards, again: again)
            try await options.writing { ledger in
                let member = try await options.actor(ledger, role: .contributor)
                let (dataset, recorded) = try await ledger.registerDataset(request, as: member)
                if options.json {
                    return printJSON(
                        RegisterAnswer(
                            columnsNotKept: data.ignored, dataset: dataset, event: recorded.event,
                            records: data.records.count, shards: shards))
                }
                printRecorded(
                    recorded, "registered \(dataset), \(data.records.count) records in \(shards) shard(s)", json: false)
                if !data.ignored.isEmpty {
                    standardError("lethe: columns not kept: \(data.ignored.joined(separator: ", "))")
                }
            }
        }

        private var columns: DatasetFile.Columns {
            var columns = DatasetFile.Columns()
            (columns.id, columns.subject) = (idColumn, subjectColumn)
            (columns.label, columns.text) = (labelColumn, textColumn)
            return columns
        }

        private func fileFormat() throws -> DatasetFile.Format {
            if let format { return try parsed(format, "format") }
            guard let format = DatasetFile.Format(path: file) else {
                throw Answer(
                    code: 64, message: "the name of \(file) does not say its format",
                    hint: "--format tsv or --format jsonl")
            }
            return format
        }

        private struct RegisterAnswer: Encodable {
            var columnsNotKept: [String]
            var dataset: DatasetID
            var event: EventHash
            var records: Int
            var shards: Int
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A dataset's shards: how many records each has, and the rounds it was trained for.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The dataset, or the first characters of its id.") var dataset: String

        func run() async throws {
            let shards = try await options.reading { ledger in
                try await ledger.shardSummaries(of: ledger.resolveDataset(dataset))
            }
            if options.json { return printJSON(shards) }
            var table = TextTable(["shard", "records", "erased", "subjects", "trained for"])
            for shard in shards {
                table.add([
                    "\(shard.shard)", "\(shard.records)", "\(shard.erased)", shard.subjects.map { "\($0)" } ?? "-",
                    shard.rounds.isEmpty ? "-" : shard.rounds.map(\.text).joined(separator: ", "),
                ])
            }
            print(table.text)
        }
    }
}

extension ShowCommand {
    struct Datasets: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Datasets of the private chains that are here.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let datasets = try await options.reading { try await $0.datasetSummaries() }
            if options.json { return printJSON(datasets) }
            guard !datasets.isEmpty else { return print("no datasets") }
            var table = TextTable(["dataset", "chain", "name", "records", "erased", "shards", "runs", "rows"])
            for row in datasets {
                table.add([
                    row.dataset.text, row.chain.text, row.name ?? "-", "\(row.records)", "\(row.erased)",
                    "\(row.shards)", "\(row.runs)", row.isHere ? "here" : "elsewhere",
                ])
            }
            print(table.text)
        }
    }
}
