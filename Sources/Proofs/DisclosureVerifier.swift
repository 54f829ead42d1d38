internal import Bytes
internal import ChainViews
internal import Events
internal import MerkleLog
internal import Signing

/// Checks a disclosure offline, with nothing but a trust policy (`schemas/disclosure.md`, verification).
///
/// 1. The file is a disclosure of a known format, in its one encoding.
/// 2. Its public chain is one that the policy trusts, and replays: steps 2 and 3 of ``CertificateVerifier``.
/// 3. The anchor is an event of that chain, and the opened checkpoint is what it commits to.
/// 4. The checkpoint is signed by the private chain's key, which the public chain names.
/// 5. The leaf has a path to the checkpoint's root.
/// 6. The leaf is an event of that chain, signed by its author with keys that are valid at the anchor's place.
/// 7. The body is what the event commits to.
public struct DisclosureVerifier: Sendable {
    private let policy: TrustPolicy
    private let cores: Int

    public init(policy: TrustPolicy, cores: Int = 1) {
        self.policy = policy
        self.cores = cores
    }

    public func verify(_ bytes: [UInt8]) throws(DisclosureFailure) -> DisclosureVerdict {
        let disclosure: Disclosure
        do throws(Disclosure.Failure) {
            disclosure = try Disclosure(parsing: bytes)
        } catch {
            throw .file(error)
        }
        return try verify(disclosure)
    }

    public func verify(_ disclosure: Disclosure) throws(DisclosureFailure) -> DisclosureVerdict {
        let chain: CertificateVerifier.VerifiedChain
        do throws(CertificateFailure) {
            chain = try CertificateVerifier(policy: policy, cores: cores).verifyChain(disclosure.chain)
        } catch {
            throw .chain(error)
        }
        let (row, anchored) = try openAnchor(disclosure.anchor, chain.view)
        var verdict = DisclosureVerdict(
            origin: row.origin, anchored: anchored, checkpoint: chain.checkpoint, event: nil, index: nil,
            body: nil,
            findings: chainFindings(chain, row, anchored))
        if let leaf = disclosure.leaf {
            let event = try open(leaf, row, anchored, chain.view)
            verdict.event = event
            verdict.index = leaf.index.value
            verdict.body = try body(of: leaf, event)
            verdict.findings += leafFindings(event, leaf, row)
        }
        verdict.findings += Self.limits(row.origin, anchored).map {
            CertificateFinding(.notClaimed, $0, source: "out of scope")
        }
        return verdict
    }

    // MARK: Steps

    /// Steps 3 and 4.
    private func openAnchor(
        _ anchor: Disclosure.Anchor, _ view: PublicView
    ) throws(DisclosureFailure) -> (AnchorRow, Checkpoint) {
        guard let row = view.anchors[anchor.event], let chain = view.chains[row.origin] else {
            throw .anchor("the public chain has no anchor \(anchor.event)")
        }
        let reference = BodyReference(commitment: row.commitment, mediaType: .checkpoint)
        guard let bytes = anchor.checkpoint.opening(reference) else {
            throw .anchor("what was opened is not what event \(row.position) commits to")
        }
        let key = VerifierKey(
            name: KeyName(row.origin.text)!, algorithm: .ed25519,
            publicKey: PublicKey(bytes: chain.checkpointKey.bytes)!)
        do {
            let note = try Note(parsing: bytes)
            let checkpoint = try Checkpoint(parsing: note.verified(by: [key]).text)
            guard checkpoint.origin == row.origin.text else {
                throw DisclosureFailure.privateCheckpoint("it is of \(checkpoint.origin), not of \(row.origin)")
            }
            return (row, checkpoint)
        } catch let error as DisclosureFailure {
            throw error
        } catch {
            throw .privateCheckpoint("\(error)")
        }
    }

