import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Scenarios around members, keys, chains and bodies.
enum FoundingVectors {
    static func add(to set: inout VectorSet) throws {
        charters(&set)
        frames(&set)
        try members(&set)
        try keys(&set)
        try chains(&set)
        try privateChains(&set)
    }

    private static func charters(_ set: inout VectorSet) {
        func add(
            _ name: String, _ rule: String, _ comment: String, _ change: (inout ConsortiumFounded) -> Void
        ) {
            var charter = Skies.charter()
            change(&charter)
            set.add(
                "charter-\(name)", rule: rule, comment, Skies(), .consortiumFounded(charter), by: Skies.air)
        }
        add("of-another-consortium", "wrongChain", "The chain is another consortium's.") {
            $0.consortium = Consortium("seas.example")!
        }
        add("members-out-of-order", "membersNotAscending", "Members stand in ascending order.") {
            $0.members.reverse()
        }
        add("member-twice", "membersNotAscending", "Each member stands once.") {
            $0.members.append($0.members.last!)
        }
        add("threshold-zero", "badThreshold", "Nobody would have to sign.") { $0.threshold = Count(0)! }
        add("threshold-too-high", "badThreshold", "More signatures than there are members.") {
            $0.threshold = Count(6)!
        }
        add("operator-unknown", "unknownMember", "The operator is not among the members.") {
            $0.chainOperator = Skies.hawk
        }
        add("operator-without-role", "lacksRole", "The operator lacks the role.") {
            $0.chainOperator = Skies.delta
        }
        add("member-without-roles", "listIsEmpty", "A member has at least one role.") {
            $0.members[4].roles = []
        }
        add("key-twice", "keyInUse", "One key for two purposes.") {
            $0.members[1].witnessKey = $0.members[1].eventKey
        }
        set.add(
            "charter-by-another-member", rule: "notTheMember", "The operator founds, nobody else.", Skies(),
            .consortiumFounded(Skies.charter()), by: Skies.delta)
        set.add(
            "charter-again", rule: "alreadyFounded", "A second charter.", Skies.founded(),
            .consortiumFounded(Skies.charter()), by: Skies.air)
    }

    /// What holds for events of every type.
    private static func frames(_ set: inout VectorSet) {
        let skies = Skies.founded()
        let event = Event.deletionRequested(skies.request("del-1", of: Skies.united))
        let key = [skies.signingKey(Skies.united)]
        var moved = skies.statement(event, by: Skies.united)
        var subjects = moved
        var more = moved
        moved.chain = Skies.privateOrigin(of: Skies.united)
        subjects.subjects[0].digest.sha256 = digest("another chain")
        more.subjects.append(Statement.Subject(name: "person", digest: digest("a person")))
        set.add(
            "chain-is-another", "rule.wrongChain", "The statement names another chain.", skies,
            skies.seal(moved, with: key))
        set.add(
            "subject-is-another", "rule.subjectsDiffer", "The subject is not the chain's first leaf.", skies,
            skies.seal(subjects, with: key))
        set.add(
            "subject-too-many", "rule.subjectsDiffer", "A subject that does not follow from the event.",
            skies,
            skies.seal(more, with: key))
        set.add(
            "audience-is-private", rule: "wrongAudience", "A private chain's event on the public chain.",
            skies,
            .readersListed(ReadersListed(readers: [Skies.united])), by: Skies.united)
        set.add(
            "body-unexpected", rule: "bodyUnexpected", "This type has no body.", skies, event,
            by: Skies.united,
            body: BodyReference(commitment: digest("body"), mediaType: .json))
    }

