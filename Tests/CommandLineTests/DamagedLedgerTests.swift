import Foundation
import GRDB
import Testing

/// Ledgers that were damaged, locked, restored, or have no room left.
struct DamagedLedgerTests {
    @Test func findsABodyThatIsGone() throws {
        let pilot = Pilot()
        try pilot.spoil("vault", "DELETE FROM bodies WHERE rowid = (SELECT min(rowid) FROM bodies)")
        try expectFinding(pilot, "the body is missing")
    }

    @Test func findsABodyThatWasChanged() throws {
        let pilot = Pilot()
        try pilot.spoil("vault", "UPDATE bodies SET ciphertext = zeroblob(length(ciphertext))")
        try expectFinding(pilot, "does not open")
    }

    @Test func findsABlobThatWasChanged() throws {
        let pilot = Pilot()
        let folder = pilot.place.file("pilot/blobs")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let url = URL(fileURLWithPath: "\(folder)/\(name)")
            var bytes = try Data(contentsOf: url)
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: url)
        }
        try expectFinding(pilot, "blob")
        let export = pilot.place.lethe("model", "export", "round-1", "out")
        #expect(export.status == 2, "\(export.output)\(export.errors)")
        #expect(!FileManager.default.fileExists(atPath: pilot.place.file("out/adapter_model.safetensors")))
    }

    @Test func findsABlobThatIsGone() throws {
        let pilot = Pilot()
        let folder = pilot.place.file("pilot/blobs")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        try expectFinding(pilot, "blob")
    }

    @Test(arguments: [
        "UPDATE view_rows SET value = CAST(replace(CAST(value AS TEXT), 'alder', 'birch') AS BLOB) WHERE kind = 'contribution'",
        "DELETE FROM view_rows WHERE kind = 'round'",
        "UPDATE view_rows SET value = x'00' WHERE kind = 'member'",
        "INSERT INTO view_rows SELECT chain, 'member', 'zeder', value FROM view_rows WHERE kind = 'member' LIMIT 1",
        "UPDATE view_positions SET size = 3",
    ])
    func rebuildsAViewThatWasChanged(sql: String) throws {
        let pilot = Pilot()
        try pilot.spoil("ledger", sql)
        let check = pilot.place.lethe("check")
        #expect(check.status == 1, "\(check.output)\(check.errors)")
        #expect(check.output.contains("FINDING  skies.example/"))
        try pilot.place.done("replay", "--views")
        try pilot.place.done("check")
        #expect(try pilot.place.done("show", "rounds").contains("alder, birch"))
    }

    @Test(arguments: [
        "UPDATE entries SET envelope = CAST(replace(CAST(envelope AS TEXT), 'in-toto', 'in-tota') AS BLOB) WHERE id & 255 = 3",
        "UPDATE entries SET leaf_hash = randomblob(32) WHERE id & 255 = 3",
        "DELETE FROM entries WHERE id IN (SELECT max(id) FROM entries WHERE id < (2 << 40))",
    ])
    func findsAnEntryThatWasChanged(sql: String) throws {
        let pilot = Pilot()
        try pilot.spoil("ledger", "DROP TRIGGER entries_are_kept; DROP TRIGGER entries_are_kept_as_they_are; \(sql)")
        let check = pilot.place.lethe("check")
        #expect(check.status == 1 || check.status == 2, "\(check.output)\(check.errors)")
        #expect(check.errors.contains("lethe: error: "))
    }

    @Test func refusesToSignForALedgerThatWasRestoredFromABackup() throws {
        let pilot = Pilot()
        let files = FileManager.default
        let (ledger, backup) = (pilot.place.file("pilot/ledger.sqlite"), pilot.place.file("backup"))
        try files.copyItem(atPath: ledger, toPath: backup)
        try pilot.place.done("round", "open", "round-3")
        try pilot.place.done("chain", "export", "--output", "public.chain")
        try files.removeItem(atPath: ledger)
        try files.copyItem(atPath: backup, toPath: ledger)
        let kept = try Data(contentsOf: URL(fileURLWithPath: pilot.place.file("pilot/checkpoints.sqlite")))
        let outcome = pilot.place.lethe("round", "open", "round-4")
        expectRefusal(outcome, 2, naming: "skies.example/public")
        #expect(outcome.errors.contains("fetch the missing entries"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: pilot.place.file("pilot/checkpoints.sqlite"))) == kept)
        // Reading works, and another member's copy brings back what is missing.
        try pilot.place.done("show", "rounds")
        try pilot.place.done("chain", "import", "public.chain")
        try pilot.place.done("round", "open", "round-4")
        try pilot.place.done("check")
    }

    @Test func refusesASecondWriterAndServesReaders() throws {
        let pilot = Pilot()
        let lock = open(pilot.place.file("pilot/ledger.lock"), O_RDWR)
        defer { close(lock) }
        try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let outcome = pilot.place.lethe("round", "open", "round-3")
        expectRefusal(outcome, 2, naming: "is writing to this ledger")
        try pilot.place.done("show", "rounds")
        try pilot.place.done("check")
        flock(lock, LOCK_UN)
        try pilot.place.done("round", "open", "round-3")
    }

    /// A limit on the size of files stands for a full disk: writes beyond it fail in the same place, with EFBIG.
    @Test(arguments: [1, 8, 16, 24, 32, 48, 64])
    func losesNothingOnAFullDisk(kibibytes: Int) throws {
        let pilot = Pilot()
        SmallAdapter(width: 4_000, seed: 9).write(to: pilot.place.file("wide"))
        let before = try pilot.place.done("chain", "list", "--json")
        try pilot.place.done("round", "open", "round-3")
        let script = "trap '' XFSZ; ulimit -f \(kibibytes * 1_024 / 512); exec \"$@\""
        let outcome = pilot.place.run(
            [
                "/bin/sh", "-c", script, "sh", Workplace.program, "adapter", "commit", "wide", "--round", "round-3",
                "--samples", "3", "--as", "birch",
            ])
        expectRefusal(outcome, 2)
        try pilot.place.done("check")
        #expect(try pilot.place.done("show", "rounds").contains("round-3  open"))
        #expect(try pilot.place.done("chain", "list", "--json") != before)
        try pilot.place.done("adapter", "commit", "wide", "--round", "round-3", "--samples", "3", "--as", "birch")
        try pilot.place.done("check")
    }

    @Test(.enabled(if: geteuid() != 0, "root writes where nobody may"))
    func saysSoWhereTheDirectoryCannotBeWritten() throws {
        let pilot = Pilot()
        for name in ["pilot", "pilot/ledger.sqlite", "pilot/ledger.lock"] { chmod(pilot.place.file(name), 0o500) }
        defer { chmod(pilot.place.file("pilot"), 0o700) }
        expectRefusal(pilot.place.lethe("round", "open", "round-3"), 2, naming: "pilot")
    }

    @Test func refusesKeyFilesThatOthersCanRead() throws {
        let pilot = Pilot()
        chmod(pilot.place.file("pilot/keys/alder.event.key"), 0o644)
        let outcome = pilot.place.lethe("round", "open", "round-3")
        expectRefusal(outcome, 2, naming: "alder.event.key", "644")
    }

    private func expectFinding(
        _ pilot: Pilot, _ words: String, at location: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = pilot.place.lethe("check")
        expectRefusal(outcome, 1, naming: "finding", at: location)
        #expect(
            outcome.output.split(separator: "\n").contains { $0.hasPrefix("FINDING ") && $0.contains(words) },
            "\(outcome.output)", sourceLocation: location)
        let json = try JSON(pilot.place.lethe("check", "--json").output)
        #expect(!json["findings"].elements.isEmpty, sourceLocation: location)
    }
}

/// Secrets under a passphrase.
struct PassphraseTests {
    @Test func opensKeysWithTheRightPassphraseOnlyAndEncryptsLaterOnesToo() throws {
        let place = Workplace(environment: ["LETHE_LEDGER": "pilot"])
        for (name, text) in [("right", "correct horse\n"), ("wrong", "battery staple\n")] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: place.file(name)))
        }
        let (right, wrong) = (["LETHE_PASSPHRASE_FILE": "right"], ["LETHE_PASSPHRASE_FILE": "wrong"])
        let founded = place.lethe(
            ["init", "--consortium", "skies.example", "--member", "hub", "--passphrase"], environment: right)
        #expect(founded.status == 0, "\(founded.errors)")
        let before = try place.done("chain", "list", "--json")
        let add = ["key", "add", "event"]
        expectRefusal(place.lethe(add, environment: wrong), 2, naming: "passphrase")
        expectRefusal(place.lethe(add), 2, naming: "passphrase")
        #expect(try place.done("chain", "list", "--json") == before)
        #expect(place.lethe(add, environment: right).status == 0)
        let folder = place.file("pilot/keys")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name != "vault.key" {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            #expect(text.contains("argon2id "), "\(name) is not encrypted")
        }
        try place.done("check")
    }
}
