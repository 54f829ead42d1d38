import Bytes
import Foundation
import Signing
import Testing

private let vectorFile = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/vectors/ed25519/ed25519vectors.json").standardizedFileURL

@Suite struct SignatureTests {
    /// RFC 8032 §7.1, TEST 1 and TEST 3.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
                + "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func givesTheSignaturesOfRFC8032(seed: String, public: String, message: String, signature: String) throws {
        let key = try #require(SigningKey(seed: Hex.decode(seed)!))
        let message = Hex.decode(message)!
        #expect(Hex.encode(key.publicKey.bytes) == `public`)
        #expect(Hex.encode(key.sign(message)) == signature)
        #expect(key.publicKey.isValidSignature(Hex.decode(signature)!, of: message))
    }

    @Test func refusesEveryInvertedBitAndEveryOtherLength() {
        let key = Sample.key(1)
        let message = Array("message".utf8)
        let signature = key.sign(message)
        for bit in 0..<512 {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.isValidSignature(changed, of: message))
        }
        #expect(!key.publicKey.isValidSignature(signature, of: message + [0]))
        #expect(!key.publicKey.isValidSignature(Array(signature.dropLast()), of: message))
        #expect(!key.publicKey.isValidSignature(signature + [0], of: message))
        #expect(!key.publicKey.isValidSignature([], of: message))
        #expect(!Sample.key(2).publicKey.isValidSignature(signature, of: message))
    }

    /// The corner cases of C2SP/CCTV: which of them a library accepts is what tells libraries apart. A
    /// library upgrade that changes ours must be noticed, because it would change which events are valid.
    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: vectorFile.path), "no ../shared/vectors/ed25519 here"))
    func acceptsExactly43OfThe914CornerCases() throws {
        struct Vector: Decodable { let number: Int, key: String, sig: String, msg: String }
        let vectors = try JSONDecoder().decode([Vector].self, from: Data(contentsOf: vectorFile))
        let accepted = vectors.filter { vector in
            PublicKey(bytes: Hex.decode(vector.key)!)!
                .isValidSignature(Hex.decode(vector.sig)!, of: Array(vector.msg.utf8))
        }
        #expect(vectors.count == 914)
        #expect(accepted.count == 43)
        let numbers = accepted.map { String($0.number) }.joined(separator: ",")
        #expect(
            Hash256<Vector>.sha256(Array(numbers.utf8)).hex
                == "36521713b91ca5d28544f38cd646b5494f5911399bfe4635a8bf2f2a88f13bcf")
    }

    @Test func refusesKeysThatAreNoPointsOrOfSmallOrder() {
        for bytes in [
            [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31),
            [UInt8](repeating: 0xff, count: 32),
        ] {
            // The signature (R = identity, s = 0) holds under a small-order key for every message, if it is
            // let in.
            let signature = [1] + [UInt8](repeating: 0, count: 63)
            #expect(!PublicKey(bytes: bytes)!.isValidSignature(signature, of: [1, 2, 3]))
        }
    }
}

@Suite struct PublicKeyTests {
    @Test func hasOneTextForm() throws {
        let key = Sample.key(1).publicKey
        #expect(PublicKey(base64: key.base64) == key)
        #expect(PublicKey(base64: key.base64 + "\n") == nil)
        #expect(PublicKey(base64: Base64.encode(key.bytes + [0])) == nil)
        #expect(PublicKey(bytes: key.bytes.dropLast()) == nil)
        #expect(try JSONDecoder().decode([PublicKey].self, from: JSONEncoder().encode([key])) == [key])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([PublicKey].self, from: Data(#"["AAAA"]"#.utf8))
        }
    }

    /// Computed with `openssl dgst -sha256` over the public key of RFC 8032's TEST 1.
    @Test func isNamedByItsHash() throws {
        let bytes = Hex.decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")!
        #expect(
            PublicKey(bytes: bytes)?.keyID
                == "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9")
    }

    @Test func isOrderedByItsBytes() throws {
        let low = try #require(PublicKey(bytes: [1] + [UInt8](repeating: 255, count: 31)))
        let high = try #require(PublicKey(bytes: [2] + [UInt8](repeating: 0, count: 31)))
        #expect(low < high)
        #expect(!(high < low))
        #expect(!(low < low))
    }

    @Test func neverShowsASecret() {
        let seed = [UInt8](repeating: 0xa7, count: 32)
        let signing = SigningKey(seed: seed)!
        let encryption = EncryptionKey(secret: seed)!
        let data = DataKey(bytes: seed)!
        var dumped = ""
        dump(signing, to: &dumped)
        dump(encryption, to: &dumped)
        dump(data, to: &dumped)
        for text in ["\(signing)", "\(encryption)", "\(data)", dumped] {
            #expect(!text.contains(Base64.encode(seed).prefix(8)))
            #expect(!text.contains("a7a7") && !text.contains("167"))
        }
        #expect(dumped.contains(signing.publicKey.base64))
    }

    @Test func takesSeedsOf32BytesOnly() {
        for count in [0, 31, 33, 64] {
            #expect(SigningKey(seed: [UInt8](repeating: 1, count: count)) == nil)
            #expect(EncryptionKey(secret: [UInt8](repeating: 1, count: count)) == nil)
            #expect(DataKey(bytes: [UInt8](repeating: 1, count: count)) == nil)
        }
    }

    @Test func drawsKeysFromTheGivenSource() {
        #expect(
            SigningKey.generate(random: Sample.counting()).publicKey
                == SigningKey(seed: (1...32).map(UInt8.init))?.publicKey)
        #expect(
            SigningKey.generate(random: .system).publicKey != SigningKey.generate(random: .system).publicKey)
    }

    @Test func givesAsManyRandomBytesAsAskedFor() {
        for count in [0, 1, 24, 1000] { #expect(RandomBytes.system.generate(count).count == count) }
        // Two draws of 256 bits that are equal would be a broken generator.
        #expect(RandomBytes.system.generate(32) != RandomBytes.system.generate(32))
    }
}
