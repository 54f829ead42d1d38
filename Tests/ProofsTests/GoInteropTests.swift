import Bytes
import Foundation
import MerkleLog
import Signing
import Testing

private let modules = "/usr/share/gocode"
private let hasGo =
    FileManager.default.isExecutableFile(atPath: "/usr/bin/go")
    && FileManager.default.fileExists(atPath: modules + "/src/golang.org/x/mod/sumdb/tlog")

/// Our notes and proofs under the reference implementation, `golang.org/x/mod/sumdb`, and its note under
/// ours.
///
/// Needs Debian's golang-go and golang-golang-x-mod-dev.
@Suite(
    .enabled(
        if: hasGo,
        "no /usr/bin/go with golang.org/x/mod here: apt-get install golang-go golang-golang-x-mod-dev"))
struct GoInteropTests {
    private struct Inclusion: Encodable {
        let Size: Int, Index: Int, Root: String, Leaf: String, Path: [String]
    }

    private struct Consistency: Encodable {
        let Old: Int, New: Int, OldRoot: String, NewRoot: String, Path: [String]
    }

    private struct Request: Encodable {
        let VerifierKey: String, Notes: [Data], SignerKey: String, Text: String
        let Inclusion: [Inclusion], Consistency: [Consistency]
    }

    private struct Answer: Decodable {
        let Texts: [String], Inclusion: [Bool], Consistency: [Bool], Signed: Data
    }

    @Test func agreesWithTheReferenceImplementation() throws {
        let inclusion = inclusionProofs()
        let consistency = consistencyProofs()
        let note = Scenario.note()
        var forged = try Note(text: "x\n")
        forged.add(note.signatures[0])
        let text = "Signed elsewhere.\n\nÀ côté.\n"
        let answer = try ask(
            Request(
                VerifierKey: Scenario.logKey.text, Notes: [Data(note.bytes), Data(forged.bytes)],
                SignerKey: signerKey(), Text: text, Inclusion: inclusion, Consistency: consistency))
        #expect(answer.Texts == [note.text, ""])
        #expect(answer.Inclusion.count == 78 * 2 && answer.Consistency.count == 78 * 2)
        // Every second proof was made false.
        #expect(answer.Inclusion.enumerated().allSatisfy { $0.element == $0.offset.isMultiple(of: 2) })
        #expect(answer.Consistency.enumerated().allSatisfy { $0.element == $0.offset.isMultiple(of: 2) })
        let signed = try Note(parsing: [UInt8](answer.Signed)).verified(by: [Scenario.logKey])
        #expect(signed.text == text)
        var ours = try Note(text: text)
        ours.sign(as: Scenario.logKey.name, with: Scenario.log)
        #expect(ours.bytes == [UInt8](answer.Signed))
    }

    /// Each index of each size to 12, followed by the same with another leaf.
    private func inclusionProofs() -> [Inclusion] {
        (1...12).flatMap { size in
            (0..<size).flatMap { index in
                [index, index + 100].map { leaf in
                    Inclusion(
                        Size: size, Index: index, Root: Scenario.tree.root(at: TreeSize(size)).base64,
                        Leaf: LeafHash(entry: leaf < 100 ? Scenario.entries[leaf] : [0]).base64,
                        Path: Scenario.tree.inclusionProof(of: LeafIndex(index), in: TreeSize(size)).map(
                            \.base64))
                }
            }
        }
    }

    /// Each pair of sizes to 12, followed by the same with another old root.
    private func consistencyProofs() -> [Consistency] {
        (1...12).flatMap { new in
            (1...new).flatMap { old in
                [true, false].map { isTrue in
                    let root = Scenario.tree.root(at: TreeSize(old))
                    return Consistency(
                        Old: old, New: new, OldRoot: (isTrue ? root : RootHash.sha256([0])).base64,
                        NewRoot: Scenario.tree.root(at: TreeSize(new)).base64,
                        Path: Scenario.tree.consistencyProof(from: TreeSize(old), to: TreeSize(new)).map(
                            \.base64))
                }
            }
        }
    }

    /// The log's secret key as the reference implementation writes it.
    private func signerKey() -> String {
        let material = Base64.encode([1] + [UInt8](repeating: 1, count: 32))
        return "PRIVATE+KEY+\(Scenario.logKey.name)+\(Scenario.logKey.id.hex)+\(material)"
    }

    private func ask(_ request: Request) throws -> Answer {
        let source = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "Interop/interop.go")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/go")
        process.arguments = ["run", source.path]
        let environment = ["GO111MODULE": "off", "GOPATH": "\(NSTemporaryDirectory())lethe-go:\(modules)"]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        let encoder = JSONEncoder()
        // The reference implementation reads hashes from raw JSON and knows no escapes there.
        encoder.outputFormatting = .withoutEscapingSlashes
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: encoder.encode(request))
        try input.fileHandleForWriting.close()
        let reply = try #require(try output.fileHandleForReading.readToEnd())
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try JSONDecoder().decode(Answer.self, from: reply)
    }
}

extension Hash256 {
    fileprivate var base64: String { Base64.encode(bytes) }
}
