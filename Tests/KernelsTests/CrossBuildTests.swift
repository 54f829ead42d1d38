import Foundation
import Kernels
import KernelsReference
import Testing

/// The self-test hashes every kernel's output bits on fixed inputs; the vector pins the hash for all
/// machines.
@Suite("The self-test of the kernels")
struct SelfTestTests {
    @Test("gives the pinned hash with every variant", arguments: Variant.runnable)
    func givesThePinnedHash(variant: Variant) throws {
        #expect(try reference_selftest(variant.index) == Self.pinnedHash())
    }

    /// Cross-compiles the kernels and the self-test with Debian's compiler and runs them in user-mode
    /// emulation, where the variants are NEON and plain C with the processor's own fused multiply-add.
    @Test(
        "gives the same hash on aarch64",
        .enabled(if: Tools.canRunAarch64, "needs aarch64-linux-gnu-gcc and qemu-aarch64 on PATH"))
    func givesTheSameHashOnAarch64() throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "lethe-selftest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = folder.appending(path: "selftest").path
        let built = try Tools.run(
            "aarch64-linux-gnu-gcc", Self.compilerArguments + ["-o", program, "-lm", "-lpthread"])
        try #require(built.status == 0, "\(built.output)")
        let emulated = try Tools.run("qemu-aarch64", [program])
        let hash = try String(Self.pinnedHash(), radix: 16)
        #expect(emulated.output == "neon \(hash)\nportable \(hash)\n")
        #expect(emulated.status == 0, "the emulated environment rounds to nearest and keeps subnormals")
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func pinnedHash() throws -> UInt64 {
        struct Vector: Decodable { let kernels: String }
        let file = root.appending(path: "Tests/Vectors/training-arithmetic.v1.json")
        let vector = try JSONDecoder().decode(Vector.self, from: Data(contentsOf: file))
        return try #require(UInt64(vector.kernels, radix: 16))
    }

    /// The kernels' own files by name: the target may hold others that have nothing to do with this.
    private static var compilerArguments: [String] {
        let kernels = [
            "fixed_order", "variant_avx512", "variant_avx2", "variant_neon", "variant_portable",
        ].map { "Sources/Kernels/\($0).c" }
        let reference = ["reference", "selftest"].map { "Tests/KernelsReference/\($0).c" }
        return ["-std=c11", "-O2", "-ffp-contract=off", "-fno-math-errno", "-static", "-DSELFTEST_MAIN"]
            + ["Sources/Kernels/include", "Tests/KernelsReference/include"].map {
                "-I" + root.appending(path: $0).path
            }
            + (kernels + reference).map { root.appending(path: $0).path }
    }
}

/// Programs that a test runs where they are installed.
enum Tools {
    static let canRunAarch64 = find("aarch64-linux-gnu-gcc") != nil && find("qemu-aarch64") != nil

    static func find(_ name: String) -> String? {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Standard output and error together, and the exit status.
    static func run(_ name: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: try #require(find(name)))
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
