internal import Bytes
internal import ChainViews
public import Events
internal import Foundation
internal import LedgerStore
internal import MerkleLog
public import Signing

/// How secrets are written: as they are, or under a passphrase.
public struct KeyProtection: Sendable {
    let encrypt: @Sendable (KeyFile) throws -> KeyFile

    public static let none = KeyProtection { $0 }

    /// Argon2id at a moderate cost.
    public static func passphrase(_ passphrase: [UInt8], random: RandomBytes) -> KeyProtection {
        KeyProtection { try $0.encrypted(with: passphrase, random: random) }
    }
}

extension Ledger {
    /// How this ledger's secrets are written: as those that lie here already.
    var ownProtection: KeyProtection {
        get throws {
            guard keys.isEncrypted else { return .none }
            guard let passphrase = try surroundings.passphrase(), !passphrase.isEmpty else {
                throw EngineError(
                    .missing, "this ledger's keys are encrypted and no passphrase was given for the new one",
                    hint: "put it into a file and name the file in LETHE_PASSPHRASE_FILE")
            }
            return .passphrase(passphrase, random: surroundings.random)
        }
    }

    /// Makes a ledger directory with the keys of `members`, and no chain yet.
    public static func create(
        at path: String, consortium: Consortium, members: [MemberName], protection: KeyProtection,
        surroundings: Surroundings
    ) async throws -> Ledger {
        for member in members where member.text == "public" || members.count(where: { $0 == member }) > 1 {
            throw EngineError(
                .invalidRequest, "\(member) cannot be a member's name here: it is given twice, or the public chain's",
                hint: "name every member once, and none of them public")
        }
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        let directory = try LedgerDirectory.create(at: path, random: surroundings.random)
        let keys = try KeyRing(directory: directory.paths.keys, passphrase: surroundings.passphrase)
        let ledger = Ledger(directory: directory, keys: keys, surroundings: surroundings)
        for member in members {
            try await ledger.makeKeys(of: member, consortium: consortium, protection: protection)
        }
        return ledger
    }

    private func makeKeys(of member: MemberName, consortium: Consortium, protection: KeyProtection) throws {
        let random = surroundings.random
        let name = KeyName(member.text)!
        let files: [(KeyFile, String)] = [
            (KeyFile(name: name, role: .event, key: .generate(random: random)), "event"),
            (
                KeyFile(name: witnessName(member, of: consortium), role: .witness, key: .generate(random: random)),
                "witness"
            ),
            (KeyFile(name: name, key: .generate(random: random)), "encryption"),
        ]
        for (file, role) in files {
            try keys.add(file, as: "\(member).\(role)", encrypt: protection.encrypt)
        }
    }

    /// What this ledger's `member` hands to the others.
    public func card(of member: MemberName, consortium: Consortium, roles: [Role]) throws -> MemberCard {
        guard let event = keys.keys(of: member, for: .event).last,
            let witness = keys.keys(of: member, for: .witness).last,
            let encryption = keys.keys(of: member, for: .encryption).last
        else {
            throw EngineError(.missing, "the keys of \(member) are not in this ledger")
        }
        return MemberCard(
            consortium: consortium,
            member: MemberRecord(
                name: member, roles: Ascending(roles), eventKey: event, witnessKey: witness,
                encryptionKey: encryption))
    }

    /// Founds the consortium: makes the public chain with the charter as its first event.
    ///
    /// - Parameters:
    ///   - chainOperator: a local member with the operator's role; it signs the charter.
    ///   - cards: all members, local and distant.
    ///   - threshold: how many members a decision that binds all needs.
    public func found(
        _ consortium: Consortium, chainOperator: MemberName, cards: [MemberCard], threshold: Int,
        protection: KeyProtection
    ) throws {
        for card in cards where card.consortium != consortium {
            throw EngineError(
                .invalidRequest, "the card of \(card.member.name) is for \(card.consortium), not \(consortium)")
        }
        guard let count = Count(threshold) else {
            throw EngineError(.invalidRequest, "the threshold \(threshold) is negative")
        }
        let origin = Origin.public(of: consortium)
        let checkpointKey = try makeCheckpointKey(origin, protection)
        publicView = PublicView(origin: origin)
        _ = try directory.events.openChain(origin.text)
        let charter = ConsortiumFounded(
            consortium: consortium, chainOperator: chainOperator, checkpointKey: checkpointKey,
            members: cards.map(\.member).sorted { $0.name < $1.name }, threshold: count)
        let key = cards.first { $0.member.name == chainOperator }?.member.eventKey
        guard let key else { throw EngineError(.invalidRequest, "\(chainOperator) is not among the members") }
        let statement = Statement(
            chain: origin, author: chainOperator, sequence: 0, previous: nil, claimedAt: surroundings.now(),
            body: nil, event: .consortiumFounded(charter), firstLeaf: nil)
        try append([try seal(statement, with: [key.keyID])], to: origin)
    }

    private func makeCheckpointKey(_ origin: Origin, _ protection: KeyProtection) throws -> KeyBytes {
        let key = SigningKey.generate(random: surroundings.random)
        let file = KeyFile(name: KeyName(origin.text)!, role: .checkpoint, key: key)
        try keys.add(file, as: "\(origin.chain).checkpoint", encrypt: protection.encrypt)
        return KeyBytes(bytes: key.publicKey.bytes)!
    }

    /// Opens the private chain of local `member`, which operates it: announces it on the public chain, then lists its
    /// readers on the chain itself.
    ///
    /// Where somebody else operates the public chain, the announcement waits in the outbox, and the same call lists the
    /// readers once it stands on the chain.
    ///
    /// - Returns: what became of the announcement; `nil` where it stood on the chain already.
    @discardableResult
    public func openPrivateChain(
        of member: MemberName, readers: [MemberName]
    ) throws -> Recorded? {
        let origin = Origin(try view.charter!.consortium, chain: Identifier<Origin>(member.text)!)
        let existing = keys.checkpointKey(of: origin)
        if try view.chains[origin] != nil, existing != nil {
            try listReaders(of: origin, as: member, readers)
            return nil
        }
        let key = try existing ?? makeCheckpointKey(origin, ownProtection)
        let announced = try record(
            .chainOpened(ChainOpened(checkpointKey: key, chainOperator: member, origin: origin)), as: member,
            on: publicOrigin)
        if case .appended = announced { try listReaders(of: origin, as: member, readers) }
        return announced
    }

    /// The first event of a private chain that the public chain knows already.
    public func listReaders(of origin: Origin, as member: MemberName, _ readers: [MemberName]) throws {
        _ = try directory.events.openChain(origin.text)
        guard try size(of: origin) == .zero else { return }
        privateViews[origin] = PrivateView(origin: origin)
        try record(
            .readersListed(ReadersListed(readers: Ascending(readers + [member]))), as: member, on: origin)
    }
}
