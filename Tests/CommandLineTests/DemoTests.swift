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
    }
}
