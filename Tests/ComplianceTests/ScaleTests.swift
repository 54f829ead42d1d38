import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

@testable import Compliance

/// All packs over a long chain: time, and memory that does not grow with it.
///
/// The chain is made without envelopes: nothing here looks at a signature, and signing would be most of the
/// work. `LETHE_BENCH=1` runs the 200,000 events of the benchmark and prints its line; otherwise 5,000 stand
/// for them.
@Suite struct ScaleTests {
    static let isBenchmark = ProcessInfo.processInfo.environment["LETHE_BENCH"] != nil

    /// Makes rounds of four contributions, closed and materialised, until there are `count` events.
    private struct LongChain {
        var view = PublicView(origin: SampleConsortium.origin)
        var records: [EventRecord] = []
        private var clock = 1_795_000_000

        init(count: Int) throws {
            try say(.consortiumFounded(SampleConsortium.charter()), by: SampleConsortium.air)
            try say(
                .baseRegistered(BaseRegistered(base: digest("base"), name: BaseName("mini/base")!)),
                by: SampleConsortium.delta)
            var number = 0
            while view.size < count {
                number += 1
                try round(RoundID("round-\(number)")!)
            }
        }

        private mutating func round(_ round: RoundID) throws {
            let delta = SampleConsortium.delta
            try say(
                .roundOpened(
                    RoundOpened(base: digest("base"), round: round, rule: .mean, topology: .isolated)),
                by: delta)
            for member in [delta, SampleConsortium.swiss, SampleConsortium.united, SampleConsortium.virgin] {
                try say(.adapterCommitted(SampleConsortium.contribution(member, to: round.text)), by: member)
            }
            let set = EventSet(view.contributions(to: round).map(\.event))
            try say(.roundClosed(RoundClosed(contributions: set, round: round)), by: delta)
            let model = ModelMaterialized(
                contributions: set, model: digest("model/\(round)"), plan: nil, round: round,
                tensors: digest("merged/\(round)"))
            let event = try say(.modelMaterialized(model), by: delta)
            try say(
                .modelAttested(ModelAttested(materialization: event, model: model.model)),
                by: SampleConsortium.united)
        }

        @discardableResult
        private mutating func say(_ event: Event, by author: MemberName) throws -> EventHash {
            let head = view.head(of: author)
            clock += 60
            let statement = Statement(
                chain: view.origin, author: author, sequence: head?.events.value ?? 0, previous: head?.last,
                claimedAt: Timestamp(seconds: clock)!, body: nil, event: event,
                firstLeaf: view.charter?.firstLeaf)
            let record = EventRecord(
                position: view.size, hash: EventHash(envelope: statement.bytes), statement: statement,
                signers: [SampleConsortium.keyBytes(author).keyID])
            try view.apply(record)
            records.append(record)
            return record.hash
        }

        var now: Timestamp { Timestamp(seconds: clock)! }
    }

    /// The process's resident memory in KiB.
    private static func residentKiB() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }

    /// What the process has taken of the processors, in milliseconds: other programs do not count.
    private static func processorTime() -> Int { Int(clock()) * 1_000 / Int(CLOCKS_PER_SEC) }

    @Test func allPacksOverALongChain() throws {
        let chain = try LongChain(count: Self.isBenchmark ? 200_000 : 5_000)
        let checkpoints = stride(from: 1_000, through: chain.view.size, by: 1_000).map { size in
            ControlCheckpoint(
                chain: chain.view.origin, size: size, root: digest("root \(size)"), source: "ledger",
                extendsChain: true,
                cosignatures: [
                    .init(witness: SampleConsortium.air, time: chain.records[size - 1].statement.claimedAt)
                ])
        }
        let inputs = ControlInputs(checkpoints: checkpoints, calendar: LegalCalendar(timeZone: .utc))
        let packs = try PolicyTests.packNames.map(PolicyTests.pack)
        let memory = try Self.residentKiB(), start = Self.processorTime()
        try Project.withTemporaryFolder { folder in
            let database = try ControlDatabase.build(
                at: folder.appending(path: "control.sqlite").path, view: chain.view, inputs: inputs
            ) { take in
                for record in chain.records { try take(record) }
            }
            let built = Self.processorTime(), builtMemory = try Self.residentKiB()
            let result = try Evaluation(asOf: chain.now, roles: [.controller, .business, .highRiskProvider])
                .evaluate(packs, on: database)
            let words = Dictionary(
                uniqueKeysWithValues: result.packs.flatMap(\.controls).map { ($0.control.text, $0) })
            #expect(result.counts["error"] == nil)
            for control in ["LED-01", "LED-02", "LED-06", "LED-07", "GDPR-25-1", "GDPR-5-2"] {
                #expect(
                    words[control]?.word == .pass,
                    "\(control): \(String(describing: words[control]?.violations.prefix(2)))")
            }
            #expect(words["LED-01"]?.population == chain.view.size)
            if Self.isBenchmark {
                FileHandle.standardError.write(
                    Data(
                        """
                        all packs over \(chain.view.size) events: build \(built - start) ms, judge \(Self.processorTime() - built) ms of processor time; \
                        memory \(memory) KiB before, \(builtMemory) built, \(try Self.residentKiB()) judged\n
                        """.utf8))
            }
        }
    }
}
