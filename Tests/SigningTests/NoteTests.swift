import Bytes
import Signing
import Testing

@Suite struct VerifierKeyTests {
    private let published = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

    @Test func readsAndWritesThePublishedKey() throws {
        let key = try VerifierKey(parsing: published)
        #expect(key.name.text == "example.com/foo")
        #expect(key.algorithm == .ed25519)
        #expect(key.id.hex == "530d903a")
        #expect(key.text == published)
    }

    /// One key pair under one name has another ID for each way of signing.
    @Test func hashesTheTypeIntoTheID() throws {
        let key = Sample.key(1).publicKey
        let log = VerifierKey(name: Sample.name("w"), algorithm: .ed25519, publicKey: key)
        let witness = VerifierKey(name: Sample.name("w"), algorithm: .cosignatureV1, publicKey: key)
        let digest = Hash256<VerifierKey>.sha256(Array("w\n".utf8), [4], key.bytes)
        #expect(witness.id.hex == digest.hex.prefix(8))
        #expect(log.id != witness.id)
        #expect(try VerifierKey(parsing: witness.text) == witness)
    }

    @Test func refusesEveryOtherText() {
        let material = "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
        let stated = NoteKeyID(rawValue: 0x530d_903b)
        let computed = NoteKeyID(rawValue: 0x530d_903a)
        let cases: [(String, VerifierKey.Failure)] = [
            ("", .malformed("")), ("example.com/foo+530d903a", .malformed("example.com/foo+530d903a")),
            ("+530d903a+\(material)", .name("")), ("a b+530d903a+\(material)", .name("a b")),
            ("a\u{3000}+530d903a+\(material)", .name("a\u{3000}")),
            ("example.com/foo+530D903A+\(material)", .keyID("530D903A")),
            ("example.com/foo+530d903+\(material)", .keyID("530d903")),
            ("example.com/foo+530d903a\n+\(material)", .keyID("530d903a\n")),
            ("example.com/foo+530d903a+", .keyMaterial("")),
            ("example.com/foo+530d903a+\(material)=", .keyMaterial("\(material)=")),
            ("example.com/foo+530d903a+\(material)\n", .keyMaterial("\(material)\n")),
            ("example.com/foo+530d903a+Bgo=", .unsupportedType(6)),
            ("example.com/foo+530d903a+AQo=", .keyLength(1)),
            ("example.com/foo+530d903b+\(material)", .keyIDMismatch(stated: stated, computed: computed)),
        ]
        for (text, failure) in cases {
            #expect(throws: failure) { try VerifierKey(parsing: text) }
        }
    }

    @Test func tellsNamesApartByTheirBytes() {
        #expect(KeyName("\u{e9}") != KeyName("e\u{301}"))
        #expect(KeyName("a") == KeyName("a"))
        for text in ["", " ", "a+b", "a\tb", "a\u{a0}b", "a\u{2028}", "a\u{85}", "a\r\n"] {
            #expect(KeyName(text) == nil)
        }
        #expect(KeyName(utf8: [0xff]) == nil)
    }
}

@Suite struct NoteTests {
    private static let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    private static let line =
        "\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
        + "RKuwHjG1Yu72IneyaQM="
    private static let published = "This is an example message.\n\n\(line)\n"

    @Test func verifiesThePublishedNote() throws {
        let note = try Note(parsing: Array(Self.published.utf8))
        let verified = try note.verified(by: [VerifierKey(parsing: Self.vkey)])
        #expect(verified.text == "This is an example message.\n")
        #expect(verified.signatures.map(\.key.name.text) == ["example.com/foo"])
        #expect(verified.ignored == 0)
        #expect(note.bytes == Array(Self.published.utf8))
    }

    @Test func endsTheTextAtTheLastBlankLine() throws {
        let note = try Note(parsing: Array("a\n\nb\n\n\n\(Self.line)\n".utf8))
        #expect(note.text == "a\n\nb\n\n")
        #expect(note.signatures.count == 1)
    }

