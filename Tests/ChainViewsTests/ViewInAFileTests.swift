import Bytes
import ConsortiumFixture
import Events
import Testing

@testable import ChainViews

/// A view whose rows lie in a file judges and answers as one in memory. It is the smallest that is possible: one row of each
/// table is gathered, so that nearly every question goes to the file.
@Suite struct ViewInAFileTests {
    private func refusal(of event: ReceivedEvent, by view: inout PublicView) -> AdmissionError? {
        do throws(AdmissionError) {
            try view.admit(event)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [(41, 1), (42, 1), (43, 3)] as [(UInt64, Int)])
    func itTakesInAndRefusesTheSame(seed: UInt64, gathered: Int) throws {
        var history = RandomHistory(seed: seed)
        var view = PublicView(origin: SampleConsortium.origin, rowsIn: MemoryRowFile(), gathering: gathered)
        for entry in history.consortium.entries { try view.admit(ReceivedEvent(parsing: entry)) }
        var (admitted, refused) = (0, 0)
        for step in 0..<400 {
            var before = history.consortium.view
            if history.step() == nil { refused += 1 } else { admitted += 1 }
            let event = try ReceivedEvent(parsing: history.tried)
            #expect(refusal(of: event, by: &view) == refusal(of: event, by: &before))
            if step % 40 == 0 { #expect(view.rows == history.consortium.view.rows) }
        }
        #expect(view.rows(cores: 2) == history.consortium.view.rows)
        #expect(admitted > 100 && refused > 30)
        try compareAnswers(of: view, with: history.consortium.view)
    }

    /// What is derived from the rows and never stored.
    private func compareAnswers(of view: PublicView, with other: PublicView) throws {
        for round in other.allRounds.map(\.round) {
            #expect(view.allContributions(to: round) == other.allContributions(to: round))
            #expect(view.allModels(of: round) == other.allModels(of: round))
        }
        for model in other.allModels {
            #expect(view.contributions(of: model) == other.contributions(of: model))
            #expect(view.model(model.model) == other.model(model.model))
        }
        for deletion in other.allDeletions.map(\.deletion) {
            #expect(view.plan(for: [deletion]).digest == other.plan(for: [deletion]).digest)
        }
        #expect(view.keyDirectory == other.keyDirectory)
    }

    @Test func everyAdmissionVectorComesToTheSame() throws {
        for (name, vector) in try AdmissionVector.all() {
            var skies = SampleConsortium(rowsIn: MemoryRowFile(), gathering: 1)
            for entry in vector.admitted {
                try skies.admit(entry, to: ReceivedEvent(parsing: entry).statement.chain)
            }
            var found = "ok"
            do throws(AdmissionError) {
                try skies.admit(vector.tried, to: vector.chain)
            } catch {
                found = error.vectorName
            }
            #expect(found == vector.expect, "\(name)")
        }
    }

    /// What is held of rows and lists is bounded, however many there are; all that grows is where they lie.
    @Test func itHoldsNoMoreRowsOfALongChain() throws {
        let gathered = 8
        var held: [Int] = []
        for rounds in [20, 80] {
            var skies = SampleConsortium.founded(rowsIn: MemoryRowFile(), gathering: gathered)
            for number in 0..<rounds {
                let round = "r\(number)"
                try skies.openRound(round)
                for member in [SampleConsortium.united, SampleConsortium.virgin] { try skies.commit(member, to: round) }
                try skies.close(round)
                try skies.materialize(round)
            }
            let rows = skies.view.rowsHeld
            #expect(rows.values.allSatisfy { $0 <= 2 * gathered })
            #expect(skies.view.contributions.rows.count == 2 * rounds)
            held.append(rows.values.reduce(0, +) + skies.view.placesHeld)
        }
        #expect(held[1] <= held[0] + gathered * 20, "\(held)")
    }
}
