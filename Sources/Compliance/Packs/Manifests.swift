public import Events

/// `pack.yaml`: what a pack is. Its schema is `schemas/pack.v1.json`.
public struct PackManifest: Codable, Hashable, Sendable {
    public struct Source: Codable, Hashable, Sendable {
        /// How well the source is known: its own text was read, somebody else's account of it, or neither.
        public enum Reading: String, Codable, CaseIterable, Hashable, Sendable {
            case primary, secondary, general
        }

        public var reading: Reading
        public var title: Prose
        public var url: WebAddress?
    }

    private enum CodingKeys: String, CodingKey {
        case appliesFrom = "applies_from"
        case appliesUntil = "applies_until"
        case controls, id, limits, regime, sources, title, version
    }

    /// From when its controls apply, where they say nothing themselves.
    public var appliesFrom: CalendarDate?
    public var appliesUntil: CalendarDate?
    /// The controls in the order in which they are printed: the folders, no more and no fewer.
    public var controls: [ControlID]
    public var id: PackID
    /// What the pack as a whole does not look at.
    public var limits: Prose
    public var regime: Regime
    public var sources: [Source]
    public var title: Prose
    public var version: PackVersion
}

/// `control.yaml`: one checkable rule. Its schema is `schemas/control.v1.json`.
public struct ControlManifest: Codable, Hashable, Sendable {
    /// Which columns of the violations query mean what, in the order in which the query gives them.
    public struct ResultColumns: Codable, Hashable, Sendable {
        private enum CodingKeys: String, CodingKey {
            case eventID = "event_id"
            case reason, since, subject
        }

        public var eventID: SQLName
        public var reason: SQLName
        public var since: SQLName
        public var subject: SQLName

        var names: [String] { [subject, reason, since, eventID].map(\.text) }
    }

    /// What a person has to answer besides the query.
    public struct Question: Codable, Hashable, Sendable {
        public var question: Prose
    }

    private enum CodingKeys: String, CodingKey {
        case appliesFrom = "applies_from"
        case appliesUntil = "applies_until"
        case crosswalk, id, judgement, limits, meaning, owner, params, regime, result, roles, severity, title,
            version, views
    }

    public var appliesFrom: CalendarDate?
    public var appliesUntil: CalendarDate?
    /// Places in other frameworks that speak of the same; tags, no claims.
    public var crosswalk: [SQLName: Prose]?
    public var id: ControlID
    public var judgement: Question?
    /// What a pass does not show.
    public var limits: Prose
    /// What is wanted, in our own words.
    public var meaning: Prose
    /// The role in the organisation that answers for it.
    public var owner: SQLName
    public var params: [SQLName: PackParameter]
    public var regime: Regime
    public var result: ResultColumns
    public var roles: [PartyRole]
    public var severity: Severity
    public var title: Prose
    public var version: PackVersion
    /// The control tables that the queries read, and the versions they were written for.
    public var views: [SQLName: VersionRange]
}

extension SQLName: CodingKeyRepresentable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public var codingKey: any CodingKey { Key(stringValue: text) }
    public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}

extension ControlManifest {
    /// What the schema cannot say of the manifest by itself; `nil` where all is well.
    var problem: String? {
        if roles.isEmpty { return "roles must not be empty" }
        if Set(roles).count != roles.count { return "roles names a role twice" }
        if roles.contains(.any), roles.count > 1 { return "roles names any besides others" }
        if Set(result.names).count != 4 { return "result names a column twice" }
        if let from = appliesFrom, let until = appliesUntil, until < from {
            return "applies_until is before applies_from"
        }
        if let name = params.keys.map(\.text).sorted().first(where: Control.givenParameters.contains) {
            return "params may not redefine \(name)"
        }
        for (table, range) in views.sorted(by: { $0.key.text < $1.key.text }) {
            guard ControlSchema.byName[table.text] != nil else {
                return "views names \(table), which is no control table"
            }
            guard range.contains(ControlSchema.version) else {
                return "\(table) has version \(ControlSchema.version.text), the control wants \(range)"
            }
        }
        return nil
    }
}
