import Foundation

/// Runs Python scripts, where there is a Python.
enum Python {
    /// The interpreter: `LETHE_PYTHON`, or `python3` on the path.
    private static let interpreter = ProcessInfo.processInfo.environment["LETHE_PYTHON"] ?? "python3"

    struct Outcome {
        let status: Int32
        let output: String
    }

    static func run(_ arguments: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [interpreter] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }

    static let isPresent = (try? run(["-c", "import fractions"]))?.status == 0
    static let hasSafetensors = (try? run(["-c", "import safetensors.numpy"]))?.status == 0
}
