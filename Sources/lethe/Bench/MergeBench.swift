import Adapters
import Bytes
import Foundation
import Glibc

/// The lines about merging adapters from files to a file.
struct MergeBench {
    private static let base = BaseDigest.sha256(Array("bench base".utf8))
    private let directory: String
    private let threads: Int
    private let adapters: [String]
    /// Of one adapter's tensors file.
    private let byteCount: Int

    /// Writes `count` adapters of about `mebibytes` MiB each: float32, query and value of as many layers as it takes.
    init(in directory: String, count: Int, mebibytes: Int, rank: Int, threads: Int) throws {
        self.directory = directory
        self.threads = threads
        adapters = (0..<count).map { "\(directory)/adapter-\($0)" }
        let layers = max(1, mebibytes * 1_048_576 / (4 * rank * Self.width * 4))
        for (number, path) in adapters.enumerated() {
            try Self.writeAdapter(to: path, rank: rank, layers: layers, seed: UInt64(number + 1))
        }
        byteCount = try fileSize("\(adapters[0])/\(Adapter.tensorsName)")
    }

    private var tensorFiles: [String] { adapters.map { "\($0)/\(Adapter.tensorsName)" } }
    private var summary: String { "\(adapters.count) × \(byteCount / 1_000_000) MB" }

    // MARK: Lines

    func merge(samples: Int) async throws -> BenchLine {
        let taken = try await Samples(samples) {
            try await timed { try Self.merge(adapters, into: "\(directory)/merged", threads: threads) }
        } floor: {
            try await timed { try copy() }
        }
        return BenchLine(
            "merge \(summary), exact", .milliseconds(taken.medianMeasured),
            against: "read them all, write and sync one, 1 thread", .milliseconds(taken.medianFloor),
            want: .ratioAtMost(3), processorRatio: taken.processorRatio, note: "\(threads) threads, result synced")
    }

    /// The peak memory of a process that does nothing but the merge, against the size of one adapter.
    func memory(below limit: Double) async throws -> BenchLine {
        let child = try await ChildProcess.succeed(
            ownExecutable, ["bench", "--merge-child", directory, "--count", "\(adapters.count)"])
        guard let peak = Double(String(decoding: child.output, as: UTF8.self).filter(\.isNumber)) else {
            throw Answer.unknown("the merging child told no peak memory")
        }
        return BenchLine(
            "merge \(summary), peak memory", .init(value: peak / 1_024, unit: "MiB"), against: "one adapter",
            .init(value: Double(byteCount) / 1_048_576, unit: "MiB"), want: .mebibytesBelow(limit),
            note: String(format: "a process of its own, %.1f s", child.seconds))
    }

    /// What `--merge-child` does.
    static func mergeAsChild(in directory: String, count: Int, threads: Int) throws {
        try merge((0..<count).map { "\(directory)/adapter-\($0)" }, into: "\(directory)/merged", threads: threads)
        print(try peakMemoryKiB())
    }

    /// Against float32 sums in the order of arrival, which round at every step; `nil` without numpy.
    func againstNumpy(samples: Int) async throws -> BenchLine? {
        guard try await ChildProcess.run("/usr/bin/env", ["python3", "-c", "import numpy"]).status == 0 else {
            return nil
        }
        let offset = try Adapter(directory: adapters[0], base: Self.base).tensorDataOffset
        let arguments = ["python3", "-c", Self.script, "\(directory)/numpy.out", "\(offset)"] + tensorFiles
        let taken = try await Samples(samples) {
            try await timed { try Self.merge(adapters, into: "\(directory)/merged", threads: threads) }
        } floor: {
            let output = try await ChildProcess.succeed("/usr/bin/env", arguments).output
            guard let time = Double(String(decoding: output, as: UTF8.self).filter { !$0.isWhitespace }) else {
                throw Answer.unknown("python3 told no time")
            }
            return time
        }
        return BenchLine(
            "merge \(summary), exact", .milliseconds(taken.medianMeasured), against: "numpy float32 mean, inexact",
            .milliseconds(taken.medianFloor), want: .nothing, note: "both from files to a synced file")
    }

