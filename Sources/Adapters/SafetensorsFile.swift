internal import Bytes
internal import Kernels

/// A safetensors file that was opened and whose header holds; the elements are read on demand.
public struct SafetensorsFile: Sendable {
    public let header: SafetensorsHeader
    private let source: any ByteSource

    public init(reading source: any ByteSource) throws {
        header = try SafetensorsHeader(reading: source)
        self.source = source
    }

    /// In ascending order of name.
    public var tensors: [TensorDescription] { header.entries.map(\.tensor) }

    /// The entry of the tensor called `name`.
    public func entry(named name: String) -> SafetensorsHeader.Entry? {
        var low = 0, high = header.entries.count
        while low < high {
            let middle = (low + high) / 2
            if header.entries[middle].tensor.name < name { low = middle + 1 } else { high = middle }
        }
        return low < header.entries.count && header.entries[low].tensor.name == name
            ? header.entries[low] : nil
    }

    /// Fills `buffer` with elements of a tensor from `start` on, refusing NaN and infinity.
    public func read(
        _ entry: SafetensorsHeader.Entry, from start: Int, into buffer: UnsafeMutableRawBufferPointer
    ) throws {
        let size = entry.tensor.element.size
        try source.read(into: buffer, at: header.prefixByteCount + entry.offset + start * size)
        let count = buffer.count / size
        let bad = lethe_first_nonfinite(buffer.baseAddress, count, entry.tensor.element.kernel)
        guard bad == count else {
            throw SafetensorsError.notFinite(tensor: entry.tensor.name, index: start + bad)
        }
    }

    static let chunkByteCount = 1 << 18

    /// Calls `body` with the elements of a tensor in order, some at a time, in fixed memory.
    public func forEachChunk(
        of entry: SafetensorsHeader.Entry, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let chunk = Self.chunkByteCount
        let buffer = ElementBuffer(byteCount: min(chunk, entry.tensor.byteCount))
        let size = entry.tensor.element.size
        var start = 0
        while start < entry.tensor.count {
            let count = min(chunk / size, entry.tensor.count - start)
            let part = buffer.bytes(count * size)
            try read(entry, from: start, into: part)
            try body(UnsafeRawBufferPointer(part))
            start += count
        }
    }
}

/// Writes a safetensors file, tensor by tensor and part by part, in any order and from several threads.
///
/// The file appears under its name with `commit()`; until then, and after any error, there is nothing.
public struct SafetensorsWriter: ~Copyable, Sendable {
    public let header: SafetensorsHeader
    private let file: AtomicFile

    /// Begins the file at `path` with `tensors`, whose names are different and valid. Replaces an existing
    /// file.
    public init(path: String, tensors: [TensorDescription]) throws {
        let header = SafetensorsHeader(for: tensors)
        let file = try AtomicFile(path: path)
        try file.target.write(header.encoded, at: 0)
        self.header = header
        self.file = file
    }

    /// Where elements go, for as long as this writer lives.
    public var target: Target { Target(file: file.target, prefixByteCount: header.prefixByteCount) }

    public consuming func commit() throws { try file.commit() }

    public struct Target: Sendable {
        fileprivate let file: AtomicFile.Target
        fileprivate let prefixByteCount: Int

        /// Writes `elements` of a tensor from the index `start` on.
        public func write(
            _ elements: UnsafeRawBufferPointer, of entry: SafetensorsHeader.Entry, from start: Int
        ) throws {
            let offset = entry.offset + start * entry.tensor.element.size
            try file.write(elements, at: prefixByteCount + offset)
        }
    }
}
