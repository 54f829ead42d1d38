import Foundation
import Testing

/// What a holder keeps, for a ground or in a backup, and how that ends.
@Suite struct AttestCommandTests {
    /// birch leaves; all is done but what the holders erase, of which birch keeps its blobs.
    private static func kept(_ options: String...) throws -> (place: Workplace, id: String) {
        let place = Pilot().place
        let said = try place.done("deletion", "request", "--member", "birch", "--as", "birch", "--json")
        let id = try #require(try JSON(said)["deletion"].text)
        try place.done("deletion", "decide", id)
        let plan = String(try place.done("deletion", "plan", id, "--digest-only").dropLast())
        // Killed after the models are rebuilt, before the first erasure.
        let killed = place.lethe(["deletion", "execute", plan], environment: ["LETHE_FAULT": "markErasure:killed:1"])
        #expect(killed.status == 137, "\(killed.errors)")
        try place.done(["deletion", "attest", id, "--as", "birch"] + options)
        return (place, id)
    }

    private static let faults = Faults.areTaken

    @Test(.enabled(if: faults, "the program is a release build, which takes no faults"))
    func whatIsRetainedStaysUntilItsHolderSaysOtherwise() throws {
        let (place, id) = try Self.kept("--retained", "blobs=gdpr-17-3-b", "--until", "2096-01-01T00:00:00Z")
        let plan = try #require(try JSON(place.done("deletion", "status", "--json")).elements.first?["plan"].text)
        // Others go on, and what birch keeps is not taken from it.
        let went = try place.done("deletion", "execute", plan)
        #expect(
            went.contains(
                "waiting for birch: birch erases what it keeps and attests again: blobs retained for gdpr-17-3-b until 2096"
            ))
        let status = try place.done("deletion", "status")
        #expect(status.contains("birch erases what it keeps") || status.contains("birch"))
        #expect(
            try place.done("deletion", "status", "--json").contains(
                "blobs retained for gdpr-17-3-b until 2096-01-01T00:00:00Z"))
        // A statement of status says it; a certificate is none.
        try place.done("trust", "--quorum", "1", "--output", "one.policy")
        #expect(
            try place.done("deletion", "certify", id, "--as", "hub", "--output", "status.json").contains(
                "statement of status, grade A1"))
        let said = try place.done("verify", "status.json", "--trust", "one.policy")
        #expect(said.contains("attested    birch erased its copies in part: blobs retained ("))
        #expect(said.contains("not claimed birch has not erased everything: blobs retained ("))
        #expect(said.contains("Keys and salts were destroyed only in the stores that an attestation calls deleted."))
        // Resolved: everything goes, and the deletion can be completed.
        let resolved = try place.done("deletion", "attest", id, "--as", "birch")
        #expect(resolved.contains("birch attested") && resolved.contains("vault not-found (0)"))
        try place.done("deletion", "execute", plan)
        #expect(
            try place.done("deletion", "certify", id, "--output", "cert.json", "--with", "alder").contains(
                "deletion certificate, grade A"))
    }

    @Test(.enabled(if: faults, "the program is a release build, which takes no faults"))
    func whatABackupHasIsPendingUntilItRunsOut() throws {
        let (place, id) = try Self.kept("--pending-backup", "--until", "2096-01-01T00:00:00Z", "--items", "3")
        let inbox = try place.done("inbox", "--as", "birch")
        #expect(
            inbox.contains("backups pending-backup until 2096-01-01T00:00:00Z")
                && inbox.contains("lethe deletion attest \(id) --as birch"))
        #expect(try place.done("deletion", "attest", id, "--as", "birch", "--json").contains(#""verdict":"#))
        expectRefusal(place.lethe("deletion", "attest", id, "--as", "birch"), 1, naming: "attested already")
    }

    /// Erased in a run that was cut off before the attestation, it is deleted and not missing.
    @Test(.enabled(if: faults, "the program is a release build, which takes no faults"))
    func whatWasErasedBeforeACrashIsAttestedAsDeleted() throws {
        let (prepared, plan) = try RecordDeletionCommandTests.prepared()
        // The rows are gone, and the event that says so is not yet recorded.
        for fault in ["confirmErasure:killed:1", "confirmErasure:killed:2"] {
            let pilot = prepared.copy()
            let killed = pilot.place.lethe(["deletion", "execute", plan], environment: ["LETHE_FAULT": fault])
            #expect(killed.status == 137, "\(fault): \(killed.errors)")
            try pilot.place.done("deletion", "execute", plan)
            try pilot.place.done("deletion", "certify", "--with", "alder", "--output", "cert.json")
            try pilot.place.done("trust", "--quorum", "1", "--output", "one.policy")
            let said = try pilot.place.done("verify", "cert.json", "--trust", "one.policy")
            #expect(said.contains("vault deleted (2) by cryptographic-erase"), "\(fault): \(said)")
            #expect(said.contains("alder erased its copies: blobs deleted ("), "\(fault): \(said)")
        }
    }

    @Test func whatIsKeptNeedsAReasonAndADay() throws {
        let place = Pilot().place
        let attest = ["deletion", "attest", "del-1", "--as", "birch"]
        #expect(place.lethe(attest + ["--retained", "blobs=gdpr-17-3-b"]).status == 64)
        #expect(place.lethe(attest + ["--retained", "blobs", "--until", "2096-01-01T00:00:00Z"]).status == 64)
        #expect(place.lethe(attest + ["--until", "2096-01-01T00:00:00Z"]).status == 64)
        expectRefusal(place.lethe(attest), 2, naming: "there is no deletion \"del-1\"")
    }
}
