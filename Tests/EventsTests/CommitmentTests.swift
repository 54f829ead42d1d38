import Bytes
import Events
import Testing

/// Known answers, computed with Python's `hashlib` from the definitions in `schemas/events.md`.
@Suite struct CommitmentTests {
    private let salt = Salt(bytes: Array(0..<32))!

    @Test func commitsToABodyWithItsTypeAndSalt() {
        let body = BodyCommitment(body: Array(#"{"reason":"x"}"#.utf8), mediaType: .json, salt: salt)
        #expect(body.hex == "514f0d69cac200e4b484ba45255e36fe191ca6c31fc2b1755361c038eb5c3b45")
        let empty = BodyCommitment(body: [], mediaType: .json, salt: salt)
        #expect(empty.hex == "6ee17ab30581f415c09597c4f190573834df734d26de4d52be55aa50729ef2bf")
    }

    @Test func commitsToARecordWithItsSalt() {
        let record = RecordCommitment(record: Array("a record".utf8), salt: salt)
        #expect(record.hex == "3c1f49a1f8623938b9edba55f340f92a921fe0cb28721bf8677dec41140ef22f")
    }

    /// The example of `schemas/datasets.md`.
    @Test func commitsToADatasetRecord() {
        let record = DatasetRecord(id: "r-17", subject: "p-4", label: 1, text: "Thank you, the crew was lovely.")
        let commitment = RecordCommitment(record: record.bytes, salt: Salt(bytes: (0..<32).map { UInt8($0) })!)
        #expect(commitment.hex == "a5031b92d2b089cbb277012597252f3049e55bde4daab47e7a2143101139a83a")
    }

    @Test func takesASaltOf32BytesOnly() {
        #expect(Salt(bytes: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(Salt(bytes: [UInt8](repeating: 0, count: 33)) == nil)
    }

    @Test func digestsASetOfEventsByCountAndOrder() {
        let events: [EventHash] = [.sha256([1]), .sha256([2]), .sha256([3])]
        let set = EventSet(events)
        #expect(set.count.value == 3)
        #expect(set.digest.hex == "52a5cdce9136bccd02cd22309b4efa0216cbf04a029e2baac5f0d1a7620af809")
        #expect(EventSet(events.reversed()).digest != set.digest)
        #expect(EventSet([]).digest.hex == "e228dc0f2115b5879b8db038a83d81d4689d176793ed228ba46d6301569f1419")
    }

    /// A list of 100 stands in full, one of 101 by its length and digest alone.
    @Test func bindsAListThatFollowsFromTheChain() {
        func list(_ count: Int) -> DerivedList<ArtifactDigest> {
            let width = 64
            return DerivedList(
                (0..<count).map { number in
                    let digits = String(number, radix: 16)
                    return ArtifactDigest(hex: String(repeating: "0", count: width - digits.count) + digits)!
                })
        }
        let none = list(0)
        #expect(none.digest.hex == "72ac0bc7009bbb0cf82938ba9ba5294b328fbfe35d4740064b08aff4b6500e75")
        #expect(none.elements == [] && none.count.value == 0)
        let names: DerivedList = [MemberName("delta")!, MemberName("united")!]
        #expect(names.digest.hex == "c9d4a2a29c740812d5959914218072d2b3e74f2a4913380d1822ed95cc872b0e")
        #expect(list(100).elements?.count == 100)
        let long = list(101)
        #expect(long.elements == nil && long.count.value == 101)
        #expect(long.digest.hex == "2b54db195e6dd153e0379c4918e862112ae6badf566010092836eb0bb533ba46")
    }

    @Test func digestsASetOfRunsWhateverTheirOrder() {
        let runs = ["22", "11"].map { ArtifactDigest(hex: String(repeating: $0, count: 32))! }
        let digest = "354aeb9fb5481ea7be21b137f6a6938214d93f1874b97ef8843512c04d0700bf"
        #expect(Hash256<RunSetSubject>(runs: runs).hex == digest)
        #expect(Hash256<RunSetSubject>(runs: runs.reversed()).hex == digest)
        #expect(Hash256<RunSetSubject>(runs: [runs[0]]).hex != digest)
    }

    @Test func hashesALeafAsAMerkleTreeDoes() {
        let leaf = EventHash(envelope: Array("envelope".utf8))
        #expect(leaf.hex == "8a514be2cac26b7627a745df1a4a9e97a5cbe46b5c9b96ca02e1fac920421a42")
    }

    @Test func namesAKeyByTheDigestOfItsBytes() throws {
        let key = try #require(KeyBytes("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="))
        #expect(key.bytes == Array(0..<32))
        #expect(key.keyID.hex == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd")
    }

    @Test(arguments: [
        "application", "application/", "/json", "Application/json", "application/json; charset=utf-8",
        "a/b/c",
        "a/.b", "-a/b", "",
    ])
    func refusesWhatIsNoMediaType(text: String) {
        #expect(MediaType(text) == nil)
    }
}
