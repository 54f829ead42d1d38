internal import Bytes
internal import ChainViews
internal import Events

/// What documents, handovers and descriptions of data sets say of processing.
extension ProcessingReport {
    /// The entries of one matter as one, in the order given.
    static func joined(_ entries: [Entry]) -> [Entry] {
        Matter.allCases.map { matter in
            let same = entries.filter { $0.matter == matter }
            return Entry(matter, same.flatMap(\.values), events: same.flatMap(\.events))
        }
    }

    /// What `name` recorded in public: arrangements, recipients, transfers.
    static func recorded(of name: MemberName, in view: PublicView, at time: Timestamp) -> [Entry] {
        let documents = view.allDocuments.filter { $0.isInForce(at: time) }
        let handovers = view.allHandovers.filter { $0.author == name }
        if handovers.isEmpty {
            return arrangements(of: name, documents) + [
                Entry(.transfers, ["none is recorded: nothing was handed to anybody outside the consortium"])
            ]
        }
        return arrangements(of: name, documents)
            + handovers.flatMap { handover in
                let given = handover.handedOver
                let words =
                    "\(given.recipient): \(given.category.rawValue) in \(given.country), "
                    + "got \(given.kind.words)"
                return [
                    Entry(.recipients, [words], events: [handover.event]),
                    transfer(handover, documents.filter { $0.author == name || $0.recorded.parties.contains(name) }),
                ]
            }
    }

    private static func arrangements(of name: MemberName, _ documents: [DocumentRow]) -> [Entry] {
        documents.filter { $0.recorded.parties.contains(name) }.compactMap { row in
            let others = row.recorded.parties.filter { $0 != name }.map(\.text).joined(separator: ", ")
            switch row.recorded.kind {
            case .agreementJointControllers:
                return Entry(
                    .jointControllers, ["arrangement \(row.recorded.document) with \(others)"], events: [row.event])
            case .agreementProcessor:
                return Entry(
                    .recipients, ["agreement \(row.recorded.document) on processing with \(others)"],
                    events: [row.event])
            default: return nil
            }
        }
    }

    /// Where a recipient is outside the European Economic Area, what the transfer rests on.
    private static func transfer(_ row: HandoverRow, _ documents: [DocumentRow]) -> Entry {
        let given = row.handedOver
        guard !given.country.isInEconomicArea else {
            return Entry(.transfers, ["\(given.recipient): none, it is in \(given.country)"], events: [row.event])
        }
        let tools = documents.filter {
            $0.recorded.kind == .agreementTransfer && $0.recorded.recipient == given.recipient
        }
        let tool = tools.compactMap(\.recorded.transferTool?.rawValue).first ?? "no transfer tool is recorded"
        return Entry(
            .transfers, ["\(given.recipient): to \(given.country), \(tool)"], events: [row.event] + tools.map(\.event))
    }

    /// What the private chain says of its data sets: purposes, basis, categories, time limits.
    static func described(in view: PrivateView) -> [Entry] {
        view.governance.descriptions.rows.values.sorted { $0.position < $1.position }.flatMap { row -> [Entry] in
            let described = row.described, name = described.dataset.text, events = [row.event]
            func entry(_ matter: Matter, _ words: [String]) -> Entry {
                Entry(
                    matter, words.isEmpty ? [] : ["\(name): \(words.joined(separator: ", "))"],
                    events: words.isEmpty ? [] : events)
            }
            guard described.isPersonal else {
                return [
                    entry(.purposes, described.purposes.map(\.text)), entry(.data, ["no personal data"]),
                    entry(.subjects, ["nobody"]), entry(.timeLimits, ["none is needed"]),
                ]
            }
            let special =
                described.hasSpecialCategories
                ? ["special categories, \(described.specialCondition?.rawValue ?? "no condition recorded")"] : []
            return [
                entry(.purposes, described.purposes.map(\.text)),
                entry(.legalBasis, [described.basis?.rawValue].compactMap { $0 }),
                entry(.subjects, described.subjectCategories.map(\.rawValue)),
                entry(.data, described.dataCategories.map(\.rawValue) + special),
                entry(.timeLimits, [described.retainUntil.map { "until \($0.date)" }].compactMap { $0 }),
            ]
        }
    }
}

extension HandoverRecorded.Kind {
    var words: String {
        switch self {
        case .adapter: "an adapter or a model"
        case .annexXII: "information for downstream providers"
        case .personalData: "personal data"
        }
    }
}
