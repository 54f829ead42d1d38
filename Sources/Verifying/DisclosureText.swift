internal import Bytes
internal import ChainViews
internal import Events
internal import MerkleLog
internal import Proofs

extension VerifyRequest {
    func disclosure(_ bytes: [UInt8], _ policy: TrustPolicy) throws(VerifyRefusal) -> DisclosureVerdict {
        do throws(DisclosureFailure) {
            return try DisclosureVerifier(policy: policy, cores: cores).verify(bytes)
        } catch {
            if case .file = error {
                throw .unknown("\(file) is not a disclosure: \(error)", hint: "check that it is whole")
            }
            throw .no("\(file) does not hold: \(error)", hint: "do not rely on it; ask for another")
        }
    }
}

extension DisclosureVerdict {
    /// The first line, the checklist, and the body as far as it can be shown.
    var lines: [String] {
        var lines = [firstLine, "as of checkpoint \(checkpoint.size) of \(checkpoint.origin)", ""]
        lines += findings.map(\.line)
        guard let body else { return lines }
        lines += ["", "the body, \(body.bytes.count) bytes of \(body.mediaType):"]
        let text = body.bytes.count <= 4_096 ? String(validating: body.bytes, as: UTF8.self) : nil
        return lines + [text.map(printable) ?? "not shown; --json has it in base64"]
    }
}

/// `text` without characters that would move a terminal's cursor or turn its direction.
public func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse: "\u{fffd}"
                default: scalar
                }
            }))
}

/// A verdict on a disclosure as `--json` gives it.
struct DisclosureAnswer: Encodable {
    var body: String?
    var event: EventHash?
    var findings: [CertificateFinding]
    var holds: Bool
    var index: Int?
    var mediaType: MediaType?
    var origin: Origin
    var statement: JSONText?

    init(_ verdict: DisclosureVerdict) {
        holds = true
        (origin, index, findings) = (verdict.origin, verdict.index, verdict.findings)
        event = verdict.event?.hash
        statement = verdict.event.flatMap { JSONText($0.envelope.payload) }
        body = verdict.body.map { Base64.encode($0.bytes) }
        mediaType = verdict.body?.mediaType
    }
}
