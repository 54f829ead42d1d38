import Bytes
import Foundation
import MerkleLog
import Testing

private let vectors = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/vectors/rfc6962").standardizedFileURL

/// The proof vectors of transparency-dev/merkle: 196 files, of which 184 must be refused.
@Suite(
    .enabled(if: FileManager.default.fileExists(atPath: vectors.path), "no ../shared/vectors/rfc6962 here"))
struct PublishedVectorTests {
    private struct Inclusion: Decodable {
        let leafIdx: UInt64, treeSize: UInt64, root: Data?, leafHash: Data?, proof: [Data]?, wantErr: Bool
    }

    private struct Consistency: Decodable {
        let size1: UInt64, size2: UInt64, root1: Data?, root2: Data?, proof: [Data]?, wantErr: Bool
    }

    @Test func agreesOnEveryInclusionProof() throws {
        let all: [Inclusion] = try read("inclusion")
        for vector in all { #expect(accepts(vector) == !vector.wantErr, "\(vector)") }
        #expect(all.count == 98)
    }

    @Test func agreesOnEveryConsistencyProof() throws {
        let all: [Consistency] = try read("consistency")
        for vector in all { #expect(accepts(vector) == !vector.wantErr, "\(vector)") }
        #expect(all.count == 98)
    }

    private func read<Vector: Decodable>(_ kind: String) throws -> [Vector] {
        let folder = vectors.appending(path: kind)
        let names = try #require(FileManager.default.enumerator(atPath: folder.path))
        return try names.compactMap { $0 as? String }.filter { $0.hasSuffix(".json") }.map {
            try JSONDecoder().decode(Vector.self, from: Data(contentsOf: folder.appending(path: $0)))
        }
    }

    /// What cannot even be written in our types is refused.
    private func accepts(_ vector: Inclusion) -> Bool {
        guard let index = Int(exactly: vector.leafIdx), let size = Int(exactly: vector.treeSize),
            let leaf = LeafHash(bytes: vector.leafHash ?? Data()),
            let root = RootHash(bytes: vector.root ?? Data()), let path = path(vector.proof)
        else { return false }
        return
            (try? verifyInclusion(
                of: leaf, at: LeafIndex(index), in: TreeSize(size), root: root, path: path)) != nil
    }

    private func accepts(_ vector: Consistency) -> Bool {
        guard let old = Int(exactly: vector.size1), let new = Int(exactly: vector.size2),
            let path = path(vector.proof)
        else { return false }
        let (oldRoot, newRoot) = (root(vector.root1), root(vector.root2))
        return
            (try? verifyConsistency(
                from: TreeSize(old), root: oldRoot, to: TreeSize(new), root: newRoot, path: path)) != nil
    }

    /// The root, or for the few vectors that put a short text in its place, a stand-in that is equal where
    /// they are.
    private func root(_ data: Data?) -> RootHash {
        RootHash(bytes: data ?? Data()) ?? .sha256([UInt8](data ?? Data()))
    }

    private func path(_ proof: [Data]?) -> [NodeHash]? {
        let hashes = (proof ?? []).map { NodeHash(bytes: $0) }
        return hashes.contains(nil) ? nil : hashes.compactMap { $0 }
    }
}
