public import Bytes
internal import ChainViews
public import Compliance
public import Events
internal import Signing

/// What became of a control pack that was checked.
public struct PackCheck: Codable, Hashable, Sendable {
    public var controls: Int
    public var digest: PackDigest
    public var pack: PackID
    /// The members whose key signed it, ascending; a key of nobody here counts for none.
    public var signers: [MemberName]
    public var standing: PackStanding
    public var version: PackVersion
}

extension Ledger {
    /// Who signed `pack`, and whether it is the one that the consortium adopted.
    ///
    /// - Throws: where its signature file is about another pack, or a member's signature is false.
    public func check(_ pack: Pack) throws -> PackCheck {
        let view = try view
        let members = try signers(of: pack, view).compactMap { view.keys[$0]?.member }
        return PackCheck(
            controls: pack.controls.count, digest: pack.digest, pack: pack.id, signers: Set(members).sorted(),
            standing: PackStanding(of: pack, among: view.adoptedPacks), version: pack.manifest.version)
    }

    private func signers(of pack: Pack, _ view: PublicView) throws -> [KeyID] {
        guard let bytes = pack.signature else { return [] }
        do throws(PackError) {
            return try PackSignature(parsing: bytes).signers(of: pack) { id, signature, message in
                view.keys[id].flatMap { PublicKey(bytes: $0.key.bytes) }?.isValidSignature(signature, of: message)
            }
        } catch {
            throw EngineError(
                .refused, "the pack \(pack.id): \(error)", hint: "get it again from whom you trust, or sign it anew",
                cause: error)
        }
    }

    /// The signature file of `pack` with that of `member` added. A file that is about another pack is replaced.
    public func sign(_ pack: Pack, as member: MemberName) throws -> [UInt8] {
        let id = try activeKey(of: member)
        let message = PackSignature(pack, signatures: []).envelope.signedBytes
        let mine = Envelope.Signature(keyID: id, signature: try keys.signingKey(id).sign(message))
        var others: [Envelope.Signature] = []
        if let bytes = pack.signature, let old = try? PackSignature(parsing: bytes),
            old.envelope.payload == PackSignature.Statement(pack).bytes
        {
            others = old.envelope.signatures.filter { $0.keyID != id }
        }
        return PackSignature(pack, signatures: others + [mine]).envelope.bytes
    }

    /// What adopts `pack`: its name, version and digest.
    public func adoption(of pack: Pack) throws -> PolicyAdopted {
        let adoption = PackAdoption(
            digest: .init(retagging: pack.digest), pack: .init(pack.id.text)!, version: pack.manifest.version.text)
        let text = String(decoding: CanonicalJSON.encode(adoption), as: UTF8.self)
        return PolicyAdopted(document: PolicyText(text)!, kind: .controlPack)
    }
}
