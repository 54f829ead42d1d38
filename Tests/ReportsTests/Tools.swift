import Foundation

/// Programs of others that tests use where they are present.
enum Tool {
    struct Outcome {
        let status: Int32
        let output: String
    }

    static let python = ProcessInfo.processInfo.environment["LETHE_PYTHON"] ?? "python3"
    static let hasPython = run([python, "-c", "import html.parser"])?.status == 0
    static let printsPages =
        run(["chromium", "--version"])?.status == 0 && run(["pdftotext", "-v"])?.status == 0

    /// Runs a program with a limit of a minute; `nil` where there is no way to start it.
    static func run(_ arguments: [String]) -> Outcome? {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["timeout", "60"] + arguments
        process.standardOutput = pipe
        process.standardError = pipe
        guard (try? process.run()) != nil else { return nil }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }

    /// Calls `body` with a folder of its own, and removes it.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "reports-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path())
    }
}

extension String {
    /// What stands between `start` and the next `end`.
    func part(from start: String, to end: String) -> String? {
        guard let opening = range(of: start),
            let closing = range(of: end, range: opening.upperBound..<endIndex)
        else { return nil }
        return String(self[opening.upperBound..<closing.lowerBound])
    }

    /// The page without its data.
    var withoutData: String { String(self[..<(range(of: "<script")?.lowerBound ?? endIndex)]) }

    /// The page's words: no tags, no styles, no data, entities resolved.
    var visibleText: String {
        let body = String(withoutData[(range(of: "<body>")?.lowerBound ?? startIndex)...])
        return body.replacing(/<[^>]*>/, with: " ")
            .replacing("&#39;", with: "'").replacing("&quot;", with: "\"").replacing("&lt;", with: "<")
            .replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
