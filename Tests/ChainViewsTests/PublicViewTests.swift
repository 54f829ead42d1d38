import Bytes
import ChainViews
import ConsortiumFixture
import Events
import MerkleLog
import Testing

/// The rows of a view by kind and key.
private func byKey(_ rows: [ViewRow]) -> [String: [UInt8]] {
    Dictionary(uniqueKeysWithValues: rows.map { ("\($0.kind)/\($0.key)", $0.value) })
}

/// What must hold of the view after any step of any history. The histories are random, with many events among
/// them that the chain refuses.
@Suite struct PublicViewTests {
    @Test(arguments: [1, 2] as [UInt64])
    func incrementalRowsAreThoseOfTheRebuiltView(seed: UInt64) throws {
        var history = RandomHistory(seed: seed)
        var admitted = 0
        for _ in 0..<250 where history.step() != nil {
            admitted += 1
            let view = history.consortium.view
            let loaded = try PublicView(origin: view.origin, size: view.size, rows: view.rows)
            #expect(loaded.rows == view.rows)
        }
        #expect(admitted > 100)
        var replay = PublicReplay(origin: SampleConsortium.origin, cores: 2)
        try replay.append(history.consortium.entries)
        #expect(replay.view.rows == history.consortium.view.rows)
    }

    /// A view that was loaded from its rows judges the next event, admissible or not, as the one that lived
    /// through the history: what is derived and not stored is derived again.
    @Test(arguments: [11, 12] as [UInt64])
    func aLoadedViewJudgesAsTheOneThatItWasLoadedFrom(seed: UInt64) throws {
        var history = RandomHistory(seed: seed)
        var loaded = history.consortium.view
        var forgotten = 0
        for step in 0..<450 {
            var lived = history.consortium.view
            if step % 10 == 0 {
                loaded = try PublicView(origin: lived.origin, size: lived.size, rows: lived.rows)
            }
            _ = history.step()
            let event = try ReceivedEvent(parsing: history.tried)
            let expected = Self.refusal(of: event, by: &lived)
            #expect(Self.refusal(of: event, by: &loaded) == expected)
            if case .rule(.forgotten) = expected { forgotten += 1 }
        }
        #expect(loaded.rows == history.consortium.view.rows)
        #expect(forgotten > 0)
    }

    private static func refusal(of event: ReceivedEvent, by view: inout PublicView) -> AdmissionError? {
        do throws(AdmissionError) {
            try view.admit(event)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [21, 22] as [UInt64])
    func aRefusedEventLeavesTheViewAsItWas(seed: UInt64) {
        var history = RandomHistory(seed: seed)
        var refused = 0
        for _ in 0..<300 {
            let before = history.consortium.view
            guard history.step() == nil else { continue }
            let (rows, size) = (before.rows, before.size)
            refused += 1
            #expect(history.consortium.view.rows == rows)
            #expect(history.consortium.view.size == size)
        }
        #expect(refused > 30)
    }

    @Test(arguments: [31, 32] as [UInt64])
    func theChangesAddUpToAllRows(seed: UInt64) {
        var history = RandomHistory(seed: seed)
        var stored: [String: [UInt8]] = [:]
        var changes = TakingChanges(history.consortium.view)
        stored.merge(byKey(changes.take(history.consortium.view))) { $1 }
        for _ in 0..<300 where history.step() != nil {
            let entry = history.consortium.entries.last!
            stored.merge(byKey(changes.admit(entry))) { $1 }
            #expect(stored == byKey(history.consortium.view.rows))
        }
    }

    /// A copy of the view from whose changes alone the rows are put together.
    private struct TakingChanges {
        var view: PublicView

        init(_ view: PublicView) { self.view = view }

        mutating func take(_ view: PublicView) -> [ViewRow] { self.view.takeChanges() }

        mutating func admit(_ entry: [UInt8]) -> [ViewRow] {
            try! view.admit(try! ReceivedEvent(parsing: entry))
            return view.takeChanges()
        }
    }

    @Test(arguments: [41, 42] as [UInt64])
    func aModelMergedWhatItsEventSays(seed: UInt64) {
        var history = RandomHistory(seed: seed)
        for _ in 0..<300 { _ = history.step() }
        let view = history.consortium.view
        #expect(!view.allModels.isEmpty)
        for model in view.allModels {
            #expect(EventSet(view.contributions(of: model)) == model.contributions)
        }
    }
}

/// Rows that a store gives back otherwise than they were stored.
@Suite struct StoredRowTests {
    private static func history() -> PublicView {
        var history = RandomHistory(seed: 7)
        for _ in 0..<300 { _ = history.step() }
        return history.consortium.view
    }

    private func load(_ rows: [ViewRow], _ view: PublicView) throws(ViewLoadError) -> PublicView {
        try PublicView(origin: view.origin, size: view.size, rows: rows)
    }

    @Test func everyRowThatDoesNotParseIsRefused() throws {
        let view = Self.history()
        #expect(Set(view.rows.map(\.kind)).count == 10)
        for index in view.rows.indices {
            var rows = view.rows
            rows[index].value.removeLast()
            #expect(throws: ViewLoadError.self) { try load(rows, view) }
            guard index == 0 || view.rows[index].kind != view.rows[index - 1].kind else { continue }
            rows = view.rows
            rows[index].key = "?"
            #expect(throws: ViewLoadError.self) { try load(rows, view) }
        }
    }

    /// Two rows of one kind whose values were exchanged each parse, and are not what the keys say.
    @Test func exchangedRowsAreRefused() throws {
        let view = Self.history()
        let keyed = ["member", "key", "round", "contribution", "model", "deletion", "plan"]
        for kind in keyed {
            let places = view.rows.indices.filter { view.rows[$0].kind == kind }
            try #require(places.count > 1, "\(kind)")
            var rows = view.rows
            (rows[places[0]].value, rows[places[1]].value) = (rows[places[1]].value, rows[places[0]].value)
            #expect(throws: ViewLoadError.self, "\(kind)") { try load(rows, view) }
        }
    }

    @Test func aRowThatOthersNameMayNotBeMissing() throws {
        let view = Self.history()
        for kind in ["consortium", "member", "author", "base", "round", "contribution", "plan"] {
            let plans = view.rows.filter { $0.kind == "plan" }.map { String(decoding: $0.value, as: UTF8.self) }
            // Of contributions, one that a plan names.
            let place = try #require(
                view.rows.firstIndex { row in
                    row.kind == kind && (kind != "contribution" || plans.contains { $0.contains(row.key) })
                })
            var rows = view.rows
            rows.remove(at: place)
            #expect(throws: ViewLoadError.self, "\(kind)") { try load(rows, view) }
        }
    }

    @Test func rowsTwiceAndRowsOfUnknownKindAreRefused() throws {
        let view = Self.history()
        #expect(throws: ViewLoadError.self) { try load(view.rows + [view.rows[0]], view) }
        let unknown = ViewRow(kind: "opinion", key: "a", value: Array("{}".utf8))
        #expect(throws: ViewLoadError.self) { try load(view.rows + [unknown], view) }
    }

    @Test func rowsOfAnotherSizeAreRefused() throws {
        let view = Self.history()
        #expect(throws: ViewLoadError.self) {
            try PublicView(origin: view.origin, size: view.size + 1, rows: view.rows)
        }
    }
}
