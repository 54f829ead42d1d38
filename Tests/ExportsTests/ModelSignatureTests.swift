import Bytes
import Exports
import Foundation
import Signing
import Testing

@Suite struct ModelSignatureTests {
    private static let key = ReleaseKey.generate(random: .system)

    private static func resource(_ path: String) -> ModelManifest.Resource {
        .init(path: path, digest: .sha256(Array(path.utf8)))
    }

    private static let manifest = ModelManifest(
        name: "model", resources: [resource("b"), resource("a/z"), resource("a")],
        ignoredPaths: [".git", "model.sig"])

    @Test func readsBackWhatItSigned() throws {
        let bytes = ModelSignature.bytes(signing: Self.manifest, with: Self.key)
        let read = try ModelSignature.manifest(in: bytes, signedBy: Self.key.publicKey)
        #expect(read == Self.manifest)
        #expect(read.resources.map(\.path) == ["a", "a/z", "b"])
        #expect(read.differences(from: Self.manifest.resources) == [])
        let other = ReleaseKey.generate(random: .system).publicKey
        #expect(throws: ModelSignatureFailure.otherKey(hint: Self.key.publicKey.hint)) {
            try ModelSignature.manifest(in: bytes, signedBy: other)
        }
    }

    /// The root digest is SHA-256 over the raw digests in order: here computed by hand over two known files.
    @Test func theRootIsTheHashOfTheHashes() {
        let manifest = ModelManifest(
            name: "m", resources: [Self.resource("a"), Self.resource("b")], ignoredPaths: [])
        let digests: [UInt8] =
            Hash256<ModelFileSubject>.sha256([0x61]).bytes + Hash256<ModelFileSubject>.sha256([0x62]).bytes
        #expect(manifest.root.hex == Hash256<ModelFileSubject>.sha256(digests).hex)
        #expect(manifest.root.hex == "e5a01fee14e0ed5c48714f22180f25ad8365b53f9779f79dc4a3d7e93963f94a")
    }

    @Test func namesEveryDifference() {
        var actual = Self.manifest.resources
        actual.removeFirst()
        actual[0].digest = .sha256([])
        actual.append(Self.resource("new"))
        #expect(
            Self.manifest.differences(from: actual) == [
                "a is missing", "new was not signed", "a/z has other bytes",
            ])
        #expect(Self.manifest.ignores(".git/config") && Self.manifest.ignores("model.sig"))
        #expect(!Self.manifest.ignores(".gitlab") && !Self.manifest.ignores("x/model.sig"))
    }

    /// A bundle that says `statement`, with a signature that holds: what a hostile signer sends.
    private static func signed(_ statement: String) -> [UInt8] {
        let payload = Array(statement.utf8)
        let message = Array("DSSEv1 28 application/vnd.in-toto+json \(payload.count) ".utf8) + payload
        return Array(
            """
            {"mediaType":"\(ModelSignature.mediaType)","verificationMaterial":{"publicKey":{}},"dsseEnvelope":{
            "payload":"\(Base64.encode(payload))","payloadType":"application/vnd.in-toto+json",
            "signatures":[{"sig":"\(Base64.encode(Self.key.sign(message)))"}]}}
            """.utf8)
    }

    private static func statement(
        resources: String, root: String = String(repeating: "0", count: 64),
        serialization: String = #"{"method":"files","hash_type":"sha256","allow_symlinks":false}"#
    ) -> String {
        """
        {"_type":"https://in-toto.io/Statement/v1","predicateType":"https://model_signing/signature/v1.0",
        "subject":[{"name":"m","digest":{"sha256":"\(root)"}}],
        "predicate":{"serialization":\(serialization),"resources":[\(resources)]}}
        """
    }

    private static func failure(_ bytes: [UInt8]) -> String {
        do {
            _ = try ModelSignature.manifest(in: bytes, signedBy: key.publicKey)
            return "none"
        } catch {
            return error == .badSignature
                ? "badSignature" : Mirror(reflecting: error).children.first?.label ?? "\(error)"
        }
    }

    private static let hash = String(repeating: "a", count: 64)

    @Test(arguments: [
        "/etc/passwd", "../x", "a/../../x", "a//b", ".", "", "a\\u0000b", "a\\nb",
    ])
    func refusesAPathThatLeavesTheDirectory(path: String) {
        let resource = #"{"name":"\#(path)","algorithm":"sha256","digest":"\#(Self.hash)"}"#
        #expect(Self.failure(Self.signed(Self.statement(resources: resource))) == "statement")
    }

    @Test func refusesWhatIsNoSignedModel() throws {
        let one = #"{"name":"a","algorithm":"sha256","digest":"\#(Self.hash)"}"#
        let root = Hash256<ModelFileSubject>.sha256([UInt8](repeating: 0xaa, count: 32)).hex
        #expect(Self.failure(Self.signed(Self.statement(resources: one, root: root))) == "none")
        #expect(Self.failure(Self.signed(Self.statement(resources: one))) == "statement", "another root")
        #expect(
            Self.failure(Self.signed(Self.statement(resources: "\(one),\(one)", root: root))) == "statement",
            "twice")
        let serializations = [
            #"{"method":"files","hash_type":"blake2","allow_symlinks":false}"#,
            #"{"method":"tensors","hash_type":"sha256"}"#,
            #"{"method":"shards","hash_type":"sha256","shard_size":0}"#,
            #"{"method":"files","hash_type":"sha256","allow_symlinks":true}"#,
        ]
        for text in serializations {
            #expect(
                Self.failure(Self.signed(Self.statement(resources: one, root: root, serialization: text)))
                    == "unsupported")
        }
        #expect(
            Self.failure(Self.signed(#"{"_type":"https://in-toto.io/Statement/v1","_type":"x"}"#))
                == "malformed", "duplicate")
        #expect(Self.failure(Self.signed("[]")) == "statement")
        let good = String(decoding: Self.signed(Self.statement(resources: one, root: root)), as: UTF8.self)
        #expect(Self.failure(Array(good.dropLast().utf8)) == "malformed")
        #expect(Self.failure(Array(good.replacing("v0.3", with: "v0.9").utf8)) == "unsupported")
        #expect(
            Self.failure(
                Array(good.replacing("in-toto+json\",\n\"sig", with: "in-toto+json\",\"x\":1,\n\"sig").utf8))
                == "none")
        #expect(Self.failure(Array(good.replacing(#""sig":""#, with: #""sig":"MEUC"#).utf8)) == "badSignature")
        #expect(Self.failure(Array(String(repeating: "[", count: 1_000_000).utf8)) == "malformed")
        #expect(Self.failure([UInt8](repeating: 0x20, count: ModelSignature.maximumBytes + 1)) == "tooLarge")
        let certified =
            #"{"mediaType":"\#(ModelSignature.mediaType)","verificationMaterial":{"certificate":{}}}"#
        #expect(Self.failure(Array(certified.utf8)) == "unsupported")
    }
}

@Suite struct NameUUIDTests {
    /// Python: uuid.uuid5(uuid.NAMESPACE_URL, "https://lethe.example/").
    @Test func isVersionFive() {
        #expect(NameUUID(url: "https://lethe.example/").description == "cfc5369f-d41b-5803-b0d6-26f758506baa")
    }
}
