import Bytes
import Foundation
@testable import Participation
import Testing

@Suite struct SimulationTests {
    static func setup(_ seed: String = "alpha", organisations: Int = 8) -> SimulationSetup {
        SimulationSetup.standard(organisations: organisations, rounds: 80, seed: seed)
    }

    private func run(
        _ setup: SimulationSetup, _ world: [SimulatedOrganisation], _ strategy: Strategy = .qLearning
    ) throws -> RunResult {
        try SimulationRun(
            setup.checked(), organisations: world,
            strategies: [Strategy](repeating: strategy, count: world.count)
        ).result()
    }

    /// The digest is over every action and Q-table; the value was computed once and must come out on
    /// every machine.
    @Test func equalSeedsGiveEqualBytes() throws {
        let first = try Self.setup().run()
        #expect(try Self.setup().run() == first)
        let known = "33609ecb260ebffc9bf8179ded1477be4528f0c99ddd96c5b21393df1aff170f"
        #expect(first.digest.hex == known)
        #expect(try Self.setup("beta").run().digest != first.digest)
    }

    @Test func theOrderOfListingDoesNotMatter() throws {
        let setup = Self.setup()
        let world = setup.world()
        #expect(try run(setup, world.reversed()) == run(setup, world))
        #expect(try run(setup, world.reversed(), .random) == run(setup, world, .random))
    }

    /// Names only seed draws and order lists. Without exploration nothing is drawn, so giving the
    /// organisations each other's names gives each other's results: what moves with a name is
    /// everything but its exploration.
    @Test func permutingNamesPermutesResultsWhereNothingIsDrawn() throws {
        var setup = Self.setup()
        setup.policy.explorationRate = [RateStep(fromDecision: 0, rate: "0")]
        setup.policy.initialValueMicrocredits = 30_000_000
        let world = setup.world()
        let names = world.map(\.profile.organisation)
        var renamed = world
        for index in renamed.indices {
            renamed[index].profile.organisation = names[(index + 3) % names.count]
        }
        func byName(_ result: RunResult) -> [String: PartyResult] {
            Dictionary(uniqueKeysWithValues: result.parties.map { ($0.organisation, $0) })
        }
        let (before, after) = (byName(try run(setup, world)), byName(try run(setup, renamed)))
        #expect(before.values.contains { $0.rounds > 0 })
        for index in world.indices {
            var moved = try #require(before[names[index]])
            moved.organisation = names[(index + 3) % names.count]
            #expect(after[moved.organisation] == moved)
        }
    }

    /// With exploration a new name is a new seed, so the results are not the permuted ones.
    @Test func aNameSeedsItsOrganisationsDraws() throws {
        let setup = Self.setup()
        let world = setup.world()
        var renamed = world
        for index in renamed.indices { renamed[index].profile.organisation += "x" }
        #expect(try run(setup, renamed).parties.map(\.rounds) != run(setup, world).parties.map(\.rounds))
    }

    @Test func nobodyInMeansNothingHappens() throws {
        var setup = Self.setup()
        setup.freeRiders = 0
        let result = try run(setup, setup.world(), .neverIn)
        #expect(result.total(\.welfareMicrocredits) == 0)
        #expect(result.parties.allSatisfy { $0.rounds == 0 && $0.netMicrocredits == 0 })
        #expect(result.periods.allSatisfy { $0.metricPPBSum == 0 })
    }

    /// Welfare is value less costs; what the parties keep is payouts less costs. The two differ by what
    /// the consortium pays beyond the value, and by the micro-credits that rounding left.
    @Test func moneyIsConserved() throws {
        for strategy in [Strategy.qLearning, .alwaysIn, .random, .myopic] {
            let setup = Self.setup()
            let result = try run(setup, setup.world(), strategy)
            let net = result.parties.reduce(0) { $0 + $1.netMicrocredits }
            #expect(net == result.total(\.netMicrocredits))
            let extra = result.parties.reduce(0) { $0 + $1.incentiveMicrocredits + $1.reimbursementMicrocredits }
            let undistributed = result.total(\.welfareMicrocredits) + extra - net
            // Less than one micro-credit for each participation.
            let participations = Int64(result.parties.reduce(0) { $0 + $1.rounds })
            #expect((0...participations).contains(undistributed))
        }
    }

