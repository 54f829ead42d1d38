import Adapters
import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import MerkleLog
import Proofs
import Replay
import Signing
import Verifying

struct ProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Write the offline proof that an event stands on its chain.")
    @OptionGroup var options: LedgerOptions
    @Argument(help: "The event: its index on the public chain, its hash, or at least 8 digits of it.") var event: String
    @Option(help: "The reader's trust policy: the proof stands under a checkpoint that meets it.") var trust: String?
    @Option(name: .shortAndLong, help: "The file to write (default: EVENT.tlog-proof).") var output: String?

    func run() async throws {
        let policy = try trust.map(readPolicy)
        let (proof, hash, origin) = try await options.reading { ledger in
            let hash = try await ledger.resolveEvent(event)
            let (proof, origin) = try await ledger.prove(hash, under: policy)
            return (proof, hash, origin)
        }
        let path = output ?? "\(hash.hex.prefix(16)).tlog-proof"
        try writeFile(proof.bytes, to: path)
        if policy == nil, origin.isPublic { try warnIfNobodyCosigned(proof.note.bytes) }
        let checkpoint = try CheckpointAnswer(proof.note)
        answer(
            ProvedAnswer(checkpoint: checkpoint, event: hash, file: path, index: proof.index.rawValue),
            "\(path): event \(proof.index) \(short(hash.hex)), under \(checkpoint.words)", json: options.json)
    }
}

private struct ProvedAnswer: Encodable {
    var checkpoint: CheckpointAnswer
    var event: EventHash
    var file: String
    var index: Int
}

/// A checkpoint as `--json` gives it, with those who cosigned it.
struct CheckpointAnswer: Encodable {
    var cosigners: [String]
    var origin: String
    var root: String
    var size: Int

    init(_ note: Note) throws {
        let checkpoint = try Checkpoint(parsing: note.text)
        cosigners = Ledger.cosigners(note)
        (origin, root, size) = (checkpoint.origin, checkpoint.root.hex, checkpoint.size.rawValue)
    }

