import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import MerkleLog
import Proofs
import Signing
import Testing

/// united's private chain with guessable bodies, one of which is opened; made here from its parts and not by a ledger.
private struct DisclosureScenario {
    var skies = Skies.founded()
    let origin = Skies.privateOrigin(of: Skies.united)
    /// What each body says, in the order of the events after the reader list, and its salt.
    var bodies: [(text: [UInt8], salt: Salt)] = []
    var anchorEvent: EventHash!
    var anchorSalt = Salt(bytes: [UInt8](repeating: 9, count: 32))!
    var anchorNote: [UInt8] = []
    var anchoredSize = 0

    /// Four events that say yes or no, an anchor, then two more that it does not cover.
    init() throws {
        try skies.openPrivateChain(of: Skies.united, readers: [Skies.virgin])
        for answer in ["yes", "no", "no", "yes"] { try say(answer) }
        try anchor()
        for answer in ["no", "yes"] { try say(answer) }
    }

    mutating func say(_ answer: String) throws {
        let salt = Salt(bytes: Hash256<Salt>.sha256(Array("salt/\(bodies.count)".utf8)).bytes)!
        let text = Array(#"{"answer":"\#(answer)"}"#.utf8)
        let reference = BodyReference(
            commitment: BodyCommitment(body: text, mediaType: .json, salt: salt), mediaType: .json)
        try skies.say(
            .deletionScoped(DeletionScoped(deletion: DeletionID("del-\(bodies.count)")!)), by: Skies.united,
            on: origin,
            body: reference)
        bodies.append((text, salt))
    }

    var privateTree: MerkleTree {
        MerkleTree(leaves: (skies.privateEntries[origin] ?? []).map { LeafHash(entry: $0) })
    }

    mutating func anchor(key: SigningKey = Skies.key(Skies.united, "private-checkpoint")) throws {
        let tree = privateTree
        var note = try Note(text: Checkpoint(origin: origin.text, size: tree.size, root: tree.root()).text)
        note.sign(as: KeyName(origin.text)!, with: key)
        (anchorNote, anchoredSize) = (note.bytes, tree.size.rawValue)
        let commitment = BodyCommitment(body: anchorNote, mediaType: .checkpoint, salt: anchorSalt)
        anchorEvent = try skies.say(
            .chainAnchored(ChainAnchored(origin: origin)), by: Skies.united,
            body: BodyReference(commitment: commitment, mediaType: .checkpoint))
    }

    var chain: CertificateBundle.Chain {
        let scenario = CertificateScenario(skies: skies)
        return .init(checkpoint: scenario.note(scenario.tree).bytes, entries: skies.entries)
    }

    /// Opens the event at `index`, by default the second answer.
    func disclosure(_ index: Int = 2) -> Disclosure {
        let (text, salt) = bodies[index - 1]
        let path = privateTree.inclusionProof(of: LeafIndex(index), in: TreeSize(anchoredSize))
        return Disclosure(
            anchor: .init(
                event: anchorEvent,
                checkpoint: .init(body: anchorNote, mediaType: .checkpoint, salt: anchorSalt)),
            chain: chain,
            leaf: .init(
                body: .init(body: text, mediaType: .json, salt: salt),
                entry: skies.privateEntries[origin]![index],
                index: index, path: path.map(\.bytes)))
    }
}

/// The step at which a disclosure is refused; `ok` where it is not.
private func step(_ bytes: [UInt8], _ policy: TrustPolicy = CertificateScenario.policy()) -> String {
    do {
        _ = try DisclosureVerifier(policy: policy).verify(bytes)
        return "ok"
    } catch {
        return Mirror(reflecting: error).children.first?.label ?? "\(error)"
    }
}

@Suite struct DisclosureTests {
    @Test func showsTheOpenedEventAndItsBody() throws {
        let scenario = try DisclosureScenario()
        let disclosure = scenario.disclosure()
        let verdict = try DisclosureVerifier(policy: CertificateScenario.policy()).verify(disclosure.bytes)
        #expect(verdict.body?.bytes == scenario.bodies[1].text)
        #expect(verdict.index == 2 && verdict.anchored.size == TreeSize(5))
        #expect(verdict.firstLine == "disclosure of event 2 of skies.example/united: deletion-scoped by united")
        #expect(verdict.findings.filter { $0.word == .proved }.count == 4)
        #expect(verdict.findings.contains { $0.word == .notClaimed })
        #expect(try Disclosure(parsing: disclosure.bytes) == disclosure)
    }