    private static func members(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let added = KeyAdded(
            key: Skies.keyBytes(Skies.delta, "event", 1), member: Skies.delta, purpose: .event)
        try skies.say(.keyAdded(added), by: Skies.delta, keys: [Skies.key(Skies.delta, "event", 1)])
        let hawk = Event.memberAdmitted(
            MemberAdmitted(member: Skies.record(of: Skies.hawk, roles: [.contributor])))
        set.add(
            "valid-admission", "ok", "Two members are as many as the charter wants.", skies,
            skies.envelope(hawk, by: Skies.delta, with: [Skies.swiss]))
        set.add(
            "admission-by-one", rule: "tooFewSignatures", "The charter wants two members.", skies, hawk,
            by: Skies.delta)
        set.add(
            "admission-by-two-keys-of-one-member", "rule.tooFewSignatures",
            "Two keys of one member count once.", skies,
            skies.envelope(hawk, by: Skies.delta, keys: [Skies.key(Skies.delta, "event", 1)]))
        set.add(
            "admission-signed-by-the-new-member", "rule.tooFewSignatures",
            "Who is being admitted does not count.", skies,
            skies.envelope(hawk, by: Skies.delta, with: [Skies.hawk]))
        var record = Skies.record(of: Skies.hawk, roles: [])
        set.add(
            "admission-without-roles", rule: "listIsEmpty", "A member has at least one role.", skies,
            .memberAdmitted(MemberAdmitted(member: record)), by: Skies.delta, with: [Skies.swiss])
        record = Skies.record(of: Skies.hawk, roles: [.contributor])
        record.witnessKey = Skies.keyBytes(Skies.united, "witness")
        set.add(
            "admission-with-anothers-key", rule: "keyInUse", "A key that another member has.", skies,
            .memberAdmitted(MemberAdmitted(member: record)), by: Skies.delta, with: [Skies.swiss])
        record = Skies.record(of: Skies.hawk, roles: [.contributor])
        record.name = Skies.united
        set.add(
            "admission-of-a-member", rule: "memberExists", "The name is taken.", skies,
            .memberAdmitted(MemberAdmitted(member: record)), by: Skies.delta, with: [Skies.swiss])
    }

    private static func keys(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        func added(_ member: MemberName, _ key: KeyBytes) -> Event {
            .keyAdded(KeyAdded(key: key, member: member, purpose: .event))
        }
        func revoked(_ key: KeyBytes, _ member: MemberName, good: Int = 0) -> Event {
            .keyRevoked(
                KeyRevoked(goodSize: Count(good)!, key: key.keyID, member: member, reason: .compromised))
        }
        let new = Skies.keyBytes(Skies.united, "event", 1)
        let old = Skies.keyBytes(Skies.united)
        set.add(
            "key-that-did-not-sign", rule: "newKeyDidNotSign", "Whoever adds a key shows that it holds it.",
            skies,
            added(Skies.united, new), by: Skies.united)
        set.add(
            "key-of-another-added-alone", "rule.tooFewSignatures",
            "For somebody else it takes the threshold.", skies,
            skies.envelope(
                added(Skies.united, new), by: Skies.virgin, keys: [Skies.key(Skies.united, "event", 1)]))
        set.add(
            "key-in-use", rule: "keyInUse", "Another member's key.", skies,
            added(Skies.united, Skies.keyBytes(Skies.virgin)), by: Skies.united)
        set.add(
            "key-of-the-log", "rule.keyInUse", "The key that signs checkpoints.", skies,
            skies.envelope(
                added(Skies.air, Skies.keyBytes(Skies.air, "checkpoint")), by: Skies.air,
                keys: [Skies.checkpointKey]))
        set.add(
            "key-of-a-stranger", "rule.unknownMember", "Only members have keys.", skies,
            skies.envelope(
                added(Skies.hawk, Skies.keyBytes(Skies.hawk)), by: Skies.united, keys: [Skies.key(Skies.hawk)]
            ))
        set.add(
            "revocation-of-an-unknown-key", rule: "unknownKey", "There is no such key.", skies,
            revoked(new, Skies.united), by: Skies.united)
        set.add(
            "revocation-of-anothers-key", rule: "notTheMember", "The key is another member's.", skies,
            revoked(old, Skies.virgin), by: Skies.virgin)
        set.add(
            "revocation-by-another-alone", rule: "tooFewSignatures",
            "For somebody else it takes the threshold.", skies,
            revoked(old, Skies.united), by: Skies.virgin)
        set.add(
            "revocation-good-beyond-itself", rule: "badGoodSize",
            "The key cannot be good for leaves to come.", skies,
            revoked(old, Skies.united, good: 2), by: Skies.united)
        try skies.say(revoked(old, Skies.united), by: Skies.united)
        set.add(
            "revocation-again", rule: "keyRevoked", "The key is revoked.", skies, revoked(old, Skies.united),
            by: Skies.virgin, with: [Skies.swiss])
        set.add(
            "revoked-key-added-again", rule: "keyInUse", "A revoked key does not come back.", skies,
            added(Skies.united, old), by: Skies.virgin, with: [Skies.swiss])
    }

