import Bytes
import ChainViews
import Events
import Foundation
import LedgerStore
import MerkleLog
import Signing
import Testing

@testable import LetheEngine

/// I6: what is private stays out of everything that others get to see. Canaries are planted in every private field, and
/// every public output is searched for them.
struct LeakTests {
    private static let reason = "canary-reason-7f3d9c"
    private static let passphrase = "canary-passphrase-51ab"

    @Test func nothingPrivateIsInAnyPublicOutput() async throws {
        let place = Workplace()
        let organisations = try tellStory(place)
        let secrets = try await secrets(of: "delta", place)
        #expect(secrets.count > 8)
        try writePublicOutputs(organisations)
        let publicFiles = try files(under: ["public", "hub", "birch"], in: place)
        #expect(publicFiles.count > 20)
        // The search finds what is there: the name of the member that leaves stands in the signed statements.
        let control = Needle(name: "control", bytes: Array("\"author\":\"delta\"".utf8))
        let bundle = [UInt8](try Data(contentsOf: URL(fileURLWithPath: place.file("public/certificate.json"))))
        #expect(control.isFound(in: bundle))
        for file in publicFiles {
            let content = [UInt8](try Data(contentsOf: URL(fileURLWithPath: place.file(file))))
            for secret in secrets where secret.isFound(in: content) {
                Issue.record("\(secret.name) is in \(file)")
            }
        }
    }

    /// At rest: not even the ledger that owns them has bodies or adapters in plaintext.
    @Test func nothingErasableLiesInPlaintext() throws {
        let place = Workplace()
        let organisations = try Organisations(["birch", "delta"], in: place, quorum: 1)
        try commitRound(organisations)
        _ = try organisations.requestDeletion(of: "delta", reason: Self.reason)
        var needles = [Needle(name: "the reason", bytes: Array(Self.reason.utf8))]
        for name in ["birch", "delta"] {
            let tensors = [UInt8](
                try Data(contentsOf: URL(fileURLWithPath: place.file("adapters/\(name)/adapter_model.safetensors"))))
            needles.append(Needle(name: "tensors of \(name)", bytes: Array(tensors.suffix(32))))
        }
        try organisations.at("hub", "model", "export", "round-1", "model")
        let model = [UInt8](try Data(contentsOf: URL(fileURLWithPath: place.file("model/adapter_model.safetensors"))))
        needles.append(Needle(name: "the model", bytes: Array(model.suffix(32))))
        #expect(needles[3].isFound(in: model))
        for file in try files(under: ["hub", "birch", "delta"], in: place) {
            let content = [UInt8](try Data(contentsOf: URL(fileURLWithPath: place.file(file))))
            for needle in needles where needle.isFound(in: content) {
                Issue.record("\(needle.name) lies in plaintext in \(file)")
            }
        }
    }

    // MARK: The story

    private func commitRound(_ organisations: Organisations) throws {
        try organisations.at(
            "hub", "base", "register", "sentence-transformers/all-MiniLM-L6-v2", "--digest", Organisations.baseDigest)
        var adapters: [String: (directory: String, samples: Int)] = [:]
        for (number, name) in organisations.names.enumerated() {
            let directory = organisations.place.file("adapters/\(name)")
            SmallAdapter(seed: UInt64(40 + number)).write(to: directory)
            adapters[name] = (directory, 100 + number)
        }
        try organisations.round("round-1", topology: "isolated", adapters)
        try organisations.exchange()
    }

