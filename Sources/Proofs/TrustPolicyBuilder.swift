internal import Signing

/// The rules of a trust policy, applied one definition after the other.
struct TrustPolicyBuilder {
    typealias Cause = TrustPolicyFailure.Cause

    private var policy = TrustPolicy()
    private var names: Set<PolicyWord> = []
    private var members: Set<PolicyWord> = []
    private var keys: Set<PublicKey> = []
    private var logNames: Set<KeyName> = []
    private var witnessNames: Set<KeyName> = []
    private var hasQuorum = false

    mutating func add(_ log: TrustPolicy.Log) throws(Cause) {
        guard log.key.algorithm == .ed25519 else { throw .wrongKeyType(log.key.algorithm) }
        guard logNames.insert(log.key.name).inserted else { throw .duplicateKeyName(log.key.name) }
        try define(log.key)
        policy.logs.append(log)
    }

    mutating func add(_ witness: TrustPolicy.Witness) throws(Cause) {
        guard witness.key.algorithm == .cosignatureV1 else { throw .wrongKeyType(witness.key.algorithm) }
        try define(witness.name)
        guard witnessNames.insert(witness.key.name).inserted else {
            throw .duplicateKeyName(witness.key.name)
        }
        try define(witness.key)
        policy.witnesses.append(witness)
    }

    mutating func add(_ group: TrustPolicy.Group) throws(Cause) {
        guard !group.members.isEmpty else { throw .noMembers(group.name) }
        let count = group.threshold.count(of: group.members.count)
        guard (1...group.members.count).contains(count) else { throw .threshold(PolicyWord(String(count))!) }
        for member in group.members {
            guard names.contains(member) else { throw .unknownName(member) }
            guard members.insert(member).inserted else { throw .memberTwice(member) }
        }
        try define(group.name)
        policy.groups.append(group)
    }

    mutating func set(_ quorum: TrustPolicy.Quorum) throws(Cause) {
        guard !hasQuorum else { throw .secondQuorum }
        if case .named(let name) = quorum, !names.contains(name) { throw .unknownName(name) }
        hasQuorum = true
        policy.quorum = quorum
    }

    func finish() throws(Cause) -> TrustPolicy {
        guard hasQuorum else { throw .noQuorum }
        return policy
    }

    private mutating func define(_ name: PolicyWord) throws(Cause) {
        guard name != .none else { throw .reservedName(name) }
        guard names.insert(name).inserted else { throw .duplicateName(name) }
    }

    private mutating func define(_ key: VerifierKey) throws(Cause) {
        // A note's key name may have this one octet that a policy may not.
        guard !key.name.text.utf8.contains(0x7f) else { throw .forbiddenOctet(0x7f) }
        guard keys.insert(key.publicKey).inserted else { throw .duplicateKey(key.publicKey) }
    }
}
