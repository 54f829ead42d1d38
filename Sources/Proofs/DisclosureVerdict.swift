public import ChainViews
public import Events
public import MerkleLog

/// What checking a disclosure gave.
public struct DisclosureVerdict: Sendable {
    /// The private chain.
    public var origin: Origin
    /// Its checkpoint, as anchored.
    public var anchored: Checkpoint
    /// The public checkpoint that the rest follows from.
    public var checkpoint: Checkpoint
    /// The disclosed event with its place on the private chain; `nil` where the anchor alone was opened.
    public var event: ReceivedEvent?
    public var index: Int?
    /// What the event commits to, where it has a body.
    public var body: (mediaType: MediaType, bytes: [UInt8])?
    public var findings: [CertificateFinding]

    /// What any rendering must begin with.
    public var firstLine: String {
        guard let event, let index else {
            return "disclosure of an anchor of \(origin): its checkpoint of \(anchored.size)"
        }
        let statement = event.statement
        return
            "disclosure of event \(index) of \(origin): \(statement.event.type.rawValue) by \(statement.author)"
    }
}

/// Why a disclosure is refused. The cases stand in the order of the verification steps.
public enum DisclosureFailure: Error, Hashable, Sendable {
    case file(Disclosure.Failure)
    /// The public chain is not one that the policy trusts, or does not replay.
    case chain(CertificateFailure)
    case anchor(String)
    case privateCheckpoint(String)
    case inclusion(String)
    case event(String)
    case body(String)
}

extension DisclosureFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let failure): "\(failure)"
        case .chain(let failure): "\(failure)"
        case .anchor(let reason): "the anchor does not hold: \(reason)"
        case .privateCheckpoint(let reason): "the private checkpoint does not hold: \(reason)"
        case .inclusion(let reason): "the leaf is not in the anchored tree: \(reason)"
        case .event(let reason): "the event does not hold: \(reason)"
        case .body(let reason): "the body does not hold: \(reason)"
        }
    }
}
