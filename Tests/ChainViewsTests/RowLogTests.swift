import Bytes
import ConsortiumFixture
import Events
import Testing

@testable import ChainViews

private func event(_ number: Int) -> EventHash { .sha256(Array("event \(number)".utf8)) }

/// Rows that lie in a file are the rows that would lie in memory, whatever was done with them.
@Suite struct RowLogTests {
    @Test(arguments: [0, 1_000, 300_000, Int.max])
    func aRecordIsReadBackWhetherTheFileTookItOrNot(limit: Int) {
        var random = SplitMix64(seed: 1)
        let file = MemoryRowFile(limit: limit)
        let log = RowLog(file, gathering: 1)
        var records: [(offset: Int, bytes: [UInt8])] = []
        for number in 0..<3_000 {
            let count = number % 100 == 0 ? 5_000 : Int.random(in: 0..<600, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            records.append((log.append(bytes), bytes))
            if let (offset, bytes) = records.randomElement(using: &random) { #expect(log.record(at: offset) == bytes) }
        }
        for (offset, bytes) in records { #expect(log.record(at: offset) == bytes) }
        #expect(file.count <= limit)
        #expect((file.count > 0) == (limit >= 300_000), "it writes a quarter of a megabyte at a time")
    }

    @Test func aShelfGivesTheLatestValueOfEachKey() {
        var random = SplitMix64(seed: 2)
        var shelf = Shelf<EventHash>(RowLog(MemoryRowFile(), gathering: 1))
        var expected: [EventHash: Int] = [:]
        for step in 0..<20_000 {
            let key = event(Int.random(in: 0..<5_000, using: &random))
            shelf.put(key) { previous, packer in
                #expect((previous != nil) == (expected[key] != nil))
                packer.add(step)
            }
            expected[key] = step
        }
        #expect(shelf.count == expected.count)
        for number in 0..<6_000 {
            var reader = shelf.value(of: event(number))
            #expect(reader?.integer() == expected[event(number)])
        }
        let all = shelf.entries.map { entry in
            var value = entry.value
            return (entry.key, value.integer())
        }
        #expect(Dictionary(uniqueKeysWithValues: all) == expected)
    }

    /// A table without a log is the oracle: a dictionary of rows.
    @Test(arguments: [1, 2, 7, 100])
    func aTableWithALogIsTheTableWithout(gathered: Int) throws {
        var random = SplitMix64(seed: UInt64(gathered))
        var kept = Table<EventHash, AnchorRow>(kind: "anchor", packing: .fields)
        var plain = kept
        kept.keepRows(in: RowLog(MemoryRowFile(), gathering: gathered))
        for step in 0..<2_000 {
            let key = event(Int.random(in: 0..<300, using: &random))
            let row = AnchorRow(
                origin: SampleConsortium.origin, position: Count(step)!,
                commitment: BodyCommitment(retagging: event(step)))
            if plain[key] != nil, step.isMultiple(of: 3) {
                plain.update(key) { $0.position = Count(step + 1)! }
                kept.update(key) { $0.position = Count(step + 1)! }
            } else {
                plain.set(key, row)
                kept.set(key, row)
            }
            #expect(kept.rows.held <= 2 * gathered)
            #expect(kept.rows.count == plain.rows.count)
            let asked = event(Int.random(in: 0..<320, using: &random))
            #expect(kept[asked] == plain[asked])
        }
        #expect(kept.all == plain.all)
        #expect(kept.all(cores: 2) == plain.all)
        #expect(Set(kept.rows.keys) == Set(plain.rows.keys))
        #expect(kept.rows.mapValues(\.position) == plain.rows.mapValues(\.position))
    }

    @Test func whatIsPutIntoACopyIsNotInTheOther() {
        var table = Table<EventHash, AuthorRow>(kind: "author")
        table.keepRows(in: RowLog(MemoryRowFile(), gathering: 1))
        table.set(event(0), AuthorRow(events: Count(1)!, last: event(1)))
        var copy = table
        copy.update(event(0)) { $0.events = Count(2)! }
        copy.set(event(2), AuthorRow(events: Count(5)!, last: event(2)))
        table.update(event(0)) { $0.events = Count(3)! }
        #expect(copy[event(0)]?.events.value == 2)
        #expect(table[event(0)]?.events.value == 3)
        #expect(table[event(2)] == nil)
        #expect((table.rows.count, copy.rows.count) == (1, 2))
    }

    /// Nothing of what a fold gave was stored, so all of it has to be; from then on, what changed.
    @Test func allRowsOfATableWithALogAreChangesUntilTheyAreTaken() {
        var table = Table<EventHash, AuthorRow>(kind: "author")
        table.keepRows(in: RowLog(MemoryRowFile(), gathering: 2))
        for number in 0..<10 { table.set(event(number), AuthorRow(events: Count(number)!, last: event(number))) }
        #expect(table.takeChanges() == table.all)
        #expect(table.takeChanges() == [])
        table.update(event(4)) { $0.events = Count(40)! }
        table.set(event(10), AuthorRow(events: Count(0)!, last: event(10)))
        let keys = [event(4), event(10)].sorted().map(\.hex)
        #expect(table.takeChanges().map(\.key) == keys)
    }

    @Test(arguments: [1, 3, 50])
    func aListWithALogIsTheListWithout(gathered: Int) {
        var random = SplitMix64(seed: UInt64(gathered))
        var kept = Lists<RoundID, EventHash>(in: RowLog(MemoryRowFile(), gathering: gathered))
        var expected: [RoundID: [EventHash]] = [:]
        for step in 0..<2_000 {
            let key = RoundID("round-\(Int.random(in: 0..<40, using: &random))")!
            kept.append(event(step), to: key)
            expected[key, default: []].append(event(step))
            #expect(kept.held < max(gathered, 1) + 1)
            let asked = RoundID("round-\(Int.random(in: 0..<42, using: &random))")!
            #expect(kept[asked] == expected[asked] ?? [])
            #expect(kept.first(of: asked) == expected[asked]?.first)
            #expect(kept.contains(asked) == (expected[asked] != nil))
        }
    }

    @Test func aContributionIsUnpackedAsItWasPacked() {
        var random = SplitMix64(seed: 5)
        for number in 0..<500 {
            func maybe<Subject>(_ text: String) -> Hash256<Subject>? {
                Bool.random(using: &random) ? .sha256(Array("\(text) \(number)".utf8)) : nil
            }
            let shards = (0...Int.random(in: 0..<4, using: &random)).map {
                ShardReference(dataset: DatasetID("ds-\($0)")!, shard: Count($0 * 1_000)!)
            }
            let trainer = TrainerKind.allCases.randomElement(using: &random)!
            let training = TrainingReference(
                recipe: digest("recipe"), runs: .sha256([UInt8(number % 256)]), shards: Ascending(shards),
                trainer: trainer, environment: maybe("environment"))
            let row = ContributionRow(
                event: event(number),
                position: Count(Int.random(in: 0...CanonicalJSON.maximumInteger, using: &random))!,
                member: SampleConsortium.united, round: RoundID("r\(number)")!, adapter: digest("a\(number)"),
                tensors: digest("t\(number)"),
                parents: Ascending((0..<(number % 3)).map { digest("p\($0)") }), weight: Weight(number + 1)!,
                training: Bool.random(using: &random) ? training : nil, replaces: maybe("r"), excludedBy: maybe("x"),
                affectedBy: maybe("f"), withdrawnBy: maybe("w"))
            var packer = RowPacker()
            row.pack(into: &packer)
            var unpacker = RowUnpacker(packer.bytes)
            #expect(ContributionRow(unpacking: &unpacker) == row)
        }
    }
}
