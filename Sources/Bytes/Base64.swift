/// Standard padded base64 (RFC 4648 §4), one spelling for each value.
///
/// Decoding refuses what RFC 4648 §3.5 leaves to implementations: missing or superfluous padding, line breaks, and
/// non-zero trailing bits. Whatever decodes encodes to the same characters again.
public enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    /// The value of each character, or 255.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    public static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { buffer in
            fill(buffer, from: bytes)
        }
    }

    /// The characters of `encode(_:)`, as bytes.
    public static func encodeToBytes(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { buffer, count in
            count = fill(buffer, from: bytes)
        }
    }

    private static func fill(_ output: UnsafeMutableBufferPointer<UInt8>, from bytes: [UInt8]) -> Int {
        alphabet.withUnsafeBufferPointer { alphabet in
            var position = 0
            var index = 0
            while index + 2 < bytes.count {
                let group =
                    UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
                output[position] = alphabet[Int(group >> 18)]
                output[position + 1] = alphabet[Int(group >> 12 & 63)]
                output[position + 2] = alphabet[Int(group >> 6 & 63)]
                output[position + 3] = alphabet[Int(group & 63)]
                index += 3
                position += 4
            }
            let rest = bytes.count - index
            if rest > 0 {
                let group =
                    UInt32(bytes[index]) << 16 | (rest == 2 ? UInt32(bytes[index + 1]) << 8 : 0)
                output[position] = alphabet[Int(group >> 18)]
                output[position + 1] = alphabet[Int(group >> 12 & 63)]
                output[position + 2] = rest == 2 ? alphabet[Int(group >> 6 & 63)] : padding
                output[position + 3] = padding
                position += 4
            }
            return position
        }
    }

    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var text = String(text)
        return text.withUTF8 { decode($0) }
    }

    /// The bytes that `characters` spell, or `nil` where the spelling is not the canonical one.
    public static func decode(_ characters: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let count = characters.count
        guard count.isMultiple(of: 4) else { return nil }
        guard count > 0 else { return [] }
        let pad = characters[count - 1] != padding ? 0 : characters[count - 2] != padding ? 1 : 2
        let size = count / 4 * 3 - pad
        var valid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { output, written in
            values.withUnsafeBufferPointer { values in
                valid = fill(output, from: characters, values: values, padding: pad)
            }
            written = valid ? size : 0
        }
        return valid ? bytes : nil
    }

    private static func fill(
        _ output: UnsafeMutableBufferPointer<UInt8>, from characters: UnsafeBufferPointer<UInt8>,
        values: UnsafeBufferPointer<UInt8>, padding pad: Int
    ) -> Bool {
        let whole = pad == 0 ? characters.count : characters.count - 4
        var position = 0
        var index = 0
        var seen: UInt8 = 0
        while index < whole {
            let a = values[Int(characters[index])], b = values[Int(characters[index + 1])]
            let c = values[Int(characters[index + 2])], d = values[Int(characters[index + 3])]
            seen |= a | b | c | d
            let group = UInt32(a) << 18 | UInt32(b) << 12 | UInt32(c) << 6 | UInt32(d)
            output[position] = UInt8(truncatingIfNeeded: group >> 16)
            output[position + 1] = UInt8(truncatingIfNeeded: group >> 8)
            output[position + 2] = UInt8(truncatingIfNeeded: group)
            index += 4
            position += 3
        }
        // A value is at most 63, so a set high bit is the 255 of a character outside the alphabet.
        guard seen & 0x80 == 0 else { return false }
        guard pad > 0 else { return true }
        let a = values[Int(characters[index])], b = values[Int(characters[index + 1])]
        let c = pad == 1 ? values[Int(characters[index + 2])] : 0
        guard (a | b | c) & 0x80 == 0 else { return false }
        output[position] = a << 2 | b >> 4
        if pad == 1 {
            output[position + 1] = b << 4 | c >> 2
            return c & 3 == 0
        }
        return b & 15 == 0
    }
}