    /// Compute and privacy spent in no period exceed the budgets, whatever decides.
    @Test func nobodySpendsMoreThanItHas() throws {
        var setup = Self.setup()
        setup.rounds = 20
        let world = setup.world()
        for strategy in [Strategy.qLearning, .alwaysIn, .random, .myopic, .fixed(ActionIndex(rawValue: 1))] {
            let result = try run(setup, world, strategy)
            for (party, organisation) in zip(result.parties, world) {
                let most =
                    organisation.budgetMicrocredits + organisation.privacyBudgetMicroepsilon
                    * organisation.profile.privacyMicrocreditsPerMicroepsilon
                #expect(party.costMicrocredits <= most)
            }
        }
    }

    /// The search climbs one class at a time; here all 6⁴ policies are run, and none is better.
    @Test func theSearchFindsTheBestFixedPolicyOfASmallWorld() throws {
        var setup = Self.setup(organisations: 6)
        setup.rounds = 20
        setup.policy.allocations = Array(setup.policy.allocations.prefix(2))
        let world = setup.world()
        let order = world.indices.sorted { (world[$0].costRank, $0) < (world[$1].costRank, $1) }
        func welfare(_ actions: [Int]) throws -> Int64 {
            var strategies = [Strategy](repeating: .neverIn, count: world.count)
            for (rank, index) in order.enumerated() {
                strategies[index] = .fixed(ActionIndex(rawValue: actions[rank * 4 / world.count]))
            }
            return try SimulationRun(setup.checked(), organisations: world, strategies: strategies)
                .result().total(\.welfareMicrocredits)
        }
        var best = Int64.min
        for code in 0..<81 {
            best = max(best, try welfare([code / 27, code / 9 % 3, code / 3 % 3, code % 3]))
        }
        let study = try setup.study(deviationLimit: 0)
        #expect(try welfare(study.search.actions.map(\.rawValue)) == best)
        #expect(study.strategies.last?.run.total(\.welfareMicrocredits) == best)
        #expect(study.deviations.isEmpty)
    }

    @Test func theRulesDoWhatTheySayAboutFreeRidersAndTheLiar() throws {
        let study = try Self.setup(organisations: 12).study()
        let byName = Dictionary(uniqueKeysWithValues: study.misuse.map { ($0.name, $0) })
        let published = try #require(byName["as published"])
        #expect(published.freeRiderMicrocredits == 0)
        #expect(published.freeRiderRounds == 80 * study.setup.freeRiders)
        // Without a minimum each free rider is paid the incentive, at least, every round.
        let flat = try #require(byName["no minimum contribution"])
        #expect(flat.freeRiderMicrocredits >= 80 * Int64(study.setup.freeRiders) * 100_000)
        // What is not paid cannot be lied for: the two runs are the same run.
        let unreimbursed = try #require(byName["no reimbursement"])
        #expect(unreimbursed.lying == unreimbursed.truthful)
        // The cap bounds what lying about costs brings.
        let uncapped = try #require(byName["no cap on declared cost"])
        #expect(uncapped.lying.reimbursementMicrocredits > published.lying.reimbursementMicrocredits)
    }

    @Test func refusesAWorldOutsideItsRanges() {
        for (field, change) in [
            ("organisations", { $0.organisations = 5 }), ("organisations", { $0.organisations = 1001 }),
            ("freeRiders", { $0.freeRiders = 5 }), ("rounds", { $0.rounds = 10 }),
            ("lieFactor", { $0.lieFactor = 0 }),
            ("rounds, a multiple of roundsPerPeriod", { $0.rounds = 81 }),
            ("halfDataUnits", { $0.model.halfDataUnits = 0 }),
            ("driftRate", { $0.model.driftRate = "2" }),
            ("allocations.epochs", { $0.model.epochYieldPerMille = [1000] }),
        ] as [(String, (inout SimulationSetup) -> Void)] {
            var setup = Self.setup()
            change(&setup)
            var refused: String?
            do { _ = try setup.run() } catch {
                if case .outOfRange(let name, _) = error { refused = name }
            }
            #expect(refused == field)
        }
    }

    @Test func aStudyIsIntegersAndTextAndReadsBack() throws {
        let study = try Self.setup().study()
        let data = try json(study)
        // `Tree` takes integers, strings, arrays and objects and nothing else.
        #expect(try Tree(data).leaves.count > 1000)
        #expect(try JSONDecoder().decode(SimulationStudy.self, from: data) == study)
        #expect(
            study.strategies.map(\.name) == [
                "Q-learning", "always in", "never in", "random", "greedy-myopic", "best fixed",
            ])
    }
}
