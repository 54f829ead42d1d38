import Adapters
import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import MerkleLog
import Proofs
import Signing
import Testing
import Training

@testable import LetheEngine

private typealias Skies = SampleConsortium

/// A consortium whose one contribution that is trained again is trained for real, or only said to be. The chain and the
/// certificate are made here, by somebody who has all the keys.
private struct TrainedStory {
    static let encoder = BaseEncoder.embedded(seed: 7)
    static let base = ArtifactDigest(retagging: encoder.weightsDigest)
    static let name = BaseName("lethe/embedded-7")!
    static let shard = Skies.shard(Skies.united, 0)
    static let trainer = Trainer(base: encoder, threads: 1)

    struct Row {
        var record: DatasetRecord
        var salt: Salt

        var commitment: RecordCommitment { RecordCommitment(record: record.bytes, salt: salt) }
    }

    /// Eight rows; the last is the person's.
    static func row(_ number: Int) -> Row {
        let words = number % 2 == 0 ? "late lost rude awful" : "great friendly thanks lovely"
        return Row(
            record: DatasetRecord(
                id: "row-\(number)", subject: number == 7 ? "the person" : "somebody \(number)", label: number % 2,
                text: "\(words) flight \(number)"),
            salt: Salt(bytes: [UInt8](repeating: UInt8(number), count: 32))!)
    }
    static let rows = (0..<8).map(row)
    static var person: Row { rows[7] }

    static let recipe: Recipe = {
        func number(_ text: String) -> RecipeNumber { RecipeNumber(text)! }
        return try! Recipe(
            base: encoder.digest, tokenizer: encoder.tokenizer.digest,
            lora: .init(rank: 2, alpha: 4, targetModules: ["query"]), modulesToSave: ["classifier"], classCount: 2,
            optimiser: .init(
                learningRate: number("0.01"), beta1: number("0.9"), beta2: number("0.999"),
                epsilon: number("0.00000001"), weightDecay: number("0.01"), schedule: .constant),
            epochs: 1, batchSize: 4, maximumTokens: 16, seed: 3)
    }()

    /// What training on `rows` gives.
    static func tensors(_ rows: [Row]) throws -> ArtifactDigest {
        let records = rows.map {
            TrainingRecord(
                commitment: TrainingRecord.Commitment(retagging: $0.commitment), text: $0.record.text,
                label: $0.record.label)
        }
        guard case .finished(let result) = try trainer.train(recipe, records: records) else { throw Missing() }
        return ArtifactDigest(retagging: result.tensorDigest)
    }

    struct Missing: Error {}

    /// A run that says to be trained on `claimed`, with these tensors.
    static func run(on claimed: [Row], tensors: ArtifactDigest) -> RetrainingData.Run {
        let inputs = RunInputs(
            recipe: recipe.digest, parent: nil,
            commitments: claimed.map { TrainingRecord.Commitment(retagging: $0.commitment) })
        return RetrainingData.Run(
            parent: nil, recipe: String(decoding: recipe.json, as: UTF8.self),
            records: Ascending(claimed.map(\.commitment)),
            run: ArtifactDigest(retagging: inputs.runDigest(result: TensorDigest(retagging: tensors))), shard: shard,
            tensors: tensors, trainer: .builtIn(arithmetic: TrainerText(Recipe.arithmetic)!))
    }

    static func contribution(_ run: RetrainingData.Run) throws -> AdapterCommitted {
        let configuration = try recipe.adapterConfiguration(base: BaseDigest(retagging: base), baseName: name.text)
        let adapter = AdapterDigest.of(configuration, TensorDigest(retagging: run.tensors))
        return AdapterCommitted(
            adapter: ArtifactDigest(retagging: adapter), configuration: .sha256(configuration.canonicalBytes),
            parents: [],
            round: RoundID("r1")!, tensors: run.tensors, weight: Weight(run.records.count)!,
            training: TrainingReference(
                recipe: ArtifactDigest(retagging: recipe.digest), runs: Hash256(runs: [run.run]), shards: [shard],
                trainer: .builtIn, environment: TrainerIdentity.digest(of: [run.trainer])))
    }

