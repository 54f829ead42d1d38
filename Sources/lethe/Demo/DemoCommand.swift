import ArgumentParser
import Events
import Foundation
import LetheEngine

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Tell the whole story in a fresh folder: a consortium, three rounds, a deletion, a certificate.",
        discussion: """
            Every organisation has a ledger directory of its own and they exchange nothing but files. DIR then holds \
            the ledgers, trust.policy, deletion.certificate.json, report.html and one event's .tlog-proof.
            """)

    @Argument(help: "The folder to make (default: lethe-demo, or the next free name).") var folder: String?
    @Option(help: "Real adapters, as DIR/round-N/ORGANISATION/; without it small ones are made.") var adapters: String?
    @Option(help: "isolated or feedback: what the adapters started from.") var topology = "isolated"
    @Option(help: "The organisation that is deleted (default: delta, else the first).") var delete: String?
    @Option(help: "The base's digest, for adapters on a base that the demo does not know.") var baseDigest: String?

    func run() async throws {
        let topology: Topology = try parsed(topology, "topology")
        let directory = folder ?? Self.freeName()
        guard ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).isEmpty else {
            throw Answer.unknown(
                "\(directory) is not empty", hint: "give a folder that does not exist yet: lethe demo DIR")
        }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let base = try baseDigest.map { try parsedDigest($0, "base digest") }
        let input: DemoInput =
            if let adapters {
                try DemoInput(reading: adapters, base: base)
            } else {
                try DemoInput.make(in: "\(directory)/adapters")
            }
        let deleted: MemberName =
            try delete.map { try parsed($0, "member name") } ?? MemberName("delta").flatMap {
                input.members.contains($0) ? $0 : nil
            }
            ?? input.members[0]
        guard input.members.contains(deleted) else {
            throw Answer(
                code: 64, message: "\(deleted) is not among the organisations",
                hint: input.members.map(\.text).joined(separator: ", "))
        }
        var story = try await DemoStory(directory: directory, input: input, topology: topology, deleted: deleted)
        try await story.tell()
    }

    private static func freeName() -> String {
        let names = ["lethe-demo"] + (2...9_999).map { "lethe-demo-\($0)" }
        return names.first { !FileManager.default.fileExists(atPath: $0) } ?? "lethe-demo"
    }
}
