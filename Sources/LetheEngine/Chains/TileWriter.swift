internal import Bytes
internal import Foundation
internal import MerkleLog

/// Writes the files of a static tiled log under one directory.
final class TileWriter {
    private let root: String
    private(set) var count = 0

    init(root: String) { self.root = root }

    func write(_ bytes: [UInt8], to path: String) throws {
        let url = URL(fileURLWithPath: "\(root)/\(path)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try writeAtomically(bytes, to: url.path)
        count += 1
    }

    /// Writes the entry bundle whose last entry is the last of a tree of `size`.
    func write(_ entries: [[UInt8]], before size: TreeSize) throws {
        let index = (size.rawValue - 1) / TileCoordinate.fullWidth
        let coordinate = TileCoordinate(.entries, index: index, width: entries.count)!
        try write(EntryBundle(entries: entries).bytes, to: coordinate.path)
    }

    /// Writes the tiles of all levels, the last of each as wide as it is full.
    func writeHashes(of tree: MerkleTree) throws {
        var level = 0
        var width = tree.size.rawValue
        while width > 0 {
            for index in 0..<(width + TileCoordinate.fullWidth - 1) / TileCoordinate.fullWidth {
                let start = index * TileCoordinate.fullWidth
                let positions = start..<min(width, start + TileCoordinate.fullWidth)
                let hashes = positions.map { tree.node(level: level * TileCoordinate.height, index: $0) }
                let coordinate = TileCoordinate(.hashes(level: level), index: index, width: positions.count)!
                try write(HashTile(hashes: hashes)!.bytes, to: coordinate.path)
            }
            width /= TileCoordinate.fullWidth
            level += 1
        }
    }
}
