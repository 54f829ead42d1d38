import ArgumentParser
import Bytes
import ChainViews
import Events
import Foundation
import LetheEngine
import Proofs
import Reports
import Unlearning
import Verifying

struct DeletionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deletion", abstract: "Requests for deletion, from receipt to certificate.",
        subcommands: [
            Request.self, Decide.self, PlanCommand.self, Execute.self, Status.self, Certify.self,
            Countersign.self, Attest.self, Export.self, Replay.self, Extend.self, Hold.self, Identity.self,
            Interim.self,
        ])

    struct Request: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record a request. The reason goes to the private chain, an opaque id to the public one.")
        @OptionGroup var options: LedgerOptions
        @Option(help: "All contributions of this member.") var member: String?
        @Option(help: "Every record of this person in the author's datasets.") var subject: String?
        @Option(help: "The record with this id in the author's datasets.") var record: String?
        @Option(help: "All records of this dataset, by its id or first characters.") var dataset: String?
        @Option(help: "The right or duty it rests on.") var ground = "contract-ended"
        @Option(help: "When it was received (default: now).") var received: String?
        @Option(help: "What was asked, in the requester's words.") var reason = ""
        @Flag(help: "Record it although an open request is about the same.") var again = false

        func run() async throws {
            guard [member, subject, record, dataset].count(where: { $0 != nil }) == 1 else {
                throw Answer(
                    code: 64, message: "what is to go must be said once",
                    hint: "one of --subject PERSON, --record ID, --dataset ID, --member NAME")
            }
            let member: MemberName? = try member.map { try parsed($0, "member name") }
            let ground: DeletionGround = try parsed(ground, "ground")
            let received: Timestamp? = try received.map { try parsed($0, "time") }
            try await options.writing { ledger in
                let author = try await self.options.actor(ledger)
                let request = DeletionRequest(
                    member: member ?? author, matter: try await matter(ledger), ground: ground,
                    receivedAt: received ?? ledger.surroundings.now(), reason: reason)
                let (id, recorded) = try await ledger.requestDeletion(request, as: author, again: again)
                if options.json { return printJSON(["deletion": id.text, "event": recorded.event.hex]) }
                printRecorded(recorded, "requested \(id)", json: false)
            }
        }

        private func matter(_ ledger: Ledger) async throws -> DeletionSubjectMatter {
            if let subject { return .subject(subject) }
            if let record { return .record(record) }
            if let dataset { return .dataset(try await ledger.resolveDataset(dataset)) }
            return .member
        }
    }

    struct Decide: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Accept or refuse a request.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The deletion's id (default: the only one that waits for a decision).") var deletion: String?
        @Option(help: "accepted or refused.") var decision = "accepted"
        @Option(help: "Why it is refused, e.g. gdpr-17-3-b.") var ground: String?
        @Option(help: "The office that reviewed the refusal, e.g. dpo or legal.") var reviewer: String?
        @Option(help: "The notice-sent event on the private chain, where the person was told.") var notice: String?
        @Option(name: .customLong("with"), parsing: .singleValue, help: "Another local member that signs.")
        var cosigners: [String] = []
        @Option(help: "Write the event to FILE for further signatures, and append nothing.") var draft: String?

        func run() async throws {
            let decision: Decision = try parsed(decision, "decision")
            try checkRefusal(decision)
            let cosigners: [MemberName] = try cosigners.map { try parsed($0, "member name") }
            try await options.writing { ledger in
                let id = try await resolve(deletion, in: .requested, ledger)
                let refusal = try await refusal(decision, ledger)
                // The member concerned decides, where its keys are here; else whoever is named.
                let local = await ledger.localMembers
                let concerned = try await ledger.view.deletions[id]?.member
                let member: MemberName =
                    if options.as == nil, let concerned, local.contains(concerned) { concerned } else {
                        try await options.actor(ledger)
                    }
                if let draft {
                    let events = try await ledger.decision(decision, on: id, refusal: refusal)
                    guard events.count == 1 else {
                        throw Answer(
                            code: 1,
                            message: "the decision names so many shards that it is said in \(events.count) parts",
                            hint: "\(member) decides about its own records alone: leave --draft out")
                    }
                    let bytes = try await ledger.draft(events[0], as: member, cosigners: cosigners)
                    try writeFile(bytes + [0x0a], to: draft)
                    return answer(
                        ["file": draft, "signedBy": member.text],
                        "\(draft): \(draftWords(member))", json: options.json)
                }
                printRecorded(
                    try await ledger.decideDeletion(
                        id, decision, refusal: refusal, as: member, cosigners: cosigners),
                    "\(id) is \(decision.rawValue)", json: options.json)
            }
        }

        /// A refusal says why and who looked at it; a consent to delete says neither.
        private func checkRefusal(_ decision: Decision) throws {
            guard decision == .refused else {
                guard ground == nil, reviewer == nil, notice == nil else {
                    throw Answer(
                        code: 64, message: "--ground, --reviewer and --notice belong to a refusal",
                        hint: "leave them out, or say --decision refused")
                }
                return
            }
            guard ground != nil, reviewer != nil else {
                throw Answer(
                    code: 64, message: "a refusal needs --\(ground == nil ? "ground" : "reviewer")",
                    hint: "grounds: \(Refusal.Ground.allCases.map(\.rawValue).joined(separator: ", ")); "
                        + "reviewers: \(Office.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let _: Refusal.Ground = try parsed(ground!, "ground of refusal")
            let _: Office = try parsed(reviewer!, "office")
            _ = try notice.map { try beginning($0, "event hash") }
        }

        private func refusal(_ decision: Decision, _ ledger: Ledger) async throws -> Refusal? {
            guard decision == .refused, let ground, let reviewer else { return nil }
            return Refusal(
                ground: try parsed(ground, "ground of refusal"),
                notice: try await notice.asyncMap { try await ledger.resolveEvent($0) },
                reviewer: try parsed(reviewer, "office"))
        }
    }

    struct PlanCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "plan", abstract: "Show what carrying out deletions would do. Changes nothing.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "Deletion ids; several make one plan (default: all that are accepted).") var deletions:
            [String] = []
        @Flag(help: "Print the plan's digest and nothing else.") var digestOnly = false

        func run() async throws {
            let (plan, view, outlook) = try await options.reading { ledger in
                var ids: [DeletionID] = []
                for text in deletions { ids.append(try await ledger.resolveDeletion(text)) }
                if ids.isEmpty { ids = try await accepted(ledger) }
                let plan = try await ledger.planDeletions(ids)
                return (plan, try await ledger.view, try await ledger.outlook(of: plan))
            }
            if digestOnly { return options.json ? printJSON(["plan": plan.digest.hex]) : print(plan.digest) }
            if options.json { return printJSON(PlanAnswer(plan, view, outlook)) }
            printPlan(plan, view, outlook)
        }
    }

    struct Execute: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Carry out a plan: every step that members of this ledger can take.",
            discussion: "Cut off at any point, it goes on where it stopped.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The plan's digest as lethe deletion plan printed it, or at least 8 digits of it.")
        var plan: String
        @Option(help: "Threads for training (default: all cores). They change no bit.") var threads: Int?
        @OptionGroup var trainer: TrainerGiven

        func run() async throws {
            let plan = try beginning(plan, "plan digest")
            let training = TrainingOptions(threads: threads, trainer: try trainer.command)
            let (left, size, file) = try await options.writing { ledger in
                let left = try await ledger.execute(plan: ledger.resolvePlan(plan), options: training)
                return (left, try await ledger.view.size, try await ledger.waitingFile())
            }
            if options.json { return printJSON(left.map(\.summary)) }
            if left.isEmpty, file == nil {
                return print("the plan is carried out; the public chain has \(size) events")
            }
            if let file { print("this ledger's part waits in \(file): the operator appends it with lethe append") }
            for step in left { print("waiting for \(step.actor): \(step.summary)") }
        }
    }

    struct Certify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Issue the certificate of a completed deletion, or a statement of its status.",
            discussion: "What is completed and exact gets a certificate, everything else a statement of status.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The deletion's id (default: the only completed one).") var deletion: String?
        @Option(name: .shortAndLong, help: "The bundle file to write.") var output: String
        @Option(help: "The trust policy that it has to meet: without its quorum nothing is issued.") var trust: String?
        @Option(help: "Also write a page for people, judged by the policy of --trust.") var report: String?
        @Option(name: .customLong("with"), parsing: .singleValue, help: "Another local member that signs.")
        var signers: [String] = []
        @Flag(help: "Issue another document in the place of the one that the chain records.") var supersede = false

        func validate() throws {
            guard report == nil || trust != nil else {
                throw ValidationError("--report is judged by a trust policy: add --trust POLICY")
            }
        }

        func run() async throws {
            let signers: [MemberName] = try signers.map { try parsed($0, "member name") }
            let policy = try trust.map(readPolicy)
            let (bundle, verdict) = try await options.writing { ledger in
                let id = try await resolve(deletion, in: .completed, ledger)
                let issuer = try await self.options.actor(ledger, role: .aggregator)
                let view = try await ledger.view
                let witnesses = await ledger.localMembers.filter { view.members[$0]?.roles.contains(.witness) ?? false }
                let (bundle, verdict, _) = try await ledger.certify(
                    id, as: issuer, signers: signers, witnesses: witnesses, again: supersede, under: policy)
                return (bundle, verdict)
            }
            try writeFile(bundle.bytes, to: output)
            if let report, let trust {
                try writeReport(verdict, bundle, to: report, bundlePath: output, policyPath: trust)
            }
            if policy == nil { try warnIfNobodyCosigned(Array(bundle.chain.checkpoint.utf8)) }
            let (title, grade) = (verdict.content.title, "A\(verdict.content.grade.rawValue)")
            printFile(output, ["grade": grade, "title": title], "\(title), grade \(grade)", json: options.json)
        }
    }
}

