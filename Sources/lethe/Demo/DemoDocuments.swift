import Bytes
import Events
import LetheEngine

/// What a careful consortium records before it trains: what the demo's organisations agree on, in a few true sentences.
struct DemoDocuments {
    /// A document with its text.
    struct Document {
        var recorded: DocumentRecorded
        var text: String
    }

    /// A data set as its member describes it on its private chain, with the datasheet.
    struct Description {
        var described: DatasetDescribed
        var datasheet: String
    }

    /// In the order in which they are recorded.
    let documents: [Document]

    /// - Parameters:
    ///   - members: the organisations that train together.
    ///   - hub: who operates the chain and merges.
    ///   - madeUpBase: what they start from, where it is the demo's own; nobody looked into any other.
    init(members: [MemberName], hub: MemberName, madeUpBase: ArtifactDigest?) {
        func document(
            _ kind: DocumentKind, _ text: String, change: (inout DocumentRecorded) -> Void = { _ in }
        ) -> Document {
            var recorded = DocumentRecorded(
                document: DocumentID("doc-\(kind.rawValue)")!, kind: kind, version: Quantity(1)!)
            change(&recorded)
            return Document(recorded: recorded, text: text)
        }
        let everybody = Ascending(members + [hub])
        let diligence = madeUpBase.map { base in document(.dueDiligence, Self.diligence) { $0.base = base } }
        documents =
            [
                document(.procedureErasure, Self.procedure), document(.storeMap, Self.stores),
                document(.migrationTest, Self.migration),
            ] + [diligence].compactMap(\.self) + [
                document(.dpia, Self.assessment) { event in
                    event.residualRisk = .low
                    event.topics = [.ledger, .necessity, .training]
                },
                document(.agreementJointControllers, Self.arrangement(everybody.elements)) { $0.parties = everybody },
            ]
    }

    private static let procedure = """
        Erasure. A request is recorded on the day it comes, by the member that it reaches, and answered within one month. \
        The member concerned decides; the hub plans, excludes and rebuilds; every holder erases each of its stores and \
        attests it within 30 days; the hub issues the certificate, and another member merges again. The data protection \
        office of the member concerned answers for each step. Recipients outside are told by whoever gave them something.
        """

    private static let stores = """
        Stores of each member: blobs (adapters, encrypted, each under a key of its own), running sums of rounds, the vault \
        (bodies, salts, data keys), key files. No backups are kept of the first three. The public chain holds no personal \
        data.
        """

    private static let migration = """
        On this chain the hub's signing key was replaced by another: the new key was added, the old one revoked, and later \
        events of the hub verify under the new key. Every key is named with its algorithm.
        """

    private static let diligence = """
        The base is made up for a demonstration, from a published seed. It was trained on nothing, so nothing about its \
        development could be unlawful.
        """

    private static let assessment = """
        Training: small adapters on each member's own premises; only adapters leave them. Necessity: no member has enough \
        cases of its own. Ledger: members do not trust each other, so an ordinary database of one of them would not do; on \
        the shared chain are digests, salted commitments and opaque ids, and nothing that may have to be erased. What \
        remains is that an adapter tells something of the data in it: it is rebuilt without them on request.
        """

    private static func arrangement(_ members: [MemberName]) -> String {
        """
        \(members.map(\.text).joined(separator: ", ")) decide together on purposes and means of training, and are joint \
        controllers of what is in the shared adapters. Each answers the persons in its own data; all carry out what one \
        of them accepts.
        """
    }

    // MARK: Data sets

    /// What one of the demo's members says of the data that its made-up adapters stand for, and how long it keeps them.
    static func description(by member: MemberName, now: Timestamp) -> Description {
        let described = DatasetDescribed(
            dataset: DatasetID("ds-reviews")!, source: .dataSubjects, licence: .own,
            purposes: [PurposeName("service-quality")!], isPersonal: true, basis: .gdpr61f,
            deidentification: .pseudonymised, retainUntil: Timestamp(seconds: now.seconds + 2 * 365 * 86_400),
            topics: Ascending(DatasetDescribed.Topic.allCases), dataCategories: [.content],
            subjectCategories: [.customers])
        return Description(described: described, datasheet: datasheet(of: member))
    }

    private static func datasheet(of member: MemberName) -> String {
        """
        Made up for a demonstration: there are no such reviews. Collection and original purpose: customers of \(member) wrote \
        them after a service, so that it be improved. Preparation: names, contact and booking numbers were removed; what leads \
        back to a person is a table that \(member) keeps apart. Suitability and assumptions: a review says something of the \
        service it is about. Gaps and bias: who is content writes less often, and other languages than English are missing. \
        Minimisation: the text and whether it praises, nothing else. Legitimate interests: to answer complaints sooner; nothing \
        but texts would serve; who wrote for that purpose expects no less, and may object. Kept for two years.
        """
    }
}
