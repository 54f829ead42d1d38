public import Events

/// What the organisation answers to an exception: what it does about it, who does it, by when.
public struct ManagementResponse: Codable, Hashable, Sendable {
    public var control: String
    /// By when it is done.
    public var dueOn: CalendarDate?
    public var response: String
    public var responsible: String
    /// The one violation it is about; absent: all of the control's.
    public var subject: String?

    public init(
        control: String, subject: String?, response: String, responsible: String, dueOn: CalendarDate?
    ) {
        (self.control, self.subject, self.response) = (control, subject, response)
        (self.responsible, self.dueOn) = (responsible, dueOn)
    }
}

/// What people add to an evaluation, in one file: answers to what queries cannot see, exceptions, and what is
/// being done.
///
/// The file is YAML of the kind that packs are written in (`schemas/policy-packs.md`). Nobody signs it, so
/// whoever prints a result says that it was used, and its digest.
public struct Answers: Codable, Hashable, Sendable {
    public var judgements: [Judgement]?
    public var responses: [ManagementResponse]?
    public var waivers: [Waiver]?

    public init(
        judgements: [Judgement]? = nil, responses: [ManagementResponse]? = nil, waivers: [Waiver]? = nil
    ) {
        (self.judgements, self.responses, self.waivers) = (judgements, responses, waivers)
    }

    /// Reads the text of `file`. An unknown key, a missing one or a value of another type is an error that
    /// says where.
    public init(parsing text: String, file: String) throws(PackError) {
        self = try YAMLText.decode(Answers.self, from: text, file: file)
    }

    /// The controls that it speaks of, ascending.
    public var controls: [String] {
        let named =
            (judgements ?? []).map(\.control) + (responses ?? []).map(\.control)
            + (waivers ?? []).map(\.control)
        return Set(named).sorted()
    }
}
