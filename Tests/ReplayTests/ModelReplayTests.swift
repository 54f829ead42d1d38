import Adapters
import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Replay
import Testing

private typealias Skies = SampleConsortium

/// One tensor of four numbers, as a PEFT directory's two files would hold it. Means of them are known by
/// hand.
private func adapter(_ values: [Float]) throws -> Adapter {
    let configuration =
        #"{"peft_type":"LORA","r":1,"lora_alpha":1,"target_modules":["query"],"task_type":"SEQ_CLS"}"#
    let names = ["lora_A", "lora_B"].map { "base_model.model.layer.query.\($0).weight" }
    let header =
        #"{"\#(names[0])":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
        + #""\#(names[1])":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]}}"#
    let data = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    return try Adapter(
        configuration: Array(configuration.utf8),
        tensors: MemoryByteSource(length + Array(header.utf8) + data),
        base: BaseDigest(retagging: Skies.base))
}

/// A chain whose contributions are real adapters.
private struct Story {
    var skies = Skies.founded()
    var adapters: [ArtifactDigest: Adapter] = [:]

    mutating func commit(_ member: MemberName, to round: String, _ values: [Float], weight: Int = 1) throws {
        let adapter = try adapter(values)
        let digests = try adapter.digests()
        var event = Skies.contribution(member, to: round, weight: weight)
        event.adapter = ArtifactDigest(retagging: digests.adapter)
        event.tensors = ArtifactDigest(retagging: digests.tensors)
        try skies.say(.adapterCommitted(event), by: member)
        adapters[event.adapter] = adapter
    }

    /// Closes the round and says that its model is `values`.
    mutating func materialize(_ round: String, as values: [Float], plan: ArtifactDigest? = nil) throws {
        if plan == nil { try skies.close(round) }
        let digests = try adapter(values).digests()
        var event = skies.materialization(of: round, plan: plan)
        event.model = ArtifactDigest(retagging: digests.adapter)
        event.tensors = ArtifactDigest(retagging: digests.tensors)
        try skies.say(.modelMaterialized(event), by: Skies.delta)
    }

    /// united: 1 2 3 4, weight 1; virgin: 5 6 7 8, weight 3. The mean is 4 5 6 7.
    static func oneRound(as values: [Float] = [4, 5, 6, 7]) throws -> Story {
        var story = Story()
        try story.skies.openRound("r1")
        try story.commit(Skies.united, to: "r1", [1, 2, 3, 4])
        try story.commit(Skies.virgin, to: "r1", [5, 6, 7, 8], weight: 3)
        try story.materialize("r1", as: values)
        return story
    }

    func replay(
        excluding excluded: Set<EventHash> = [], without missing: Set<ArtifactDigest> = []
    ) throws -> [ModelReplay] {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "replay-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let replayer = ModelReplayer(view: skies.view, scratch: scratch, threads: 1) { digest, base in
            #expect(base == Skies.base)
            return missing.contains(digest) ? nil : adapters[digest]
        }
        let results = try replayer.replay(excluding: excluded)
        #expect(
            (try? FileManager.default.contentsOfDirectory(atPath: scratch)) ?? [] == [],
            "merged tensors lie about")
        return results
    }

    func events(_ member: MemberName) -> Set<EventHash> {
        Set(skies.view.contributions(to: RoundID("r1")!).filter { $0.member == member }.map(\.event))
    }
}

/// Models rebuilt from adapters whose means are known by hand.
@Suite struct ModelReplayTests {
    @Test func aModelThatIsTheMeanIsEqual() throws {
        let story = try Story.oneRound()
        #expect(try story.replay().map(\.outcome) == [.equal])
        #expect(try story.replay()[0].expected == story.skies.view.allModels[0].model)
    }

    @Test func aModelThatIsNotTheMeanDiffersByWhatTheMeanIs() throws {
        let story = try Story.oneRound(as: [4, 5, 6, 7.5])
        let mean = ArtifactDigest(retagging: try adapter([4, 5, 6, 7]).digests().adapter)
        #expect(try story.replay().map(\.outcome) == [.differs(mean)])
    }

    @Test func leavingAContributionOutGivesTheCounterfactual() throws {
        let story = try Story.oneRound()
        let rest = ArtifactDigest(retagging: try adapter([5, 6, 7, 8]).digests().adapter)
        let result = try story.replay(excluding: story.events(Skies.united))
        #expect(result.map(\.outcome) == [.counterfactual(rest)])
        #expect(result[0].expected == nil)
    }

    @Test func leavingAllContributionsOutLeavesNothing() throws {
        let story = try Story.oneRound()
        let all = story.events(Skies.united).union(story.events(Skies.virgin))
        #expect(try story.replay(excluding: all).map(\.outcome) == [.empty])
    }

    @Test func saysWhichAdaptersAreMissing() throws {
        let story = try Story.oneRound()
        let digest = story.skies.view.contributions(to: RoundID("r1")!)[1].adapter
        #expect(try story.replay(without: [digest]).map(\.outcome) == [.missing([digest])])
    }

    @Test func afterADeletionTheRebuiltModelIsEqualWithoutTheExcludedAdapter() throws {
        var story = try Story.oneRound()
        let excluded = story.skies.view.contributions(to: RoundID("r1")!)[0].adapter
        try story.skies.accept("del-1", of: Skies.united)
        let plan = try story.skies.start("del-1")
        #expect(try story.replay(without: [excluded]).map(\.expected) == [nil])
        try story.skies.exclude(plan)
        try story.materialize("r1", as: [5, 6, 7, 8], plan: plan)
        #expect(try story.replay(without: [excluded]).map(\.outcome) == [.equal])
    }

    @Test func aScratchDirectoryIsPrivateAndGoesAway() throws {
        let parent = FileManager.default.temporaryDirectory.appending(path: "scratch-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: parent) }
        let path = try withScratchDirectory(parent) { path in
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o700)
            try Data("tensors".utf8).write(to: URL(filePath: path + "/file"))
            return path
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        try FileManager.default.createDirectory(atPath: parent + "/left", withIntermediateDirectories: true)
        sweepScratch(parent)
        #expect(try FileManager.default.contentsOfDirectory(atPath: parent) == [])
    }
}