    /// A small file that would take gigabytes to read.
    @Test func refusesAFileOfTooManyValues() {
        let values = [UInt8](repeating: UInt8(ascii: "1"), count: CertificateBundle.maximumValues)
        let bytes = Array(#"{"anchor":["#.utf8) + values.flatMap { [$0, UInt8(ascii: ",")] } + Array("1]}\n".utf8)
        #expect(throws: Disclosure.Failure.tooManyValues) { try Disclosure(parsing: bytes) }
    }

    @Test func opensAnAnchorAlone() throws {
        var disclosure = try DisclosureScenario().disclosure()
        disclosure.leaf = nil
        let verdict = try DisclosureVerifier(policy: CertificateScenario.policy()).verify(disclosure.bytes)
        #expect(verdict.event == nil && verdict.anchored.size == TreeSize(5))
    }

    /// Every way to show something else than what is on the chain, and the step that must find it.
    @Test func refusesWhatWasChanged() throws {
        let scenario = try DisclosureScenario()
        let good = scenario.disclosure()
        #expect(step(good.bytes) == "ok")
        func expect(_ expected: String, _ comment: Comment, _ change: (inout Disclosure) -> Void) {
            var changed = good
            change(&changed)
            #expect(changed != good, comment)
            #expect(step(changed.bytes) == expected, comment)
        }
        let (yes, yesSalt) = scenario.bodies[0]
        expect("file", "another format") { $0.format = "lethe/disclosure@v2" }
        expect("chain", "an entry is missing") { $0.chain.entries.removeLast() }
        expect("chain", "another checkpoint") { $0.chain.checkpoint += "\n" }
        expect("anchor", "no anchor") { $0.anchor.event = scenario.skies.view.charter!.firstLeaf }
        expect("anchor", "another salt") { $0.anchor.checkpoint.salt = Base64.encode(yesSalt.bytes) }
        expect("anchor", "another note") { $0.anchor.checkpoint.body = Base64.encode(Array("note\n".utf8)) }
        expect("inclusion", "another place") { $0.leaf!.index = Count(3)! }
        expect("inclusion", "beyond the anchored size") { $0.leaf!.index = Count(6)! }
        expect("inclusion", "a path cut short") { $0.leaf!.path.removeLast() }
        expect("inclusion", "a path of no hashes") { $0.leaf!.path[0] = "AAAA" }
        expect("inclusion", "a path of very many") {
            $0.leaf!.path = Array(repeating: $0.leaf!.path[0], count: 100_000)
        }
        expect("inclusion", "another event") {
            $0.leaf!.entry = JSONText(scenario.skies.privateEntries[scenario.origin]![1])!
        }
        expect("body", "the other answer") { $0.leaf!.body!.body = Base64.encode(yes) }
        expect("body", "the other answer with its salt") {
            $0.leaf!.body = .init(body: yes, mediaType: .json, salt: yesSalt)
        }
        expect("body", "another type") { $0.leaf!.body!.mediaType = .checkpoint }
        expect("body", "not opened") { $0.leaf!.body = nil }
        expect("body", "no base64") { $0.leaf!.body!.body = "!" }
    }

    @Test func refusesAnEventThatTheAnchorDoesNotCover() throws {
        let scenario = try DisclosureScenario()
        let tree = scenario.privateTree
        var disclosure = scenario.disclosure()
        disclosure.leaf!.entry = JSONText(scenario.skies.privateEntries[scenario.origin]![5])!
        disclosure.leaf!.index = Count(5)!
        disclosure.leaf!.path = tree.inclusionProof(of: LeafIndex(5)).map { Base64.encode($0.bytes) }
        #expect(step(disclosure.bytes) == "inclusion")
    }

    @Test func refusesACheckpointSignedByAnotherKey() throws {
        var scenario = try DisclosureScenario()
        try scenario.anchor(key: Skies.key(Skies.virgin, "private-checkpoint"))
        #expect(step(scenario.disclosure().bytes) == "privateCheckpoint")
    }

    /// united's key is revoked between the event and the anchor: it no longer counts where the event is first seen.
    @Test func refusesAKeyThatWasRevokedBeforeTheAnchor() throws {
        var scenario = try DisclosureScenario()
        let revoked = KeyRevoked(
            goodSize: Count(scenario.skies.view.size)!, key: Skies.keyBytes(Skies.united).keyID,
            member: Skies.united,
            reason: .compromised)
        let added = KeyAdded(
            key: Skies.keyBytes(Skies.united, "event", 1), member: Skies.united, purpose: .event)
        try scenario.skies.say(.keyAdded(added), by: Skies.united, keys: [Skies.key(Skies.united, "event", 1)])
        scenario.skies.keyNumbers[Skies.united] = 1
        try scenario.skies.say(.keyRevoked(revoked), by: Skies.united)
        #expect(step(scenario.disclosure().bytes) == "ok")
        try scenario.anchor()
        #expect(step(scenario.disclosure().bytes) == "event")
    }

    @Test func refusesAPolicyThatWantsMoreWitnesses() throws {
        let bytes = try DisclosureScenario().disclosure().bytes
        #expect(step(bytes, CertificateScenario.policy(log: Skies.key(Skies.delta, "checkpoint"))) == "chain")
    }

    @Test(arguments: ["", "{}\n", "{\"anchor\":\n", "{\"anchor\":{\"a\":{\"a\":{\"a\":1}}}}\n"])
    func refusesWhatIsNoDisclosure(text: String) {
        #expect(step(Array(text.utf8)) == "file")
    }

    @Test func refusesDeepNestingAndDuplicateNames() throws {
        let deep = Array((#"{"anchor":"# + String(repeating: "[", count: 100_000)).utf8) + [0x0a]
        #expect(step(deep) == "file")
        let text = String(decoding: try DisclosureScenario().disclosure().bytes, as: UTF8.self)
        #expect(step(Array(text.replacing(#""format":"#, with: #""format":"","format":"#).utf8)) == "file")
        #expect(step(Array(text.dropLast().utf8)) == "file")
        #expect(step(Array((text + "\n").utf8)) == "file")
    }

    /// What the reader has, tried against what is hidden.
    ///
    /// The goal: from a disclosure nobody learns another event, body or later size. The method: an attacker who knows
    /// everything about the chain but salts and signatures of the other events (which answers are possible, all fields, when
    /// and in which order they were said) computes every candidate with what the file gives him, and finds none of the
    /// hashes in it.
    @Test func nothingElseOnTheChainBecomesGuessable() throws {
        let scenario = try DisclosureScenario()
        let disclosure = scenario.disclosure()
        let file = Data(disclosure.bytes)
        let entries = scenario.skies.privateEntries[scenario.origin]!
        let shown = Set(disclosure.leaf!.path)
        for (index, entry) in entries.enumerated() where index != 2 {
            let event = try ReceivedEvent(parsing: entry)
            #expect(file.range(of: Data(entry)) == nil)
            #expect(file.range(of: Data(Base64.encode(event.envelope.payload).utf8)) == nil)
            guard index > 0 else { continue }
            #expect(
                file.range(of: Data(event.statement.body!.commitment.hex.utf8)) == nil, "no other commitment")
            #expect(file.range(of: Data(Base64.encode(scenario.bodies[index - 1].salt.bytes).utf8)) == nil)
            for candidate in Self.candidates(of: event, disclosure) {
                #expect(!shown.contains(Base64.encode(LeafHash(entry: candidate).bytes)))
            }
        }
        // The neighbour's true hash is in the path, so the search would find it.
        #expect(shown.contains(Base64.encode(LeafHash(entry: entries[3]).bytes)))
        // The checkpoint of the whole chain is nowhere: what came after the anchor stays unknown.
        let tree = scenario.privateTree
        #expect(tree.size == TreeSize(7))
        for size in [6, 7] {
            #expect(file.range(of: Data(Base64.encode(tree.root(at: TreeSize(size)).bytes).utf8)) == nil)
        }
        #expect(!String(decoding: scenario.anchorNote, as: UTF8.self).contains("\n7\n"))
    }

    /// Every envelope that fits `event` in all but its salt and its signature, with the salts and signatures in the file.
    private static func candidates(of event: ReceivedEvent, _ disclosure: Disclosure) -> [[UInt8]] {
        let opened = Envelope(disclosure.leaf!.entry.bytes)
        let salts = [
            disclosure.leaf!.body!.salt, disclosure.anchor.checkpoint.salt,
            Base64.encode([UInt8](repeating: 0, count: 32)),
        ]
        .map { Salt(bytes: Base64.decode($0)!)! }
        var envelopes: [[UInt8]] = []
        for salt in salts {
            for answer in ["yes", "no"] {
                var statement = event.statement
                let body = Array(#"{"answer":"\#(answer)"}"#.utf8)
                statement.body!.commitment = BodyCommitment(body: body, mediaType: .json, salt: salt)
                envelopes.append(Envelope(payload: statement.bytes, signatures: opened.signatures).bytes)
            }
        }
        // Even with the right salt the signature is missing.
        envelopes.append(Envelope(payload: event.envelope.payload, signatures: opened.signatures).bytes)
        return envelopes
    }
}

extension Envelope {
    fileprivate init(_ bytes: [UInt8]) { self = try! Envelope(parsing: bytes) }
}
