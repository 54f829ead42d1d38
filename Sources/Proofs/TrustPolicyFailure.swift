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
    public var description: String { "line \(line): \(cause)" }
}
