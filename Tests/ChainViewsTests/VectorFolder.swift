import Foundation
import Testing

/// The files in `Tests/Vectors`. With `LETHE_RECORD=views` they are written instead of compared, and the run
/// fails.
enum VectorFolder {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Vectors").standardizedFileURL
    static let isRecording = ProcessInfo.processInfo.environment["LETHE_RECORD"] == "views"

    /// The recorded bytes of `path`, which `bytes` must equal.
    static func compare(_ path: String, _ bytes: [UInt8]) throws -> [UInt8] {
        let file = root.appending(path: path)
        if isRecording {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
            Issue.record("recorded \(path)")
        }
        let recorded = [UInt8](try Data(contentsOf: file))
        #expect(bytes == recorded, "\(path)")
        return recorded
    }

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path).sorted()
    }

    static func bytes(of path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: root.appending(path: path)))
    }
}
