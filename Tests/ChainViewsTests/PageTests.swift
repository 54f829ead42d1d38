import Bytes
import ChainViews
import ConsortiumFixture
import Crypto
import Events
import Foundation
import Testing

private typealias Skies = SampleConsortium

/// What the pages in `schemas` say of views, plans and the key directory, held against the code.
@Suite struct PageTests {
    private static func page(_ name: String) throws -> String {
        String(decoding: try VectorFolder.bytes(of: "../../schemas/\(name)"), as: UTF8.self)
    }

    /// The first cells of the table rows in `section`.
    private static func names(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\n").compactMap { line in
            line.hasPrefix("| `") ? String(line.dropFirst(3).prefix { $0 != "`" }) : nil
        }
    }

    private static func section(_ heading: String, of page: String) throws -> Substring {
        let text = try Self.page(page)
        let start = try #require(text.firstRange(of: "\n## \(heading)\n")).upperBound
        let end = text[start...].firstRange(of: "\n## ")?.lowerBound ?? text.endIndex
        return Substring(String(text[start..<end]))
    }

    @Test func viewsListsEveryKindOfRow() throws {
        var history = RandomHistory(seed: 7)
        for _ in 0..<300 { _ = history.step() }
        var skies = history.consortium
        let member = Skies.virgin
        try skies.runRound("measured", .isolated, [Skies.united])
        let model = skies.view.currentModel(of: RoundID("measured")!)!.model
        try skies.say(.adapterEvaluated(Skies.accuracy(of: model)), by: Skies.united)
        try skies.say(.deletionRequested(skies.request("weakened", of: Skies.united)), by: Skies.united)
        try skies.say(.mitigationApplied(skies.mitigation("weakened", of: model)), by: Skies.delta)
        try skies.openPrivateChain(of: member)
        try skies.say(.chainAnchored(ChainAnchored(origin: Skies.privateOrigin(of: member))), by: member)
        try skies.say(
            .deletionScoped(DeletionScoped(deletion: DeletionID("d")!)), by: member,
            on: Skies.privateOrigin(of: member))
        let access = AccessRecorded(access: .read, anchor: nil, leaves: [Count(0)!], reader: .auditor)
        try skies.say(.accessRecorded(access), by: member, on: Skies.privateOrigin(of: member))
        try skies.registerDataset(by: member)
        try skies.train(Skies.run(for: "measured"), by: member)
        try skies.say(.recordErased(Skies.erasure("a")), by: member, on: Skies.privateOrigin(of: member))
        let publicKinds = Set((skies.view.rows + (try Self.trainedTwice().rows)).map(\.kind))
        #expect(Set(Self.names(try Self.section("Public view", of: "views.md"))) == publicKinds)
        let privateKinds = Set(skies.privateViews[Skies.privateOrigin(of: member)]!.rows.map(\.kind))
        #expect(Set(Self.names(try Self.section("Private view", of: "views.md"))) == privateKinds)
    }

    /// What united trained again, virgin has repeated.
    private static func trainedTwice() throws -> PublicView {
        var skies = Skies.founded()
        try skies.openRound("r1")
        let old = try skies.commit(Skies.united, to: "r1", shards: [0])
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        try skies.retrain(old, plan)
        try skies.say(.trainingAttested(skies.replayed(old, plan)), by: Skies.virgin)
        return skies.view
    }

    @Test func planListsEveryMember() throws {
        let plan = Skies.founded().view.plan(for: [])
        #expect(
            Self.names(try Self.section("Format", of: "plan.md"))
                == Mirror(reflecting: plan).children.compactMap(\.label).sorted())
    }

    /// The directory's digest from the page alone: rows written by hand and hashed by another library.
    @Test func theKeyDirectoryIsWhatThePageSays() throws {
        var skies = Skies.founded()
        let new = Skies.key(Skies.united, "event", 1)
        let added = KeyAdded(
            key: Skies.keyBytes(Skies.united, "event", 1), member: Skies.united, purpose: .event)
        try skies.say(.keyAdded(added), by: Skies.united, keys: [new])
        let revoked = KeyRevoked(
            goodSize: Count(1)!, key: Skies.keyBytes(Skies.united).keyID, member: Skies.united,
            reason: .rotated)
        try skies.say(.keyRevoked(revoked), by: Skies.united)
        var rows: [(order: String, text: String)] = Skies.roles.keys.flatMap { member in
            ["event", "witness", "encryption"].map { purpose in
                let key = Skies.keyBytes(member, purpose)
                let isGone = member == Skies.united && purpose == "event"
                let text =
                    #"{"addedAt":0,\#(isGone ? #""goodSize":1,"# : "")"key":"\#(key.text)","member":"\#(member)","#
                    + #""purpose":"\#(purpose)"\#(isGone ? #","revokedAt":2"# : "")}"#
                return ("0" + Self.sha256(key.bytes), text)
            }
        }
        rows.append(("1", #"{"addedAt":1,"key":"\#(added.key.text)","member":"united","purpose":"event"}"#))
        let json = "[" + rows.sorted { $0.order < $1.order }.map(\.text).joined(separator: ",") + "]"
        #expect(skies.view.keyDirectory.hex == Self.sha256(Array("lethe/keys/v1\0".utf8) + Array(json.utf8)))
        let fields = Self.names(try Self.section("Rows", of: "key-directory.md"))
        #expect(fields == ["addedAt", "goodSize", "key", "member", "purpose", "revokedAt"])
    }

    private static func sha256(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
