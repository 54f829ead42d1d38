import ChainViews
import Events
import Foundation
import LedgerStore
import LetheEngine
import MerkleLog
import Signing
import Testing

/// Storage that fails while an event is recorded: after reopening the event is there whole or not at all, the check is
/// clean, and the next event is appended.
///
/// The effect `killed` ends the process, so it is tried on the program itself (CommandLineTests).
struct CrashTests {
    private static let appendSteps: [FaultInjector.Step] = [
        .insertEntries, .insertTiles, .writeViews, .commitAppend, .swapCheckpoint,
    ]

    @Test(arguments: appendSteps, [FaultInjector.Effect.failed, .failedButPersisted])
    func anEventWhoseStorageFailsIsThereWholeOrNotAtAll(
        step: FaultInjector.Step, effect: FaultInjector.Effect
    ) async throws {
        let consortium = try await TestConsortium()
        let before = try await consortium.using(.readOnly) { try await $0.size(of: consortium.origin).rawValue }
        let opened = Event.roundOpened(
            RoundOpened(base: TestConsortium.base, round: RoundID("round-1")!, rule: .mean, topology: .isolated))
        await #expect(throws: StoreError.self) {
            try await consortium.using(faults: FaultInjector(at: step, effect)) {
                try await $0.record(opened, as: TestConsortium.hub, on: consortium.origin)
            }
        }
        let size = try await expectClean(consortium)
        let isCommitted = step == .swapCheckpoint || (step == .commitAppend && effect == .failedButPersisted)
        #expect(size == before + (isCommitted ? 1 : 0))
        try await consortium.using { ledger in
            if !isCommitted {
                try await ledger.record(opened, as: TestConsortium.hub, on: consortium.origin)
            }
            _ = try await consortium.round("round-2", in: ledger)
        }
        #expect(try await expectClean(consortium) == before + 6)
    }

    /// An event with a body, its private chain and the anchor: three commits and a body, each failing in turn.
    @Test(arguments: [FaultInjector.Effect.failed, .failedButPersisted])
    func aRequestWhoseStorageFailsCanBeMadeAgain(effect: FaultInjector.Effect) async throws {
        let consortium = try await TestConsortium()
        for step in [FaultInjector.Step.insertBody] + Self.appendSteps {
            for occurrence in 1...3 {
                let spoiled = consortium.copy()
                let faults = FaultInjector(at: step, effect, occurrence: occurrence)
                _ = try? await spoiled.using(faults: faults) { try await spoiled.requestDeletion(in: $0) }
                try await expectClean(spoiled)
                try await spoiled.using { _ = try await spoiled.requestDeletion(in: $0, again: true) }
                try await expectClean(spoiled)
            }
        }
    }

    /// Each storage step of an unlearning fails once; executing the plan again ends with the digests of a run in which
    /// nothing failed, and with each event once. What was erased before the failure is attested as deleted, not as not found.
    @Test(arguments: [FaultInjector.Effect.failed, .failedButPersisted])
    func anUnlearningThatIsInterruptedGoesOnWhereItStopped(effect: FaultInjector.Effect) async throws {
        let prepared = try await preparedDeletion()
        let (wantedTypes, wantedModels, wantedErasures) = try await prepared.consortium.copy().executed(prepared.plan)
        #expect(wantedErasures.contains { $0.verdict == .deleted })
        let steps: [FaultInjector.Step] = [
            .commitAppend, .swapCheckpoint, .renameBlobFile, .insertBlobKey, .markErasure, .unlinkBlobFile,
            .deleteKeys, .truncateLog, .confirmErasure,
        ]
        for step in steps {
            for occurrence in 1... {
                let spoiled = prepared.consortium.copy()
                let failed = await spoiled.fails(prepared.plan, FaultInjector(at: step, effect, occurrence: occurrence))
                if !failed { break }
                try await expectClean(spoiled)
                let (types, models, erasures) = try await spoiled.executed(prepared.plan)
                // A holder whose first erasure failed says so in an event of its own, and attests again.
                let attestations = types.filter { $0 == "erasure-attested" }.count - 2
                #expect((0...1).contains(attestations), "\(step) \(occurrence)")
                #expect(
                    types.without("erasure-attested") == wantedTypes.without("erasure-attested"),
                    "\(step) \(occurrence)")
                #expect(models == wantedModels, "\(step) \(occurrence)")
                #expect(erasures == wantedErasures, "\(step) \(occurrence)")
            }
        }
    }

    private func preparedDeletion() async throws -> (consortium: TestConsortium, plan: ArtifactDigest) {
        let consortium = try await TestConsortium()
        let plan = try await consortium.using { ledger in
            try await consortium.round("round-1", in: ledger)
            let id = try await consortium.requestDeletion(in: ledger)
            return try await ledger.planDeletions([id]).digest
        }
        return (consortium, plan)
    }

    /// Reopens the ledger as a command that writes does, and checks it. Returns the size of the public chain.
    @discardableResult
    private func expectClean(
        _ consortium: TestConsortium, at location: SourceLocation = #_sourceLocation
    ) async throws -> Int {
        try await consortium.using { ledger in
            try await ledger.recover()
            let report = try await ledger.check()
            #expect(report.isClean, "\(report.findings)", sourceLocation: location)
            return try await ledger.size(of: consortium.origin).rawValue
        }
    }
}

extension TestConsortium {
    /// Whether executing the plan fails under `faults`.
    fileprivate func fails(_ plan: ArtifactDigest, _ faults: FaultInjector) async -> Bool {
        do {
            _ = try await using(faults: faults) { try await $0.execute(plan: plan) }
            return false
        } catch {
            return true
        }
    }

    /// Executes the plan to its end; the types of all events, every model's digest, and what each holder attests last.
    fileprivate func executed(
        _ plan: ArtifactDigest
    ) async throws -> (types: [String], models: [ArtifactDigest], erasures: [StoreResult]) {
        try await using { ledger in
            let left = try await ledger.execute(plan: plan)
            #expect(left.isEmpty)
            let report = try await ledger.check()
            #expect(report.isClean, "\(report.findings)")
            let view = try await ledger.view
            let erasures = view.plans[plan]!.erasures.sorted { $0.holder < $1.holder }.flatMap(\.results)
            return (try await types(in: ledger), view.allModels.map(\.model), erasures)
        }
    }
}

extension [String] {
    fileprivate func without(_ element: String) -> [String] { filter { $0 != element } }
}
