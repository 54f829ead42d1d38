import Foundation
import Testing

/// `lethe demo` on adapters that it makes itself, looked at from outside.
struct DemoTests {
    @Test func tellsTheWholeStoryAndTheCertificateHolds() throws {
        let place = Workplace()
        let said = try place.done("demo", "story")
        #expect(said.hasSuffix("the certificate verified\n"))
        let certificate = "story/deletion.certificate.json"
        #expect(place.lethe("verify", certificate, "--trust", "story/trust.policy").status == 0)
        for name in try FileManager.default.contentsOfDirectory(atPath: place.file("story/ledgers")) {
            let outcome = place.lethe("check", "--ledger", "story/ledgers/\(name)")
            #expect(outcome.status == 0, "\(name): \(outcome.output)\(outcome.errors)")
        }
        // Each member's records of processing are complete; the hub's are too, and say whose the rest is to tell.
        for (name, rest) in [("alder", "birch"), ("hub", "alder")] {
            let outcome = place.lethe(
                "report", "processing", "--ledger", "story/ledgers/\(name)", "--output", "page.html")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.hasPrefix("All that this ledger can tell of Art. 30(1) is recorded; "))
            #expect(outcome.output.contains("\(rest): training in 3 round(s); for \(rest) to tell: purposes"))
            let alone = place.lethe(
                "report", "processing", "--ledger", "story/ledgers/\(name)", "--as", name, "--output", "page.html")
            #expect(alone.status == 0 && !alone.output.contains("\(rest): "), "\(alone.errors)")
        }
        let other = place.lethe("report", "processing", "--ledger", "story/ledgers/hub", "--as", "alder", "--json")
        expectRefusal(other, 2, naming: "this ledger holds no keys of alder")
    }
}