    var words: String { "checkpoint \(size) of \(origin), \(cosigners.count) cosignature(s)" }
}

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Judge a certificate bundle, a disclosure or a .tlog-proof offline, with a trust policy and nothing else.",
        discussion: """
            Exit 0: it holds. Exit 1: it does not. Exit 2: it could not be judged.

            With --adapters the models are merged again, with --base and --data what was trained again is trained once more. \
            What then gives the same bytes is called reproduced, what does not makes the answer no.
            """)
    @Argument(help: "A certificate bundle, a disclosure or a .tlog-proof.") var file: String
    @Option(help: "The trust policy (C2SP tlog-policy).") var trust: String
    @Option(help: "A later chain file or bundle of the same chain: whether anything came back since.") var later:
        String?
    @Option(help: "How old the newest cosigned checkpoint may be: 90s, 15m, 12h, 30d or 4w.") var maxAge: String?
    @Option(help: "A directory with PEFT directories: the models are merged again and compared.") var adapters: String?
    @OptionGroup var retraining: RetrainingGiven
    @Option(help: "Trusted certificates (PEM): enclosed timestamps are judged.") var ca: String?
    @Option(help: "Also write a page for people.") var report: String?
    @Flag(name: .long, help: "Answer in JSON.") var json = false

    func run() async throws {
        var verified: VerifiedFile
        do throws(VerifyRefusal) {
            verified = try request().verify()
        } catch {
            if json, error.code == 1 { print(String(decoding: error.json, as: UTF8.self)) }
            throw Answer(error)
        }
        if case .certificate = verified {} else { try retraining.refuseBesides(file) }
        if case .certificate(var verdict, let bundle) = verified {
            if let adapters { try reproduce(&verdict, adapters) }
            try retraining.reproduce(&verdict, file)
            if let ca { try judgeTimestamps(&verdict, bundle, trusting: ca) }
            verified = .certificate(verdict, bundle)
            if let report { try writeReport(verdict, bundle, to: report, bundlePath: file, policyPath: trust) }
        }
        json ? print(String(decoding: verified.json, as: UTF8.self)) : verified.lines.forEach { print($0) }
    }

    private func request() throws(VerifyRefusal) -> VerifyRequest {
        let age = maxAge.map(Verifying.Duration.init)
        if let maxAge, age == .some(.none) {
            throw VerifyRefusal(64, "\"\(maxAge)\" is not a duration", hint: Verifying.Duration.hint)
        }
        let now: Timestamp
        do { now = try Surroundings.process().now() } catch {
            throw VerifyRefusal(64, "\(error)", hint: "check LETHE_NOW")
        }
        return VerifyRequest(
            file: file, policyFile: trust, laterFile: later, maximumAge: age ?? nil, now: now,
            cores: ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Merges each new model again from the adapters in `directory` and compares digests.
    private func reproduce(_ verdict: inout CertificateVerdict, _ directory: String) throws {
        guard FileManager.default.fileExists(atPath: directory) else {
            throw Answer.unknown(
                "there is no directory \(directory)", hint: "give --adapters a directory with PEFT directories")
        }
        let library = AdapterLibrary(directory: directory)
        let scratch = NSTemporaryDirectory() + "lethe-verify-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let view = verdict.view
        let replayer = ModelReplayer(
            view: view, scratch: scratch, threads: ProcessInfo.processInfo.activeProcessorCount
        ) {
            try library.adapter($0, base: $1)
        }
        for model in verdict.content.models {
            // Another round may have a model of the same bytes.
            let row = view.allModels(of: model.round).last { $0.model == model.newModel && $0.cohort == model.cohort }
            guard let new = model.newModel, let row, let round = view.rounds[model.round] else { continue }
            let result = try replayer.replay(round, cohort: row.cohort, view.mergedContributions(of: row))
            switch result.outcome {
            case .equal where result.expected == new:
                verdict.markReproduced(
                    model, source: "merged again from \(model.contributions.count) adapters in \(directory)")
            case .missing(let adapters):
                verdict.findings.append(
                    CertificateFinding(
                        .notClaimed,
                        "\(model.name) was not merged again: \(adapters.count) adapter(s) are not in \(directory)",
                        source: directory))
            default:
                throw Answer.no(
                    "\(model.name): merging the adapters in \(directory) gives \(result.outcome), not \(new)",
                    hint: "do not rely on the certificate")
            }
        }
    }
}

/// Adapters in a directory tree, found by digest.
private final class AdapterLibrary {
    private let directories: [String]
    private var index: [ArtifactDigest: [ArtifactDigest: String]] = [:]

    init(directory: String) {
        let enumerator = FileManager.default.enumerator(atPath: directory)
        directories = (enumerator?.allObjects as? [String] ?? [])
            .filter { $0.hasSuffix(Adapter.configurationName) }
            .map { "\(directory)/" + ($0 as NSString).deletingLastPathComponent }.sorted()
    }

    func adapter(_ digest: ArtifactDigest, base: ArtifactDigest) throws -> Adapter? {
        if index[base] == nil { index[base] = build(base) }
        guard let path = index[base]?[digest] else { return nil }
        return try Adapter(directory: path, base: BaseDigest(retagging: base))
    }

    private func build(_ base: ArtifactDigest) -> [ArtifactDigest: String] {
        var found: [ArtifactDigest: String] = [:]
        for path in directories {
            guard let adapter = try? Adapter(directory: path, base: BaseDigest(retagging: base)),
                let digests = try? adapter.digests()
            else { continue }
            found[ArtifactDigest(retagging: digests.adapter)] = path
        }
        return found
    }
}

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Rebuild the model's state from entry bytes and compare every digest with what the chain says.")
    @OptionGroup var options: LedgerOptions
    @Option(name: .customLong("at"), help: "Replay only the first SIZE events of the public chain.") var size: Int?
    @Option(name: .customLong("excluding"), parsing: .upToNextOption, help: "Contributions to leave out.")
    var excluding: [String] = []
    @Flag(help: "Rebuild the stored views from the entries.") var views = false
    @Flag(help: "Derive every participation decision, Q-table and reward again instead of models.") var decisions =
        false

    @Flag(help: "Re-execute the training runs whose data this ledger holds instead of merging models.") var retrain =
        false
    @Option(help: "With --retrain: only the runs on this dataset.") var dataset: String?
    @Option(help: "With --retrain: only the runs for this round.") var round: String?
    @Flag(help: "With --retrain: commit external runs that came out the same, which makes them reproduced.")
    var record = false
    @OptionGroup var how: TrainingHow

    func run() async throws {
        if retrain {
            return try await replayRuns(
                options, dataset: dataset, round: round, recording: record, how.options)
        }
        if decisions { return try await replayDecisions(options) }
        if views {
            try await options.writing { try await $0.rebuildViews() }
            return options.json ? printJSON(["views": "rebuilt"]) : print("the views are rebuilt from the entries")
        }
        let results = try await options.reading { ledger in
            var events: Set<EventHash> = []
            for text in excluding { events.insert(try await ledger.resolveEvent(text)) }
            return (
                try await ledger.replayModels(at: size, excluding: events),
                try await ledger.affected(byExcluding: events)
            )
        }
        if options.json {
            printJSON(results.0.map(ReplayAnswer.init))
        } else {
            printResults(results.0)
            for event in results.1 { print("trained on what is left out, and so affected too: \(event)") }
        }
        let wrong = results.0.filter { $0.isWrong }
        if !wrong.isEmpty { throw Answer.no("\(wrong.count) model(s) are not what the chain says") }
    }

    private func printResults(_ results: [ModelReplay]) {
        guard !results.isEmpty else { return print("no models") }
        var table = TextTable(["round", "contributions", "chain says", "replay gives", ""])
        for result in results {
            let answer = ReplayAnswer(result)
            table.add([
                result.round.name(cohort: result.cohort), "\(result.contributions.count)",
                result.expected.map { short($0.hex) } ?? "-",
                answer.computed.map { short($0.hex) } ?? "-", answer.outcome,
            ])
        }
        print(table.text)
    }
}

