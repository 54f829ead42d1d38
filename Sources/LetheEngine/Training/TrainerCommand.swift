internal import Adapters
public import Bytes
public import Events
internal import Foundation
internal import Replay
internal import Training

/// A program that trains in our stead: it gets the path of a job directory and leaves an adapter in it. See
/// `schemas/external-trainers.md`.
public struct TrainerCommand: Hashable, Sendable {
    /// A line for the shell; the path of the job directory is added as the last argument.
    public let text: String
    /// How long one run may take; `nil`: as long as it does.
    public let limitSeconds: Int?

    /// - Throws: for an empty line.
    public init(_ text: String, limitSeconds: Int? = nil) throws {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw EngineError(
                .invalidRequest, "the trainer command is empty", hint: "--trainer 'python3 trainer.py'")
        }
        self.text = text
        self.limitSeconds = limitSeconds
    }

    /// SHA-256 of `"lethe/trainer-command/v1" 00`, the command's length as u32be, the command, and for each
    /// word of it that is a readable file the SHA-256 of that file.
    public var digest: ArtifactDigest {
        var bytes = Array("lethe/trainer-command/v1\0".utf8)
        bytes.appendBigEndian(UInt32(text.utf8.count))
        bytes += Array(text.utf8)
        for word in text.split(whereSeparator: \.isWhitespace) {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: String(word), isDirectory: &isDirectory),
                !isDirectory.boolValue, let content = FileManager.default.contents(atPath: String(word))
            else { continue }
            bytes += Hash256<TrainerCommand>.sha256(Array(content)).bytes
        }
        return .sha256(bytes)
    }
}

/// What an external trainer gets: `job.json`.
struct TrainingJobDocument: Codable {
    static let format = "lethe/training-job/v1"

    struct Base: Codable {
        /// Absent for an embedded base.
        var directory: String?
        /// Absent for a base in a directory.
        var embeddedSeed: Int?
        /// Configuration and weights: what recipes name.
        var encoder: ArtifactDigest
        var name: BaseName
        /// The SHA-256 of the weights file: what the ledger names.
        var weights: ArtifactDigest
    }

    var base: Base
    var format = Self.format
    /// Paths are relative to the job directory.
    var output = "output"
    /// A PEFT directory; absent where training starts from the recipe's initial values.
    var parent: String?
    var recipe = "recipe.json"
    var records = "records.jsonl"
    var threads: Int
}

/// A line of `records.jsonl`.
private struct JobRecord: Encodable {
    var commitment: String
    var label: Int
    var text: String
}

/// What an external trainer says of its run: `output/run.json`.
struct TrainingRunDocument: Codable {
    static let format = "lethe/training-run/v1"

    struct Trainer: Codable {
        var hardware: TrainerText
        var image: TrainerText
        var versions: TrainerText
    }

    var format: String
    /// The tensor digest of the adapter beside it.
    var tensors: ArtifactDigest
    var trainer: Trainer
}

extension Workbench {
    /// Has the command compute a run in a directory of its own, and takes over what it gives only if
    /// everything about it is as it has to be.
    func runCommand(_ job: Job, of shard: ShardReference) throws -> Outcome {
        let command = command!
        return try withScratchDirectory(scratch) { directory in
            try writeJob(job, to: directory)
            switch try TrainerProcess.run(command, directory) {
            case .exited(0): break
            case .exited(let status):
                throw refusal(
                    shard, "it exited with the status \(status)", "what it wrote to standard error says why")
            case .outOfTime:
                throw refusal(
                    shard, "it was not done after \(command.limitSeconds ?? 0) s, and was ended",
                    "give it more time, or a faster machine")
            case .interrupted(let signal):
                throw EngineError(
                    .refused,
                    "ended by \(Interruption.name(signal)) at shard \(shard.shard) of \(shard.dataset): so was the external "
                        + "trainer, with all that it started",
                    hint: "\(onRefusal); the same command goes on where this one was")
            }
            return try readOutput(job, of: shard, "\(directory)/output", command)
        }
    }

    private func refusal(_ shard: ShardReference, _ reason: String, _ hint: String) -> EngineError {
        EngineError(
            .refused, "the external trainer failed at shard \(shard.shard) of \(shard.dataset): \(reason)",
            hint: "\(onRefusal); \(hint)")
    }

