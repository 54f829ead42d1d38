import Bytes
import Events
import Foundation
import GRDB
import Signing
import Synchronization
import Testing

@testable import LedgerStore

@Suite struct VaultTests {
    let scratch = Scratch()
    let ledger: LedgerDirectory
    let vault: Vault

    init() throws {
        ledger = try makeLedger(scratch.ledger)
        vault = ledger.vault
    }

    @Test func givesBackWhatWasPutIn() throws {
        let commitment = try vault.putBody(body(1))
        #expect(commitment == BodyCommitment(body: body(1).bytes, mediaType: .json, salt: body(1).salt))
        #expect(try vault.body(commitment) == body(1))
        #expect(try vault.body(body(2).commitment) == nil)
        #expect(try vault.contains(commitment) && !vault.contains(body(2).commitment))
        try ledger.close()
        let reopened = try openLedger(scratch.ledger, .readOnly).vault
        #expect(try reopened.body(commitment) == body(1))
        #expect(try reopened.bodies() == [commitment])
    }

    @Test func keepsABodyOnce() throws {
        let empty = OpenBody(salt: body(1).salt, mediaType: .json, bytes: [])
        for _ in 0..<2 {
            try vault.putBody(body(1))
            try vault.putBody(empty)
        }
        #expect(try vault.bodies() == [body(1).commitment, empty.commitment].sorted())
        #expect(try vault.body(empty.commitment) == empty)
    }

    @Test func showsNothingOfABodyOnTheDisk() throws {
        for number in 0..<20 { try vault.putBody(body(number)) }
        try ledger.close()
        for number in 0..<20 {
            #expect(try files(in: scratch.ledger, containing: Array(body(number).bytes.suffix(20))) == [])
            #expect(try files(in: scratch.ledger, containing: body(number).salt.bytes) == [])
        }
        // The search does find what is there.
        let commitment = body(7).commitment.bytes
        #expect(try files(in: scratch.ledger, containing: commitment) == ["vault.sqlite"])
    }

    /// Rows that were exchanged or altered in the file do not open.
    @Test(arguments: [
        "UPDATE bodies SET ciphertext = (SELECT ciphertext FROM bodies WHERE rowid = 1) WHERE rowid = 2",
        "UPDATE bodies SET wrapped_key = (SELECT wrapped_key FROM bodies WHERE rowid = 1) WHERE rowid = 2",
        "UPDATE bodies SET wrapped_key = (SELECT wrapped_key FROM bodies WHERE rowid = 1), "
            + "nonce = (SELECT nonce FROM bodies WHERE rowid = 1), "
            + "ciphertext = (SELECT ciphertext FROM bodies WHERE rowid = 1)",
        "UPDATE bodies SET media_type = 'text/plain'", "UPDATE bodies SET nonce = randomblob(24)",
    ])
    func refusesAlteredRows(statement: String) throws {
        try vault.putBody(body(1))
        try vault.putBody(body(2))
        let other = try DatabaseQueue(path: ledger.paths.vault)
        try other.write { try $0.execute(sql: statement) }
        #expect(code { _ = try vault.body(body(2).commitment) } == .corrupt)
    }

    @Test func refusesABodyThatShouldBeABlob() throws {
        let large = OpenBody(
            salt: body(1).salt, mediaType: .json,
            bytes: [UInt8](repeating: 0, count: Vault.maximumBodyLength + 1))
        #expect(code { try vault.putBody(large) } == .bodyTooLarge(bytes: Vault.maximumBodyLength + 1))
    }

    @Test func needsItsOwnKeyAndKeepsItPrivate() throws {
        try vault.putBody(body(1))
        try ledger.close()
        let key = ledger.paths.vaultKey
        #expect(try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int == 0o600)
        #expect(FileManager.default.contents(atPath: key)?.count == 32)

        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
        #expect(code { _ = try openLedger(scratch.ledger) } == .readableByOthers)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        try Data(repeating: 1, count: 31).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        #expect(code { _ = try openLedger(scratch.ledger) } == .corrupt)
        try Data(repeating: 1, count: 32).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        let other = try openLedger(scratch.ledger).vault
        #expect(code { _ = try other.body(body(1).commitment) } == .corrupt)
    }
}

