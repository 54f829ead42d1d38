import Foundation
import Testing

/// A hub and its organisations, each with a ledger directory of its own. They exchange files and nothing else.
struct Organisations {
    static let baseDigest = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    static let origin = "skies.example/public"

    let place: Workplace
    let names: [String]
    /// How many witnesses the trust policy wants.
    let quorum: Int

    /// Founds the consortium: keys and a card each, the charter at the hub, the public chain and a policy to everybody,
    /// a private chain each.
    init(_ names: [String], in place: Workplace, quorum: Int = 2) throws {
        (self.place, self.names, self.quorum) = (place, names, quorum)
        for name in names {
            try place.done("init", "--ledger", name, "--consortium", "skies.example", "--member", name, "--join")
        }
        let cards = names.flatMap { ["--card", "\($0)/\($0).card.json"] }
        try place.done(
            ["init", "--ledger", "hub", "--consortium", "skies.example", "--member", "hub:operator,aggregator,witness"]
                + cards)
        try at("hub", "trust", "--quorum", "\(quorum)", "--without", "hub", "--output", "trust.policy")
        try export()
        for name in names { try at(name, "chain", "import", "public.chain", "--trust", "trust.policy") }
        for name in names { try at(name, "chain", "open") }
        try exchange()
        for name in names { try at(name, "chain", "open") }
        try exchange()
    }

    /// Runs a command on the ledger of `name`; it must succeed.
    @discardableResult
    func at(_ name: String, _ arguments: String..., location: SourceLocation = #_sourceLocation) throws -> String {
        try place.done(arguments + ["--ledger", name], at: location)
    }

    func export() throws { try at("hub", "chain", "export", "--output", "public.chain") }

    /// The hub appends what waits in the outboxes, then everybody imports the public chain.
    func exchange() throws {
        for name in names {
            let outbox = "\(name)/outbox/skies.example-public.jsonl"
            if FileManager.default.fileExists(atPath: place.file(outbox)) { try at("hub", "append", outbox) }
        }
        try export()
        for name in names { try at(name, "chain", "import", "public.chain") }
    }

    /// One round from its opening to its model; `adapters` by organisation, as a directory and a number of samples.
    func round(_ round: String, topology: String, _ adapters: [String: (directory: String, samples: Int)]) throws {
        try at("hub", "round", "open", round, "--topology", topology)
        try exchange()
        for name in names {
            guard let adapter = adapters[name] else { continue }
            try at(name, "adapter", "commit", adapter.directory, "--round", round, "--samples", "\(adapter.samples)")
        }
        try exchange()
        for name in names {
            if let adapter = adapters[name] { try at("hub", "adapter", "import", adapter.directory) }
        }
        try at("hub", "round", "close", round)
        try at("hub", "model", "materialize", round)
    }

    /// Every organisation cosigns the newest checkpoint, and the hub collects the cosignatures.
    func cosign() throws {
        let note = try at("hub", "chain", "checkpoint")
        try Data(note.utf8).write(to: URL(fileURLWithPath: place.file("checkpoint.note")))
        for name in names {
            try at(name, "witness", "cosign", "checkpoint.note", "--output", "\(name).note")
            try at("hub", "chain", "checkpoint", "--collect", "\(name).note")
        }
    }

    /// A deletion of everything that `name` contributed, from the request to the plan's digest.
    func requestDeletion(of name: String, reason: String) throws -> (deletion: String, plan: String) {
        let answer = try JSON(
            at(name, "deletion", "request", "--member", name, "--reason", reason, "--json"))
        let deletion = try #require(answer["deletion"].text)
        try exchange()
        try at(name, "deletion", "decide", deletion)
        try exchange()
        let plan = try at("hub", "deletion", "plan", deletion, "--digest-only")
        return (deletion, plan.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Carries the plan out: the hub's part, the holders' erasures, `between`, the rest.
    func execute(_ plan: String, between: () throws -> Void = {}) throws {
        try at("hub", "deletion", "execute", plan)
        try exchange()
        for name in names { try at(name, "deletion", "execute", plan) }
        try exchange()
        try between()
        try at("hub", "deletion", "execute", plan)
        try exchange()
    }
}

/// JSON as Foundation reads it, for looking into answers.
struct JSON {
    private let value: Any?

    init(_ text: String) throws {
        value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }

    private init(value: Any?) { self.value = value }

    subscript(key: String) -> JSON { JSON(value: (value as? [String: Any])?[key]) }
    var elements: [JSON] { (value as? [Any])?.map { JSON(value: $0) } ?? [] }
    var text: String? { value as? String }
    var number: Int? { value as? Int }
    var isNull: Bool { value == nil || value is NSNull }

    /// The value in RFC 8785's form, for values whose numbers are integers.
    var canonical: String { Self.write(value) }

    private static func write(_ value: Any?) -> String {
        switch value {
        case let members as [String: Any]:
            let keys = members.keys.sorted { Array($0.utf16).lexicographicallyPrecedes(Array($1.utf16)) }
            return "{" + keys.map { "\(quote($0)):\(write(members[$0]))" }.joined(separator: ",") + "}"
        case let elements as [Any]: return "[" + elements.map(write).joined(separator: ",") + "]"
        case let text as String: return quote(text)
        case let number as NSNumber:
            return String(cString: number.objCType) == "c"
                ? (number.boolValue ? "true" : "false") : "\(number.intValue)"
        default: return "null"
        }
    }

    private static func quote(_ text: String) -> String {
        let short: [Unicode.Scalar: String] = [
            "\"": "\\\"", "\\": "\\\\", "\u{8}": "\\b", "\u{c}": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
        ]
        let body = text.unicodeScalars.map { scalar in
            short[scalar] ?? (scalar.value < 32 ? String(format: "\\u%04x", scalar.value) : String(scalar))
        }
        return "\"\(body.joined())\""
    }
}
