internal import CSodium

/// Secret bytes that are overwritten when the last reference to them goes.
///
/// Best effort: what was copied out, or what the caller made the box from, is beyond its reach, and pages
/// may have been swapped out. Immutable after creation, which is why it may be shared between threads.
final class SecretBytes: @unchecked Sendable {
    private let storage: UnsafeMutableRawBufferPointer

    /// Makes `count` bytes and lets `fill` write them.
    init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        Sodium.ready
        storage = .allocate(byteCount: count, alignment: 16)
        fill(storage)
    }

    convenience init(_ bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    deinit {
        sodium_memzero(storage.baseAddress!, storage.count)
        storage.deallocate()
    }

    var count: Int { storage.count }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(storage)) }
    }
}

extension UnsafeRawBufferPointer {
    /// The first byte, as C functions want it; `nil` only where there are no bytes.
    var octets: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeMutableRawBufferPointer {
    var octets: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