    private static func chains(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let origin = Skies.privateOrigin(of: Skies.united)
        func opened(_ origin: Origin, _ member: MemberName, _ key: String = "private-checkpoint") -> Event {
            .chainOpened(
                ChainOpened(checkpointKey: Skies.keyBytes(member, key), chainOperator: member, origin: origin)
            )
        }
        set.add(
            "chain-of-another-consortium", rule: "unknownChain", "Chains carry their consortium's name.",
            skies,
            opened(Origin("seas.example/united")!, Skies.united), by: Skies.united)
        set.add(
            "chain-called-public", rule: "unknownChain", "There is one public chain.", skies,
            opened(Skies.origin, Skies.united), by: Skies.united)
        set.add(
            "chain-for-another", rule: "notTheMember", "Whoever operates a chain opens it.", skies,
            opened(origin, Skies.united), by: Skies.virgin)
        set.add(
            "chain-with-an-event-key", rule: "keyInUse", "Checkpoints are signed with a key of their own.",
            skies,
            opened(origin, Skies.united, "event"), by: Skies.united)
        set.add(
            "anchor-of-an-unknown-chain", rule: "unknownChain", "Nobody opened the chain.", skies,
            .chainAnchored(ChainAnchored(origin: origin)), by: Skies.united)
        try skies.say(opened(origin, Skies.united), by: Skies.united)
        set.add(
            "chain-again", rule: "chainExists", "The chain is open.", skies,
            opened(origin, Skies.united, "another-checkpoint"), by: Skies.united)
        let anchor = Event.chainAnchored(ChainAnchored(origin: origin))
        set.add(
            "anchor-by-another", rule: "notTheMember", "The operator anchors.", skies, anchor,
            by: Skies.virgin)
        set.add(
            "anchor-to-json", rule: "bodyMissing", "An anchor commits to a checkpoint.", skies, anchor,
            by: Skies.united,
            body: BodyReference(commitment: digest("body"), mediaType: .json))
        var bare = skies.statement(anchor, by: Skies.united)
        bare.body = nil
        set.add(
            "anchor-without-body", "rule.bodyMissing", "An anchor commits to a checkpoint.", skies,
            skies.seal(bare, with: [skies.signingKey(Skies.united)]))
    }