extension DeletionCommand {
    struct Countersign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Sign a certificate that another member issued, after checking it against this ledger's own chain.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The bundle; the signature is added in place.") var file: String
        @Option(help: "The trust policy.") var trust: String

        func run() async throws {
            let bundle = try readBundle(file)
            let policy = try readPolicy(trust)
            let (signed, member) = try await options.reading { ledger in
                let member = try await options.actor(ledger)
                return (try await ledger.countersign(bundle, policy: policy, as: member), member)
            }
            try writeFile(signed.bytes, to: file)
            printFile(file, ["member": member.text], "signed by \(member)", json: options.json)
        }
    }
}

func readBundle(_ path: String) throws -> CertificateBundle {
    do throws(VerifyRefusal) {
        return try VerifyRequest.bundle(InputFile.read(path, limit: CertificateBundle.maximumBytes), path)
    } catch {
        throw Answer(error)
    }
}

/// The deletion that `text` names; without a name the only one in `state`.
private func resolve(_ text: String?, in state: DeletionRow.State, _ ledger: Ledger) async throws -> DeletionID {
    if let text { return try await ledger.resolveDeletion(text) }
    return try await ledger.onlyDeletion(in: state)
}

/// All deletions that are accepted and not started.
private func accepted(_ ledger: Ledger) async throws -> [DeletionID] {
    let found = try await ledger.view.allDeletions.filter { $0.state == .accepted }.map(\.deletion)
    guard !found.isEmpty else {
        throw Answer.unknown("no deletion is accepted", hint: "lethe deletion status shows them all")
    }
    let limit = DeletionStarted.mostDeletions
    if found.count > limit {
        standardError(
            "lethe: \(found.count) deletions are accepted; this plan is for the first \(limit), the others make another one"
        )
    }
    return Array(found.prefix(limit))
}