extension ModelReplay {
    fileprivate var isWrong: Bool {
        switch outcome {
        case .differs, .failed: true
        default: false
        }
    }
}

private struct ReplayAnswer: Encodable {
    var cohort: CohortName?
    var computed: ArtifactDigest?
    var contributions: [EventHash]
    var expected: ArtifactDigest?
    var outcome: String
    var round: RoundID

    init(_ replay: ModelReplay) {
        (round, cohort) = (replay.round, replay.cohort)
        contributions = replay.contributions
        expected = replay.expected
        switch replay.outcome {
        case .equal: (outcome, computed) = ("equal", replay.expected)
        case .differs(let digest): (outcome, computed) = ("differs", digest)
        case .counterfactual(let digest): (outcome, computed) = ("counterfactual", digest)
        case .empty: (outcome, computed) = ("nothing left to merge", nil)
        case .missing(let adapters): (outcome, computed) = ("\(adapters.count) adapter(s) not here", nil)
        case .failed(let reason): (outcome, computed) = (reason, nil)
        }
    }
}

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Verify the whole ledger again, from entry bytes to models. Exit 1 on any finding.")
    @OptionGroup var options: LedgerOptions
    @Option(help: "Certificates (PEM) that kept timestamps must lead to.") var ca: String?

    func run() async throws {
        let authorities = try ca.map(readCertificates)
        let report = try await options.reading { try await $0.check(trusting: authorities) }
        if options.json { printJSON(report) } else { printReport(report) }
        if !report.isClean {
            throw Answer.no("\(report.findings.count) finding(s)", hint: "the ledger is not what its chain says")
        }
    }

    private func printReport(_ report: CheckReport) {
        for finding in report.findings { print("FINDING  \(finding.place): \(finding.problem)") }
        for skipped in report.notLookedAt { print("not looked at  \(skipped.place): \(skipped.problem)") }
        let counted = [(report.records, "record"), (report.timestamps, "timestamp")]
        let more = counted.filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)(s)" }.joined()
        print(
            "\(report.chains) chain(s), \(report.events) event(s), \(report.models) model(s) merged again, "
                + "\(report.bodies) bodies, \(report.blobs) blobs\(more): \(report.isClean ? "clean" : "NOT clean")")
    }
}
