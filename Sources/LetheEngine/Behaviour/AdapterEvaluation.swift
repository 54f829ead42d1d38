public import Adapters
public import Bytes
internal import ChainViews
public import Events
internal import Foundation
public import Training

/// Records that an adapter is evaluated on, as a file or a dataset has them.
public struct EvaluationRecords: Sendable {
    public var records: [TrainingRecord]
    /// SHA-256 of the file; of a registered dataset, the root over its record commitments.
    public var digest: ArtifactDigest

    public init(records: [TrainingRecord], digest: ArtifactDigest) {
        self.records = records
        self.digest = digest
    }

    /// The rows of a file. A record is named by the SHA-256 of its canonical bytes: in a file there is no
    /// salt.
    public init(file: DatasetFile, digest: ArtifactDigest) {
        self.init(
            records: file.records.map {
                TrainingRecord(commitment: .sha256($0.bytes), text: $0.text, label: $0.label)
            }, digest: digest)
    }
}

/// What an adapter is evaluated for.
public struct EvaluationRequest: Sendable {
    /// The held-out records: for accuracy and loss, and as non-members.
    public var data: EvaluationRecords
    /// The records to forget, as members.
    public var forget: EvaluationRecords?
    /// The matched retrain.
    public var retrain: Adapter?
    /// Tokens of a record that are read, start and end among them.
    public var maximumTokens: Int
    public var resamples: Int
    public var seed: UInt64
    /// Hides the forget set in its commitment: 32 fresh bytes.
    public var salt: [UInt8]
    /// The deletion whose effect is measured.
    public var deletion: DeletionID?

    public init(
        data: EvaluationRecords, forget: EvaluationRecords? = nil, retrain: Adapter? = nil,
        maximumTokens: Int,
        resamples: Int = MembershipInference.standardResamples, seed: UInt64, salt: [UInt8],
        deletion: DeletionID? = nil
    ) {
        self.data = data
        self.forget = forget
        self.retrain = retrain
        self.maximumTokens = maximumTokens
        self.resamples = resamples
        self.seed = seed
        self.salt = salt
        self.deletion = deletion
    }
}

/// What was measured of an adapter (`schemas/evaluation.md`).
public struct AdapterEvaluation: Hashable, Sendable {
    public var adapter: ArtifactDigest
    public var accuracy: Accuracy
    public var membership: MembershipInference?
    public var distance: AdapterDistance?
    /// Tensor digest of the retrain.
    public var retrain: ArtifactDigest?

    /// Measures `adapter` on its base; nothing is recorded.
    public init(
        of adapter: Adapter, on base: BaseEncoder, _ request: EvaluationRequest, threads: Int
    ) throws {
        let digests = try adapter.digests()
        self.adapter = ArtifactDigest(retagging: digests.adapter)
        do {
            let (tensors, shape) = (try NamedTensors(adapter), try AdapterShape(adapter))
            let trainer = Trainer(base: base, threads: threads)
            func losses(_ records: [TrainingRecord]) throws -> [RecordOutcome] {
                let outcomes = try trainer.outcomes(
                    of: records, adapter: tensors, shape: shape, maximumTokens: request.maximumTokens)
                guard outcomes.allSatisfy(\.loss.isFinite) else {
                    throw EngineError(
                        .refused, "the model gives a loss that is no finite number",
                        hint: "its weights are out of range")
                }
                return outcomes
            }
            let held = try losses(request.data.records)
            accuracy = Accuracy(held, labels: request.data.records.map(\.label))
            if let forget = request.forget {
                membership = MembershipInference(
                    members: try losses(forget.records).map(\.loss).sorted(),
                    nonMembers: held.map(\.loss).sorted(),
                    resamples: request.resamples, seed: request.seed)
            }
            if let other = request.retrain {
                let reference = try NamedTensors(other)
                distance = try AdapterDistance(of: tensors, from: reference)
                retrain = ArtifactDigest(retagging: reference.digest)
            }
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(
                .invalidRequest, "the adapter cannot be evaluated: \(error)",
                hint: "name the base that it was trained on, data with its labels, and a retrain of its own "
                    + "shape",
                cause: error)
        }
    }