@Suite struct SealedBodyTests {
    let readers = (1...2).map { EncryptionKey(secret: [UInt8](repeating: UInt8($0), count: 32))! }
    let stranger = EncryptionKey(secret: [UInt8](repeating: 9, count: 32))!

    private func sealed(_ number: Int = 1) throws -> SealedBody {
        try SealedBody(sealing: body(number), to: readers.map(\.publicKey), random: .system)
    }

    @Test func opensForEachReaderAndForNobodyElse() throws {
        let copy = try sealed()
        for reader in readers { #expect(try copy.open(with: reader) == body(1)) }
        #expect(throws: SealedBody.Failure.notAReader) { try copy.open(with: stranger) }
        #expect(throws: SealedBody.Failure.noReaders) {
            try SealedBody(sealing: body(1), to: [], random: .system)
        }
    }

    @Test func travelsAsBytesIntoAnotherVault() throws {
        let scratch = Scratch()
        let copy = try #require(SealedBody(bytes: try sealed().bytes))
        let vault = try makeLedger(scratch.ledger).vault
        #expect(try vault.putBody(copy.open(with: readers[1])) == copy.commitment)
        #expect(try vault.body(copy.commitment) == body(1))
    }

    /// Each byte of the file is changed in turn; what the first reader then gets is the body or an
    /// error. Only the other reader's copy may be changed without notice.
    @Test func refusesEveryAlteration() throws {
        let bytes = try sealed().bytes
        let header = 21 + 32 + 2 + "application/json".utf8.count + 2
        let others = (header + 144)..<(header + 288)
        for position in bytes.indices {
            var altered = bytes
            altered[position] ^= 1
            let body = try? SealedBody(bytes: altered)?.open(with: readers[0])
            #expect((body != nil) == others.contains(position), "byte \(position)")
        }
        #expect(SealedBody(bytes: bytes + [0]) == nil)
        for count in bytes.indices { #expect(SealedBody(bytes: Array(bytes[..<count])) == nil) }
    }

    /// A sender who seals something else than what the event commits to.
    @Test func refusesAnotherBodyUnderTheCommitment() throws {
        let key = DataKey.generate(random: .system)
        let nonce = Nonce(random: .system)
        let claimed = body(1).commitment
        let secret = body(2).salt.bytes + key.withUnsafeBytes { Array($0) }
        var bytes = Array("lethe/sealed-body/v1".utf8) + [0] + claimed.bytes + [0, 16]
        bytes += Array("application/json".utf8) + [0, 1]
        bytes += readers[0].publicKey.bytes + (try readers[0].publicKey.seal(secret, random: .system))
        let ciphertext = key.seal(
            body(2).bytes, nonce: nonce,
            additionalData: Array("lethe/sealed-body/v1".utf8) + [0] + claimed.bytes
                + Array("application/json".utf8))
        bytes += nonce.bytes + [0, 0, 0, UInt8(ciphertext.count)] + ciphertext
        let copy = try #require(SealedBody(bytes: bytes))
        #expect(throws: SealedBody.Failure.wrongCommitment) { try copy.open(with: readers[0]) }
    }
}

/// The page `schemas/sealed-body.md` and its example.
@Suite struct SealedBodyPageTests {
    private static let page = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("schemas/sealed-body.md")

    /// Bytes that count upwards, so that the example can be made again.
    private static func counting() -> RandomBytes {
        let next = Mutex(UInt8(0))
        return RandomBytes { count in
            next.withLock { next in
                (0..<count).map { _ in
                    next &+= 1
                    return next
                }
            }
        }
    }

    @Test func showsWhatThisCodeWritesAndReads() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let blocks = text.components(separatedBy: "```hex\n").dropFirst()
        let block = try #require(blocks.first?.components(separatedBy: "```").first)
        let bytes = try #require(Hex.decode(block.filter { !$0.isWhitespace }))
        let body = OpenBody(
            salt: Salt(bytes: [UInt8](repeating: 5, count: 32))!, mediaType: .json,
            bytes: Array("{\"phase\":\"open\"}".utf8))
        let reader = EncryptionKey(secret: [UInt8](repeating: 7, count: 32))!
        let made = try SealedBody(sealing: body, to: [reader.publicKey], random: Self.counting())
        #expect(made.bytes == bytes, "\(Hex.encode(made.bytes))")
        #expect(try SealedBody(bytes: bytes)?.open(with: reader) == body)
    }
}
