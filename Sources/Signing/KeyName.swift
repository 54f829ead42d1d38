/// The name of a key in signed notes: not empty, no Unicode spaces, no plus sign, no control characters.
///
/// Two names are equal if their bytes are. (Swift holds two spellings of "é" equal; to a verifier they are
/// two names.)
public struct KeyName: Sendable {
    public let text: String

    /// `nil` where `text` is no name.
    public init?(_ text: some StringProtocol) {
        let isName = text.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar != "+" && !scalar.properties.isWhitespace
        }
        guard isName, !text.isEmpty else { return nil }
        self.text = String(text)
    }

    /// Reads UTF-8; `nil` where `bytes` are not, or are no name.
    public init?(utf8 bytes: some Collection<UInt8>) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        self.init(text)
    }
}

extension KeyName: Hashable, Comparable, CustomStringConvertible {
    public static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    /// The order of the bytes.
    public static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    public var description: String { text }
}
