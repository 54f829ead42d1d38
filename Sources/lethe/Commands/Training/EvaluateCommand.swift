import Adapters
import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import Signing
import Training

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract:
            "Measure what an adapter does: accuracy, what it still knows of records to forget, the distance to a retrain.",
        discussion: """
            ADAPTER is a PEFT directory, a round, or the digest of a model or contribution. With --forget the loss tells \
            the records to forget (members) from the evaluation data (non-members): an area of 0.5 is guessing. With \
            --retrain the adapter is compared with the model of the history that never had the records. What is measured \
            is recorded where the chain knows the adapter; the forget set as a salted commitment. A small forget set gives \
            a wide interval, and no interval proves that nothing is left. See schemas/evaluation.md.
            """)

    @OptionGroup var options: LedgerOptions
    @Argument(help: "A PEFT directory, a round, or the first digits of a digest on the chain.") var adapter: String
    @Option(help: "The held-out records: TSV or JSONL with record_id, label and text.") var data: String?
    @Option(help: "A dataset registered here, instead of --data.") var dataset: String?
    @Option(help: "The records to forget (with --deletion: those that it is about, where they are still here).")
    var forget: String?
    @Option(help: "The PEFT directory of the matched retrain.") var retrain: String?
    @Option(help: "The deletion whose effect is measured.") var deletion: String?
    @OptionGroup var base: BaseOptions
    @Option(help: "How many tokens of a text are read; as in training.") var tokens = 64
    @Option(help: "How many resamples the interval is of.") var resamples = MembershipInference.standardResamples
    @Option(help: "The seed of the interval's draws.") var seed: UInt64 = 1
    @Flag(help: "Only print; record nothing.") var noRecord = false

    func validate() throws {
        guard (data == nil) != (dataset == nil) else { throw ValidationError("give --data or --dataset, one of them") }
        guard dataset == nil || !base.isGiven else {
            throw ValidationError("--dataset is of a ledger, and --base and --embedded do without one")
        }
        guard (2...65_536).contains(tokens) else { throw ValidationError("--tokens takes 2 to 65536") }
        guard (40...100_000).contains(resamples) else { throw ValidationError("--resamples takes 40 to 100000") }
        guard seed < 1 << 53 else { throw ValidationError("--seed takes at most 9007199254740991") }
    }

    func run() async throws {
        if base.isGiven { return try await measureFiles() }
        try await options.writing { ledger in
            let (adapter, base) = try await resolve(ledger)
            let deletion = try await deletion.asyncMap { try await ledger.resolveDeletion($0) }
            var request = try request(base, data: try await evaluationData(ledger), deletion: deletion)
            if let deletion, request.forget == nil {
                request.forget = try? await ledger.forgetSet(of: deletion)
            }
            let evaluation = try AdapterEvaluation(of: adapter, on: base, request, threads: ledger.surroundings.cores)
            let isKnown = try await ledger.knowsAdapter(evaluation.adapter)
            var recorded: [Recorded] = []
            if isKnown, !noRecord {
                let member = try await options.actor(ledger)
                recorded = try await ledger.recordEvaluation(evaluation, request, as: member)
            }
            show(evaluation, request, recorded)
            if !isKnown, !noRecord {
                standardError("lethe: not recorded: the chain knows no adapter \(short(evaluation.adapter.hex))")
            }
        }
    }

    /// Without a ledger: the base is given.
    private func measureFiles() async throws {
        let base = try base.load()
        let adapter = try AdapterCommand.open(adapter, base: base.weightsDigest.hex)
        let request = try request(
            base, data: try readRecords(data!), deletion: try deletion.map { try parsed($0, "deletion id") })
        show(
            try AdapterEvaluation(
                of: adapter, on: base, request, threads: ProcessInfo.processInfo.activeProcessorCount),
            request, [])
    }

    private func resolve(_ ledger: Ledger) async throws -> (Adapter, BaseEncoder) {
        if FileManager.default.fileExists(atPath: "\(adapter)/\(Adapter.configurationName)") {
            return try await ledger.openAdapter(at: adapter)
        }
        let view = try await ledger.view
        let contribution = view.contributions.rows.values.first {
            adapter.count >= 8 && $0.adapter.hex.hasPrefix(adapter)
        }
        let mitigation = view.mitigations.rows.values.first {
            adapter.count >= 8 && $0.mitigation.adapter.hex.hasPrefix(adapter)
        }
        let digest: ArtifactDigest =
            if let found = contribution?.adapter ?? mitigation?.mitigation.adapter { found } else {
                try await ledger.resolveModel(adapter).model
            }
        return try await ledger.adapterOnChain(digest)
    }

    private func evaluationData(_ ledger: Ledger) async throws -> EvaluationRecords {
        if let data { return try readRecords(data) }
        return try await ledger.evaluationRecords(of: ledger.resolveDataset(dataset!))
    }

    private func request(
        _ base: BaseEncoder, data: EvaluationRecords, deletion: DeletionID? = nil
    ) throws -> EvaluationRequest {
        return EvaluationRequest(
            data: data, forget: try forget.map(readRecords),
            retrain: try retrain.map { try AdapterCommand.open($0, base: base.weightsDigest.hex) },
            maximumTokens: min(tokens, base.configuration.positionCount), resamples: resamples, seed: seed,
            salt: RandomBytes.system.generate(32), deletion: deletion)
    }

    private func show(_ evaluation: AdapterEvaluation, _ request: EvaluationRequest, _ recorded: [Recorded]) {
        if options.json { return printJSON(EvaluationAnswer(evaluation, request, recorded)) }
        print("adapter     \(evaluation.adapter)")
        let accuracy = evaluation.accuracy
        print(
            "accuracy    \(decimal(accuracy.accuracyPPM, 6)) on \(accuracy.records) record(s), "
                + "mean loss \(decimal(accuracy.meanLossMicronats, 6))")
        if let membership = evaluation.membership {
            print(
                "membership  area \(decimal(membership.aucPPM, 6)), 95 % interval \(decimal(membership.lowPPM, 6)) to "
                    + "\(decimal(membership.highPPM, 6)), \(membership.members) to forget against \(membership.nonMembers)"
            )
        }
        if let distance = evaluation.distance {
            let relative = distance.relativePPB.map { decimal($0, 9) } ?? "undefined"
            print(
                distance.isEqual
                    ? "retrain     equal, byte for byte"
                    : "retrain     differs: relative L2 \(relative), greatest \(decimal(distance.greatestPPB, 9))")
        }
        for event in recorded { print("recorded    \(short(event.event.hex))") }
        if evaluation.membership != nil, !recorded.isEmpty {
            print("salt        \(Hex.encode(request.salt))  opens the forget set's commitment; it is kept nowhere")
        }
    }
}