    private func tellStory(_ place: Workplace) throws -> Organisations {
        let organisations = try Organisations(["birch", "cedar", "delta"], in: place, quorum: 2)
        try commitRound(organisations)
        let (deletion, plan) = try organisations.requestDeletion(of: "delta", reason: Self.reason)
        try Data(Self.passphrase.utf8).write(to: URL(fileURLWithPath: place.file("passphrase")))
        let added = place.lethe(
            ["key", "add", "encryption", "--ledger", "delta"], environment: ["LETHE_PASSPHRASE_FILE": "passphrase"])
        try #require(added.status == 0, "\(added.errors)")
        try organisations.exchange()
        try organisations.execute(plan)
        try organisations.cosign()
        try discloseScope(organisations)
        try organisations.exchange()
        try organisations.cosign()
        try organisations.at(
            "hub", "deletion", "certify", deletion, "--output", "certificate.json", "--trust", "trust.policy",
            "--report", "report.html")
        try organisations.exchange()
        return organisations
    }

    /// delta opens what it asked for to somebody: for whom, and why, is private too.
    private func discloseScope(_ organisations: Organisations) throws {
        let events = try JSON(organisations.at("delta", "show", "events", "skies.example/delta", "--json")).elements
        let scoped = try #require(events.first { $0["type"].text == "deletion-scoped" }?["event"].text)
        try organisations.at(
            "delta", "disclose", scoped, "--to", "canary-reader-3c11", "--reason", "canary-inquiry-80d2", "--kind",
            "authority",
            "--output", "opened.json")
    }

    /// Every export, from the ledger that has the secrets.
    private func writeExports(_ organisations: Organisations) throws {
        try organisations.at("delta", "export", "provenance", "round-1", "--output", "public/prov.json")
        try organisations.at("delta", "export", "bom", "round-1", "--output", "public/bom.json")
        try organisations.at("delta", "export", "event", "0", "--output", "public/event.json")
        try organisations.at(
            "delta", "timestamp", "request", "--output", "public/request.tsq", "--data", "public/request.txt")
        let report = organisations.place.lethe(
            "report", "compliance", "--ledger", "delta", "--roles", "controller", "--packs",
            Places.package + "/policies",
            "--output", "public/compliance.json")
        #expect([0, 1, 2].contains(report.status) && !report.output.isEmpty, "\(report.errors)")
        try organisations.place.done("export", "assessment", "public/compliance.json", "--output", "public/oscal.json")
    }

    /// Everything that a member who is no reader of delta's chain, or anybody else, can get.
    private func writePublicOutputs(_ organisations: Organisations) throws {
        let place = organisations.place
        try FileManager.default.createDirectory(atPath: place.file("public"), withIntermediateDirectories: true)
        for name in ["certificate.json", "report.html", "trust.policy", "public.chain"] {
            try FileManager.default.copyItem(atPath: place.file(name), toPath: place.file("public/\(name)"))
        }
        try organisations.at("hub", "chain", "tiles", "--output", "public/tiles")
        try organisations.at("birch", "chain", "export", "skies.example/birch", "--output", "public/birch.chain")
        try writeExports(organisations)
        let views: [[String]] = [
            ["show", "members"], ["show", "keys"], ["show", "events"], ["show", "rounds"], ["show", "models"],
            ["show", "lineage", "round-1"], ["show", "deletions"], ["show", "bodies"], ["chain", "list"], ["check"],
            ["replay"], ["deletion", "status"], ["chain", "checkpoint"],
        ]
        var said = ""
        for ledger in ["hub", "birch"] {
            for view in views {
                said += place.lethe(view + ["--ledger", ledger, "--json"]).output
                said += place.lethe(view + ["--ledger", ledger]).output
            }
        }
        said += try place.done("verify", "certificate.json", "--trust", "trust.policy")
        try Data(said.utf8).write(to: URL(fileURLWithPath: place.file("public/said")))
    }

    // MARK: What is private

