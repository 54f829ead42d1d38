import ArgumentParser
import Bytes
import ChainViews
import Compliance
import Events
import Foundation
import LedgerStore
import LetheEngine

struct PackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "Control packs: check, sign and adopt them.",
        subcommands: [Check.self, Sign.self, Adopt.self, List.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Read a pack whole, run its controls on their fixtures, say who signed it and whether it is adopted.",
            discussion: """
                Exit 0 where every control tells its fixtures apart, 1 where one does not or a member's signature is \
                false, 2 where the pack cannot be read or a query wants what queries may not. Without a ledger, give \
                --alone: then signatures are not looked at.
                """)
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The pack's folder.") var folder: String
        @Flag(help: "Look at the files alone, without a ledger.") var alone = false

        func run() async throws {
            let pack = try readPack(folder)
            let failed = SelfTest.results(of: pack).filter { !$0.isExpected }
            let check = alone ? nil : try await withLedger { try await $0.check(pack) }
            if options.json {
                printJSON(
                    CheckAnswer(
                        controls: pack.controls.count, digest: pack.digest.hex, failed: failed, pack: pack.id.text,
                        signers: check?.signers, standing: check?.standing, version: pack.manifest.version.text))
            } else {
                print("\(pack.id) \(pack.manifest.version), \(pack.controls.count) control(s), digest \(pack.digest)")
                for test in failed { print("  \(test.control) \(test.fixture.rawValue): \(test.reason ?? "")") }
                if let check {
                    print(
                        "signed by \(check.signers.isEmpty ? "nobody" : check.signers.map(\.text).joined(separator: ", ")); "
                            + standing(check.standing))
                }
            }
            guard failed.isEmpty else {
                throw Answer.no(
                    "\(failed.count) fixture(s) of \(pack.id) are judged otherwise than they say",
                    hint: "a control that cannot tell its fixtures apart says nothing about a ledger")
            }
        }

        /// Without a ledger there is a way to go on.
        private func withLedger<Result: Sendable>(_ body: (Ledger) async throws -> Result) async throws -> Result {
            do {
                return try await options.reading(body)
            } catch let error as StoreError where error.code == .notALedger {
                throw Answer.unknown(
                    "\(error.message), so who signed \(folder) and whether it is adopted cannot be told",
                    hint: "--ledger DIR names one; --alone looks at the files only")
            }
        }

        private func standing(_ standing: PackStanding) -> String {
            switch standing {
            case .adopted: "adopted by the consortium"
            case .notAdopted: "not adopted by the consortium"
            case .otherVersion: "the consortium adopted another version of it"
            }
        }
    }

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign a pack with a member's event key; other signatures on the same files stay.")
        @OptionGroup var options: LedgerOptions
        @Argument(help: "The pack's folder; pack.sig.json is written into it.") var folder: String

        func run() async throws {
            let pack = try readSoundPack(folder, orNothingWas: "signed")
            let (bytes, member) = try await options.reading { ledger in
                let member = try await options.actor(ledger)
                return (try await ledger.sign(pack, as: member), member)
            }
            let file = "\(folder)/\(PackFiles.signatureName)"
            try writeFile(bytes + [0x0a], to: file)
            printFile(
                file, ["digest": pack.digest.hex, "member": member.text],
                "\(pack.id) \(pack.manifest.version) signed by \(member)",
                json: options.json)
        }
    }

    struct Adopt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Put a pack's digest onto the public chain: results say whether the pack they ran is the adopted one.",
            discussion: "Takes as many members' signatures as the charter wants: --with, or --draft and lethe sign.")
        @OptionGroup var options: RecordOptions
        @Argument(help: "The pack's folder.") var folder: String

        func run() async throws {
            let pack = try readSoundPack(folder, orNothingWas: "adopted")
            try await options.publish("adopted \(pack.id) \(pack.manifest.version)", role: .aggregator) { ledger, _ in
                .policyAdopted(try await ledger.adoption(of: pack))
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The packs that the consortium adopted.")
        @OptionGroup var options: LedgerOptions

        func run() async throws {
            let packs = try await options.reading { try await $0.view.adoptedPacks }
            if options.json { return printJSON(packs) }
            guard !packs.isEmpty else { return print("no packs") }
            var table = TextTable(["pack", "version", "digest"])
            for pack in packs { table.add([pack.pack.text, pack.version, pack.digest.hex]) }
            print(table.text)
        }
    }
}

private struct CheckAnswer: Encodable {
    var controls: Int
    var digest: String
    var failed: [SelfTestResult]
    var pack: String
    var signers: [MemberName]?
    var standing: PackStanding?
    var version: String
}

/// The pack in `folder`, judged whole: manifests, queries in the sandbox, fixtures line by line.
func readPack(_ folder: String) throws -> Pack {
    do throws(PackError) {
        return try Pack(folder: folder)
    } catch {
        let inside = packFolders(in: folder)
        throw Answer.unknown(
            "\(folder) is no control pack: \(error)",
            hint: inside.isEmpty
                ? "schemas/policy-packs.md says what a pack is"
                : "it is a folder of packs: give one of \(inside.joined(separator: ", "))")
    }
}

/// The folders in `folder` that have the manifest of a pack, by name; none where it is a pack itself.
func packFolders(in folder: String) -> [String] {
    let files = FileManager.default
    guard !files.fileExists(atPath: "\(folder)/pack.yaml") else { return [] }
    let names = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    return names.map { "\(folder)/\($0)" }.filter { files.fileExists(atPath: "\($0)/pack.yaml") }
}

/// The same, where every control tells its fixtures apart.
private func readSoundPack(_ folder: String, orNothingWas done: String) throws -> Pack {
    let pack = try readPack(folder)
    if let failed = SelfTest.results(of: pack).first(where: { !$0.isExpected }) {
        throw Answer.no(
            "\(failed.control) judges its fixture \(failed.fixture.rawValue) otherwise than it says",
            hint: "lethe pack check \(folder) says what differs; nothing was \(done)")
    }
    return pack
}