    var skies = Skies.founded()
    var data: RetrainingData
    let scratch = Scratch()

    /// The person's row goes. `claimed` is what the new run says to be trained on, `used` what it was trained on.
    init(claimed: [Row], used: [Row]) throws {
        let old = Self.run(on: Self.rows, tensors: try Self.tensors(Self.rows))
        let new = Self.run(on: claimed, tensors: try Self.tensors(used))
        try skies.say(.baseRegistered(BaseRegistered(base: Self.base, name: Self.name)), by: Skies.delta)
        try skies.say(
            .roundOpened(RoundOpened(base: Self.base, round: RoundID("r1")!, rule: .mean, topology: .isolated)),
            by: Skies.delta)
        let first = try skies.say(.adapterCommitted(Self.contribution(old)), by: Skies.united)
        try skies.close("r1")
        try skies.materialize("r1")
        try skies.acceptRecords("del-1", of: Skies.united, shards: [0])
        let plan = try skies.start("del-1")
        try skies.exclude(plan)
        var again = try Self.contribution(new)
        (again.replaces, again.plan) = (first, plan)
        let second = try skies.say(.adapterCommitted(again), by: Skies.united)
        try skies.materialize("r1", plan: plan)
        try skies.completeRematerialization(plan)
        for holder in skies.view.plans[plan]!.holders { try skies.erase(plan, by: holder) }
        try skies.complete("del-1", plan)
        data = RetrainingData(
            contributions: [.init(new: [new], old: [old], replacedBy: second, replaces: first, round: RoundID("r1")!)],
            member: Skies.united, plan: plan)
    }

    /// The verdict on the certificate, without base or data.
    func verdict() throws -> CertificateVerdict {
        let entries = skies.entries
        let tree = MerkleTree(leaves: entries.map { LeafHash(entry: $0) })
        var places: [EventHash: EventPlace] = [:]
        for (index, entry) in entries.enumerated() {
            let statement = try ReceivedEvent(parsing: entry).statement
            places[EventHash(envelope: entry)] = EventPlace(
                author: statement.author, claimedAt: statement.claimedAt, index: index)
        }
        let content = try CertificateContent(
            DeletionID("del-1")!, view: skies.view, root: ArtifactDigest(retagging: tree.root()), issuer: Skies.delta,
            issuedAt: Timestamp(seconds: skies.clock + 60)!, place: { places[$0] })
        let name = KeyName(Skies.origin.text)!
        var note = try Note(
            text: Checkpoint(origin: Skies.origin.text, size: TreeSize(entries.count), root: tree.root()).text)
        note.sign(as: name, with: Skies.checkpointKey)
        let bundle = CertificateBundle(
            certificate: Skies.seal(
                CanonicalJSON.encode(CertificateStatement(content)), with: [skies.signingKey(Skies.delta)]),
            chain: .init(checkpoint: note.bytes, entries: entries),
            proofs: content.events.map { cited in
                .init(
                    event: cited.event, index: cited.index.value,
                    path: tree.inclusionProof(of: LeafIndex(cited.index.value)).map(\.bytes))
            })
        let log = VerifierKey(name: name, algorithm: .ed25519, publicKey: Skies.checkpointKey.publicKey)
        let policy = try TrustPolicy(logs: [.init(key: log)], witnesses: [], groups: [], quorum: .notRequired)
        return try CertificateVerifier(policy: policy).verify(bundle)
    }

    /// What a reader finds who was given `rows` with the data.
    func outcomes(given rows: [Row]) throws -> [RetrainingVerifier.Outcome] {
        let folder = scratch.file("data")
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var lines: [UInt8] = []
        for row in rows {
            lines += CanonicalJSON.encode(
                RetrainingData.OpenedRow(
                    commitment: row.commitment, record: row.record, salt: Hex.encode(row.salt.bytes)))
            lines.append(0x0a)
        }
        try Data(lines).write(to: URL(fileURLWithPath: "\(folder)/\(RetrainingData.rowsFile(Self.shard))"))
        try Data(CanonicalJSON.encode(data) + [0x0a]).write(
            to: URL(fileURLWithPath: "\(folder)/\(RetrainingData.fileName)"))
        var verifier = try RetrainingVerifier(
            verdict(), .init(base: .embedded(seed: 7), data: [folder], threads: 1, scratch: scratch.file("work")))
        return try verifier.verify().map(\.outcome)
    }

