public import Bytes
public import ChainViews
public import Events

extension ProcessingReport {
    /// The events that the activities rest on, and whose times they need.
    public static func events(
        in view: PublicView, member: MemberName?, privateViews: [MemberName: PrivateView] = [:]
    ) -> Set<EventHash> {
        let contributions = contributionsByMember(view).filter { member == nil || $0.key == member }
        let models = Dictionary(grouping: view.allModels, by: \.author).filter { member == nil || $0.key == member }
        var events: Set<EventHash> = []
        for rows in contributions.values { events.formUnion([rows.first?.event, rows.last?.event].compactMap { $0 }) }
        for rows in models.values { events.formUnion([rows.first?.event, rows.last?.event].compactMap { $0 }) }
        for row in view.allDocuments where isOf(member, row) { events.insert(row.event) }
        for row in view.allHandovers where member == nil || row.author == member { events.insert(row.event) }
        for privateView in privateViews.values {
            for row in privateView.governance.descriptions.rows.values { events.insert(row.event) }
        }
        return events
    }

    private static func isOf(_ member: MemberName?, _ document: DocumentRow) -> Bool {
        member.map { document.author == $0 || document.recorded.parties.contains($0) } ?? true
    }

    /// What the public chain says of each member's processing, in the order of their names.
    ///
    /// - Parameters:
    ///   - member: the one to look at; all where it is absent.
    ///   - privateViews: the private chains that were looked at.
    ///   - own: the members for whom it is made, who can have their private chains looked at.
    ///   - evidence: the events that ``events(in:member:privateViews:)`` names.
    ///   - time: as of when documents count.
    public static func activities(
        in view: PublicView, member: MemberName?, privateViews: [MemberName: PrivateView] = [:],
        own: Set<MemberName> = [], evidence: [CitedEvent], asOf time: Timestamp
    ) -> [Activity] {
        let times = Dictionary(evidence.map { ($0.event, $0.claimedAt) }, uniquingKeysWith: { first, _ in first })
        let contributions = contributionsByMember(view)
        let models = Dictionary(grouping: view.allModels, by: \.author)
        let names = view.memberNames.filter { member == nil || $0 == member }
        return names.flatMap { name -> [Activity] in
            let recorded = recorded(of: name, in: view, at: time)
            let privateView = privateViews[name]
            let training = contributions[name].flatMap { rows -> Activity? in
                let rounds = unique(rows.map(\.round))
                return activity(
                    .training, name, rows.count, rounds, rows.first?.event, rows.last?.event, times,
                    recipients(of: name, rounds, view) + partners(of: name, rounds, view, contributions)
                        + [security(of: name, view)] + recorded + (privateView.map(described) ?? []))
            }
            let merging = models[name].flatMap { rows -> Activity? in
                let rounds = unique(rows.map(\.round))
                return activity(
                    .merging, name, rows.count, rounds, rows.first?.event, rows.last?.event, times,
                    recipients(of: name, rounds, view) + partners(of: name, rounds, view, contributions)
                        + [security(of: name, view)] + recorded)
            }
            return [training, merging].compactMap { $0 }.map { activity in
                var activity = activity
                if activity.kind == .training, let privateView { activity.datasets = datasets(in: privateView) }
                // Who merges has no data of its own: what they are about, the members say behind whose adapters they are.
                // Of those for whom it is made, who has no private chain has recorded it nowhere.
                let isElsewhere =
                    !own.contains(name) || view.allChains.contains { $0.chainOperator == name && !$0.origin.isPublic }
                if activity.kind == .merging || (privateView == nil && isElsewhere) {
                    activity.unseen = Matter.ofDatasets
                }
                activity.isForOthersToTell = activity.kind == .merging || !own.contains(name)
                return activity
            }
        }
    }

    private static func activity(
        _ kind: Activity.Kind, _ name: MemberName, _ count: Int, _ rounds: [RoundID], _ first: EventHash?,
        _ last: EventHash?, _ times: [EventHash: Timestamp], _ entries: [Entry]
    ) -> Activity? {
        guard let first = first.flatMap({ times[$0] }), let last = last.flatMap({ times[$0] }) else { return nil }
        return Activity(
            controller: name, datasets: [], entries: joined(entries), firstAt: first, kind: kind, lastAt: last,
            number: Count(count)!, rounds: rounds)
    }

    private static func datasets(in view: PrivateView) -> [Dataset] {
        let runs = Dictionary(grouping: view.allRuns, by: \.trained.dataset)
        return view.allDatasets.map { row in
            Dataset(
                dataset: row.dataset, erased: row.erased, records: row.records.count,
                runs: Count(runs[row.dataset]?.count ?? 0)!, shards: Count(row.shards.value)!)
        }
    }

    private static func contributionsByMember(_ view: PublicView) -> [MemberName: [ContributionRow]] {
        let rows = view.allRounds.flatMap { view.allContributions(to: $0.round) }.sorted { $0.position < $1.position }
        return Dictionary(grouping: rows, by: \.member)
    }

    private static func unique(_ rounds: [RoundID]) -> [RoundID] {
        var seen: Set<RoundID> = []
        return rounds.filter { seen.insert($0).inserted }
    }

    /// Who gets a member's adapters: whoever merges them, and whoever merged them again.
    private static func recipients(of name: MemberName, _ rounds: [RoundID], _ view: PublicView) -> [Entry] {
        let models = rounds.flatMap { view.allModels(of: $0) }
        let mergers = Set(models.map(\.author)).subtracting([name]).sorted().map { "\($0): merges the adapters" }
        let checkers = Set(models.flatMap(\.attestedBy)).subtracting([name]).sorted()
            .map { "\($0): merged them again, as a check" }
        return [Entry(.recipients, mergers + checkers, events: [])]
    }

    /// The members that train together. That they have an arrangement is another matter, which documents record.
    private static func partners(
        of name: MemberName, _ rounds: [RoundID], _ view: PublicView, _ all: [MemberName: [ContributionRow]]
    ) -> [Entry] {
        let shared = Set(rounds)
        let partners = all.filter { $0.key != name && $0.value.contains { shared.contains($0.round) } }.keys.sorted()
        guard !partners.isEmpty else {
            return [Entry(.jointControllers, ["none: nobody else took part in these rounds"])]
        }
        return [
            Entry(.jointControllers, ["takes part in the same rounds: \(partners.map(\.text).joined(separator: ", "))"])
        ]
    }

    /// Measures that the chain itself shows.
    private static func security(of name: MemberName, _ view: PublicView) -> Entry {
        let keys = view.activeKeys(of: name, for: .event)
        var values = ["each event is signed; \(Elapsed.unit(keys.count, "signing key")) in use"]
        if let newest = keys.last { values.append("the newest signing key was added in event \(newest.addedAt)") }
        if !view.activeKeys(of: name, for: .encryption).isEmpty {
            values.append("what is handed to it is encrypted under a key of its own")
        }
        let chains = view.allChains.filter { $0.chainOperator == name && !$0.origin.isPublic }
        if !chains.isEmpty {
            values.append("erasable data stay off the chains, behind salted commitments on \(chains[0].origin)")
        }
        return Entry(.security, values, events: [])
    }
}
