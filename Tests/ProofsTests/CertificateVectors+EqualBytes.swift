import Bytes
import ChainViews
import ConsortiumFixture
import Events

@testable import Proofs

/// Bytes that are committed first, made to measure, or passed off as another round's.
extension CertificateVectors {
    /// united's deletion affects the model of r1. swiss had committed its bytes before it was made, and r3's model has them
    /// although it merges nothing of united's.
    private static func copied() throws -> Skies {
        var skies = Skies.founded()
        for round in ["r1", "r2", "r3"] { try skies.openRound(round) }
        for member in [Skies.united, Skies.virgin] { try skies.commit(member, to: "r1") }
        try skies.close("r1")
        let model = skies.materialization(of: "r1")
        var early = Skies.contribution(Skies.swiss, to: "r2")
        (early.adapter, early.tensors) = (model.model, model.tensors)
        try skies.say(.adapterCommitted(early), by: Skies.swiss)
        try skies.commit(Skies.delta, to: "r2")
        for member in [Skies.swiss, Skies.delta] { try skies.commit(member, to: "r3") }
        for round in ["r2", "r3"] { try skies.close(round) }
        for round in ["r1", "r2"] { try skies.materialize(round) }
        var same = skies.materialization(of: "r3")
        (same.model, same.tensors) = (model.model, model.tensors)
        try skies.say(.modelMaterialized(same), by: Skies.delta)
        try skies.accept("del-1", of: Skies.united)
        return skies
    }

    static func equalBytes() throws -> [String: VectorFile] {
        let asked = try copied()
        var skies = asked
        let plan = try skies.start("del-1")
        try skies.dispose(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        let story = CertificateScenario(skies: skies)
        func forged(_ field: String, _ change: @escaping (inout CertificateContent) -> Void) throws -> VectorFile {
            refused(try story.bundle(saying: change), "contentDiffers", field)
        }
        // The plan as it would be if swiss's adapter were what swiss says.
        var short = asked.start(of: ["del-1"])
        short.excluded = DerivedList(Array(asked.view.plan(for: ["del-1"].deletions).excluded.prefix(1)))
        return [
            "ok-copies-of-an-affected-model": file(
                try story.bundle(), "ok",
                [
                    ["says", "deletion certificate for del-1"],
                    ["says", "of swiss is excluded because it has the bytes of an affected model or contribution"],
                    ["says", "it merged nothing else, and has the bytes of what is affected"],
                ]),
            "copy-left-out-of-the-plan": try story.refused(
                on: asked, .deletionStarted(short), by: Skies.delta, "the plan has the digest"),
            "copy-left-out": try forged("excluded") { $0.excluded.removeLast() },
            "copy-called-a-contribution-of-what-was-to-go": try forged("excluded") { $0.excluded[1].cause = nil },
            "model-of-the-same-bytes-left-out": try forged("models") { $0.models.removeLast() },
        ]
    }
}

extension [String] {
    fileprivate var deletions: Ascending<DeletionID> { Ascending(map { DeletionID($0)! }) }
}
