internal import Adapters
internal import Foundation
internal import LedgerStore

/// Writes a PEFT directory: the configuration, and the tensors streamed out of their blob. Refuses a directory that has
/// files already; what it wrote is removed again if it fails.
func writePEFTDirectory(_ path: String, configuration: [UInt8], tensors: BlobReader) throws {
    let files = FileManager.default
    let existing = (try? files.contentsOfDirectory(atPath: path)) ?? []
    guard existing.isEmpty else {
        throw EngineError(
            .invalidRequest, "\(path) is not empty: it has \(existing.sorted()[0])",
            hint: "give a directory that does not exist yet")
    }
    let wasThere = files.fileExists(atPath: path)
    do {
        try writing(path) { try files.createDirectory(atPath: path, withIntermediateDirectories: true) }
        try writeAtomically(configuration, to: "\(path)/\(Adapter.configurationName)")
        try copyOut(tensors, to: "\(path)/\(Adapter.tensorsName)")
    } catch {
        for name in [Adapter.configurationName, Adapter.tensorsName] {
            try? files.removeItem(atPath: "\(path)/\(name)")
        }
        if !wasThere { rmdir(path) }
        throw error
    }
}

/// Writes the decrypted bytes of a blob to a file, which appears once it is whole.
func copyOut(_ reader: BlobReader, to path: String) throws {
    let temporary = "\(path).part"
    guard FileManager.default.createFile(atPath: temporary, contents: nil),
        let handle = FileHandle(forWritingAtPath: temporary)
    else {
        throw EngineError(
            .invalidRequest, "cannot write \(path): \(String(cString: strerror(errno)))", hint: "check the directory")
    }
    defer {
        try? handle.close()
        try? FileManager.default.removeItem(atPath: temporary)
    }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while offset < reader.count {
        let count = min(buffer.count, reader.count - offset)
        try buffer.withUnsafeMutableBytes {
            try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]), at: offset)
        }
        try writing(path) { try handle.write(contentsOf: Data(buffer[..<count])) }
        offset += count
    }
    try writing(path) { try handle.synchronize() }
    guard rename(temporary, path) == 0 else {
        throw EngineError(
            .invalidRequest, "cannot write \(path): \(String(cString: strerror(errno)))", hint: "check the directory")
    }
}
