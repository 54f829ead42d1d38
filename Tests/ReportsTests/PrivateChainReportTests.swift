import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

@testable import Reports

/// What a member's own private chain adds to reports.
@Suite struct PrivateChainReportTests {
    /// Delta trains one data set in two shards for two rounds, one shard twice for the second.
    private static func consortium() throws -> SampleConsortium {
        var consortium = SampleConsortium.founded()
        let delta = SampleConsortium.delta, united = SampleConsortium.united
        try consortium.openPrivateChain(of: delta)
        var parent: [ArtifactDigest] = []
        for (number, round) in ["round-1", "round-2"].enumerated() {
            try consortium.openRound(round)
            if number == 0 { try consortium.registerDataset(by: delta) }
            var runs: [ShardTrained] = []
            for shard in 0..<2 {
                let before = number == 0 ? nil : Self.artifact("adapter of run ds-1/\(shard)/round-1")
                runs.append(SampleConsortium.run(shard: shard, for: round, parent: before))
                try consortium.train(runs[shard], by: delta)
            }
            var event = SampleConsortium.contribution(delta, to: round, parents: parent)
            event.training = TrainingReference(
                recipe: artifact("recipe"), runs: Hash256(runs: runs.map(\.run)),
                shards: Ascending(runs.map(\.reference)), trainer: .builtIn)
            try consortium.say(.adapterCommitted(event), by: delta)
            parent = [event.adapter]
            try consortium.commit(united, to: round)
            try consortium.close(round)
            try consortium.materialize(round)
        }
        return consortium
    }

    private static func artifact(_ label: String) -> ArtifactDigest { digest(label) }

    private static func footing(_ consortium: SampleConsortium) -> Footing {
        Footing(
            chain: consortium.view.origin, size: Count(consortium.view.size)!, checkpoint: nil, command: "lethe report",
            madeAt: Timestamp(seconds: consortium.clock)!)
    }

    private static func provenance(_ member: MemberName?) throws -> ProvenanceReport {
        let consortium = try consortium()
        let model = consortium.view.currentModel(of: RoundID("round-2")!)!
        return ProvenanceReport(
            of: model, in: consortium.view, evidence: [], file: nil, footing: footing(consortium),
            privateChain: member.map {
                ($0, consortium.privateViews[SampleConsortium.privateOrigin(of: $0)]!)
            })
    }

    @Test func showsTheRunsOfTheMemberThatAsks() throws {
        let report = try Self.provenance(SampleConsortium.delta)
        #expect(
            report.content.runs.map { "\($0.round) \($0.shard.shard)" } == [
                "round-1 0", "round-1 1", "round-2 0", "round-2 1",
            ])
        #expect(report.content.runs.allSatisfy { $0.isCurrent && $0.records.value == 5 })
        #expect(report.content.runs[2].parent == report.content.runs[0].adapter)
        let text = report.html().visibleText
        #expect(text.contains("Training runs on the private chain of delta"))
        #expect(text.contains("ds-1: 0, 1"))
        #expect(report.rows.rows.count { $0.contains("run") } == 4)
    }

    /// Nobody else sees runs: what is public is that there are some, by their digest.
    @Test func showsNoRunsToOthers() throws {
        let report = try Self.provenance(nil)
        #expect(report.content.runs.isEmpty)
        let page = report.html()
        #expect(!page.contains(Self.artifact("run ds-1/0/round-1").hex))
        #expect(!page.contains(Self.artifact("adapter of run ds-1/0/round-1").hex))
        #expect(page.visibleText.contains("The training runs and the records behind contributions"))
        let runs = Hash256<RunSetSubject>(runs: [
            Self.artifact("run ds-1/0/round-1"), Self.artifact("run ds-1/1/round-1"),
        ])
        #expect(page.contains(runs.hex))
    }

    /// Purposes and categories come from the private description, recipients and transfers from the public chain.
    @Test func fillsInWhatIsRecorded() throws {
        var consortium = try Self.consortium()
        let delta = SampleConsortium.delta, origin = SampleConsortium.privateOrigin(of: delta)
        try consortium.say(
            .datasetDescribed(
                DatasetDescribed(
                    dataset: DatasetID("ds-1")!, source: .dataSubjects, licence: .own,
                    purposes: [PurposeName("customer-care")!], isPersonal: true, basis: .gdpr61a,
                    retainUntil: Timestamp("2028-01-31T00:00:00Z")!, dataCategories: [.contact, .content],
                    subjectCategories: [.customers])),
            by: delta, on: origin)
        try consortium.say(
            .handoverRecorded(
                HandoverRecorded(
                    artifact: nil, category: .processor, country: CountryCode("US")!, dataset: DatasetID("ds-1")!,
                    handover: HandoverID("dis-1")!, kind: .personalData, recipient: RecipientID("rcp-1")!)),
            by: delta)
        let view = consortium.privateViews[origin]
        let wanted = ProcessingReport.events(
            in: consortium.view, member: delta, privateViews: view.map { [delta: $0] } ?? [:])
        let evidence = wanted.sorted().enumerated().map { index, event in
            CitedEvent(
                author: delta, chain: consortium.view.origin, claimedAt: Timestamp(seconds: consortium.clock)!,
                event: event, index: Count(index)!, type: "any")
        }
        let activities = ProcessingReport.activities(
            in: consortium.view, member: delta, privateViews: view.map { [delta: $0] } ?? [:], evidence: evidence,
            asOf: Timestamp(seconds: consortium.clock)!)
        let training = try #require(activities.first { $0.kind == .training })
        #expect(training.missing.isEmpty, "\(training.missing)")
        #expect(training.entry(.purposes).values == ["ds-1: customer-care"])
        #expect(training.entry(.legalBasis).values == ["ds-1: gdpr-6-1-a"])
        #expect(training.entry(.data).values == ["ds-1: contact, content"])
        #expect(training.entry(.timeLimits).values == ["ds-1: until 2028-01-31"])
        #expect(training.entry(.recipients).values.contains("rcp-1: processor in US, got personal data"))
        #expect(training.entry(.transfers).values == ["rcp-1: to US, no transfer tool is recorded"])
        // What delta merges for others is not described by its own data sets.
        let merging = try #require(activities.first { $0.kind == .merging })
        #expect(!merging.entry(.purposes).isRecorded && merging.untold.contains(.purposes))
    }

    @Test func listsTheDataSetsOfAMembersOwnChain() throws {
        let consortium = try Self.consortium(), delta = SampleConsortium.delta
        let wanted = ProcessingReport.events(in: consortium.view, member: delta)
        let evidence = wanted.sorted().enumerated().map { index, event in
            CitedEvent(
                author: delta, chain: consortium.view.origin, claimedAt: Timestamp(seconds: consortium.clock)!,
                event: event, index: Count(index)!, type: "adapter-committed")
        }
        let view = consortium.privateViews[SampleConsortium.privateOrigin(of: delta)]
        let activities = ProcessingReport.activities(
            in: consortium.view, member: delta, privateViews: view.map { [delta: $0] } ?? [:], evidence: evidence,
            asOf: Timestamp(seconds: consortium.clock)!)
        let datasets = try #require(activities.first { $0.kind == .training }?.datasets)
        #expect(
            datasets.map { "\($0.dataset) \($0.records) \($0.shards) \($0.runs) \($0.erased)" } == ["ds-1 10 2 4 0"])
        let report = ProcessingReport(
            activities, member: delta, evidence: evidence, footing: Self.footing(consortium))
        #expect(report.html().visibleText.contains("10 records in 2 shards, 0 of them erased; 4 training runs"))
    }
}