    /// Steps 5 and 6.
    private func open(
        _ leaf: Disclosure.Leaf, _ row: AnchorRow, _ anchored: Checkpoint, _ view: PublicView
    ) throws(DisclosureFailure) -> ReceivedEvent {
        let path = leaf.path.prefix(Disclosure.maximumPath + 1).compactMap { text in
            Base64.decode(text).flatMap { NodeHash(bytes: $0) }
        }
        guard path.count == leaf.path.count else { throw .inclusion("the path is malformed") }
        do {
            try verifyInclusion(
                of: LeafHash(entry: leaf.entry.bytes), at: LeafIndex(leaf.index.value), in: anchored.size,
                root: anchored.root, path: path)
        } catch {
            throw .inclusion("\(error)")
        }
        do throws(AdmissionError) {
            let event = try ReceivedEvent(parsing: leaf.entry.bytes)
            try checkAuthorship(event, row, view)
            return event
        } catch {
            throw .event("\(error)")
        }
    }

    /// The event is of this chain, and all who signed it had valid keys when it was anchored, the author among them.
    private func checkAuthorship(
        _ event: ReceivedEvent, _ row: AnchorRow, _ view: PublicView
    ) throws(AdmissionError) {
        let statement = event.statement
        guard statement.chain == row.origin else {
            throw .rule(.wrongChain(expected: row.origin, actual: statement.chain))
        }
        guard statement.event.type.audience == .privateChain else {
            throw .rule(.wrongAudience(statement.event.type, chain: row.origin))
        }
        var authorSigned = false
        for signature in event.envelope.signatures {
            let key = try view.eventKey(signature.keyID, at: row.position.value)
            if key.member == statement.author { authorSigned = true }
        }
        guard authorSigned else { throw .authorDidNotSign(statement.author) }
        try event.checkSignatures { view.keys[$0]?.key }
    }

    /// Step 7.
    private func body(
        of leaf: Disclosure.Leaf, _ event: ReceivedEvent
    ) throws(DisclosureFailure) -> (mediaType: MediaType, bytes: [UInt8])? {
        switch (event.statement.body, leaf.body) {
        case (nil, nil): return nil
        case (nil, _): throw .body("the event commits to none")
        case (_, nil): throw .body("the event commits to one, and the file does not open it")
        case (let reference?, let opened?):
            guard let bytes = opened.opening(reference) else {
                throw .body("it is not what the event commits to")
            }
            return (reference.mediaType, bytes)
        }
    }

    // MARK: Words

    private func chainFindings(
        _ chain: CertificateVerifier.VerifiedChain, _ row: AnchorRow, _ anchored: Checkpoint
    ) -> [CertificateFinding] {
        let witnesses = chain.trust.cosigners.map { "\($0.witness.name)" }
        return [
            CertificateFinding(
                .proved,
                "the public checkpoint of \(chain.checkpoint.size) events is the one that the policy's log signed, "
                    + "and all of them replay",
                source: witnesses.isEmpty
                    ? "no witness; the policy requires none"
                    : "cosigned by \(witnesses.joined(separator: ", "))"),
            CertificateFinding(
                .proved,
                "\(row.origin) had \(anchored.size) event(s) with root \(anchored.root.hex.prefix(16))… "
                    + "before public event \(row.position) was appended",
                source: "opened anchor, event \(row.position)"),
        ]
    }

    private func leafFindings(
        _ event: ReceivedEvent, _ leaf: Disclosure.Leaf, _ row: AnchorRow
    ) -> [CertificateFinding] {
        let statement = event.statement
        var findings = [
            CertificateFinding(
                .proved,
                "event \(leaf.index) of \(row.origin) is \(statement.event.type.rawValue), signed by "
                    + "\(statement.author) with a key that was valid at public event \(row.position)",
                source: "inclusion proof and signature")
        ]
        if let body = statement.body {
            findings.append(
                CertificateFinding(
                    .proved, "the body is the one that \(statement.author) committed to then",
                    source: "commitment \(body.commitment.hex.prefix(16))…"))
            findings.append(
                CertificateFinding(
                    .attested, "what the body says is the word of \(statement.author)", source: "its signature")
            )
        }
        findings.append(
            CertificateFinding(
                .attested, "it was said at \(statement.claimedAt)", source: "the clock of \(statement.author)"))
        return findings
    }

    private static func limits(_ origin: Origin, _ anchored: Checkpoint) -> [String] {
        [
            "What else stands on \(origin), and whether a later event of it corrects or contradicts this one.",
            "That the event followed the rules of \(origin): its other events are not shown.",
            "For whom the file was made: whoever has it can check it. The chain's readers can see who it was opened for.",
        ]
    }
}
