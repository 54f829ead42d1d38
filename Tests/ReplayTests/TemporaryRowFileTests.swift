import ChainViews
import Foundation
import Replay
import Testing

@Suite struct TemporaryRowFileTests {
    private let directory = NSTemporaryDirectory() + "lethe-rows-\(UUID().uuidString)"

    @Test func whatWasAppendedIsReadBack() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = try #require(TemporaryRowFile(in: directory))
        var expected: [UInt8] = []
        for number in 0..<300 {
            let bytes = (0..<(number * 37 % 5_000)).map { UInt8(truncatingIfNeeded: $0 &+ number) }
            #expect(file.append(bytes))
            expected += bytes
        }
        for offset in stride(from: 0, to: expected.count, by: 3_571) {
            #expect(file.read(at: offset, 900) == Array(expected[offset..<min(offset + 900, expected.count)]))
        }
        #expect(file.read(at: expected.count, 10) == [], "there is nothing behind the end")
    }

    /// A process that is killed leaves nothing behind.
    @Test func itHasNoName() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = try #require(TemporaryRowFile(in: directory))
        #expect(file.append([1, 2, 3]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }

    @Test func thereIsNoneWhereNoneCanBeMade() throws {
        try Data().write(to: URL(fileURLWithPath: directory))
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(TemporaryRowFile(in: directory) == nil)
    }
}