    func fault(given rows: [Row]) -> RetrainingFault? {
        do {
            _ = try outcomes(given: rows)
            return nil
        } catch {
            return error as? RetrainingFault
        }
    }
}

/// A member that has all the keys and says that it trained again, to a reader who does it too.
@Suite struct RetrainingVerifierTests {
    private static let left = Array(TrainedStory.rows.prefix(7))

    @Test func anHonestRunIsReproduced() throws {
        let story = try TrainedStory(claimed: Self.left, used: Self.left)
        guard case .reproduced(let how) = try story.outcomes(given: Self.left).first else {
            Issue.record("it was not reproduced")
            return
        }
        #expect(
            how
                == "trained here from 7 record(s) in 1 run(s): the same bytes; 1 record(s) of the old runs are in none of them"
        )
        // Nothing given decides nothing, and says so.
        #expect(
            try story.outcomes(given: []) == [
                .notRun(
                    "0 run(s) gave the same bytes, then 7 of the 7 records of shard 0 of ds-united were not given; the first is "
                        + "\(Self.left.map(\.commitment).min()!.hex.prefix(16))…")
            ])
    }

    /// The certificate holds, and says *attested*; the bytes do not come out.
    @Test func aRunThatUsedThePersonsRowIsFoundByItsName() throws {
        let used = [TrainedStory.person] + Self.left.dropFirst()
        let story = try TrainedStory(claimed: Self.left, used: used)
        let verdict = try story.verdict()
        #expect(
            verdict.findings.contains {
                $0.word == .attested && $0.statement.contains("trained its contribution to r1 again")
            })
        let fault = try #require(story.fault(given: Self.left))
        #expect(
            !fault.isUndecided
                && fault.message.contains("the contribution of united to r1: training shard 0 of ds-united again gives")
        )
    }

    /// The person's row stays, and another goes.
    @Test func theRowOfThePersonAmongTheGivenOnesIsLookedForByItsReader() throws {
        let kept = Array(TrainedStory.rows.dropFirst())
        let story = try TrainedStory(claimed: kept, used: kept)
        #expect(story.fault(given: kept) == nil)
        // It was not the row that the old run had besides; that one, given, is the contradiction.
        let fault = try #require(story.fault(given: TrainedStory.rows))
        #expect(!fault.isUndecided && fault.message.contains("it was not erased"))
    }

    /// The person's row under a fresh salt, so that the commitment is another; one row less, so that the chain takes it.
    @Test func aRowThatTheOldRunHadNotIsRefused() throws {
        var disguised = TrainedStory.person
        disguised.salt = Salt(bytes: [UInt8](repeating: 99, count: 32))!
        let claimed = Array(Self.left.dropFirst()) + [disguised]
        let story = try TrainedStory(claimed: claimed, used: claimed)
        let fault = try #require(story.fault(given: claimed))
        #expect(!fault.isUndecided && fault.message.contains("used records that the old one had not"))
    }

    @Test func dataThatTheChainDoesNotBindDecidesNothing() throws {
        var story = try TrainedStory(claimed: Self.left, used: Self.left)
        let honest = story.data
        story.data.contributions[0].new[0].records = Ascending(Self.left.dropFirst().map(\.commitment))
        #expect(try #require(story.fault(given: Self.left)).isUndecided)
        // Consistent in itself, and another run than the chain's.
        story.data.contributions[0].new[0] = TrainedStory.run(
            on: Array(Self.left.dropFirst()), tensors: honest.contributions[0].new[0].tensors)
        let fault = try #require(story.fault(given: Self.left))
        #expect(fault.isUndecided && fault.message.contains("are not the runs of"))
    }
}
