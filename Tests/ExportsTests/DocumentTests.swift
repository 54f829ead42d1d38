import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Exports
import Foundation
import Testing

private typealias Skies = SampleConsortium

/// The history of `round`'s model, with made-up times.
private func history(_ skies: Skies, _ round: String) throws -> ModelHistory {
    var places: [EventHash: Int] = [:]
    for (index, entry) in skies.entries.enumerated() { places[EventHash(envelope: entry)] = index }
    let model = skies.view.models[skies.view.rounds[RoundID(round)!]!.materialization!]!
    return try ModelHistory(of: model, in: skies.view) { event in
        try places[event].map { index in
            let statement = try ReceivedEvent(parsing: skies.entries[index]).statement
            return EventPlace(author: statement.author, claimedAt: statement.claimedAt, index: index)
        }
    }
}

/// What a document says, as Foundation reads it.
private func object(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
}

@Suite struct DocumentTests {
    /// Two rounds of feedback, then united leaves the first.
    private static func feedback() throws -> Skies {
        var skies = Skies.founded()
        let model = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.runRound("r2", .feedback, [Skies.united, Skies.virgin]) { _ in [model] }
        return skies
    }

    private static func afterDeletion() throws -> Skies {
        var skies = Skies.founded()
        try skies.runRound("r1", .isolated, [Skies.united, Skies.virgin, Skies.swiss])
        try skies.evaluate("r1")
        try skies.delete(Skies.united, "del-1")
        try skies.evaluate("r1", ppm: 812_500)
        return skies
    }

    @Test func theHistoryGoesDownToTheBase() throws {
        let history = try history(Self.feedback(), "r2")
        #expect(history.models.map(\.round.text) == ["r1", "r2"])
        #expect(
            history.contributions.map { "\($0.round)/\($0.member)" } == [
                "r1/united", "r1/virgin", "r2/united", "r2/virgin",
            ])
        #expect(history.replaced.isEmpty)
    }

    @Test func theSameHistoryGivesTheSameBytes() throws {
        let (first, second) = (try history(Self.afterDeletion(), "r1"), try history(Self.afterDeletion(), "r1"))
        #expect(ProvenanceDocument.bytes(of: first) == ProvenanceDocument.bytes(of: second))
        #expect(
            BillOfMaterials.bytes(of: first, version: "1") == BillOfMaterials.bytes(of: second, version: "1"))
    }

    @Test func provenanceTellsWhatADeletionTook() throws {
        let history = try history(Self.afterDeletion(), "r1")
        let document = try object(ProvenanceDocument.bytes(of: history))
        let old = try #require(history.replaced.first?.row)
        let excluded = try #require(history.contributions.first { $0.excludedBy != nil })
        let invalidated = try #require(document["wasInvalidatedBy"] as? [String: [String: Any]])
        #expect(
            Set(invalidated.values.compactMap { $0["prov:entity"] as? String })
                == ["chain:model-\(old.model)", "chain:adapter-\(excluded.adapter)"])
        let derivations = try #require(document["wasDerivedFrom"] as? [String: [String: Any]])
        let new = "chain:model-\(history.model.model)"
        let sources = derivations.values.filter { $0["prov:generatedEntity"] as? String == new }
            .compactMap { $0["prov:usedEntity"] as? String }
        #expect(sources.count == 2 && !sources.contains("chain:adapter-\(excluded.adapter)"))
    }

    /// Only who got the same bytes is said to have made it again.
    @Test func provenanceTellsWhoTrainedItAgain() throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        let old = try skies.commit(Skies.united, to: "r1", shards: [0])
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = try skies.start("del-1")
        try skies.dispose(plan)
        try skies.say(.trainingAttested(skies.replayed(old, plan)), by: Skies.virgin)
        try skies.say(.trainingAttested(skies.replayed(old, plan, .different)), by: Skies.swiss)
        let document = try object(ProvenanceDocument.bytes(of: history(skies, "r1")))
        let influences = try #require(document["wasInfluencedBy"] as? [String: [String: Any]])
        let adapter = skies.replayed(old, plan).adapter
        #expect(
            influences.values.map { "\($0["prov:influencee"] ?? "") \($0["prov:influencer"] ?? "")" }
                == ["chain:adapter-\(adapter) chain:member-virgin"])
    }

    @Test func theBillOfMaterialsListsWhatTheModelIsMadeOf() throws {
        let history = try history(Self.afterDeletion(), "r1")
        let bytes = BillOfMaterials.bytes(of: history, files: [.init(name: "f", sha256: "ab")], version: "1.2")
        let document = try object(bytes)
        let components = try #require(document["components"] as? [[String: Any]])
        let refs = components.compactMap { $0["bom-ref"] as? String }
        #expect(refs.filter { $0.hasPrefix("contribution:") }.count == 2)
        #expect(Set(refs).count == refs.count)
        let dependencies = try #require(document["dependencies"] as? [[String: Any]])
        let model = dependencies.first { $0["ref"] as? String == "model:\(history.model.event)" }
        #expect((model?["dependsOn"] as? [String])?.count == 2)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(#""value":"0.8125""#) && text.contains("Takes the place of the model"))
        let excluded = try #require(history.contributions.first { $0.excludedBy != nil })
        #expect(!text.contains(excluded.adapter.hex), "an excluded adapter is no material")
    }

    /// united went on from the first model, and left: neither is behind what virgin's contribution alone makes now.
    @Test func theBillOfAModelListsNothingBehindWhatItTookThePlaceOf() throws {
        var skies = Skies.founded()
        let first = try skies.runRound("r1", .feedback, [Skies.united, Skies.virgin])
        try skies.runRound("r2", .feedback, [Skies.united, Skies.virgin]) { $0 == Skies.united ? [first] : [] }
        try skies.delete(Skies.united, "del-1")
        let document = try object(BillOfMaterials.bytes(of: try history(skies, "r2"), version: "1"))
        let components = try #require(document["components"] as? [[String: Any]])
        let refs = components.compactMap { $0["bom-ref"] as? String }.filter { !$0.hasPrefix("base:") }
        #expect(refs.filter { $0.hasPrefix("model:") } == [])
        #expect(refs.filter { $0.hasPrefix("contribution:") }.count == 1)
    }

    @Test func aHistoryWithUnknownEventsIsRefused() throws {
        let skies = try Self.feedback()
        #expect(throws: ModelHistoryError.self) {
            try ModelHistory(of: skies.view.allModels[0], in: skies.view) { _ in nil }
        }
    }
}

@Suite struct DanglingReferenceTests {
    private static func check(_ text: String...) -> [String]? {
        DanglingReferences.check(text.map { Array($0.utf8) })?.map(\.path)
    }

    @Test func findsWhatNothingAnswersTo() {
        #expect(
            Self.check(#"{"uuid":"u","a":[{"observation-uuid":"u"},{"observation-uuid":"v"}]}"#) == [
                "$.a[1].observation-uuid"
            ])
        #expect(Self.check(##"{"href":"#x"}"##) == ["$.href"])
        #expect(Self.check(#"{"href":"https://x"}"#) == [])
        #expect(Self.check(#"{"control-id":"c","target-id":"c_obj"}"#) == ["$.control-id", "$.target-id"])
        #expect(
            Self.check(#"{"control-id":"c","target-id":"c_obj"}"#, #"{"x":[{"id":"c"},{"id":"c_obj"}]}"#) == [])
        #expect(Self.check("{") == nil)
    }
}