    private static func privateChains(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        let origin = Skies.privateOrigin(of: Skies.united)
        let scoped = Event.deletionScoped(DeletionScoped(deletion: DeletionID("del-1")!))
        let readers = Event.readersListed(ReadersListed(readers: [Skies.united, Skies.virgin]))
        set.add(
            "private-event-on-no-chain", rule: "unknownChain", "Nobody opened the chain.", skies, on: origin,
            readers, by: Skies.united)
        let opened = ChainOpened(
            checkpointKey: Skies.keyBytes(Skies.united, "private-checkpoint"), chainOperator: Skies.united,
            origin: origin)
        try skies.say(.chainOpened(opened), by: Skies.united)
        set.add(
            "private-chain-without-readers", rule: "notFounded", "The reader list comes first.", skies,
            on: origin, scoped,
            by: Skies.united)
        set.add(
            "readers-by-another", rule: "notTheMember", "The operator lists the readers.", skies, on: origin,
            readers,
            by: Skies.virgin)
        set.add(
            "readers-without-the-operator", rule: "unknownMember", "The operator reads its chain.", skies,
            on: origin,
            .readersListed(ReadersListed(readers: [Skies.virgin])), by: Skies.united)
        set.add(
            "readers-who-are-no-members", rule: "unknownMember", "Readers are members.", skies, on: origin,
            .readersListed(ReadersListed(readers: [Skies.hawk, Skies.united])), by: Skies.united)
        try skies.say(readers, by: Skies.united, on: origin)
        set.add(
            "readers-again", rule: "alreadyFounded", "The reader list stands once.", skies, on: origin,
            readers, by: Skies.united)
        set.add(
            "private-event-by-no-reader", rule: "unknownMember", "Readers write here, and nobody else.",
            skies, on: origin,
            scoped, by: Skies.swiss)
        set.add(
            "private-event-by-a-stranger", "unknownAuthor", "The author is no member.", skies, on: origin,
            skies.envelope(scoped, by: Skies.hawk, on: origin))
        set.add(
            "audience-is-public", rule: "wrongAudience", "The public chain's event on a private chain.",
            skies, on: origin,
            .chainAnchored(ChainAnchored(origin: origin)), by: Skies.united)
        try bodies(&skies, origin, scoped, &set)
    }

    private static func bodies(
        _ skies: inout Skies, _ origin: Origin, _ scoped: Event, _ set: inout VectorSet
    ) throws {
        let body = BodyReference(commitment: digest("scope"), mediaType: .json)
        let erased = Event.recordErased(RecordErased(bodies: [body.commitment]))
        set.add(
            "body-erasure-of-an-unknown-one", rule: "unknownBody", "No event commits to it.", skies,
            on: origin, erased, by: Skies.united)
        set.add(
            "body-erasure-of-nothing", rule: "listIsEmpty", "At least one body.", skies, on: origin,
            .recordErased(RecordErased(bodies: [])), by: Skies.united)
        try skies.say(scoped, by: Skies.united, on: origin, body: body)
        set.add(
            "scope-again", rule: "deletionExists", "The deletion has its scope.", skies, on: origin, scoped,
            by: Skies.united)
        try skies.say(erased, by: Skies.united, on: origin)
        set.add(
            "body-erased-again", rule: "bodyAlreadyErased", "It is gone.", skies, on: origin, erased,
            by: Skies.united)
        let second = Event.deletionScoped(DeletionScoped(deletion: DeletionID("del-2")!))
        set.add(
            "body-erased-comes-back", rule: "bodyExists", "A commitment that was erased is not made again.",
            skies,
            on: origin, second, by: Skies.united, body: body)
        accesses(skies, origin, &set)
    }

    private static func accesses(_ skies: Skies, _ origin: Origin, _ set: inout VectorSet) {
        let size = skies.privateViews[origin]!.size
        func event(_ leaves: Ascending<Count>, anchor: EventHash? = nil) -> Event {
            .accessRecorded(
                AccessRecorded(access: .disclosed, anchor: anchor, leaves: leaves, reader: .authority))
        }
        set.add(
            "access-to-nothing", rule: "listIsEmpty", "A leaf or an anchor.", skies, on: origin, event([]),
            by: Skies.united)
        set.add(
            "access-to-a-leaf-to-come", rule: "unknownLeaf", "The chain is not that long.", skies, on: origin,
            event([Count(size)!]), by: Skies.united)
        set.add(
            "access-to-no-anchor", rule: "unknownAnchor", "The charter is no anchor.", skies, on: origin,
            event([], anchor: skies.view.charter!.firstLeaf), by: Skies.united)
        set.add(
            "valid-access-by-a-reader", "ok", "Whoever reads the chain may open it for others, and says so.",
            skies, on: origin, skies.envelope(event([Count(1)!]), by: Skies.virgin, on: origin))
    }
}
