public import ChainViews
internal import Synchronization

/// A file of rows that is none: bytes in memory, of which it takes only so many.
public final class MemoryRowFile: RowFile {
    private let content = Mutex<[UInt8]>([])
    private let limit: Int

    public init(limit: Int = .max) { self.limit = limit }

    public var count: Int { content.withLock(\.count) }

    public func append(_ bytes: [UInt8]) -> Bool {
        content.withLock { content in
            guard content.count + bytes.count <= limit else { return false }
            content += bytes
            return true
        }
    }

    public func read(at offset: Int, _ count: Int) -> [UInt8] {
        content.withLock { Array($0[min(offset, $0.count)..<min(offset + count, $0.count)]) }
    }
}
