internal import Adapters

/// A reference in an OSCAL document that nothing answers to. Schemas do not see these.
public struct DanglingReference: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where it stands, e.g. `$.assessment-results.results[0].findings[2].target.target-id`.
    public var path: String
    public var reference: String

    /// Whether it is to a control or its parts, which stand in a catalog.
    public var isOfAControl: Bool { path.hasSuffix(".control-id") || path.hasSuffix(".target-id") }

    public var description: String { "\(path) refers to \(reference), which is not there" }
}

/// What the OSCAL documents of one export define and refer to.
///
/// Internal links (`#…`), `…-uuid` members, the controls of `control-id` and the parts of `target-id`.
public struct DanglingReferences {
    private var defined: Set<String> = []
    private var references: [DanglingReference] = []

    /// The references of `documents` that none of them defines, in their order; `nil` where one is no JSON.
    public static func check(_ documents: [[UInt8]]) -> [DanglingReference]? {
        var check = DanglingReferences()
        for bytes in documents {
            guard let root = try? JSONValue(parsing: bytes, limit: 1 << 28) else { return nil }
            check.visit(root, "$")
        }
        return check.references.filter { !check.defined.contains($0.reference) }
    }

    private mutating func visit(_ value: JSONValue, _ path: String) {
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() { visit(element, "\(path)[\(index)]") }
        case .object(let members):
            for member in members { visit(member, "\(path).\(member.name)") }
        default: break
        }
    }

    private mutating func visit(_ member: JSONValue.Member, _ path: String) {
        guard let text = member.value.text else { return visit(member.value, path) }
        switch member.name {
        case "uuid", "id": defined.insert(text)
        case "control-id", "target-id": references.append(DanglingReference(path: path, reference: text))
        case "href" where text.hasPrefix("#"):
            references.append(DanglingReference(path: path, reference: String(text.dropFirst())))
        case _ where member.name.hasSuffix("-uuid"):
            references.append(DanglingReference(path: path, reference: text))
        default: break
        }
    }
}