/// A base that is named on the command line instead of found through a ledger.
struct BaseOptions: ParsableArguments {
    @Option(name: .customLong("base"), help: "The base's Hugging Face directory; without a ledger.") var directory:
        String?
    @Option(help: "The embedded base of this seed; without a ledger.") var embedded: UInt64?

    var isGiven: Bool { directory != nil || embedded != nil }

    func validate() throws {
        guard directory == nil || embedded == nil else {
            throw ValidationError("give --base or --embedded, one of them")
        }
    }

    func load() throws -> BaseEncoder {
        try (directory.map { BaseLocation.directory($0) } ?? .embedded(seed: embedded ?? 0)).load()
    }
}

/// The records in a TSV or JSONL file, by its name.
func readRecords(_ path: String) throws -> EvaluationRecords {
    guard let format = DatasetFile.Format(path: path) else {
        throw Answer(code: 64, message: "\(path) is no .tsv and no .jsonl file", hint: "its name says what it is")
    }
    let bytes = try readFile(path)
    return EvaluationRecords(
        file: try DatasetFile(parsing: bytes, format: format, path: path), digest: .sha256(bytes))
}

/// A scaled integer as a decimal number: 912500 with 6 digits is 0.912500.
func decimal(_ value: Int, _ digits: Int) -> String {
    var text = String(value)
    if text.count <= digits { text = String(repeating: "0", count: digits + 1 - text.count) + text }
    return text.dropLast(digits) + "." + text.suffix(digits)
}

private struct EvaluationAnswer: Encodable {
    var adapter: ArtifactDigest
    var evaluations: [AdapterEvaluated]
    var events: [EventHash]
    /// Opens the commitment to the forget set.
    var forgetSalt: String?

    init(_ evaluation: AdapterEvaluation, _ request: EvaluationRequest, _ recorded: [Recorded]) {
        adapter = evaluation.adapter
        evaluations = evaluation.events(request).compactMap {
            if case .adapterEvaluated(let content) = $0 { content } else { nil }
        }
        events = recorded.map(\.event)
        forgetSalt = evaluation.membership == nil ? nil : Hex.encode(request.salt)
    }
}
