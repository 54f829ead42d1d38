/// The number of a round on its chain, 0 … 2^53 − 1; part of the seed of the round's draws.
public struct RoundNumber: RawRepresentable, Hashable, Comparable, Sendable, Codable {
    public let rawValue: Int

    /// `nil` outside 0 … 2^53 − 1.
    public init?(rawValue: Int) {
        guard (0...Int(FixedPoint.jsonLimit)).contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Who decided: the agent by its published policy, or a person instead of it.
public enum Decision: Hashable, Sendable {
    case agent
    case override(Override)
}

/// A person's decision instead of the agent's; it always has a reason.
public struct Override: Hashable, Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// Nothing but white space.
        case noReason
        /// Longer than 1,024 bytes.
        case reasonTooLong(bytes: Int)
        case controlCharacter
    }

    public let action: ActionIndex
    public let reason: String

    public init(action: ActionIndex, reason: String) throws(Failure) {
        guard reason.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else { throw .noReason }
        guard reason.utf8.count <= 1024 else { throw .reasonTooLong(bytes: reason.utf8.count) }
        guard !reason.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .controlCharacter
        }
        self.action = action
        self.reason = reason
    }
}

extension Decision: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case by, action, reason }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.closedContainer(keyedBy: CodingKeys.self)
        let by = try fields.decode(String.self, forKey: .by)
        let action = try fields.decodeIfPresent(ActionIndex.self, forKey: .action)
        let reason = try fields.decodeIfPresent(String.self, forKey: .reason)
        switch (by, action, reason) {
        case ("agent", nil, nil): self = .agent
        case ("override", .some(let action), .some(let reason)):
            self = .override(try Override(action: action, reason: reason))
        default:
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "by the agent alone, or an override with action and reason"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .agent: try fields.encode("agent", forKey: .by)
        case .override(let override):
            try fields.encode("override", forKey: .by)
            try fields.encode(override.action, forKey: .action)
            try fields.encode(override.reason, forKey: .reason)
        }
    }
}
