/// Lower-case hexadecimal, one spelling for each value.
public enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Writes the digits of `bytes`, two each, and returns how many.
    static func fill(_ output: UnsafeMutableBufferPointer<UInt8>, from bytes: UnsafeRawBufferPointer) -> Int {
        digits.withUnsafeBufferPointer { digits in
            for (index, byte) in bytes.enumerated() {
                output[2 * index] = digits[Int(byte >> 4)]
                output[2 * index + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            var position = 0
            for byte in bytes {
                buffer[position] = digits[Int(byte >> 4)]
                buffer[position + 1] = digits[Int(byte & 15)]
                position += 2
            }
            return position
        }
    }

    /// The bytes that `text` spells; `nil` for an odd count, an upper-case digit or any other character.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let characters = text.utf8
        guard characters.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count / 2)
        var high: UInt8?
        for character in characters {
            guard let value = value(of: character) else { return nil }
            if let pending = high {
                bytes.append(pending << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    /// The four numbers that 64 digits spell, most significant digit first; `nil` for any other text.
    @usableFromInline
    static func words(
        _ digits: UnsafeBufferPointer<UInt8>
    ) -> (UInt64, UInt64, UInt64, UInt64)? {
        guard digits.count == 64, let word0 = word(digits, at: 0), let word1 = word(digits, at: 16),
            let word2 = word(digits, at: 32), let word3 = word(digits, at: 48)
        else { return nil }
        return (word0, word1, word2, word3)
    }

    private static func word(_ digits: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt64? {
        let text = UnsafeRawBufferPointer(digits)
        let high = UInt64(bigEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        let low = UInt64(bigEndian: text.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        guard areDigits(high), areDigits(low) else { return nil }
        return pack(high) << 32 | pack(low)
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Whether each of eight characters is a digit. For a byte below 0x80, adding 0x80 − c sets the high bit
    /// from c on.
    private static func areDigits(_ text: UInt64) -> Bool {
        let fromZero = text &+ ones &* (0x80 - 0x30), pastNine = text &+ ones &* (0x80 - 0x3a)
        let fromA = text &+ ones &* (0x80 - 0x61), pastF = text &+ ones &* (0x80 - 0x67)
        let isDigit = (fromZero & ~pastNine) | (fromA & ~pastF)
        return (isDigit & ~text) & (ones &* 0x80) == ones &* 0x80
    }

    /// The 32-bit number that eight digits spell.
    private static func pack(_ text: UInt64) -> UInt64 {
        let nibbles = (text & (ones &* 15)) &+ ((text >> 6) & ones) &* 9
        let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff
        let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff
        return (pairs | pairs >> 16) & 0xffff_ffff
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
