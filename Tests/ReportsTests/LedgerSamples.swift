import Bytes
import ChainViews
import Compliance
import Events
import Foundation
import MerkleLog

@testable import Reports

/// Reports that are made from a chain, over the histories of ``Sample``.
enum LedgerSample {
    static let policies = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "policies")

    /// Under a checkpoint of all events that `cosigners` members cosigned.
    static func footing(_ history: History, cosigners: Int = 2, later seconds: Int = 0) -> Footing {
        let tree = MerkleTree(leaves: history.entries.map { LeafHash(entry: $0) })
        return Footing(
            chain: History.origin, size: Count(history.entries.count)!,
            checkpoint: .init(
                size: Count(history.entries.count)!, root: ArtifactDigest(retagging: tree.root()),
                cosigners: Array(history.members.prefix(cosigners))),
            command: "lethe report", madeAt: Timestamp(seconds: history.clock + seconds)!)
    }

    static func cited(_ history: History, _ wanted: Set<EventHash>) throws -> [CitedEvent] {
        try history.entries.enumerated().compactMap { position, bytes in
            let event = try ReceivedEvent(parsing: bytes)
            guard wanted.contains(event.hash) else { return nil }
            return CitedEvent(
                author: event.statement.author, chain: History.origin, claimedAt: event.statement.claimedAt,
                event: event.hash, index: Count(position)!, type: event.statement.event.type.rawValue)
        }
    }

    /// The provenance of the newest model of `round`, or of the one that was made first.
    static func provenance(
        _ history: History, _ round: String, isFirst: Bool = false, file: String? = nil
    ) throws -> ProvenanceReport {
        let models = history.view.allModels(of: RoundID(round)!)
        let model = isFirst ? models.first! : models.last!
        return ProvenanceReport(
            of: model, in: history.view,
            evidence: try cited(history, ProvenanceReport.events(of: model, in: history.view)), file: file,
            footing: footing(history))
    }

    static func provenanceOfRound1(_ history: History) -> ProvenanceReport {
        try! provenance(history, "round-1")
    }

    static func state(
        _ history: History, _ id: String, waits: [DeletionStateReport.Wait] = [], later seconds: Int = 0
    ) throws -> DeletionStateReport {
        let id = DeletionID(id)!
        return DeletionStateReport(
            of: id, in: history.view, waits: waits,
            evidence: try cited(history, DeletionStateReport.events(of: id, in: history.view)),
            footing: footing(history, later: seconds))
    }

    static func processing(_ history: History, _ member: String? = nil) throws -> ProcessingReport {
        let member = member.map { MemberName($0)! }
        let evidence = try cited(history, ProcessingReport.events(in: history.view, member: member))
        return ProcessingReport(
            ProcessingReport.activities(
                in: history.view, member: member, evidence: evidence,
                asOf: Timestamp(seconds: history.clock)!), member: member,
            evidence: evidence, footing: footing(history))
    }

    static let answers = Answers(
        judgements: [],
        responses: [
            ManagementResponse(
                control: "LED-03", subject: nil, response: "Two more witnesses join.", responsible: "operator",
                dueOn: CalendarDate("2026-12-01"))
        ],
        waivers: [
            Waiver(
                waiver: "w-1", control: "GDPR-32-1d", subject: nil, owner: "dpo", approver: "board",
                reason: "The audit is in December.", grantedAt: Timestamp(seconds: History.founding)!,
                expiresAt: Timestamp(seconds: History.founding + 400 * 86_400)!)
        ])

    /// All packs over a history whose checkpoints nobody cosigned, so that some controls fail.
    static func compliance(_ history: History, asOf seconds: Int? = nil) throws -> ComplianceReport {
        let packs = try ["gdpr-erasure", "gdpr-governance", "ledger-core", "ai-act-high-risk"].map {
            try Pack(folder: policies.appending(path: $0).path)
        }
        let answers = answers
        let result = try Tool.withFolder { folder in
            let inputs = ControlInputs(
                waivers: answers.waivers!, selfTests: packs.flatMap(SelfTest.results),
                calendar: LegalCalendar(timeZone: .utc))
            let database = try ControlDatabase.build(
                at: "\(folder)/control.sqlite", view: history.view, inputs: inputs
            ) { take in
                for (position, bytes) in history.entries.enumerated() {
                    try take(ReceivedEvent(parsing: bytes).record(at: position))
                }
            }
            let asOf = Timestamp(seconds: seconds ?? history.clock + 10 * 86_400)!
            return try Evaluation(asOf: asOf, roles: [.controller], waivers: answers.waivers!)
                .evaluate(packs, on: database)
        }
        let rows = result.packs.flatMap(\.controls).flatMap(\.violations)
        let named = Set(rows.compactMap { $0.violation.eventID.flatMap { EventHash(hex: $0) } })
        return ComplianceReport(
            result, evidence: try cited(history, named),
            setting: .init(
                organisation: nil, privateChain: nil, otherChains: [], quorum: 1, timeZone: "UTC", holidays: 0,
                answers: answers, answersFile: .init(name: "answers.yaml", digest: History.digest("answers")),
                refusedAt: nil, leftOut: [PackID("us-ccpa-hipaa")!]),
            footing: footing(history, later: 10 * 86_400))
    }

    /// One of each, with their pages.
    static let all: Result<[String: (page: String, data: [UInt8], csv: String)], any Error> = Result {
        let isolated = try Sample.isolated.history()
        func forms(_ report: some Report) -> (page: String, data: [UInt8], csv: String) {
            (report.html(), report.json(), report.csv())
        }
        return [
            "compliance": forms(try compliance(isolated)),
            "provenance": forms(try provenance(isolated, "round-3")),
            "provenance-replaced": forms(try provenance(isolated, "round-3", isFirst: true, file: "model")),
            "provenance-feedback": forms(try provenance(try Sample.feedback.history(), "round-1")),
            "provenance-huge": forms(try provenance(try Sample.huge.history(), "2026-week-35")),
            "processing": forms(try processing(isolated)),
            "deletion": forms(try state(isolated, "del-5f2c71")),
            "deletion-late": forms(try state(try Sample.lonely.history(), "del-5f2c71")),
            "deletion-beside": forms(try state(try SurroundedDeletion.history(), "del-1", later: 20 * 86_400)),
        ]
    }

    static let names = [
        "compliance", "provenance", "provenance-replaced", "provenance-feedback", "provenance-huge", "processing",
        "deletion",
        "deletion-late", "deletion-beside",
    ]

    static func forms(_ name: String) throws -> (page: String, data: [UInt8], csv: String) {
        try all.get()[name]!
    }
}
