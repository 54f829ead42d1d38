public import Bytes

/// What a ``LeafHash`` is the hash of: one entry of a log.
public enum Leaf {}
/// What a ``NodeHash`` is the hash of: a complete subtree, or the right edge of an incomplete one.
public enum Node {}
/// What a ``RootHash`` is the hash of: a whole tree.
public enum Root {}

/// The RFC 6962 §2.1 hash of one entry, `SHA-256(0x00 || entry)`.
public typealias LeafHash = Hash256<Leaf>
/// The RFC 6962 §2.1 hash of a subtree: a leaf hash, or `SHA-256(0x01 || left || right)`.
public typealias NodeHash = Hash256<Node>
/// The RFC 6962 §2.1 Merkle tree hash.
///
/// A root does not commit to the number of leaves. Take both from one signed checkpoint, never from two
/// sources.
public typealias RootHash = Hash256<Root>

extension Hash256<Leaf> {
    /// The leaf hash of `entry`.
    public init(entry: [UInt8]) {
        self = entry.withUnsafeBytes { LeafHash(entry: $0) }
    }

    /// The leaf hash of the bytes in `entry`.
    public init(entry: UnsafeRawBufferPointer) {
        var hasher = Hasher256()
        Swift.withUnsafeBytes(of: UInt8(0)) { hasher.update($0) }
        hasher.update(entry)
        self = hasher.finish()
    }
}

extension Hash256<Node> {
    /// The hash of the subtree that joins two neighbours, `left` being the one with the lower leaf indices.
    public init(left: NodeHash, right: NodeHash) {
        self = withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { buffer in
            buffer[0] = 1
            left.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: buffer[1..<33]).copyMemory(from: $0)
            }
            right.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: buffer[33..<65]).copyMemory(from: $0)
            }
            var hasher = Hasher256()
            hasher.update(UnsafeRawBufferPointer(buffer))
            return hasher.finish()
        }
    }

    /// A leaf seen as the subtree of height zero.
    public init(leaf: LeafHash) {
        self.init(retagging: leaf)
    }
}

extension Hash256<Root> {
    /// The root of the tree without leaves, `SHA-256("")`.
    public static let empty = RootHash.sha256()

    /// The topmost node seen as the root of its tree.
    init(top: NodeHash) {
        self.init(retagging: top)
    }
}
