import Bytes
import MerkleLog
import Testing

@Suite struct TileTests {
    @Test(arguments: [
        ("tile/0/x001/x234/067", 0, 1_234_067, 256), ("tile/0/000", 0, 0, 256),
        ("tile/63/999.p/1", 63, 999, 1),
        ("tile/2/x001/000.p/255", 2, 1000, 255), ("tile/entries/x001/234.p/56", -1, 1234, 56),
        ("tile/0/x009/x223/x372/x036/x854/x775/807", 0, .max, 256),
    ])
    func writesAndReadsAPath(path: String, level: Int, index: Int, width: Int) throws {
        let content: TileCoordinate.Content = level < 0 ? .entries : .hashes(level: level)
        let tile = try #require(TileCoordinate(content, index: index, width: width))
        #expect(tile.path == path)
        #expect(TileCoordinate(path: path) == tile)
    }

    @Test(arguments: [
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000", "tile/64/000",
        "tile/-1/000", "tile/+1/000", "tile/0/x000/000", "tile/0/x000/001", "tile/0/001/000", "tile/0/x001",
        "tile/0/X001/000", "tile/0/x001/x000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/000.p/+1", "tile/0/000.p/1/", "/tile/0/000", "tile//000", "tile/0/000/",
        "Tile/0/000",
        "tile/entry/000", "tile/entries/000.p/300", "tile/0/+01", "tile/0/-01", "tile/0/x-01/000",
        "tile/0/00１",
        "tile/0/x010/x223/x372/x036/x854/x775/807", "tile/0/../000", "tile/0/000.p/5.p/5",
    ])
    func refusesEveryOtherPath(path: String) {
        #expect(TileCoordinate(path: path) == nil)
    }

    /// The example of the specification: 70,000 leaves.
    @Test func knowsTheTilesOfATreeOfSeventyThousand() throws {
        let size = TreeSize(70_000)
        func width(_ level: Int, _ index: Int) -> Int? {
            TileCoordinate(.hashes(level: level), index: index, in: size)?.width
        }
        #expect((0..<273).allSatisfy { width(0, $0) == 256 })
        #expect(width(0, 273) == 112)
        #expect(width(0, 274) == nil)
        #expect(width(1, 0) == 256)
        #expect(width(1, 1) == 17)
        #expect(width(1, 2) == nil)
        #expect(width(2, 0) == 1)
        #expect(width(3, 0) == nil)
        #expect(width(63, 0) == nil)
        #expect(TileCoordinate(.entries, index: 273, in: size)?.width == 112)
        #expect(TileCoordinate(.entries, index: 1, in: TreeSize(256)) == nil)
    }

    /// Each complete subtree of a tree of 300 leaves, from the tiles alone.
    @Test func findsEveryNodeInItsTile() throws {
        let leafTiles = [Array(0..<256), Array(256..<300)].map { indices in
            HashTile(hashes: indices.map { NodeHash(leaf: Sample.leaf($0)) })!
        }
        let upperTile = try #require(HashTile(hashes: [NodeHash(retagging: Sample.oracle.hash(0..<256))]))
        for level in 0...8 {
            for index in 0..<300 >> level {
                let place = HashTile.Place(level: level, index: index)
                #expect(place.tileLevel == level / 8)
                let tile = place.tileLevel == 0 ? leafTiles[place.tileIndex] : upperTile
                let expected = Sample.oracle.hash(index << level..<(index + 1) << level)
                #expect(tile.node(at: place.positions)?.bytes == expected.bytes)
            }
        }
        #expect(leafTiles[1].node(at: HashTile.Place(level: 3, index: 37).positions) == nil)
    }

    @Test func readsOnlyAsManyHashesAsTheTileIsWide() throws {
        let tile = try #require(HashTile(hashes: (0..<5).map { NodeHash(leaf: Sample.leaf($0)) }))
        #expect(tile.bytes.count == 160)
        #expect(HashTile(bytes: tile.bytes, width: 5) == tile)
        #expect(HashTile(bytes: tile.bytes, width: 4) == nil)
        #expect(HashTile(bytes: tile.bytes, width: 6) == nil)
        #expect(HashTile(bytes: [], width: 0) == nil)
        #expect(HashTile(hashes: []) == nil)
    }
}

@Suite struct EntryBundleTests {
    private let entries: [[UInt8]] = [[], [1], Array(repeating: 9, count: 65_535)]

    @Test func readsWhatItWrites() throws {
        let bundle = try EntryBundle(entries: entries)
        #expect(Array(bundle.bytes.prefix(7)) == [0, 0, 0, 1, 1, 255, 255])
        #expect(try EntryBundle(bytes: bundle.bytes, width: 3) == bundle)
    }

    @Test func refusesWhatDoesNotFit() throws {
        #expect(throws: EntryBundle.Failure.entryTooLong(position: 1, length: 65_536)) {
            try EntryBundle(entries: [[], Array(repeating: 0, count: 65_536)])
        }
        #expect(throws: EntryBundle.Failure.entryCount(0)) { try EntryBundle(entries: []) }
        #expect(throws: EntryBundle.Failure.entryCount(257)) {
            try EntryBundle(entries: Array(repeating: [], count: 257))
        }
    }

    @Test func refusesBytesThatAreCutOrLeftOver() throws {
        let bytes = try EntryBundle(entries: [[1, 2], [3]]).bytes
        for count in bytes.indices {
            #expect(throws: EntryBundle.Failure.truncated(position: count < 4 ? 0 : 1)) {
                try EntryBundle(bytes: Array(bytes.prefix(count)), width: 2)
            }
        }
        #expect(throws: EntryBundle.Failure.trailingBytes(3)) { try EntryBundle(bytes: bytes, width: 1) }
        #expect(throws: EntryBundle.Failure.entryCount(0)) { try EntryBundle(bytes: [], width: 0) }
    }
}
