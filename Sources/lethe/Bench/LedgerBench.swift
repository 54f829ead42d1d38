import Bytes
import Compliance
import Events
import Foundation
import Glibc
import LedgerStore
import LetheEngine

/// The lines about appending to a ledger and checking it.
struct LedgerBench {
    private var consortium: BenchConsortium
    private let cores: Int
    private let directory: String
    private var size = 1

    init(in directory: String, surroundings: Surroundings) async throws {
        self.directory = directory
        cores = surroundings.cores
        consortium = try await BenchConsortium(at: "\(directory)/ledger", surroundings: surroundings)
    }

    func close() async throws { try await consortium.ledger.close() }

    private mutating func append(_ envelopes: [[UInt8]]) async throws {
        try await consortium.ledger.append(envelopes, to: consortium.origin)
        size += envelopes.count
    }

    // MARK: Appending

    /// One event an append, against one fdatasync of a page of 4 KiB in the same directory.
    mutating func appendOneByOne(samples: Int) async throws -> BenchLine {
        let probe = try SyncProbe(path: "\(directory)/fdatasync")
        var envelopes = Array(consortium.next(samples).reversed())
        let taken = try await Samples(samples) {
            let one = [envelopes.removeLast()]
            return try await timed { try await consortium.ledger.append(one, to: consortium.origin) }
        } floor: {
            await probe.measure()
        }
        size += samples
        return BenchLine(
            "append, one event", .milliseconds(taken.medianMeasured), against: "one fdatasync",
            .milliseconds(taken.medianFloor), want: .ratioAtMost(1.5),
            note: String(format: "%.0f events/s; admission, transaction and checkpoint", 1 / taken.medianMeasured))
    }

    /// `group` events an append, against verifying one signature of each of them on the same cores.
    mutating func append(groupsOf group: Int, samples: Int) async throws -> BenchLine {
        let groups = max(1, 1_024 / group)
        let probe = try SyncProbe(path: "\(directory)/fdatasync")
        var syncs: [Double] = []
        var batches = (0..<samples).map { _ in (0..<groups).map { _ in consortium.next(group) } }
        let loads = try batches.map { try SignatureLoad($0.flatMap(\.self), keys: consortium.keys) }
        batches.reverse()
        var number = 0
        let taken = try await Samples(samples) {
            let batch = batches.removeLast()
            return try await timed {
                for envelopes in batch { try await consortium.ledger.append(envelopes, to: consortium.origin) }
            }
        } floor: {
            syncs.append(await probe.measure())
            defer { number += 1 }
            return await loads[number].verify(cores: cores)
        }
        size += samples * groups * group
        let count = Double(groups * group)
        return BenchLine(
            "append, groups of \(group)", .rate(count / taken.medianMeasured, "events"),
            against: "signatures verified, \(cores) cores", .rate(count / taken.medianFloor, "verifications"),
            want: .ratioAtLeast(0.6), processorRatio: 1 / taken.processorRatio,
            note: String(format: "each group waits for an fdatasync; one took %.2f ms", median(syncs) * 1_000))
    }

    // MARK: Checking

    /// `check` of a ledger of `events` events, against verifying one signature of each of them on the same cores.
    mutating func check(events: Int, samples: Int) async throws -> BenchLine {
        while size < events { try await append(consortium.next(min(4_096, events - size))) }
        let load = try SignatureLoad(consortium.next(min(events, 20_000)), keys: consortium.keys)
        let taken = try await Samples(samples) {
            try await timed {
                let report = try await consortium.ledger.check()
                guard report.isClean, report.events == size else {
                    throw Answer.no(
                        "the ledger of the benchmark is not clean: \(report.findings.first?.problem ?? "too short")")
                }
            }
        } floor: {
            await load.verify(cores: cores) / Double(load.count) * Double(size)
        }
        let count = Double(size)
        return BenchLine(
            "check, \(size) events", .rate(count / taken.medianMeasured, "events"),
            against: "signatures verified, \(cores) cores", .rate(count / taken.medianFloor, "verifications"),
            want: .ratioAtLeast(0.8), processorRatio: 1 / taken.processorRatio,
            note: String(format: "%.1f s a check", taken.medianMeasured))
    }
}

extension LedgerBench {
    /// What the child of ``controls(samples:)`` says.
    private struct Judged: Codable {
        var controls: Int
        var peakKiB: Int
    }

    /// All packs over the ledger in a process of their own, from entry bytes to the words, against verifying its
    /// signatures on the same cores.
    mutating func controls(samples: Int) async throws -> BenchLine {
        let load = try SignatureLoad(consortium.next(2_000), keys: consortium.keys)
        let path = "\(directory)/ledger"
        var judged = Judged(controls: 0, peakKiB: 0)
        let taken = try await Samples(samples) {
            let child = try await ChildProcess.succeed(ownExecutable, ["bench", "--controls-child", path])
            judged = try JSONDecoder().decode(Judged.self, from: Data(child.output))
            return child.seconds
        } floor: {
            await load.verify(cores: cores) / Double(load.count) * Double(size)
        }
        return BenchLine(
            "all packs, \(size) events", .milliseconds(taken.medianMeasured),
            against: "signatures verified, \(cores) cores",
            .milliseconds(taken.medianFloor), want: .millisecondsAtMost(20_000),
            note: "\(judged.controls) controls; \(judged.peakKiB / 1_024) MiB at most, "
                + "\(judged.peakKiB * 1_024 / size) bytes an event")
    }

    /// What `--controls-child` does.
    static func judgeAsChild(_ path: String, _ surroundings: Surroundings) async throws {
        let ledger = try await Ledger.open(
            at: path, mode: .readOnly, surroundings: surroundings, loadingViews: false)
        let question = ComplianceQuestion(
            packs: try PackLibrary(named: nil).packs(), asOf: surroundings.now(),
            roles: [.controller, .business, .highRiskProvider])
        let result = try await ledger.compliance(question).result
        try await ledger.close()
        if let failed = result.packs.flatMap(\.controls).first(where: { $0.word == .error }) {
            throw Answer.unknown(
                "the control \(failed.control) gives an error: \(failed.explanation ?? "no reason")")
        }
        printJSON(Judged(controls: result.counts.values.reduce(0, +), peakKiB: try peakMemoryKiB()))
    }
}

/// What a durable write costs here and now: 4 KiB over bytes that are there, and fdatasync.
struct SyncProbe {
    private let file: FileHandle

    init(path: String) throws {
        try writeFile([UInt8](repeating: 0, count: 4_096), to: path)
        guard let file = FileHandle(forUpdatingAtPath: path) else { throw Answer.unknown("cannot write \(path)") }
        self.file = file
    }

    /// Seconds for one write.
    func measure() async -> Double {
        let page = [UInt8](repeating: UInt8.random(in: 0...255), count: 4_096)
        return await timed {
            precondition(pwrite(file.fileDescriptor, page, page.count, 0) == page.count, "a write was cut short")
            precondition(fdatasync(file.fileDescriptor) == 0, "fdatasync failed")
        }
    }
}