    private func writeJob(_ job: Job, to directory: String) throws {
        try writeAtomically(job.recipe.json, to: "\(directory)/recipe.json")
        var lines: [UInt8] = []
        for record in job.records {
            lines += CanonicalJSON.encode(
                JobRecord(commitment: record.commitment.hex, label: record.label, text: record.text))
            lines.append(0x0a)
        }
        try writeAtomically(lines, to: "\(directory)/records.jsonl")
        if let parent = job.parent {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/parent", withIntermediateDirectories: false)
            try write(parent, job.recipe, to: "\(directory)/parent")
        }
        var base = TrainingJobDocument.Base(
            encoder: ArtifactDigest(retagging: encoder.digest), name: baseName, weights: self.base)
        switch location {
        case .directory(let path): base.directory = path
        case .embedded(let seed): base.embeddedSeed = Int(seed)
        }
        let document = TrainingJobDocument(
            base: base, parent: job.parent == nil ? nil : "parent", threads: threads)
        try writeAtomically(CanonicalJSON.encode(document), to: "\(directory)/job.json")
    }

    private func readOutput(
        _ job: Job, of shard: ShardReference, _ output: String, _ command: TrainerCommand
    ) throws -> Outcome {
        let document = try readRunDocument("\(output)/run.json", shard)
        let adapter: Adapter
        let tensors: NamedTensors
        do {
            adapter = try Adapter(directory: output, base: BaseDigest(retagging: base))
            tensors = try NamedTensors(adapter)
        } catch {
            throw refusal(
                shard, "its adapter cannot be used: \(error)",
                "schemas/external-trainers.md says what it has to write")
        }
        try checkShape(adapter, tensors, job, shard)
        let digest = tensors.digest
        guard ArtifactDigest(retagging: digest) == document.tensors else {
            throw refusal(
                shard, "it claims the tensor digest \(document.tensors), and its adapter has \(digest)",
                "do not use a trainer that says what is not so")
        }
        return Outcome(
            tensors: tensors, tensorDigest: digest, run: job.inputs.runDigest(result: digest),
            trainer: .external(
                command: command.digest, hardware: document.trainer.hardware, image: document.trainer.image,
                versions: document.trainer.versions))
    }

    private func readRunDocument(_ path: String, _ shard: ShardReference) throws -> TrainingRunDocument {
        guard let data = FileManager.default.contents(atPath: path), data.count < 1 << 20 else {
            throw refusal(
                shard, "it wrote no run.json", "schemas/external-trainers.md says what it has to write")
        }
        do {
            let bytes = try PlainDocument(parsing: Array(data), path: "run.json").bytes
            let document = try CanonicalJSON.decode(TrainingRunDocument.self, from: bytes)
            guard document.format == TrainingRunDocument.format else {
                throw EngineError(.refused, "its format is \"\(document.format)\"")
            }
            return document
        } catch {
            throw refusal(
                shard, "its run.json is not as it should be: \(error)",
                "schemas/training-run.v1.json describes it")
        }
    }

    /// The adapter must be what the recipe trains: the same configuration, the same tensors in the same
    /// shapes.
    private func checkShape(
        _ adapter: Adapter, _ tensors: NamedTensors, _ job: Job, _ shard: ShardReference
    ) throws {
        let expected = try configuration(of: job.recipe)
        guard adapter.configuration.canonicalBytes == expected.canonicalBytes else {
            throw refusal(
                shard, "its adapter has another configuration than the recipe's",
                "rank, alpha, target modules and "
                    + "modules to save have to be the recipe's")
        }
        let shapes = try trainer.initialAdapter(of: job.recipe)
        for name in Set(shapes.names).union(tensors.names).sorted()
        where shapes[name]?.shape != tensors[name]?.shape {
            let (wanted, found) = (shapes[name]?.shape, tensors[name]?.shape)
            throw refusal(
                shard,
                "its tensor \(name) has the shape \(found.map { "\($0)" } ?? "of none"), and the recipe "
                    + "implies \(wanted.map { "\($0)" } ?? "none")", "train what the recipe says")
        }
    }
}
