internal import Events

extension Event {
    /// That one event cannot say so much: how much it is, and how the same is said otherwise. Nothing was written.
    ///
    /// What grows with the history is bound by digest or said in parts (`schemas/events.md`); these lists stand in full.
    func tooLarge(_ bytes: Int) -> EngineError {
        let (what, wayOut) = longList
        return EngineError(
            .invalidRequest,
            "\(what) in one event: the statement would have \(bytes) bytes, and may have \(Statement.maximumBytes)",
            hint: wayOut)
    }

    private var longList: (what: String, wayOut: String) {
        switch self {
        case .consortiumFounded(let event):
            return (
                "\(event.members.count) founding members do not fit",
                "found it with the first hundred, and admit the others: lethe init --join, lethe member admit"
            )
        case .roundOpened(let event):
            let members = event.cohorts?.reduce(0) { $0 + $1.members.count } ?? 0
            return (
                "\(event.cohorts?.count ?? 0) cohorts with \(members) members do not fit",
                "open several rounds, each with some of the cohorts"
            )
        case .readersListed(let event):
            return ("\(event.readers.count) readers do not fit", "list fewer readers")
        case .adapterCommitted(let event):
            return (
                "\(event.training?.shards.count ?? 0) shards of one contribution do not fit",
                "train on fewer data sets for one round, or register them with fewer shards: --shards"
            )
        case .evaluationRecorded(let event):
            return (
                "\(event.contributions.count) contributions do not fit",
                "evaluate the model with fewer contributions; a round of that many has no settlement"
            )
        default:
            return ("the \(type.rawValue) does not fit", "put what is large into a body")
        }
    }
}
