internal import Foundation

/// Calls `body` with a fresh directory under `parent`, readable by this user alone, and removes it afterwards.
///
/// Files in it are overwritten with zeros before they are unlinked: merged tensors are plaintext. On file systems that
/// copy on write, and on flash, that does not reach every copy.
public func withScratchDirectory<Result>(
    _ parent: String, _ body: (String) throws -> Result
) throws -> Result {
    let files = FileManager.default
    let path = "\(parent)/\(UUID().uuidString)"
    try files.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { removeScratchDirectory(path) }
    return try body(path)
}

/// Overwrites and removes what a process that was killed left behind.
public func sweepScratch(_ parent: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
        removeScratchDirectory("\(parent)/\(name)")
    }
}

/// Overwrites the files in `path` and removes it.
public func removeScratchDirectory(_ path: String) {
    let files = FileManager.default
    for name in files.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
        overwrite("\(path)/\(name)")
    }
    try? files.removeItem(atPath: path)
}

private func overwrite(_ path: String) {
    guard let handle = FileHandle(forWritingAtPath: path) else { return }
    defer { try? handle.close() }
    guard let size = try? handle.seekToEnd() else { return }
    try? handle.seek(toOffset: 0)
    let zeros = Data(count: 1 << 20)
    var written: UInt64 = 0
    while written < size {
        let count = Int(min(UInt64(zeros.count), size - written))
        guard (try? handle.write(contentsOf: zeros.prefix(count))) != nil else { return }
        written += UInt64(count)
    }
    try? handle.synchronize()
}
