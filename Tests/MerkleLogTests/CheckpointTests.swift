import Bytes
import MerkleLog
import Testing

@Suite struct CheckpointTests {
    /// The example of C2SP tlog-checkpoint.
    private let example = """
        example.com/behind-the-sofa
        20852163
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

        """

    @Test func readsAndWritesTheSpecificationsExample() throws {
        let checkpoint = try Checkpoint(parsing: example)
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == TreeSize(20_852_163))
        #expect(checkpoint.root.hex == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")
        #expect(checkpoint.text == example)
    }

    @Test func readsTheEmptyTree() throws {
        let checkpoint = try Checkpoint(origin: "o", size: .zero, root: .empty)
        #expect(try Checkpoint(parsing: checkpoint.text) == checkpoint)
        let root = RootHash.sha256([1])
        #expect(throws: Checkpoint.Failure.rootOfEmptyTree(root)) {
            try Checkpoint(origin: "o", size: .zero, root: root)
        }
    }

    @Test(arguments: [
        ("", Checkpoint.Failure.tooFewLines(0)),
        ("o\n1\n", .tooFewLines(2)),
        ("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", .noFinalNewline),
        ("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore", .noFinalNewline),
        ("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n", .extensionLines(1)),
        ("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n", .extensionLines(1)),
        ("\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .origin("")),
        ("o\t\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .origin("o\t")),
        ("o\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .size("01")),
        ("o\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .size("-1")),
        ("o\n1\r\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .size("1\r")),
        ("o\n\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", .size("")),
        (
            "o\n9223372036854775808\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
            .size("9223372036854775808")
        ),
        (
            "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
            .root("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=")
        ),
        (
            "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
            .root("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I")
        ),
        ("o\n1\nCsUYag==\n", .root("CsUYag==")),
    ])
    func refusesEveryOtherText(text: String, failure: Checkpoint.Failure) {
        #expect(throws: failure) { try Checkpoint(parsing: text) }
    }

    /// "é" has two spellings in Unicode, which Swift's strings hold equal. Two logs are not.
    @Test func tellsOriginsApartByTheirBytes() throws {
        let root = RootHash.sha256([1])
        let composed = try Checkpoint(origin: "\u{e9}", size: TreeSize(1), root: root)
        let decomposed = try Checkpoint(origin: "e\u{301}", size: TreeSize(1), root: root)
        #expect(composed != decomposed)
    }
}
