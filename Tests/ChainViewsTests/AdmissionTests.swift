import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import MerkleLog
import Signing
import Testing

private typealias Skies = SampleConsortium

/// The scenarios in `Tests/Vectors/admission`. To write them again: `LETHE_RECORD=views swift test --filter
/// Admission`.
@Suite struct AdmissionVectorTests {
    private static func made() throws -> [String: AdmissionVector] {
        var set = VectorSet()
        try EnvelopeVectors.add(to: &set)
        try FoundingVectors.add(to: &set)
        try RoundVectors.add(to: &set)
        try CohortVectors.add(to: &set)
        try RetrainingVectors.add(to: &set)
        try DeletionVectors.add(to: &set)
        try ParticipationVectors.add(to: &set)
        try GovernanceVectors.add(to: &set)
        try DocumentVectors.add(to: &set)
        try PrivateGovernanceVectors.add(to: &set)
        try BehaviourVectors.add(to: &set)
        try DatasetVectors.add(to: &set)
        return set.files
    }

    @Test func theFilesAreThoseOfTheGenerator() throws {
        let made = try Self.made()
        for (name, vector) in made.sorted(by: { $0.key < $1.key }) {
            let bytes = try VectorFolder.compare("admission/\(name)", vector.bytes)
            #expect(AdmissionVector(parsing: bytes) == vector, "\(name)")
        }
        #expect(try VectorFolder.names(in: "admission") == made.keys.sorted())
    }

    /// What the whole of `vector` comes to when its envelopes arrive one by one.
    private func admit(_ vector: AdmissionVector) throws -> String {
        var skies = Skies()
        for entry in vector.admitted {
            try skies.admit(entry, to: ReceivedEvent(parsing: entry).statement.chain)
        }
        do throws(AdmissionError) {
            try skies.admit(vector.tried, to: vector.chain)
            return "ok"
        } catch {
            return error.vectorName
        }
    }

    @Test func theLastEnvelopeIsRefusedByTheCheckThatIsNamed() throws {
        for (name, vector) in try AdmissionVector.all() {
            let found = try admit(vector)
            #expect(found == vector.expect, "\(name): \(vector.comment)")
        }
    }

    /// A replay of all entries at once gives the same first error at the same place, on one thread or more.
    @Test(arguments: [1, 2, 5]) func aReplayRefusesTheSame(cores: Int) throws {
        for (name, vector) in try AdmissionVector.all() {
            let entries = try vector.admitted.filter {
                try ReceivedEvent(parsing: $0).statement.chain.isPublic
            }
            var replay = PublicReplay(origin: Skies.origin, cores: cores)
            guard vector.chain.isPublic else {
                try replay.append(entries)
                let view = replay.view
                let others = try vector.admitted.filter {
                    try !ReceivedEvent(parsing: $0).statement.chain.isPublic
                }
                var inner = PrivateReplay(
                    origin: vector.chain, publicView: view, cores: cores, judgedAt: { _ in view.size })
                let found = refusal(at: others.count) { () throws(ReplayError) in
                    try inner.append(others + [vector.tried])
                }
                #expect(found == vector.expect, "\(name)")
                continue
            }
            let found = refusal(at: entries.count) { () throws(ReplayError) in
                try replay.append(entries + [vector.tried])
            }
            #expect(found == vector.expect, "\(name)")
        }
    }

    private func refusal(at position: Int, _ body: () throws(ReplayError) -> Void) -> String {
        do throws(ReplayError) {
            try body()
            return "ok"
        } catch {
            #expect(error.position == position)
            return error.reason.vectorName
        }
    }

    /// Every rule refuses something in at least one scenario. There are no exceptions: a rule that cannot be
    /// reached is to be removed.
    @Test func everyRuleHasAScenario() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/ChainViews/RuleViolation.swift")
        let source = try String(contentsOf: file, encoding: .utf8)
        let body = try #require(source.firstRange(of: "enum RuleViolation")).upperBound
        let end = try #require(source[body...].firstRange(of: "\n}\n")).lowerBound
        let rules = source[body..<end].split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("    case ") else { return nil }
            return String(line.dropFirst(9).prefix { $0.isLetter })
        }
        let covered = try AdmissionVector.all().map(\.vector.expect).filter { $0.hasPrefix("rule.") }
        // A full round takes a thousand events; its scenario stands in LongListTests.
        let elsewhere: Set = ["roundFull"]
        #expect(rules.count > 50)
        #expect(Set(covered.map { String($0.dropFirst(5)) }).union(elsewhere) == Set(rules))
    }
}

