import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Signing

private typealias Skies = SampleConsortium

/// Scenarios that are refused before any rule is looked at, in the order of the checks.
enum EnvelopeVectors {
    static func add(to set: inout VectorSet) throws {
        encodings(&set)
        try authorsAndKeys(&set)
        signatures(&set)
        try authorChains(&set)
    }

    private static func round(_ number: Int = 1) -> Event {
        .roundOpened(
            RoundOpened(base: Skies.base, round: RoundID("r\(number)")!, rule: .mean, topology: .isolated))
    }

    private static func anEvent(_ name: String = "del-1") -> Event {
        .deletionRequested(Skies.founded().request(name, of: Skies.united))
    }

    private static func encodings(_ set: inout VectorSet) {
        let skies = Skies.founded()
        let good = skies.envelope(anEvent(), by: Skies.united)
        set.add("valid-request", "ok", "Nothing is wrong with this one.", skies, good)
        set.add(
            "envelope-too-large", "envelope.tooLarge", "65,536 bytes: more than a log's entry holds.", skies,
            [UInt8](repeating: 0x20, count: 65_536))
        set.add(
            "envelope-with-final-newline", "envelope.notCanonical", "A byte after the envelope.", skies,
            good + [0x0a])
        set.add(
            "envelope-spaced", "envelope.notCanonical", "A space that canonical JSON does not have.", skies,
            Array("{ ".utf8) + good.dropFirst())
        set.add(
            "envelope-unknown-field", "envelope.invalidField", "A fourth member.", skies,
            good.dropLast() + Array(#","version":1}"#.utf8))
        set.add(
            "envelope-not-an-envelope", "envelope.invalidField", "Canonical JSON of another shape.", skies,
            Array("[]".utf8))
        set.add(
            "one-key-signs-twice", "envelope.invalidField", "Two signatures under one key id count as none.",
            skies,
            twice(good))
        let statement = skies.statement(anEvent(), by: Skies.united)
        let key = [skies.signingKey(Skies.united)]
        let text = String(decoding: statement.bytes, as: UTF8.self)
        let changes = [
            (
                "unknown-field", "invalidField", #""sequence":0}"#, #""sequence":0,"urgent":true}"#,
                "A field that no schema has."
            ),
            (
                "unknown-event-field", "invalidField", #""scope":"contributions"}"#,
                #""scope":"contributions","who":"a person"}"#,
                "A field that the event's schema does not have."
            ),
            (
                "unknown-type", "unknownType", "deletion-requested/v1", "deletion-requested/v2",
                "A version that is not known."
            ),
            (
                "number-with-fraction", "notCanonical", #""sequence":0"#, #""sequence":0.0"#,
                "Another spelling of zero."
            ),
            (
                "null-instead-of-absent", "invalidField", #""chain":"#, #""body":null,"chain":"#,
                "An absent body is not null."
            ),
        ]
        for (name, expect, old, new, comment) in changes {
            precondition(text.contains(old), "\(name)")
            let changed = Array(text.replacing(old, with: new).utf8)
            set.add(
                "statement-\(name)", "statement.\(expect)", comment, skies, Skies.seal(changed, with: key))
        }
    }

    /// The envelope with its one signature a second time.
    private static func twice(_ envelope: [UInt8]) -> [UInt8] {
        let text = String(decoding: envelope, as: UTF8.self)
        let start = text.firstRange(of: #"{"keyid""#)!.lowerBound
        let signature = text[start...].dropLast(2)
        return Array((text.dropLast(2) + "," + signature + "]}").utf8)
    }

    private static func authorsAndKeys(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        set.add(
            "unknown-author", "unknownAuthor", "The author is not a member.", skies,
            skies.envelope(.deletionRequested(skies.request("del-1", of: Skies.united)), by: Skies.hawk))
        let statement = skies.statement(anEvent(), by: Skies.united)
        set.add(
            "key-of-nobody", "unknownKey", "Signed with a key that nobody registered.", skies,
            skies.seal(statement, with: [Skies.key(Skies.hawk)]))
        set.add(
            "key-for-cosigning", "unknownKey", "The author's witness key signs no events.", skies,
            skies.seal(statement, with: [Skies.key(Skies.united, "witness")]))
        set.add(
            "key-added-later", "unknownKey", "A key that a later event would add.", skies,
            skies.seal(statement, with: [Skies.key(Skies.united, "event", 1)]))
        set.add(
            "key-of-another-member", "authorDidNotSign", "Signed by another member than the author.", skies,
            skies.seal(statement, with: [skies.signingKey(Skies.virgin)]))
        set.add(
            "key-of-nobody-beside-the-authors", "unknownKey", "One good signature does not carry a bad one.",
            skies,
            skies.seal(statement, with: [skies.signingKey(Skies.united), Skies.key(Skies.hawk)]))
        set.add(
            "before-the-charter", "unknownAuthor", "Before the charter nobody is a member.", Skies(),
            Skies().envelope(anEvent(), by: Skies.united))
        set.add(
            "charter-by-a-stranger", "unknownAuthor", "The charter does not name its author.", Skies(),
            Skies().envelope(.consortiumFounded(Skies.charter()), by: Skies.hawk))
        set.add(
            "charter-signed-by-a-stranger", "unknownKey",
            "A signature by a key that the charter does not name.", Skies(),
            Skies().envelope(
                .consortiumFounded(Skies.charter()), by: Skies.air, keys: [Skies.key(Skies.hawk)]))
        try revoked(&skies, &set)
    }

    private static func revoked(_ skies: inout Skies, _ set: inout VectorSet) throws {
        let added = KeyAdded(
            key: Skies.keyBytes(Skies.united, "event", 1), member: Skies.united, purpose: .event)
        try skies.say(.keyAdded(added), by: Skies.united, keys: [Skies.key(Skies.united, "event", 1)])
        let revocation = KeyRevoked(
            goodSize: Count(2)!, key: Skies.keyBytes(Skies.united).keyID, member: Skies.united,
            reason: .rotated)
        try skies.say(.keyRevoked(revocation), by: Skies.united)
        let statement = skies.statement(anEvent(), by: Skies.united)
        set.add(
            "key-revoked", "keyNotValid", "The key was revoked by the event before.", skies,
            skies.seal(statement, with: [skies.signingKey(Skies.united)]))
        set.add(
            "key-revoked-beside-a-valid-one", "keyNotValid",
            "A valid signature does not carry a revoked key.", skies,
            skies.seal(
                statement, with: [skies.signingKey(Skies.united), Skies.key(Skies.united, "event", 1)]))
        set.add(
            "valid-key-after-rotation", "ok", "The key that was added takes over.", skies,
            skies.seal(statement, with: [Skies.key(Skies.united, "event", 1)]))
    }

    private static func signatures(_ set: inout VectorSet) {
        let skies = Skies.founded()
        let good = skies.statement(anEvent(), by: Skies.united)
        let signed = Envelope(payload: good.bytes, signatures: []).signedBytes
        let other = skies.statement(anEvent("del-2"), by: Skies.united)
        func envelope(_ signer: MemberName, over message: [UInt8], as keyID: MemberName) -> [UInt8] {
            let signature = Envelope.Signature(
                keyID: Skies.keyBytes(keyID).keyID, signature: skies.signingKey(signer).sign(message))
            return Envelope(payload: good.bytes, signatures: [signature]).bytes
        }
        let otherMessage = Envelope(payload: other.bytes, signatures: []).signedBytes
        set.add(
            "signature-of-another-statement", "badSignature",
            "A signature that was made for another statement.", skies,
            envelope(Skies.united, over: otherMessage, as: Skies.united))
        set.add(
            "signature-under-anothers-key-id", "badSignature", "The key id is a hint; the signature tells.",
            skies,
            envelope(Skies.virgin, over: signed, as: Skies.united))
        set.add(
            "signature-without-encoding", "badSignature",
            "Over the statement instead of its pre-authentication encoding.",
            skies, envelope(Skies.united, over: good.bytes, as: Skies.united))
    }

    private static func authorChains(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let first = skies.envelope(anEvent(), by: Skies.united)
        try skies.admit(first)
        set.add("same-event-again", "sequence", "The last event once more.", skies, first)
        let key = [skies.signingKey(Skies.united)]
        let next = skies.statement(anEvent("del-2"), by: Skies.united)
        var gap = next
        var fork = next
        var stranger = next
        var none = next
        gap.sequence = 2
        (fork.sequence, fork.previous) = (0, nil)
        stranger.previous = digest("another event")
        none.previous = nil
        set.add(
            "sequence-with-a-gap", "sequence", "An event of this author seems to be missing.", skies,
            skies.seal(gap, with: key))
        set.add(
            "fork-of-an-author-chain", "sequence", "Another event at a place that the author has filled.",
            skies,
            skies.seal(fork, with: key))
        set.add(
            "previous-is-another", "previous", "The author's previous event is another.", skies,
            skies.seal(stranger, with: key))
        set.add(
            "previous-is-missing", "previous", "The author has a previous event.", skies,
            skies.seal(none, with: key))
    }
}