    @Test func refusesWhatIsNoNote() {
        let signature = Self.line
        let cases: [(String, Note.Failure)] = [
            ("", .noBlankLine), ("a\n", .noBlankLine), ("a\n\(signature)\n", .noBlankLine),
            ("\n\(signature)\n", .noBlankLine), ("a\n\n\(signature)", .noBlankLine), ("a\n\n", .noSignatures),
            ("a\r\n\n\(signature)\n", .controlCharacter(offset: 1)),
            ("a\u{0}\n\n\(signature)\n", .controlCharacter(offset: 1)),
            ("a\n\n-\(signature.dropFirst())\n", .signatureLine("-\(signature.dropFirst())")),
            ("a\n\n\(signature)\nb\n", .signatureLine("b")),
            ("a\n\n\(signature) \n", .signatureLine("\(signature) ")),
            ("a\n\n\(signature)=\n", .signatureLine("\(signature)=")),
            ("a\n\n\u{2014} n\n", .signatureLine("\u{2014} n")),
            ("a\n\n\u{2014} n \n", .signatureLine("\u{2014} n ")),
            ("a\n\n\u{2014} n AAAAAA==\n", .signatureLine("\u{2014} n AAAAAA==")),
            ("a\n\n\u{2014} n+m AAAAAAA=\n", .signatureLine("\u{2014} n+m AAAAAAA=")),
            ("a\n\n\u{2014}  AAAAAAA=\n", .signatureLine("\u{2014}  AAAAAAA=")),
            ("a\n\n\u{2014} n AAAAAAB=\n", .signatureLine("\u{2014} n AAAAAAB=")),
        ]
        for (text, failure) in cases {
            #expect(throws: failure, "\(text)") { try Note(parsing: Array(text.utf8)) }
        }
        #expect(throws: Note.Failure.notUTF8) { try Note(parsing: [0xc3, 0x28, 0x0a, 0x0a]) }
        #expect(throws: Note.Failure.textWithoutNewline) { try Note(text: "a") }
    }

    @Test func limitsSizeAndSignatures() throws {
        let line = "\u{2014} n AAAAAAA=\n"
        let many = try Note(parsing: Array(("a\n\n" + String(repeating: line, count: 256)).utf8))
        #expect(many.signatures.count == 256)
        #expect(throws: Note.Failure.tooManySignatures(257)) {
            try Note(parsing: many.bytes + Array(line.utf8))
        }
        #expect(throws: Note.Failure.tooLarge(Note.maximumSize + 1)) {
            try Note(parsing: [UInt8](repeating: 97, count: Note.maximumSize + 1))
        }
    }

    @Test func refusesAnyInvertedBitOfTextOrSignature() throws {
        let key = try VerifierKey(parsing: Self.vkey)
        let bytes = Array(Self.published.utf8)
        for position in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[position] ^= 1 << UInt8(bit)
                #expect((try? Note(parsing: changed).verified(by: [key])) == nil)
            }
        }
    }
}

@Suite struct NoteVerificationTests {
    private let log = Sample.key(1), witness = Sample.key(2), other = Sample.key(3)
    private let logName = Sample.name("log.example"), witnessName = Sample.name("witness.example")

    private var logKey: VerifierKey {
        VerifierKey(name: logName, algorithm: .ed25519, publicKey: log.publicKey)
    }

    private var witnessKey: VerifierKey {
        VerifierKey(name: witnessName, algorithm: .cosignatureV1, publicKey: witness.publicKey)
    }

    private func note() throws -> Note {
        var note = try Note(text: "log.example\n1\nroot\n")
        note.sign(as: logName, with: log)
        note.cosign(as: witnessName, with: witness, time: 1_679_315_147)
        return note
    }

    @Test func givesTheTimeOfACosignature() throws {
        let verified = try Note(parsing: note().bytes).verified(by: [logKey, witnessKey])
        #expect(verified.signatures.map(\.key) == [logKey, witnessKey])
        #expect(verified.signatures.map(\.time) == [nil, 1_679_315_147])
    }