@Suite struct AdmissionTests {
    /// One envelope with a fault for each check, mended one after the other: each time the next check speaks.
    @Test func theChecksSpeakInTheirOrder() throws {
        let skies = Skies.founded()
        let opened = RoundOpened(base: Skies.base, round: RoundID("r1")!, rule: .mean, topology: .isolated)
        var statement = skies.statement(.roundOpened(opened), by: Skies.hawk)
        (statement.sequence, statement.previous) = (7, digest("another"))
        let stranger = Skies.key(Skies.hawk)
        let own = skies.signingKey(Skies.united)
        func refusal(_ statement: Statement, _ keys: [SigningKey], spoiled: Bool = false) -> String {
            let text = String(decoding: skies.seal(statement, with: keys), as: UTF8.self)
            let bytes =
                spoiled
                ? Array(text.replacing(#""sig":""#, with: #""sig":"AAAA"#, maxReplacements: 1).utf8)
                : Array(text.utf8)
            var copy = skies
            do {
                try copy.admit(bytes)
                return "ok"
            } catch {
                return error.vectorName
            }
        }
        #expect(refusal(statement, [stranger], spoiled: true) == "envelope.invalidField")
        #expect(refusal(statement, [stranger]) == "unknownAuthor")
        statement.author = Skies.united
        #expect(refusal(statement, [stranger]) == "unknownKey")
        #expect(refusal(statement, [skies.signingKey(Skies.virgin)]) == "authorDidNotSign")
        #expect(refusal(statement, [own]) == "sequence")
        statement.sequence = 0
        #expect(refusal(statement, [own]) == "previous")
        statement.previous = nil
        #expect(refusal(statement, [own]) == "rule.lacksRole")
    }

    /// A key counts in a private chain as of the public position at which the leaf is judged.
    @Test func aPrivateLeafIsJudgedByTheKeysOfItsTime() throws {
        var skies = Skies.founded()
        try skies.openPrivateChain(of: Skies.united)
        let origin = Skies.privateOrigin(of: Skies.united)
        let before = skies.view.size
        let event = Event.deletionScoped(DeletionScoped(deletion: DeletionID("del-1")!))
        let old = try ReceivedEvent(parsing: skies.envelope(event, by: Skies.united, on: origin))
        let newKey = Skies.key(Skies.united, "event", 1)
        let added = KeyAdded(
            key: Skies.keyBytes(Skies.united, "event", 1), member: Skies.united, purpose: .event)
        try skies.say(.keyAdded(added), by: Skies.united, keys: [newKey])
        let revoked = KeyRevoked(
            goodSize: Count(before)!, key: Skies.keyBytes(Skies.united).keyID, member: Skies.united,
            reason: .rotated)
        try skies.say(.keyRevoked(revoked), by: Skies.united)
        let statement = skies.statement(event, by: Skies.united, on: origin)
        let new = try ReceivedEvent(parsing: skies.seal(statement, with: [newKey]))
        func judge(_ event: ReceivedEvent, at position: Int) -> String {
            var view = skies.privateViews[origin]!
            do {
                try view.admit(event, publicView: skies.view, judgedAt: position)
                return "ok"
            } catch {
                return error.vectorName
            }
        }
        #expect(judge(old, at: before) == "ok")
        #expect(judge(old, at: skies.view.size) == "keyNotValid")
        #expect(judge(new, at: before) == "keyNotValid")
        #expect(judge(new, at: skies.view.size) == "ok")
    }

    @Test func aPrivateViewIsThatOfItsRowsAndOfItsBytes() throws {
        var skies = Skies.founded()
        try skies.openPrivateChain(of: Skies.united, readers: [Skies.virgin])
        let origin = Skies.privateOrigin(of: Skies.united)
        for number in 1...3 {
            let scoped = DeletionScoped(deletion: DeletionID("del-\(number)")!)
            try skies.say(.deletionScoped(scoped), by: Skies.virgin, on: origin)
        }
        let body = try #require(skies.privateViews[origin]?.bodies.rows.keys.sorted().first)
        try skies.say(.recordErased(RecordErased(bodies: [body])), by: Skies.united, on: origin)
        var view = try #require(skies.privateViews[origin])
        #expect(try PrivateView(origin: origin, size: view.size, rows: view.rows).rows == view.rows)
        #expect(view.takeChanges() == view.rows)
        #expect(view.takeChanges().isEmpty)
        let size = skies.view.size
        var replay = PrivateReplay(origin: origin, publicView: skies.view, cores: 2, judgedAt: { _ in size })
        try replay.append(skies.privateEntries[origin]!)
        #expect(replay.view.rows == view.rows)
        for index in view.rows.indices {
            var rows = view.rows
            rows.remove(at: index)
            guard rows.count > 0, view.rows[index].kind != "scope" else { continue }
            #expect(throws: ViewLoadError.self) {
                try PrivateView(origin: origin, size: view.size, rows: rows)
            }
        }
    }

    /// Keys that a batch brings along are used by its other entries on all threads, so that a chain from its
    /// charter on is not verified on one.
    @Test(arguments: [1, 2, 5]) func aBatchUsesTheKeysThatItBrings(cores: Int) throws {
        var history = RandomHistory(seed: 61)
        for _ in 0..<120 { _ = history.step() }
        let checked = verify(history.consortium.entries, cores: cores) { _ in nil }
        #expect(checked.count == history.consortium.entries.count)
        for (result, entry) in zip(checked, history.consortium.entries) {
            let entryChecked = try result.get()
            #expect(entryChecked.signaturesHold && entryChecked.event.bytes == entry)
        }
    }

    @Test(arguments: [1, 2, 5]) func theFirstErrorIsTheSameOnAnyNumberOfThreads(cores: Int) throws {
        var history = RandomHistory(seed: 62)
        for _ in 0..<150 { _ = history.step() }
        var entries = history.consortium.entries
        for index in [40, 41, 60] { entries[index][20] ^= 1 }
        var replay = PublicReplay(origin: Skies.origin, cores: cores)
        let error = #expect(throws: ReplayError.self) { try replay.append(entries) }
        #expect(error?.position == 40)
        #expect(replay.view.size == 40 && replay.tree.size == TreeSize(40))
    }

    @Test func aReplayRebuildsTheTree() throws {
        var history = RandomHistory(seed: 63)
        for _ in 0..<100 { _ = history.step() }
        let entries = history.consortium.entries
        var replay = PublicReplay(origin: Skies.origin, cores: 2)
        try replay.append(Array(entries.prefix(7)))
        try replay.append(Array(entries.dropFirst(7)))
        #expect(replay.tree.root() == MerkleTree(leaves: entries.map { LeafHash(entry: $0) }).root())
    }
}
