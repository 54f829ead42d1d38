import Bytes
import Testing

private enum Sample {}

@Suite struct HexTests {
    @Test func roundTripsEveryByte() {
        let bytes = (0...255).map(UInt8.init)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
    }

    @Test(arguments: ["a", "0G", "AB", " 0", "é0"])
    func refusesAnotherSpelling(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}

@Suite struct Base64Tests {
    /// The vectors of RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func givesThePublishedVectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.encodeToBytes(Array(plain.utf8)) == Array(encoded.utf8))
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    /// Padding missing, too much, in the middle; trailing bits set; line breaks; the URL alphabet.
    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Zm8", "Zh==", "Zm9=", "Z=g=", "=Zg=", "====", "Zm9v\n", "Zm9\n", "-_8=", "Zg==Zg==",
    ])
    func refusesEverySpellingButOne(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func decodesOnlyWhatItWouldEncode() {
        // Every two-character group with one byte of content: 64 × 64 spellings, of which 256 are canonical.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        var accepted = 0
        for first in alphabet {
            for second in alphabet {
                let text = "\(first)\(second)=="
                guard let bytes = Base64.decode(text) else { continue }
                accepted += 1
                #expect(Base64.encode(bytes) == text)
            }
        }
        #expect(accepted == 256)
    }
}

@Suite struct Hash256Tests {
    /// FIPS 180-4 example "abc".
    @Test func hashesTheStandardExample() {
        let hash = Hash256<Sample>.sha256(Array("a".utf8), Array("bc".utf8))
        #expect(hash.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Hash256<Sample>(hex: hash.hex) == hash)
        #expect(Hash256<Sample>(bytes: hash.bytes) == hash)
    }

    /// Every byte but a lower-case digit, at every place of the text.
    @Test func refusesEveryOtherCharacterEverywhere() {
        let digits = Array("0123456789abcdef".utf8)
        for position in 0..<64 {
            for byte in UInt8.min...UInt8.max {
                var text = [UInt8](repeating: UInt8(ascii: "7"), count: 64)
                text[position] = byte
                let hash = text.withUnsafeBufferPointer { Hash256<Sample>(hexDigits: $0) }
                #expect((hash != nil) == digits.contains(byte))
            }
        }
        #expect(Hash256<Sample>(hex: String(repeating: "7", count: 63)) == nil)
        #expect(Hash256<Sample>(hex: String(repeating: "7", count: 65)) == nil)
    }

    @Test func ordersAsItsBytesDo() throws {
        let low = try #require(Hash256<Sample>(bytes: [UInt8](repeating: 0, count: 31) + [255]))
        let high = try #require(Hash256<Sample>(bytes: [1] + [UInt8](repeating: 0, count: 31)))
        #expect(low < high)
        #expect(Hash256<Sample>(bytes: [1, 2, 3]) == nil)
    }
}

@Suite struct BigEndianTests {
    @Test func readsWhatItWrites() {
        var bytes: [UInt8] = [9]
        bytes.appendBigEndian(UInt32(0x0102_0304))
        #expect(bytes == [9, 1, 2, 3, 4])
        #expect(bytes.bigEndian(at: 1, as: UInt32.self) == 0x0102_0304)
        #expect(bytes.bigEndian(at: 2, as: UInt32.self) == nil)
        #expect(bytes.bigEndian(at: -1, as: UInt8.self) == nil)
    }
}
