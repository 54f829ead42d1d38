public import Events

/// What a member hands to the founder of a consortium, or to its members when it wants to be admitted: its name, roles
/// and public keys. A member's first event, which names the chain's first leaf, is its consent to the charter.
public struct MemberCard: Codable, Hashable, Sendable {
    public static let currentFormat = "lethe/member-card@v1"

    public var format: String
    public var consortium: Consortium
    public var member: MemberRecord

    public init(consortium: Consortium, member: MemberRecord) {
        format = Self.currentFormat
        self.consortium = consortium
        self.member = member
    }

    public var bytes: [UInt8] { CanonicalJSON.encode(self) + [0x0a] }

    public init(parsing bytes: [UInt8]) throws {
        do throws(JSONError) {
            self = try CanonicalJSON.decode(Self.self, from: bytes.last == 0x0a ? bytes.dropLast() : bytes)
        } catch {
            throw EngineError(
                .invalidRequest, "this is not a member card: \(error)",
                hint: "lethe init --join writes one; fetch it again", cause: error)
        }
        guard format == Self.currentFormat else {
            throw EngineError(
                .invalidRequest, "unknown member card format \(format.prefix(60))",
                hint: "this program reads \(Self.currentFormat)")
        }
    }
}
