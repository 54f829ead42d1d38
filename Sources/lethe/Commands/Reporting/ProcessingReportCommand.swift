import ArgumentParser
import ChainViews
import Events
import LetheEngine
import Reports

struct ProcessingReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "processing",
        abstract:
            "Records of processing (GDPR Art. 30), as far as the ledger has them. Exit 1 where something is missing.",
        discussion: """
            Purposes, persons, data and time limits are told by descriptions of data sets, which stand on private chains. \
            Those of the members whose keys are here are looked at; what others record is listed as theirs to tell, and no \
            finding. Exit 2 where a member has its keys here and its private chain elsewhere.
            """)
    @OptionGroup var target: ReportOutput
    @Option(name: .long, help: "Only this member; its keys must be here.") var `as`: String?

    func run() async throws {
        let member: MemberName? = try self.as.map { try parsed($0, "member name") }
        let report = try await target.options(as: self.as).readingEntries { ledger in
            let view = try await ledger.verifiedView()
            let own = try await ledger.verifiedOwnViews(of: member, beside: view)
            let evidence = try await ledger.cited(
                ProcessingReport.events(in: view, member: member, privateViews: own))
            let activities = ProcessingReport.activities(
                in: view, member: member, privateViews: own, own: Set(await ledger.localMembers), evidence: evidence,
                asOf: ledger.surroundings.now())
            let suffix = member.map { " --as \($0)" } ?? ""
            return ProcessingReport(
                activities, member: member, privateChains: own.keys.sorted(), evidence: evidence,
                footing: try await ledger.footing("lethe report processing\(suffix)", size: view.size))
        }
        target.say(report.page.banner.heading)
        for activity in report.content.activities {
            let missing = activity.missing.map(\.rawValue).joined(separator: ", ")
            let untold = activity.untold.map(\.rawValue).joined(separator: ", ")
            let teller = activity.kind == .merging ? "the members behind the adapters" : activity.controller.text
            let word = activity.isForOthersToTell ? "for \(teller) to tell" : "not looked at"
            target.say(
                "  \(activity.controller): \(activity.kind.rawValue) in \(activity.rounds.count) round(s)"
                    + (missing.isEmpty ? "" : "; not recorded: \(missing)")
                    + (untold.isEmpty ? "" : "; \(word): \(untold)"))
        }
        try target.write(report)
        guard report.findings == 0 else {
            throw Answer.no(
                "\(report.findings) matter(s) of Art. 30(1) are not recorded",
                hint: "lethe help record says how documents and data sets are recorded")
        }
        guard report.unseen == 0 else {
            throw Answer.unknown(
                "\(report.unseen) matter(s) of Art. 30(1) stand on private chains that were not looked at",
                hint: "lethe chain import takes in the private chain of the member whose keys are here")
        }
    }
}
