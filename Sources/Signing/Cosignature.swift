internal import Bytes

/// The statement of a witness that, at a time, a checkpoint was the largest it had seen of a log, and
/// consistent with all it had seen before (C2SP tlog-cosignature, cosignature/v1).
public enum Cosignature {
    /// The bytes that are signed: `cosignature/v1`, `time` and the whole note text.
    ///
    /// - Parameter time: seconds since 1970-01-01T00:00:00Z, at most 2^63 − 1.
    public static func message(text: [UInt8], time: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n".utf8) + text
    }

    /// The signature bytes of a note line: `u64be time || Ed25519 signature`.
    static func sign(text: [UInt8], time: UInt64, key: SigningKey) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(time)
        return bytes + key.sign(message(text: text, time: time))
    }

    /// The time that `signature` states, or `nil` where it is not `key`'s signature of `text` at that time.
    static func verify(_ signature: [UInt8], text: [UInt8], key: PublicKey) -> UInt64? {
        guard signature.count == 72, let time: UInt64 = signature.bigEndian(at: 0), time <= Int64.max else {
            return nil
        }
        return key.isValidSignature(Array(signature[8...]), of: message(text: text, time: time)) ? time : nil
    }
}
