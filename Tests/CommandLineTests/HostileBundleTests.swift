import Foundation
import Testing

/// Files that somebody made to hurt whoever opens them. Each is refused with exit 2 in little memory and time, and nothing
/// is written.
struct HostileBundleTests {
    private static let folder = Places.package + "/Tests/Vectors/certificates"
    private static let good = FileManager.default.contents(atPath: folder + "/smallest.json")!

    private static func text(_ text: String) -> Data { Data(text.utf8) }

    private static func replaced(_ old: String, _ new: String) -> Data {
        let text = String(decoding: good, as: UTF8.self)
        precondition(text.contains(old), "\(old)")
        return Data(text.replacingOccurrences(of: old, with: new).utf8)
    }

    /// Empty objects and lists by the million: few bytes each in the file, many in memory.
    private static func repeated(_ value: String, _ count: Int, in member: String) -> Data {
        let list = "[" + Array(repeating: value, count: count).joined(separator: ",") + "]"
        return replaced("\"\(member)\":[", "\"\(member)\":\(list.dropLast()),")
    }

    static let files: [(name: String, bytes: @Sendable () -> Data)] = [
        ("empty", { Data() }), ("newline", { text("\n") }), ("null", { text("null\n") }), ("list", { text("[]\n") }),
        ("deep lists", { text(String(repeating: "[", count: 5_000_000)) }),
        ("deep lists with an end", { text(String(repeating: "[", count: 1_000) + "\n") }),
        ("deep objects", { text(String(repeating: "{\"a\":", count: 2_000_000)) }),
        ("name twice", { replaced("{\"certificate\":", "{\"certificate\":{},\"certificate\":") }),
        ("unknown member", { replaced("{\"certificate\":", "{\"annex\":\"/etc/passwd\",\"certificate\":") }),
        ("another version", { replaced("certificate-bundle@v1", "certificate-bundle@v9") }),
        ("a million proofs", { repeated(#"{"event":"","index":0,"path":[]}"#, 1_000_000, in: "proofs") }),
        ("millions of nothing", { repeated("{}", 5_000_000, in: "proofs") }),
        ("millions of numbers", { text("[" + String(repeating: "0,", count: 20_000_000)) }),
        ("path out of the folder", { replaced("\"index\":", "\"../../index\":") }),
        ("cut off", { good.prefix(good.count / 2) }), ("without its last byte", { good.dropLast() }),
        ("with a byte more", { good + Data([0x20]) }), ("with a mark", { Data([0xef, 0xbb, 0xbf]) + good }),
        ("UTF-16", { String(decoding: good, as: UTF8.self).data(using: .utf16LittleEndian)! }),
        ("Latin-1", { replaced("\"format\":\"lethe", "\"format\":\"l").dropLast(2) + Data([0xe9, 0x22, 0x7d, 0x0a]) }),
        ("gzip", { Data([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3] + [UInt8](repeating: 0, count: 4_000)) }),
        ("zip", { Data("PK\u{3}\u{4}".utf8) + Data(count: 4_000) }),
        ("zeros", { Data(count: 1 << 20) }),
    ]

    private static func programs() -> [[String]] { [[Workplace.program, "verify"], [Workplace.verifier]] }

    @Test(arguments: files.map(\.name)) func isRefusedInLittleMemory(name: String) throws {
        let place = Workplace()
        let bytes = try #require(Self.files.first { $0.name == name }).bytes()
        try bytes.write(to: URL(fileURLWithPath: place.file("bundle.json")))
        for program in Self.programs() {
            let command = "ulimit -v 2000000; exec \"$@\""
            let arguments = program + ["bundle.json", "--trust", Self.folder + "/smallest.policy", "--json"]
            let outcome = place.run(["/bin/sh", "-c", command, "sh"] + arguments)
            expectRefusal(outcome, 2, naming: "bundle.json")
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.utf8.count < 1_000)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["bundle.json"])
    }

    /// A file with a hole: nothing on the disk, everything in memory.
    @Test func aFileBeyondTheLimitIsNotRead() throws {
        let place = Workplace()
        try Data().write(to: URL(fileURLWithPath: place.file("bundle.json")))
        truncate(place.file("bundle.json"), 1 << 40)
        for program in Self.programs() {
            let outcome = place.run(program + ["bundle.json", "--trust", Self.folder + "/smallest.policy"])
            expectRefusal(outcome, 2, naming: "bundle.json", "268435456")
        }
    }

    /// A pipe has no size that could be looked at before it is read.
    @Test func whatNeverEndsIsReadToTheLimit() throws {
        let place = Workplace()
        for program in Self.programs() {
            let outcome = place.run(program + ["/dev/zero", "--trust", Self.folder + "/smallest.policy"])
            expectRefusal(outcome, 2, naming: "/dev/zero")
        }
    }

    @Test func refusesADirectoryAndNoReportIsWritten() throws {
        let place = Workplace()
        let outcome = place.lethe(
            "verify", Self.folder, "--trust", Self.folder + "/smallest.policy", "--report", "report.html")
        expectRefusal(outcome, 2, naming: "is a directory")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    // MARK: Policies

    /// Two keys under one name, a name twice, and policies at the limit: judged within seconds, whatever they say.
    @Test func refusesHostilePolicies() throws {
        let place = Workplace()
        let smallest = try String(contentsOfFile: Self.folder + "/smallest.policy", encoding: .utf8)
        let witness = try #require(smallest.split(separator: "\n").first { $0.hasPrefix("witness ") })
        let words = witness.split(separator: " ")
        let other = "witness other example.org/other+" + words[2].split(separator: "+").suffix(2).joined(separator: "+")
        let policies: [(String, String)] = [
            (smallest + witness + "\n", "line 4"), (smallest + other + "\n", "line 4"),
            (smallest + String(repeating: "group g any united\n", count: 2), "line"),
            (String(repeating: "#\n", count: 600_000), "1048576"),
            ((0..<20_000).map { "group g\($0) any \($0 == 0 ? "united" : "g\($0 - 1)")\n" }.joined(), "line 1"),
        ]
        for (policy, word) in policies {
            try Data(policy.utf8).write(to: URL(fileURLWithPath: place.file("trust.policy")))
            for program in Self.programs() {
                let outcome = place.run(program + [Self.folder + "/smallest.json", "--trust", "trust.policy"])
                expectRefusal(outcome, 2, naming: "trust.policy", word)
            }
        }
    }

    /// As long a chain of groups as fits, all of it in order: it holds, and soon.
    @Test func aLongPolicyIsJudgedInTime() throws {
        let place = Workplace()
        var lines = try String(contentsOfFile: Self.folder + "/smallest.policy", encoding: .utf8)
            .split(separator: "\n").map(String.init).filter { !$0.hasPrefix("quorum") }
        let count = 25_000
        lines += (0..<count).map { "group g\($0) any \($0 == 0 ? "united" : "g\($0 - 1)")" }
        lines.append("quorum g\(count - 1)")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(
            to: URL(fileURLWithPath: place.file("trust.policy")))
        let start = ContinuousClock.now
        let outcome = place.run([Workplace.verifier, Self.folder + "/smallest.json", "--trust", "trust.policy"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(ContinuousClock.now - start < .seconds(10))
    }
}