    /// The events that say what was measured, one for each kind.
    public func events(_ request: EvaluationRequest) -> [Event] {
        let tokens = Quantity(request.maximumTokens)!
        var events = [
            AdapterEvaluated(
                adapter: adapter, dataset: request.data.digest, deletion: request.deletion,
                accuracy: MeasuredAccuracy(
                    accuracyPPM: PartsPerMillion(accuracy.accuracyPPM)!, maximumTokens: tokens,
                    meanLossMicronats: Count(accuracy.meanLossMicronats)!,
                    records: Quantity(accuracy.records)!))
        ]
        if let membership, let forget = request.forget {
            events.append(
                AdapterEvaluated(
                    adapter: adapter, dataset: request.data.digest, deletion: request.deletion,
                    membership: MeasuredMembership(
                        aucPPM: PartsPerMillion(membership.aucPPM)!,
                        forget: Self.commitment(to: forget.digest, salt: request.salt),
                        highPPM: PartsPerMillion(membership.highPPM)!,
                        lowPPM: PartsPerMillion(membership.lowPPM)!,
                        maximumTokens: tokens, members: Quantity(membership.members)!,
                        nonMembers: Quantity(membership.nonMembers)!,
                        resamples: Quantity(membership.resamples)!,
                        seed: Count(Int(membership.seed))!)))
        }
        if let distance, let retrain {
            events.append(
                AdapterEvaluated(
                    adapter: adapter, deletion: request.deletion,
                    distance: MeasuredDistance(
                        greatestPPB: Count(distance.greatestPPB)!, isEqual: distance.isEqual,
                        relativePPB: distance.relativePPB.map { Count($0)! }, retrain: retrain)))
        }
        return events.map { .adapterEvaluated($0) }
    }

    /// SHA-256 of `"lethe/forget-set/v1" 00`, the salt and the set's digest.
    static func commitment(to digest: ArtifactDigest, salt: [UInt8]) -> Hash256<ForgetSetSubject> {
        .sha256(Array("lethe/forget-set/v1\0".utf8), salt, digest.bytes)
    }
}

extension Ledger {
    /// The adapter that the chain calls `digest`, where it lies here, with its base.
    public func adapterOnChain(_ digest: ArtifactDigest) throws -> (adapter: Adapter, base: BaseEncoder) {
        let view = try view
        let round = view.model(digest)?.round ?? view.contributions(withAdapter: digest).first?.round
        let mitigated = view.mitigations.rows.values.first { $0.mitigation.adapter == digest }
        guard let id = round ?? mitigated.flatMap({ view.model($0.mitigation.model)?.round }),
            let base = view.rounds[id]?.base
        else {
            throw EngineError(
                .invalidRequest, "the chain names no adapter \(digest)",
                hint: "give a PEFT directory, a round, or the digest of a model or contribution")
        }
        guard let adapter = try adapter(digest, base: base) else {
            throw EngineError(
                .missing, "the adapter \(digest) is not in this ledger",
                hint: "get its directory from the member that has it; lethe evaluate takes directories too")
        }
        return (adapter, try encoder(for: base).encoder)
    }

    /// Opens the PEFT directory at `path` under the base that it belongs to: the one under which the chain
    /// knows it, else the only one that there is.
    public func openAdapter(at path: String) throws -> (adapter: Adapter, base: BaseEncoder) {
        let bases = try view.allBases.map(\.base)
        for base in bases {
            let found = try inspect(path, base: base)
            if try knowsAdapter(found.adapterDigest) {
                return (found.adapter, try encoder(for: base).encoder)
            }
        }
        guard let only = bases.first, bases.count == 1 else {
            throw EngineError(
                .invalidRequest,
                "\(bases.count) bases are registered, and the chain does not know the adapter in \(path)",
                hint: "name its base: --base DIR or --embedded SEED")
        }
        return (try inspect(path, base: only).adapter, try encoder(for: only).encoder)
    }

    /// Whether the chain names this adapter, so that an evaluation of it can be recorded.
    public func knowsAdapter(_ digest: ArtifactDigest) throws -> Bool {
        let view = try view
        return view.model(digest) != nil || !view.contributions(withAdapter: digest).isEmpty
            || view.mitigations.rows.values.contains { $0.mitigation.adapter == digest }
    }

    /// Records what was measured. The salt of the forget set is kept nowhere.
    public func recordEvaluation(
        _ evaluation: AdapterEvaluation, _ request: EvaluationRequest, as member: MemberName
    ) throws -> [Recorded] {
        let events = evaluation.events(request)
        for event in events { try dryRun(event, as: member, on: publicOrigin) }
        return try events.map { try record($0, as: member, on: publicOrigin) }
    }
}