    /// Times reading, the mean, writing and syncing; not the start of the interpreter.
    private static let script = """
        import sys, os, time
        import numpy as np
        out, offset, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
        start = time.perf_counter()
        total = np.fromfile(files[0], dtype=np.float32, offset=offset)
        for name in files[1:]:
            total += np.fromfile(name, dtype=np.float32, offset=offset)
        total /= np.float32(len(files))
        with open(out, "wb") as file:
            total.tofile(file)
            file.flush()
            os.fsync(file.fileno())
        print(time.perf_counter() - start)
        """

    // MARK: Work

    private static func merge(_ adapters: [String], into path: String, threads: Int) throws {
        let contributions = try adapters.enumerated().map { number, path in
            try Contribution(Adapter(directory: path, base: base), weight: 100 + number, label: path)
        }
        try Merge(contributions, rule: .mean, threads: threads).write(toDirectory: path, threads: threads)
    }

    /// Reads every file in pieces of 1 MiB, and writes the last one out again.
    private func copy() throws {
        let output = open("\(directory)/copy", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard output >= 0 else { throw Answer.unknown("cannot write \(directory)/copy") }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        for (number, path) in tensorFiles.enumerated() {
            let input = open(path, O_RDONLY)
            guard input >= 0 else { throw Answer.unknown("cannot read \(path)") }
            defer { close(input) }
            while case let count = read(input, &buffer, buffer.count), count > 0 {
                guard number == tensorFiles.count - 1 else { continue }
                guard write(output, buffer, count) == count else {
                    throw Answer.unknown("cannot write \(directory)/copy")
                }
            }
        }
        guard fsync(output) == 0 else { throw Answer.unknown("cannot sync \(directory)/copy") }
    }

    // MARK: Input

    /// The inputs and outputs of each adapted layer.
    private static let width = 4_096

    private static func writeAdapter(to path: String, rank: Int, layers: Int, seed: UInt64) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let configuration = """
            {"base_model_name_or_path":"bench/decoder","bias":"none","fan_in_fan_out":false,"inference_mode":true,\
            "init_lora_weights":true,"lora_alpha":\(rank),"lora_dropout":0.0,"modules_to_save":null,\
            "peft_type":"LORA","r":\(rank),"target_modules":["q_proj","v_proj"],"task_type":"CAUSAL_LM"}
            """
        try writeFile(Array(configuration.utf8), to: "\(path)/\(Adapter.configurationName)")
        let modules = (0..<layers).flatMap { layer in
            ["q_proj", "v_proj"].map { "base_model.model.model.layers.\(layer).self_attn.\($0)" }
        }
        let tensors = modules.flatMap { module in
            [
                TensorDescription(name: "\(module).lora_A.weight", element: .f32, shape: [rank, width]),
                TensorDescription(name: "\(module).lora_B.weight", element: .f32, shape: [width, rank]),
            ]
        }
        let writer = try SafetensorsWriter(path: "\(path)/\(Adapter.tensorsName)", tensors: tensors)
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        var values = [Float](repeating: 0, count: rank * width)
        for entry in writer.header.entries {
            fill(&values, &state)
            try values.withUnsafeBytes { try writer.target.write($0, of: entry, from: 0) }
        }
        try writer.commit()
    }

    /// Numbers of the sizes that trained weights have: the sum of two uniform ones, within ±0.04 (xorshift64).
    private static func fill(_ values: inout [Float], _ state: inout UInt64) {
        for index in values.indices {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            let sum = Int(state & 0xFF_FFFF) + Int(state >> 24 & 0xFF_FFFF) - 0xFF_FFFF
            values[index] = Float(sum) * 0x1p-24 * 0.04
        }
    }
}

extension Adapter {
    /// Where the elements begin in the tensors file: after the header's length, and the header.
    fileprivate var tensorDataOffset: Int { file.header.prefixByteCount }
}

/// The size of a file in bytes.
private func fileSize(_ path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
}
