import Bytes
import Signing
import Testing

@Suite struct SealedBoxTests {
    private let key = EncryptionKey(secret: [UInt8](repeating: 5, count: 32))!
    private let message = Array("who and which records".utf8)

    /// We seal with our own ephemeral key and open with libsodium's `crypto_box_seal_open`, so the formats
    /// agree.
    @Test(arguments: [0, 1, 100, 70_000])
    func opensWhatWasSealed(count: Int) throws {
        let message = [UInt8](repeating: 3, count: count)
        let sealed = try key.publicKey.seal(message, random: .system)
        #expect(sealed.count == count + EncryptionPublicKey.overhead)
        #expect(try key.open(sealed) == message)
    }

    /// RFC 7748 §6.1, Alice's key pair.
    @Test func derivesThePublicKeyOfRFC7748() {
        let secret = Hex.decode("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")!
        #expect(
            EncryptionKey(secret: secret).map { Hex.encode($0.publicKey.bytes) }
                == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    }

    @Test func refusesAnyChange() throws {
        let sealed = try key.publicKey.seal(message, random: Sample.counting())
        for position in sealed.indices {
            var changed = sealed
            changed[position] ^= 1
            #expect(throws: DecryptionFailure.self) { try key.open(changed) }
        }
        for count in 0..<sealed.count {
            #expect(throws: DecryptionFailure.self) { try key.open(Array(sealed.prefix(count))) }
        }
        let other = EncryptionKey(secret: [UInt8](repeating: 6, count: 32))!
        #expect(throws: DecryptionFailure.self) { try other.open(sealed) }
    }

    @Test func refusesToSealToAPointOfSmallOrder() throws {
        for first: UInt8 in [0, 1] {
            let weak = try #require(EncryptionPublicKey(bytes: [first] + [UInt8](repeating: 0, count: 31)))
            #expect(throws: EncryptionPublicKey.WeakKey.self) { try weak.seal(message, random: .system) }
        }
    }
}

@Suite struct DataKeyTests {
    private let key = DataKey(bytes: Array(0x80...0x9f))!
    private let nonce = Nonce(bytes: Array(0x40...0x57))!
    private let additionalData: [UInt8] = Hex.decode("50515253c0c1c2c3c4c5c6c7")!

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    @Test func givesThePublishedCiphertext() throws {
        let message = Array(
            ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
                + "sunscreen would be it.").utf8)
        let expected =
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39"
            + "ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
            + "21f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"
        let sealed = key.seal(message, nonce: nonce, additionalData: additionalData)
        #expect(Hex.encode(sealed) == expected)
        #expect(try key.open(sealed, nonce: nonce, additionalData: additionalData) == message)
    }

    @Test func refusesAnyChange() throws {
        let sealed = key.seal([1, 2, 3], nonce: nonce, additionalData: additionalData)
        for position in sealed.indices {
            var changed = sealed
            changed[position] ^= 0x80
            #expect(throws: DecryptionFailure.self) {
                try key.open(changed, nonce: nonce, additionalData: additionalData)
            }
        }
        for count in 0..<sealed.count {
            #expect(throws: DecryptionFailure.self) {
                try key.open(Array(sealed.prefix(count)), nonce: nonce, additionalData: additionalData)
            }
        }
        #expect(throws: DecryptionFailure.self) { try key.open(sealed, nonce: nonce) }
        #expect(throws: DecryptionFailure.self) {
            try key.open(sealed, nonce: Nonce(random: .system), additionalData: additionalData)
        }
        #expect(throws: DecryptionFailure.self) {
            try DataKey.generate(random: .system).open(sealed, nonce: nonce, additionalData: additionalData)
        }
    }

    @Test(arguments: [0, 1, 65_536])
    func worksInPlaceWithoutAllocating(count: Int) throws {
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let expected = key.seal(message, nonce: nonce)
        var buffer = message + [UInt8](repeating: 0, count: DataKey.overhead)
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        try buffer.withUnsafeMutableBytes { buffer in
            let part = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            key.seal(part, into: buffer, nonce: nonce, additionalData: empty)
            #expect(Array(buffer) == expected)
            let output = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            try key.open(UnsafeRawBufferPointer(buffer), into: output, nonce: nonce, additionalData: empty)
            #expect(Array(output) == message)
        }
    }

    @Test func leavesNothingOfAMessageItRefuses() throws {
        var sealed = key.seal([1, 2, 3, 4], nonce: nonce)
        sealed[19] ^= 1
        var output: [UInt8] = [9, 9, 9, 9]
        #expect(throws: DecryptionFailure.self) {
            try output.withUnsafeMutableBytes { output in
                try sealed.withUnsafeBytes {
                    try key.open(
                        $0, into: output, nonce: nonce,
                        additionalData: UnsafeRawBufferPointer(start: nil, count: 0))
                }
            }
        }
        #expect(output == [0, 0, 0, 0] || output == [9, 9, 9, 9])
    }

    @Test func numbersTheNoncesOfOneFile() throws {
        let prefix = (0..<16).map(UInt8.init)
        let nonce = try #require(Nonce(prefix: prefix, counter: 258))
        #expect(nonce.bytes == prefix + [0, 0, 0, 0, 0, 0, 1, 2])
        #expect(Nonce(bytes: nonce.bytes) == nonce)
        #expect(Nonce(prefix: [1], counter: 0) == nil)
        #expect(Nonce(bytes: prefix) == nil)
    }
}