    /// The signed bytes as the specification prints them.
    @Test func signsHeaderTimeAndText() {
        #expect(
            Cosignature.message(text: Array("o\n1\nr\n".utf8), time: 1_679_315_147)
                == Array("cosignature/v1\ntime 1679315147\no\n1\nr\n".utf8))
    }

    @Test func refusesACosignatureAtAnotherTime() throws {
        var note = try Note(text: "a\n")
        note.cosign(as: witnessName, with: witness, time: 10)
        var bytes = note.signatures[0].signature
        bytes[7] = 11
        var moved = try Note(text: "a\n")
        moved.add(NoteSignature(name: witnessName, keyID: witnessKey.id, signature: bytes))
        #expect(throws: NoteVerificationFailure.invalidSignature(name: witnessName, keyID: witnessKey.id)) {
            try moved.verified(by: [witnessKey])
        }
    }

    @Test func ignoresUnknownKeysThatShareNameOrID() throws {
        var note = try note()
        note.sign(as: witnessName, with: other)
        note.add(NoteSignature(name: Sample.name("x"), keyID: logKey.id, signature: [1]))
        let verified = try note.verified(by: [logKey])
        #expect(verified.signatures.map(\.key) == [logKey])
        #expect(verified.ignored == 3)
    }

    @Test func refusesTheNoteForOneBadSignatureOfAKnownKey() throws {
        var note = try note()
        note.add(
            NoteSignature(
                name: witnessName, keyID: witnessKey.id, signature: [UInt8](repeating: 1, count: 72)))
        #expect(try note.verified(by: [logKey]).signatures.count == 1)
        #expect(throws: NoteVerificationFailure.invalidSignature(name: witnessName, keyID: witnessKey.id)) {
            try note.verified(by: [logKey, witnessKey])
        }
    }

    @Test func countsAKeyOnceAndTakesItsEarliestTime() throws {
        var note = try note()
        note.cosign(as: witnessName, with: witness, time: 1_000)
        note.cosign(as: witnessName, with: witness, time: 2_000_000_000)
        let doubled = try Note(parsing: note.bytes + Array((note.signatures[0].line + "\n").utf8))
        let verified = try doubled.verified(by: [logKey, witnessKey])
        #expect(verified.signatures.map(\.time) == [nil, 1_000])
        #expect(doubled.signatures.count == 5)
    }

    @Test func refusesANoteThatNoKnownKeySigned() throws {
        let stranger = VerifierKey(name: logName, algorithm: .ed25519, publicKey: other.publicKey)
        #expect(throws: NoteVerificationFailure.noKnownSignature) { try note().verified(by: [stranger]) }
        #expect(throws: NoteVerificationFailure.noKnownSignature) { try note().verified(by: []) }
        #expect(throws: NoteVerificationFailure.noKnownSignature) {
            try Note(text: "a\n").verified(by: [logKey])
        }
    }

    /// A cosignature is not a plain signature, nor the other way round, though the key be the same.
    @Test func keepsTheTwoWaysOfSigningApart() throws {
        let plain = VerifierKey(name: witnessName, algorithm: .ed25519, publicKey: witness.publicKey)
        #expect(throws: NoteVerificationFailure.noKnownSignature) { try note().verified(by: [plain]) }
        var relabelled = try Note(text: "a\n")
        relabelled.cosign(as: witnessName, with: witness, time: 1)
        let line = NoteSignature(
            name: witnessName, keyID: plain.id, signature: relabelled.signatures[0].signature)
        var forged = try Note(text: "a\n")
        forged.add(line)
        #expect(throws: NoteVerificationFailure.invalidSignature(name: witnessName, keyID: plain.id)) {
            try forged.verified(by: [plain])
        }
    }

    @Test func refusesTimesBeyond63Bits() throws {
        let time: UInt64 = 1 << 63
        let message = Cosignature.message(text: Array("a\n".utf8), time: time)
        var bytes: [UInt8] = []
        bytes.appendBigEndian(time)
        var note = try Note(text: "a\n")
        note.add(
            NoteSignature(name: witnessName, keyID: witnessKey.id, signature: bytes + witness.sign(message)))
        #expect(throws: NoteVerificationFailure.invalidSignature(name: witnessName, keyID: witnessKey.id)) {
            try note.verified(by: [witnessKey])
        }
    }
}
