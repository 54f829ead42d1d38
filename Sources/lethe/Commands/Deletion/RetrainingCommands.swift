import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import MerkleLog
import Proofs
import Timestamps
import Verifying

/// The base and the records that a verifier was given, to train again what a certificate says was trained again.
struct RetrainingGiven: ParsableArguments {
    @Option(help: "The base model's directory: what was trained again is trained once more (with --data).") var base:
        String?
    @Option(help: "The same for the embedded base of this seed.") var embedded: UInt64?
    @Option(
        name: .customLong("data"), parsing: .singleValue,
        help: "A directory that a member wrote with lethe deletion export; may be repeated.")
    var data: [String] = []
    @Option(parsing: .singleValue, help: "With --data: no given row may be about this person.") var subject: [String] =
        []
    @Option(parsing: .singleValue, help: "With --data: no given row may have this id.") var record: [String] = []
    @Option(help: "Threads for training (default: all cores). They change no bit.") var threads: Int?
    @OptionGroup var trainer: TrainerGiven

    func validate() throws {
        if base != nil, embedded != nil { throw ValidationError("--base and --embedded exclude each other") }
        if (base != nil || embedded != nil) != !data.isEmpty {
            throw ValidationError(
                data.isEmpty ? "--base trains nothing without --data" : "--data is trained on a base: add --base DIR")
        }
        let folders = data.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        if let twice = folders.indices.first(where: { folders[..<$0].contains(folders[$0]) }) {
            throw ValidationError("--data \(data[twice]) is given twice")
        }
        if data.isEmpty, !subject.isEmpty || !record.isEmpty || threads != nil || trainer.trainer != nil {
            throw ValidationError("--subject, --record, --threads and --trainer belong to --data")
        }
        if let embedded, embedded > BaseLocation.maximumSeed {
            throw ValidationError("--embedded \(embedded) is more than \(BaseLocation.maximumSeed)")
        }
        if let threads, !(1...1_024).contains(threads) {
            throw ValidationError("--threads \(threads) is not between 1 and 1024")
        }
    }

    /// Data belongs to a certificate.
    func refuseBesides(_ file: String) throws {
        guard !data.isEmpty else { return }
        throw Answer(
            code: 64, message: "\(file) is no certificate: nothing in it was trained",
            hint: "leave out --base and --data")
    }

    private var location: BaseLocation {
        if let embedded { return .embedded(seed: embedded) }
        return .directory(base ?? "")
    }

    /// What a second replay is made from.
    func given() throws -> RetrainingVerifier.Given {
        return RetrainingVerifier.Given(
            base: location, data: data, absent: .init(subjects: Set(subject), records: Set(record)),
            trainer: try trainer.command,
            threads: threads ?? ProcessInfo.processInfo.activeProcessorCount,
            scratch: NSTemporaryDirectory() + "lethe-verify-\(ProcessInfo.processInfo.processIdentifier)-training")
    }

    /// Trains again, and says so in the verdict's lines; what speaks against the certificate is thrown.
    func reproduce(_ verdict: inout CertificateVerdict, _ file: String) throws {
        guard !data.isEmpty else { return }
        guard verdict.content.retraining != nil else {
            throw Answer.unknown(
                "\(file) says of nothing that it was trained again", hint: "leave out --base and --data")
        }
        do {
            let given = try given()
            defer { try? FileManager.default.removeItem(atPath: given.scratch) }
            var verifier = try RetrainingVerifier(verdict, given, progress: Surroundings.process().progress)
            for (row, outcome) in try verifier.verify() {
                let place = "trained here from \(data.joined(separator: ", "))"
                switch outcome {
                case .reproduced(let how): verdict.markRetrained(row.replacedBy.event, how, source: place)
                case .notRun(let why):
                    verdict.findings.append(
                        CertificateFinding(
                            .notClaimed,
                            "that training the contribution of \(row.replacedBy.member) to \(row.round) again gives the same bytes: \(why)",
                            source: data.joined(separator: ", ")))
                }
            }
        } catch let fault as RetrainingFault {
            throw Answer(fault)
        }
    }
}

extension Answer {
    init(_ fault: RetrainingFault) {
        self.init(code: fault.isUndecided ? 2 : 1, message: fault.message, hint: fault.hint)
    }
}

