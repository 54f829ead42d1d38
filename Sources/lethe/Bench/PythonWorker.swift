import Foundation

/// A Python process that does one piece of work for each line that it is sent, and tells how long it took.
///
/// It starts once, so that importing libraries and warming up are in no sample.
final class PythonWorker {
    /// The interpreter that has the libraries to measure against.
    static let interpreter = ProcessInfo.processInfo.environment["LETHE_PYTHON"] ?? "python3"

    static func has(_ modules: String...) async throws -> Bool {
        try await ChildProcess.run("/usr/bin/env", [interpreter, "-c", "import " + modules.joined(separator: ", ")])
            .status == 0
    }

    private let process = Process()
    private let input = Pipe(), output = Pipe()

    /// - Parameters:
    ///   - script: defines `work()`, which one sample calls.
    ///   - threads: for every library that computes on several.
    init(_ script: String, _ arguments: [String], threads: Int) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [Self.interpreter, "-c", script + Self.loop] + arguments
        var environment = ProcessInfo.processInfo.environment
        for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] { environment[name] = "\(threads)" }
        environment["TOKENIZERS_PARALLELISM"] = "false"
        process.environment = environment
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private static let loop = """

        import sys, time
        work()
        for line in sys.stdin:
            wall, processor = time.perf_counter(), time.process_time()
            work()
            print(time.perf_counter() - wall, time.process_time() - processor, flush=True)
        """

    /// One sample: seconds by the clock, and of the processor.
    func sample() throws -> (wall: Double, processor: Double) {
        try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
        var line: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0a { line.append(byte) }
        let numbers = String(decoding: line, as: UTF8.self).split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 2 else { throw Answer.unknown("\(Self.interpreter) told no time") }
        return (numbers[0], numbers[1])
    }
}

/// Samples of our work and of a Python worker's, taken in turns; both sides tell their own times.
struct PairedSamples {
    private var ours: [(wall: Double, processor: Double)] = []
    private var theirs: [(wall: Double, processor: Double)] = []

    init(_ count: Int, _ worker: PythonWorker, ours work: () throws -> Void) async throws {
        try work()
        for number in 0..<count {
            if number.isMultiple(of: 2) { theirs.append(try worker.sample()) }
            let before = processorTime()
            let wall = try await timed { try work() }
            ours.append((wall, processorTime() - before))
            if !number.isMultiple(of: 2) { theirs.append(try worker.sample()) }
        }
    }

    var medianOurs: Double { median(ours.map(\.wall)) }
    var medianTheirs: Double { median(theirs.map(\.wall)) }
    /// Their processor time over ours: how many times their rate ours is, whoever else used the machine.
    var processorSpeedup: Double { median(theirs.map(\.processor)) / median(ours.map(\.processor)) }
}
