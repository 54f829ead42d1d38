import Bytes
import Foundation
import Testing

@testable import LedgerStore

@Suite struct BlobStoreTests {
    let scratch = Scratch()
    let ledger: LedgerDirectory
    let blobs: BlobStore

    init() throws {
        ledger = try makeLedger(scratch.ledger)
        blobs = ledger.blobs
    }

    private func id(_ content: [UInt8], _ kind: BlobKind = .file) -> BlobID {
        BlobID(kind, Hash256<BlobSubject>.sha256(content))
    }

    private var fileNames: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: ledger.paths.blobs)) ?? []
    }

    private func onlyFile() throws -> String {
        try #require(fileNames.count == 1)
        return "\(ledger.paths.blobs)/\(fileNames[0])"
    }

    private func read(_ reader: BlobReader, _ offset: Int, _ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0xAA, count: count)
        try bytes.withUnsafeMutableBytes { try reader.read(into: $0, at: offset) }
        return bytes
    }

    /// Sizes around the chunks, read as a whole and at offsets around the chunks.
    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_001])
    func givesBackEveryByteAtEveryOffsetTried(count: Int) throws {
        let content = noise(count)
        try blobs.put(id(content), content)
        let reader = try #require(try blobs.open(id(content)))
        #expect(reader.count == count)
        #expect(try reader.bytes() == content)
        try reader.verify()
        let offsets = [0, 1, 4_000, 65_535, 65_536, 65_537, 131_071, 131_072, count - 1, count]
        for offset in offsets where (0...count).contains(offset) {
            for length in [0, 1, 7, 65_536, 65_540, 140_000] where offset + length <= count {
                #expect(try read(reader, offset, length) == Array(content[offset..<offset + length]))
            }
        }
        #expect(code { _ = try read(reader, count, 1) } == .outOfRange)
        #expect(code { _ = try read(reader, -1, 1) } == .outOfRange)
    }

    @Test func takesAStreamInPiecesOfAnySize() throws {
        let content = noise(150_000)
        var done = 0
        try blobs.put(id(content), count: content.count) { buffer in
            let length = min(buffer.count, 1_000, content.count - done)
            buffer.copyBytes(from: content[done..<done + length])
            done += length
            return length
        }
        #expect(try blobs.open(id(content))?.bytes() == content)
        let path = scratch.path + "/file"
        try Data(noise(70_000, seed: 2)).write(to: URL(fileURLWithPath: path))
        try blobs.put(id([2]), contentsOf: path)
        #expect(try blobs.open(id([2]))?.bytes() == noise(70_000, seed: 2))
    }

    @Test(arguments: [(65_536, 65_535), (65_536, 65_537), (0, 1), (10, 9)])
    func refusesAStreamOfAnotherLength(announced: Int, given: Int) throws {
        var left = given
        let found = code {
            try blobs.put(id([1]), count: announced) { buffer in
                let length = min(buffer.count, left)
                left -= length
                return length
            }
        }
        #expect(found == .wrongLength(expected: announced, actual: given))
        #expect(fileNames.isEmpty)
        #expect(try !blobs.contains(id([1])))
    }

    @Test func listsWhatItHasByKindAndDigest() throws {
        let content = noise(10)
        try blobs.put(id(content, .tensors), content)
        try blobs.put(id(content, .file), content)
        try blobs.put(id(content, .file), content)
        #expect(try blobs.list().map(\.id) == [id(content, .file), id(content, .tensors)])
        #expect(try blobs.list().map(\.count) == [10, 10])
        #expect(fileNames.count == 2)
        #expect(try blobs.contains(id(content, .tensors)) && !blobs.contains(id(content, .dataset)))
        #expect(try blobs.open(id(content, .dataset)) == nil)
        try ledger.close()
        let reopened = try openLedger(scratch.ledger, .readOnly).blobs
        #expect(try reopened.open(id(content))?.bytes() == content)
    }

    @Test func showsNothingOfItsContentOnTheDisk() throws {
        let content = noise(100_000)
        try blobs.put(id(content), content)
        try ledger.close()
        for offset in [0, 70_000, 99_984] {
            let piece = Array(content[offset..<offset + 16])
            #expect(try files(in: scratch.ledger, containing: piece) == [])
        }
    }

    enum Damage: CaseIterable {
        case magic, count, prefix, firstByte, tag, lastByte, cutByte, cutChunk, cutToHeader, longer, swapped
    }

    /// Every way to alter the file at rest, over 2 full chunks and a short one.
    @Test(arguments: Damage.allCases)
    func refusesADamagedFile(damage: Damage) throws {
        let content = noise(131_072 + 100)
        try blobs.put(id(content), content)
        let path = try onlyFile()
        var bytes = Array(try #require(FileManager.default.contents(atPath: path)))
        let chunk = 65_536 + 16
        #expect(bytes.count == 40 + content.count + 3 * 16)
        switch damage {
        case .magic: bytes[0] ^= 1
        case .count: bytes[23] ^= 1
        case .prefix: bytes[24] ^= 1
        case .firstByte: bytes[40] ^= 1
        case .tag: bytes[40 + chunk - 1] ^= 1
        case .lastByte: bytes[bytes.count - 1] ^= 1
        case .cutByte: bytes.removeLast()
        case .cutChunk: bytes.removeLast(116)
        case .cutToHeader: bytes.removeLast(bytes.count - 40)
        case .longer: bytes.append(0)
        case .swapped:
            let first = bytes[40..<40 + chunk], second = bytes[40 + chunk..<40 + 2 * chunk]
            bytes.replaceSubrange(40..<40 + 2 * chunk, with: second + first)
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(code { try blobs.open(id(content))?.verify() } == .corrupt)
        #expect(code { _ = try blobs.open(id(content))?.bytes() } == .corrupt)
    }

    /// Two blobs of one length whose files change places: the digest is bound, not only the length.
    @Test func refusesTheFileOfAnotherBlob() throws {
        let first = noise(100), second = noise(100, seed: 2)
        try blobs.put(id(first), first)
        let path = try onlyFile()
        try blobs.put(id(second), second)
        let other = "\(ledger.paths.blobs)/" + fileNames.first { !path.hasSuffix($0) }!
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: other, toPath: path)
        #expect(code { _ = try blobs.open(id(first))?.bytes() } == .corrupt)
        #expect(try blobs.open(id(second))?.bytes() == second)
    }

    @Test func sweepsFilesWithoutAKeyWhenOpenedForWriting() throws {
        let content = noise(100)
        try blobs.put(id(content), content)
        let stray = ["tmp-0011", "00112233445566778899aabbccddeeff"]
        for name in stray {
            try Data([1]).write(to: URL(fileURLWithPath: "\(ledger.paths.blobs)/\(name)"))
        }
        try ledger.close()
        try openLedger(scratch.ledger, .readOnly).close()
        #expect(fileNames.count == 3)
        let reopened = try openLedger(scratch.ledger)
        #expect(fileNames.count == 1)
        #expect(try reopened.blobs.open(id(content))?.bytes() == content)
    }
}