extension VerifyCommand {
    /// Judges the timestamps that a bundle encloses, by the certificates that are trusted.
    func judgeTimestamps(_ verdict: inout CertificateVerdict, _ bundle: CertificateBundle, trusting path: String) throws
    {
        guard !bundle.timestamps.isEmpty else {
            throw Answer.unknown("\(file) encloses no timestamp", hint: "leave out --ca")
        }
        let trusted = try readCertificates(path)
        for item in bundle.timestamps {
            let checkpoint = try Checkpoint(parsing: item.checkpoint)
            do {
                let token = try TimestampToken(parsing: Base64.decode(item.token) ?? [])
                let verified = try token.verify(
                    imprint: timestampImprint(of: checkpoint), nonce: nil, trusting: trusted)
                verdict.markTimestamped(
                    size: checkpoint.size.rawValue, at: verified.time, authority: printable(verified.authority))
            } catch let error as TimestampFailure where error.isUndecided {
                throw Answer.unknown(
                    "the timestamp of checkpoint \(checkpoint.size) cannot be judged: \(error)",
                    hint: "openssl ts -verify may know more")
            } catch {
                throw Answer.no(
                    "the timestamp of checkpoint \(checkpoint.size) does not hold: \(error)",
                    hint: "do not rely on its time")
            }
        }
    }
}

extension DeletionCommand {
    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Train again what another member trained again for a deletion, and attest what came out: the second replay.",
            discussion: """
                --data is what the member wrote with lethe deletion export. Each contribution that can be repeated whole gets \
                a training-attested event: equal digests, or other ones. With equal ones of all of them, and of the \
                merges (lethe model attest), the deletion reaches grade A4.

                Exit 0: all equal. Exit 1: something came out otherwise. Exit 2: nothing, or not all, could be repeated.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The deletion's id.") var deletion: String
        @OptionGroup var material: RetrainingGiven

        func validate() throws {
            if material.data.isEmpty { throw ValidationError("--data DIRECTORY says what to train on; add --base DIR") }
        }

        func run() async throws {
            let id: DeletionID = try parsed(deletion, "deletion id")
            let given = try material.given()
            defer { try? FileManager.default.removeItem(atPath: given.scratch) }
            let (replays, member, file) = try await options.writing { ledger in
                let member = try await options.actor(ledger)
                do {
                    let replays = try await ledger.replayTraining(of: id, given: given, as: member)
                    return (replays, member, try await ledger.waitingFile())
                } catch let fault as RetrainingFault {
                    throw Answer(fault)
                }
            }
            if options.json { printJSON(replays) } else { show(replays, member, file) }
            let different = replays.count { $0.outcome == .different }
            guard different == 0 else {
                throw Answer.no(
                    "\(different) contribution(s) came out otherwise, and \(member) has attested that",
                    hint: "an external trainer may give other bytes elsewhere; the built-in one never does")
            }
            let open = replays.count { $0.outcome == .notRun }
            guard open == 0 else {
                throw Answer.unknown(
                    "\(open) of \(replays.count) contribution(s) could not be trained again",
                    hint: "ask each member for its data: lethe deletion export \(id) --to \(member) --kind member")
            }
        }

        private func show(_ replays: [TrainingReplay], _ member: MemberName, _ file: String?) {
            for replay in replays {
                let outcome = replay.outcome == .notRun ? "not run" : replay.outcome.rawValue
                print("\(replay.round)  contribution of \(replay.member)  \(outcome): \(replay.detail)")
                if let event = replay.event { print("  attested by \(member): \(short(event.hex))") }
            }
            if let file { print("the attestations wait in \(file): the operator appends them with lethe append") }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Write what a verifier needs to train again what a deletion had trained again, and record for whom.",
            discussion: """
                The directory has the rows of the repeated runs in the clear, with their salts: personal data, for the reader \
                that is named and nobody else. lethe verify BUNDLE --trust POLICY --base DIR --data DIRECTORY uses it.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The deletion's id.") var deletion: String
        @Option(name: .customLong("to"), help: "Who gets it, in one line.") var reader: String
        @Option(name: .customLong("kind"), help: "What the reader is: auditor, authority, member, other.") var kind =
            "authority"
        @Option(help: "Why. It stays on the private chain.") var reason: String?
        @Option(name: .shortAndLong, help: "The directory to make.") var output: String

        func run() async throws {
            let kind: AccessReader = try parsed(kind, "kind of reader")
            let request = DisclosureRequest(kind: kind, reader: reader, reason: reason, sealedTo: nil)
            let export = try await options.writing { ledger in
                try await ledger.exportRetraining(
                    of: ledger.resolveDeletion(deletion), for: request, to: output, as: options.actor(ledger))
            }
            if options.json { return printJSON(export) }
            print(
                "\(output): \(export.contributions) contribution(s), \(export.runs) run(s) trained again, \(export.rows) row(s) in the "
                    + "clear, \(export.adapters) adapter(s), for \(reader)")
            print("recorded as \(short(export.recorded.hex)); delete the directory once it is used")
        }
    }
}
