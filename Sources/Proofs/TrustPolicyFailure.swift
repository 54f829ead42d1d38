public import Signing

/// Why a file is no trust policy, and where.
public struct TrustPolicyFailure: Error, Hashable, Sendable {
    /// Counted from one; for what the file lacks as a whole, the number of its last line.
    public let line: Int
    public let cause: Cause

    public enum Cause: Error, Hashable, Sendable {
        case tooLarge(Int)
        /// The last line does not end in a newline.
        case noFinalNewline
        /// A control character other than tab and newline.
        case forbiddenOctet(UInt8)
        case unknownKeyword(PolicyWord)
        /// The line has too few or too many fields for its keyword.
        case fieldCount(PolicyWord, Int)
        case verifierKey(VerifierKey.Failure)
        /// Logs sign plainly (0x01), witnesses cosign (0x04).
        case wrongKeyType(NoteAlgorithm)
        case reservedName(PolicyWord)
        case duplicateName(PolicyWord)
        /// One public key in two lines, be it under two names.
        case duplicateKey(PublicKey)
        /// Two logs, or two witnesses, whose keys have one name.
        case duplicateKeyName(KeyName)
        /// The name is not defined on a line before.
        case unknownName(PolicyWord)
        /// Not `any`, `all` or a decimal number from 1 to the number of members.
        case threshold(PolicyWord)
        /// The name is in this group twice, or in another group already.
        case memberTwice(PolicyWord)
        case noMembers(PolicyWord)
        case secondQuorum
        case noQuorum
    }
}

extension TrustPolicyFailure: CustomStringConvertible {
    public var description: String { line == 0 ? "\(cause)" : "line \(line): \(cause)" }
}

extension TrustPolicyFailure.Cause: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let bytes): "it has \(bytes) bytes, of at most \(TrustPolicy.maximumSize)"
        case .noFinalNewline: "the last line does not end in a newline: it was cut off"
        case .forbiddenOctet(let octet): "it has the control character \(octet)"
        case .unknownKeyword(let word): "it begins with \(Self.quoted(word)), not with log, witness, group or quorum"
        case .fieldCount(let keyword, let count): "a line of \(Self.quoted(keyword)) does not have \(count) words"
        case .verifierKey(let failure): "\(failure)"
        case .wrongKeyType(let algorithm):
            "the key is for \(algorithm): logs sign with Ed25519, witnesses with cosignatures"
        case .reservedName(let name): "\(Self.quoted(name)) cannot be the name of a witness or group"
        case .duplicateName(let name): "two witnesses or groups are called \(Self.quoted(name))"
        case .duplicateKey(let key): "the key \(key) stands in two lines"
        case .duplicateKeyName(let name): "two keys are called \(name)"
        case .unknownName(let name): "no line before this one names \(Self.quoted(name))"
        case .threshold(let word):
            "the threshold \(Self.quoted(word)) is not any, all, or from 1 to the number of members"
        case .memberTwice(let name): "\(Self.quoted(name)) is in this group twice, or in another one already"
        case .noMembers(let name): "the group \(Self.quoted(name)) has no members"
        case .secondQuorum: "there are two quorum lines"
        case .noQuorum: "there is no quorum line"
        }
    }

    /// The beginning of `word`: a file of another kind may be one long word.
    private static func quoted(_ word: PolicyWord) -> String {
        let text = word.description
        return "\"\(text.prefix(40))\(text.count > 40 ? "…" : "")\""
    }
}
