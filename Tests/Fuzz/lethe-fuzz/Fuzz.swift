internal import Bytes
internal import CLibFuzzer
internal import Glibc

/// `lethe-fuzz TARGET FOLDER… [libFuzzer options]`: throws made-up bytes at what Lethe reads from others.
/// `lethe-fuzz seed TARGET FILE FOLDER`: writes what a vector holds as a seed.
///
/// A target holds more than that nothing traps; what, stands at each in `Targets.swift`.
@main
enum Fuzz {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 5, arguments[1] == "seed" { return seed(arguments[2], arguments[3], arguments[4]) }
        guard arguments.count > 1, let target = Targets.all[arguments[1]] else {
            let names = Targets.all.keys.sorted().joined(separator: ", ")
            print("usage: lethe-fuzz TARGET FOLDER… [libFuzzer options]; targets: \(names)")
            exit(64)
        }
        mutatesStories = arguments[1] == "rules"
        let rest = [arguments[0]] + arguments.dropFirst(2)
        var count = Int32(rest.count)
        var pointers: [UnsafeMutablePointer<CChar>?] = rest.map { strdup($0) } + [nil]
        let status = pointers.withUnsafeMutableBufferPointer { buffer in
            var start: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = buffer.baseAddress
            return LLVMFuzzerRunDriver(&count, &start, target)
        }
        exit(status)
    }

    /// What follows a vector's headers; the envelopes of a chain become the lines of a story.
    private static func seed(_ target: String, _ file: String, _ folder: String) {
        guard var bytes = contents(of: file) else { return }
        let blank = bytes.indices.first { bytes[$0] == 0x0a && $0 + 1 < bytes.count && bytes[$0 + 1] == 0x0a }
        if bytes.starts(with: "expect: ".utf8), let blank { bytes.removeFirst(blank + 2) }
        if target == "rules" {
            bytes = bytes.split(separator: 0x0a).compactMap { Story.Line(envelope: Array($0))?.bytes }.flatMap(\.self)
        }
        let name = file.split(separator: "/").suffix(2).joined(separator: "-")
        guard !bytes.isEmpty, let output = fopen("\(folder)/\(name)", "w") else { return }
        fwrite(bytes, 1, bytes.count, output)
        fclose(output)
    }

    private static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer.prefix(count) }
        return bytes
    }
}

/// Ends the run where something that must hold does not.
func hold(_ condition: @autoclosure () -> Bool, _ what: StaticString) {
    guard !condition() else { return }
    fatalError("\(what)")
}

/// Whether the fuzzer changes lines and scalars; else it changes bytes.
nonisolated(unsafe) private var mutatesStories = false

/// libFuzzer asks here how to change an input of `size` bytes, in a buffer that holds `limit`.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: UInt32) -> Int {
    guard mutatesStories else { return LLVMFuzzerMutate(data, size, limit) }
    var mutation = StoryMutation(seed: seed)
    let changed = mutation(Array(UnsafeBufferPointer(start: data, count: size))).prefix(limit)
    _ = UnsafeMutableBufferPointer(start: data, count: limit).update(fromContentsOf: changed)
    return changed.count
}