/// Writes the page for people beside a bundle.
func writeReport(
    _ verdict: CertificateVerdict, _ bundle: CertificateBundle, to path: String, bundlePath: String, policyPath: String
) throws {
    let names = [bundlePath, policyPath].map { URL(fileURLWithPath: $0).lastPathComponent }
    let report = DeletionReport(
        verdict: verdict, bundleDigest: .sha256(bundle.bytes),
        command: "lethe verify \(names[0]) --trust \(names[1])")
    try writeFile(Array(report.html().utf8), to: path)
}

/// A deletion's state as `--json` gives it.
struct DeletionAnswer: Encodable {
    struct Step: Encodable {
        var by: String
        var step: String
    }

    var deletion: DeletionID
    var dueAt: Timestamp
    var extendedDueAt: Timestamp?
    var gracedDueAt: Timestamp
    var grade: Int
    var identity: String?
    var isOverdue: Bool
    /// Approximate, interim; none of them is erasure.
    var interim: [MitigationStatus]
    var member: MemberName
    var plan: ArtifactDigest?
    var receivedAt: Timestamp
    /// What others have to repeat before it has grade A4.
    var secondReplays: [String]
    var state: String
    var strictDueAt: Timestamp
    var waitsFor: [Step]

    init(_ status: DeletionStatus) {
        deletion = status.row.deletion
        dueAt = status.row.dueAt
        extendedDueAt = status.dates.extendedDue
        gracedDueAt = status.dates.graced
        strictDueAt = status.dates.strict
        identity = status.row.identity.last?.step.rawValue
        isOverdue = status.isOverdue
        grade = status.grade.rawValue
        interim = status.mitigations
        member = status.row.member
        plan = status.row.plan
        receivedAt = status.row.receivedAt
        secondReplays = status.secondReplays.map(\.summary)
        state = status.row.state.rawValue
        waitsFor = status.next.map { Step(by: $0.by, step: $0.step) }
    }
}

struct BodyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "body", abstract: "Erasable data behind events.", subcommands: [Show.self, Erase.self])

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the body behind a commitment. Reading one of a private chain is recorded on that chain.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The commitment, or at least 8 digits of it.") var commitment: String
        @Option(help: "Why it is read, for readers of the private chain.") var reason: String?

        func run() async throws {
            let text = try beginning(commitment, "commitment")
            let member: MemberName? = try options.as.map { try parsed($0, "member name") }
            let found = try await options.writing { ledger in
                try await ledger.readBody(ledger.resolveBody(text), as: member, reason: reason)
            }
            guard let body = found else { throw Answer.no("no body \(commitment) is in this ledger") }
            let said = String(decoding: body, as: UTF8.self)
            options.json ? printJSON(["body": said]) : print(said)
        }
    }

    struct Erase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Erase a body with its salt and data key, then record that it is gone.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The commitment, or at least 8 digits of it.") var commitment: String

        func run() async throws {
            let text = try beginning(commitment, "commitment")
            try await options.writing { ledger in
                let member = try await self.options.actor(ledger)
                let value = try await ledger.resolveBody(text)
                printRecorded(
                    try await ledger.eraseBody(value, as: member), "erased \(short(value.hex))", json: options.json)
            }
        }
    }
}
