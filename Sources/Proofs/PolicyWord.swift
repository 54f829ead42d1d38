/// A name or URL in a trust policy: octets without white space or control characters.
///
/// Octets from 0x80 up are opaque, as C2SP tlog-policy has it: no Unicode rule decides which witness is
/// meant.
public struct PolicyWord: Hashable, Comparable, Sendable {
    public let bytes: [UInt8]

    /// `nil` for no octets, a space, or a control character.
    public init?(bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return nil }
        self.bytes = Array(bytes)
    }

    public init?(_ text: String) {
        self.init(bytes: text.utf8)
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension PolicyWord: CustomStringConvertible {
    /// For people: octets that are not UTF-8 are shown as U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
