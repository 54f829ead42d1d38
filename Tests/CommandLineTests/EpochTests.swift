import Foundation
import Testing

/// What a member decided to put in, beside what its recipe says.
@Suite struct EpochTests {
    private static let policy = """
        {"format": "lethe/agent-policy/v1", "name": "epochs", "revision": 1,
         "bins": {"budgetLeftPPM": [], "contributionPPB": [], "privacyLeftPPM": [], "phasePPM": [], "othersLastRound": []},
         "allocations": [{"shards": 3, "epochs": 2}],
         "explorationRate": [{"fromDecision": 0, "rate": "0"}], "learningRate": [{"fromDecision": 0, "rate": "0.5"}],
         "discount": "0.9", "initialValueMicrocredits": 0, "valueUnitsPerMicrocredit": 1,
         "rewardMinimumMicrocredits": -100000000, "rewardMaximumMicrocredits": 100000000}
        """
    private static let rules = """
        {"format": "lethe/settlement-rules/v1", "revision": 1, "microcreditsPerPPM": 60, "incentiveMicrocredits": 100000,
         "minimumContributionPPB": 0, "reimbursementRate": "0.5", "reimbursementCapMicrocreditsPerShardEpoch": 1000000}
        """
    private static let resources = """
        {"format": "lethe/resources/v1", "budgetMicrocredits": 20000000, "privacyMicroepsilon": 8000000, "rounds": 10,
         "profile": {"organisation": "alder", "shards": 4, "computeMicrocreditsPerShardEpoch": 1000000,
                     "privacyMicroepsilonPerEpoch": 500000, "privacyMicrocreditsPerMicroepsilon": 0}}
        """

    /// alder decides on three shards for two epochs, and trains for `epochs`.
    private static func trained(for epochs: Int) throws -> TrainingPilot {
        let pilot = TrainingPilot()
        let place = pilot.place
        for (name, text) in [("policy.json", policy), ("rules.json", rules), ("resources.json", resources)] {
            TrainingPilot.write(text, to: place.file(name))
        }
        for file in ["policy.json", "rules.json"] {
            try place.done("policy", "adopt", file, "--with", "alder", "--with", "birch")
        }
        try place.done("participate", "allocate", "resources.json", "--as", "alder")
        try place.done("round", "open", "round-2")
        try place.done(
            "participate", "decide", "round-2", "--override", "3x2", "--reason", "a try", "--as", "alder")
        try FileManager.default.removeItem(atPath: place.file("recipe.json"))
        try place.done("recipe", "new", "recipe.json", "--epochs", "\(epochs)")
        try place.done(pilot.train("round-2"))
        try place.done("round", "close", "round-2")
        try place.done("model", "materialize", "round-2")
        return pilot
    }

    private func report(_ pilot: TrainingPilot, _ options: String...) throws -> JSON {
        try JSON(pilot.place.done(["report", "provenance", "round-2", "--json", "--output", "page.html"] + options))
    }

    @Test func otherEpochsThanWereDecidedAreFound() throws {
        let pilot = try Self.trained(for: 3)
        let check = pilot.place.lethe("check")
        #expect(check.status == 1)
        #expect(
            check.output.contains(
                "FINDING  round-2: alder decided to train for 2 epoch(s) and its recipe trains for 3"))
        let own = try report(pilot, "--as", "alder")
        #expect(own["deviations"].elements.map { $0["matter"].text } == ["epochs"])
        #expect(
            own["openPoints"].elements.compactMap { $0["statement"].text }.contains(
                "alder decided to put 2 epochs into round-2, and trained for 3 epochs."))
        // Without the private chain nobody knows the recipe.
        #expect(try report(pilot)["deviations"].isNull)
    }

    @Test func asManyAsWereDecidedAreNoFinding() throws {
        let pilot = try Self.trained(for: 2)
        let check = try pilot.place.done("check")
        #expect(!check.contains("epoch"))
        #expect(try report(pilot, "--as", "alder")["deviations"].isNull)
        // The recipe is in a body; where that is gone nothing is compared, and that is said.
        try pilot.spoil("DELETE FROM bodies")
        #expect(pilot.place.lethe("check").output.contains("its epochs are not compared with the decision"))
    }
}
