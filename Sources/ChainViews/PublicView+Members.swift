internal import Bytes
internal import Events

/// Members, keys, chains and bases.
extension PublicView {
    mutating func found(_ event: ConsortiumFounded, _ record: EventRecord) throws(RuleViolation) {
        guard origin == .public(of: event.consortium) else {
            throw .wrongChain(expected: .public(of: event.consortium), actual: origin)
        }
        let names = event.members.map(\.name)
        guard !names.isEmpty, zip(names, names.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .membersNotAscending
        }
        guard (1...names.count).contains(event.threshold.value) else {
            throw .badThreshold(event.threshold.value, members: names.count)
        }
        guard let chainOperator = event.members.first(where: { $0.name == event.chainOperator }) else {
            throw .unknownMember(event.chainOperator)
        }
        guard chainOperator.roles.contains(.operator) else {
            throw .lacksRole(chainOperator.name, .operator)
        }
        guard record.author == chainOperator.name else {
            throw .notTheMember(expected: chainOperator.name, actual: record.author)
        }
        guard event.members.allSatisfy({ !$0.roles.isEmpty }) else { throw .listIsEmpty("roles") }
        try checkFresh(event.members.flatMap(\.allKeys) + [event.checkpointKey])
        consortium.set(
            origin,
            ConsortiumRow(
                consortium: event.consortium, chainOperator: event.chainOperator,
                checkpointKey: event.checkpointKey, firstLeaf: record.hash, threshold: event.threshold))
        for member in event.members { add(member, record) }
    }

    mutating func admit(_ event: MemberAdmitted, _ record: EventRecord) throws(RuleViolation) {
        guard members[event.member.name] == nil else { throw .memberExists(event.member.name) }
        guard !event.member.roles.isEmpty else { throw .listIsEmpty("roles") }
        try checkFresh(event.member.allKeys)
        try requireThreshold(record)
        add(event.member, record)
    }

    private mutating func add(_ member: MemberRecord, _ record: EventRecord) {
        members.set(
            member.name, MemberRow(name: member.name, roles: member.roles, admittedBy: record.hash))
        for (key, purpose) in [
            (member.eventKey, KeyPurpose.event), (member.witnessKey, .witness),
            (member.encryptionKey, .encryption),
        ] {
            keys.set(
                key.keyID, KeyRow(key: key, member: member.name, purpose: purpose, addedAt: record.count))
        }
    }

    mutating func addKey(_ event: KeyAdded, _ record: EventRecord) throws(RuleViolation) {
        guard members[event.member] != nil else { throw .unknownMember(event.member) }
        try checkFresh([event.key])
        if record.author != event.member { try requireThreshold(record) }
        if event.purpose == .event, !record.signers.contains(event.key.keyID) {
            throw .newKeyDidNotSign(event.key.keyID)
        }
        keys.set(
            event.key.keyID,
            KeyRow(key: event.key, member: event.member, purpose: event.purpose, addedAt: record.count))
    }

    mutating func revokeKey(_ event: KeyRevoked, _ record: EventRecord) throws(RuleViolation) {
        guard let row = keys[event.key] else { throw .unknownKey(event.key) }
        guard row.member == event.member else {
            throw .notTheMember(expected: row.member, actual: event.member)
        }
        guard row.revokedAt == nil else { throw .keyRevoked(event.key) }
        if record.author != event.member { try requireThreshold(record) }
        guard event.goodSize.value <= record.position else {
            throw .badGoodSize(event.goodSize.value, position: record.position)
        }
        keys.update(event.key) { row in
            row.revokedAt = record.count
            row.goodSize = event.goodSize
        }
    }

    mutating func openChain(_ event: ChainOpened, _ record: EventRecord) throws(RuleViolation) {
        guard event.origin.consortium == origin.consortium, !event.origin.isPublic else {
            throw .unknownChain(event.origin)
        }
        guard chains[event.origin] == nil else { throw .chainExists(event.origin) }
        try requireAuthor(event.chainOperator, record)
        try checkFresh([event.checkpointKey])
        chains.set(
            event.origin,
            ChainRow(
                origin: event.origin, chainOperator: event.chainOperator,
                checkpointKey: event.checkpointKey, openedBy: record.hash, anchors: Count(0)!))
    }

    mutating func anchor(_ event: ChainAnchored, _ record: EventRecord) throws(RuleViolation) {
        guard let chain = chains[event.origin] else { throw .unknownChain(event.origin) }
        try requireAuthor(chain.chainOperator, record)
        let body = record.statement.body!
        guard body.mediaType == .checkpoint else { throw .bodyMissing(.chainAnchored) }
        chains.update(event.origin) { row in
            row.anchors = Count(row.anchors.value + 1)!
            row.lastAnchor = record.hash
        }
        anchors.set(
            record.hash,
            AnchorRow(origin: event.origin, position: record.count, commitment: body.commitment))
    }

    mutating func registerBase(_ event: BaseRegistered, _ record: EventRecord) throws(RuleViolation) {
        try requireRole(.aggregator, record)
        if let other = bases.rows.values.first(where: { $0.names.contains(event.name) }) {
            guard other.base != event.base else { throw .baseExists(event.base) }
            throw .recordExists("base", id: event.name.text)
        }
        guard bases[event.base] == nil else {
            return bases.update(event.base) { $0.aliases.append(event.name) }
        }
        bases.set(event.base, BaseRow(base: event.base, name: event.name))
    }
}

// MARK: - Who may

extension PublicView {
    func requireRole(_ role: Role, _ record: EventRecord) throws(RuleViolation) {
        guard let member = members[record.author] else { throw .unknownMember(record.author) }
        guard member.roles.contains(role) else { throw .lacksRole(record.author, role) }
    }

    func requireAuthor(_ name: MemberName, _ record: EventRecord) throws(RuleViolation) {
        guard record.author == name else { throw .notTheMember(expected: name, actual: record.author) }
    }

    /// Wants signatures of as many different members as the charter's threshold. Two keys of one member count
    /// once.
    func requireThreshold(_ record: EventRecord) throws(RuleViolation) {
        let signers = Set(
            record.signers.compactMap { id in
                keys[id].flatMap { $0.purpose == .event && $0.isValid(at: record.position) ? $0.member : nil }
            }
        ).filter { members[$0]?.suspendedBy == nil }
        let threshold = charter?.threshold.value ?? 1
        guard signers.count >= threshold else {
            throw .tooFewSignatures(members: signers.count, threshold: threshold)
        }
    }

    /// Wants keys that nobody has used before for anything, each once.
    private func checkFresh(_ candidates: [KeyBytes]) throws(RuleViolation) {
        var seen = Set(chains.rows.values.map(\.checkpointKey.keyID))
        if let key = charter?.checkpointKey.keyID { seen.insert(key) }
        for key in candidates {
            guard keys[key.keyID] == nil, seen.insert(key.keyID).inserted else {
                throw .keyInUse(key.keyID)
            }
        }
    }
}

extension MemberRecord {
    var allKeys: [KeyBytes] { [eventKey, witnessKey, encryptionKey] }
}

extension EventRecord {
    var count: Count { Count(position)! }
}
