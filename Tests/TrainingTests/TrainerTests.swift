import Bytes
import Foundation
import Testing
import Training

@Suite("A training run")
struct TrainerTests {
    @Test("learns to tell the classes apart")
    func learns() throws {
        let recipe = try Fixture.recipe { $0.epochs = 6 }
        let trainer = Trainer(base: Fixture.embeddedBase)
        let result = try trainer.finish(recipe, records: Fixture.records(48))
        let held = Fixture.records(96).suffix(48)
        let logits = try trainer.logits(of: held.map(\.text), adapter: result.tensors, recipe: recipe)
        let right = zip(held, logits).filter { ($1[1] > $1[0]) == ($0.label == 1) }.count
        #expect(right >= 44, "\(right) of 48 held-out records, of which 32 are of the larger class")
    }
}
