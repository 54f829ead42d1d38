import Bytes
import Compliance
import Events
import Foundation
import Testing

/// The packs that the project ships.
@Suite struct PolicyTests {
    static let packNames = (try? Project.names(in: "policies")) ?? []

    /// Each pack, read once.
    private static let packs = Dictionary(
        uniqueKeysWithValues: packNames.map { name in
            (name, Result { try Pack(folder: Project.root.appending(path: "policies/\(name)").path) })
        })

    static func pack(_ name: String) throws -> Pack { try packs[name]!.get() }

    @Test func thereAreThePacksThatTheReadmeNames() {
        #expect(
            Self.packNames == [
                "ai-act-gpai", "ai-act-high-risk", "gdpr-erasure", "gdpr-governance", "ledger-core", "us-ccpa-hipaa",
            ])
    }

    /// Each fixture gives exactly the rows that were written down for it by hand.
    @Test(arguments: packNames)
    func everyControlTellsItsFixturesApart(name: String) throws {
        let results = SelfTest.results(of: try Self.pack(name))
        #expect(!results.isEmpty)
        for result in results {
            #expect(result.isExpected, "\(result.control) \(result.fixture.rawValue): \(result.reason ?? "")")
        }
    }

    @Test(arguments: packNames)
    func aPackIsNamedAfterItsFolder(name: String) throws {
        #expect(try Self.pack(name).id.text == name)
    }

    /// Two laws that ask the same thing ask it in the same bytes, so that a correction of one is one of the other.
    @Test(arguments: [
        ["gdpr-erasure/GDPR-17-1a", "us-ccpa-hipaa/CCPA-7022b"],
        ["gdpr-erasure/GDPR-17-1b", "us-ccpa-hipaa/CCPA-1008"],
        ["gdpr-erasure/GDPR-17-1c", "us-ccpa-hipaa/CCPA-7022d"],
        ["gdpr-erasure/GDPR-19-1", "us-ccpa-hipaa/CCPA-7022-R"],
        ["gdpr-governance/GDPR-28-3g", "us-ccpa-hipaa/HIPAA-504e"], ["gdpr-erasure/EDPB-BC-54", "ledger-core/LED-07"],
        ["gdpr-erasure/GDPR-18-1", "gdpr-erasure/GDPR-21-1"],
    ])
    func aQuestionOfTwoLawsIsOneText(controls: [String]) throws {
        for query in ["population.sql", "violations.sql"] {
            let texts = try controls.map { try Project.text(of: "policies/\($0)/\(query)") }
            #expect(texts[0] == texts[1], "\(controls): \(query)")
        }
    }

    /// The digest is one that anybody computes with coreutils.
    @Test(arguments: packNames)
    func theDigestIsWhatSha256sumGives(name: String) throws {
        let folder = Project.root.appending(path: "policies/\(name)")
        let command =
            "export LC_ALL=C; find * -type f ! -name pack.sig.json | sort | xargs sha256sum | sha256sum"
        let result = try Project.run(["sh", "-c", command], in: folder)
        try #require(result.status == 0)
        #expect(try Self.pack(name).digest.hex == String(result.output.prefix(64)))
    }
}