    /// What only delta and the readers of its chain may know.
    private func secrets(of name: String, _ place: Workplace) async throws -> [Needle] {
        var needles = [
            Needle(name: "the reason", bytes: Array(Self.reason.utf8)),
            Needle(name: "the reader", bytes: Array("canary-reader-3c11".utf8)),
            Needle(name: "the inquiry", bytes: Array("canary-inquiry-80d2".utf8)),
            Needle(name: "the passphrase", bytes: Array(Self.passphrase.utf8)),
        ]
        needles += try keySecrets(place.file("\(name)/keys"))
        let surroundings = Surroundings(
            now: { Timestamp(seconds: 0)! }, random: .system, passphrase: { nil }, cores: 1)
        let ledger = try await Ledger.open(at: place.file(name), mode: .readOnly, surroundings: surroundings)
        let origin = Origin("skies.example/\(name)")!
        needles += try await bodies(of: ledger, origin)
        let note = try await ledger.checkpointNote(of: origin)
        let lines = String(decoding: note.note, as: UTF8.self).split(separator: "\n")
        needles.append(Needle(name: "the private checkpoint's root", bytes: note.checkpoint.root.bytes))
        needles.append(
            Needle(name: "the private checkpoint's size", bytes: Array("\(lines[0])\n\(lines[1])\n\(lines[2])".utf8)))
        for event in try await ledger.events(of: origin) {
            needles.append(Needle(name: "the private event \(event.index)", bytes: event.event.bytes))
        }
        try await ledger.close()
        return needles
    }

    private func bodies(of ledger: Ledger, _ origin: Origin) async throws -> [Needle] {
        let anchors = try await ledger.view.allAnchors.filter { $0.row.origin == origin }.map(\.row.commitment)
        let commitments = await ledger.bodyRows.map(\.commitment)
        #expect(!anchors.isEmpty && !commitments.isEmpty)
        var needles: [Needle] = []
        for commitment in anchors + commitments {
            let body = try #require(try await ledger.body(commitment))
            needles.append(Needle(name: "a body's salt", bytes: body.salt.bytes))
            needles.append(Needle(name: "a body", bytes: body.bytes))
        }
        for commitment in commitments { needles.append(Needle(name: "a private commitment", bytes: commitment.bytes)) }
        return needles
    }

    private func keySecrets(_ folder: String) throws -> [Needle] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().flatMap { name -> [Needle] in
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("secret ") }
            guard let line, let secret = Base64.decode(String(line.dropFirst(7))) else {
                return [Needle(name: "the file \(name)", bytes: [UInt8](data))]
            }
            return [Needle(name: "the secret of \(name)", bytes: secret)]
        }
    }

    /// The regular files below `roots`, as paths in the workplace; key files are private to the ledger they lie in.
    private func files(under roots: [String], in place: Workplace) throws -> [String] {
        try roots.flatMap { root -> [String] in
            let names = try FileManager.default.subpathsOfDirectory(atPath: place.file(root)).sorted()
            return names.filter { !$0.hasPrefix("keys") }.map { "\(root)/\($0)" }.filter {
                var isDirectory: ObjCBool = false
                return FileManager.default.fileExists(atPath: place.file($0), isDirectory: &isDirectory)
                    && !isDirectory.boolValue
            }
        }
    }
}

/// Bytes to look for as they are, in hexadecimal, and in base64 at each of the three alignments it can have there.
private struct Needle {
    let name: String
    private let forms: [Data]

    init(name: String, bytes: [UInt8]) {
        precondition(bytes.count >= 8)
        self.name = name
        let base64 = (0..<3).map { shift -> [UInt8] in
            // What the bytes' own bits determine: without the characters that the neighbours share.
            let text = Array(Base64.encode([UInt8](repeating: 0, count: shift) + bytes).utf8)
            return Array(
                text[(shift == 0 ? 0 : 4)...].prefix { $0 != UInt8(ascii: "=") }.dropLast(
                    bytes.count % 3 == 0 && shift == 0 ? 0 : 1))
        }
        forms = ([bytes, Array(Hex.encode(bytes).utf8)] + base64).map { Data($0) }
    }

    func isFound(in content: [UInt8]) -> Bool {
        let data = Data(content)
        return forms.contains { data.range(of: $0) != nil }
    }
}
