/// Something that a reader should weigh before relying on a document.
public struct OpenPoint: Codable, Hashable, Sendable {
    public enum Weight: String, Codable, Hashable, Sendable {
        /// It falls short of what was asked.
        case shortfall
        /// The evidence is weaker than it could be.
        case weakness
    }

    public var weight: Weight
    public var statement: String

    public init(_ weight: Weight, _ statement: String) {
        self.weight = weight
        self.statement = statement
    }
}

extension Section {
    /// What falls short, and what is weaker than it could be.
    static func openPoints(_ points: [OpenPoint], orElse none: [Span]) -> Section {
        let items = points.map { point -> [Span] in
            switch point.weight {
            case .shortfall: [.mark("Falls short. ", .bad), .text(point.statement)]
            case .weakness: [.mark("Weaker evidence. ", .caution), .text(point.statement)]
            }
        }
        return Section("open", "Failures and open points", [items.isEmpty ? .paragraph(none) : .list(items)])
    }
}
