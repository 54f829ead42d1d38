internal import Bytes
internal import ChainViews
public import Events
internal import LedgerStore
public import Participation

/// What a person wants to be done instead of what the agent chooses.
public struct OverrideRequest: Hashable, Sendable {
    /// `nil` for staying out.
    public var allocation: Allocation?
    public var reason: String

    public init(allocation: Allocation?, reason: String) {
        self.allocation = allocation
        self.reason = reason
    }
}

/// A member's wish to decide about a round.
public struct DecisionRequest: Hashable, Sendable {
    public var round: RoundID
    public var override: OverrideRequest?
    /// What the member declares that its computing costs; `nil`: the truth where it is paid back in part, else nothing.
    public var declaredCostMicrocredits: Int?

    public init(round: RoundID, override: OverrideRequest? = nil, declaredCostMicrocredits: Int? = nil) {
        self.round = round
        self.override = override
        self.declaredCostMicrocredits = declaredCostMicrocredits
    }
}

/// A decision that was made, with its reasons.
public struct DecisionSummary: Sendable {
    public let recorded: Recorded
    public let explanation: DecisionExplanation
    /// Absent where the member stays out.
    public let allocation: CommittedAllocation?
}

/// The agent policy that holds a round.
private struct RoundPolicy {
    let digest: ArtifactDigest
    let checked: CheckedPolicy
}

extension Ledger {
    // MARK: Policies

    /// Adopts the agent policy or the settlement rules in a file, which are judged first; their kind is their `format`.
    public func policyEvent(parsing text: [UInt8], path: String) throws -> PolicyAdopted {
        let document = try PlainDocument(parsing: text, path: path)
        let format = try document.format(path: path)
        guard let kind = PolicyKind.allCases.first(where: { $0.format == format }) else {
            throw EngineError(
                .invalidRequest, "\(path) has the format \"\(format)\", which is no policy",
                hint: "one of \(PolicyKind.allCases.map(\.format).joined(separator: ", "))")
        }
        try checkPolicy(kind, document, path)
        guard let text = PolicyText(String(decoding: document.bytes, as: UTF8.self)) else {
            throw EngineError(
                .invalidRequest, "\(path) is not printable ASCII of at most \(PolicyText.maximumLength) characters",
                hint: "it stands in an event as it is")
        }
        return PolicyAdopted(document: text, kind: kind)
    }

    private func checkPolicy(_ kind: PolicyKind, _ document: PlainDocument, _ path: String) throws {
        if kind == .controlPack { return try checkPackAdoption(document, path) }
        let earlier = try view.allPolicies.last { $0.kind == kind }
        let revision: Int
        let earlierRevision: Int?
        do {
            switch kind {
            case .agentPolicy:
                let policy = try document.decode(AgentPolicy.self, path: path).checked().document
                revision = policy.revision
                earlierRevision = try earlier.map { try checkedPolicy($0.policy).document }
                    .flatMap { $0.name == policy.name ? $0.revision : nil }
            case .settlementRules:
                revision = try document.decode(SettlementRules.self, path: path).checked().document.revision
                earlierRevision = try earlier.map { try checkedRules($0.policy).document.revision }
            case .controlPack: return
            }
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(
                .refused, "the policy in \(path) is refused: \(error)",
                hint: "schemas/participation.md says what a policy may hold", cause: error)
        }
        if let earlierRevision, revision <= earlierRevision {
            throw EngineError(
                .refused, "the policy in \(path) has the revision \(revision); the one in force has \(earlierRevision)",
                hint: "count revisions up")
        }
    }

    private func checkPackAdoption(_ document: PlainDocument, _ path: String) throws {
        _ = try document.decode(PackAdoption.self, path: path)
    }

    /// The agent policy with this digest, found sound.
    func checkedPolicy(_ digest: ArtifactDigest) throws -> CheckedPolicy {
        do {
            return try CanonicalJSON.decode(AgentPolicy.self, from: policyBytes(digest)).checked()
        } catch let error as EngineError {
            throw error
        } catch {
            throw Self.unsound(digest, error)
        }
    }

    func checkedRules(_ digest: ArtifactDigest) throws -> CheckedSettlementRules {
        do {
            return try CanonicalJSON.decode(SettlementRules.self, from: policyBytes(digest)).checked()
        } catch let error as EngineError {
            throw error
        } catch {
            throw Self.unsound(digest, error)
        }
    }

    private func policyBytes(_ digest: ArtifactDigest) throws -> [UInt8] {
        guard let row = try view.policies[digest] else { throw EngineError(.missing, "there is no policy \(digest)") }
        return Array(row.document.text.utf8)
    }

    private static func unsound(_ digest: ArtifactDigest, _ error: any Error) -> EngineError {
        EngineError(
            .inconsistent, "the adopted policy \(digest.hex.prefix(16))… cannot be followed: \(error)",
            hint: "adopt a sound one: lethe policy adopt FILE", cause: error)
    }

    // MARK: Resources

    /// Puts what an organisation has for its next rounds on its private chain.
    public func allocateResources(parsing text: [UInt8], path: String, as member: MemberName) throws -> Recorded {
        let document = try PlainDocument(parsing: text, path: path).decode(ResourceDocument.self, path: path)
        func refuse(_ problem: String) -> EngineError {
            EngineError(.invalidRequest, "\(path): \(problem)", hint: "schemas/participation.md §9 has every field")
        }
        guard document.format == ResourceDocument.format else {
            throw refuse("the format is \"\(document.format)\", not \"\(ResourceDocument.format)\"")
        }
        guard document.profile.organisation == member.text else {
            throw refuse("the profile is that of \(document.profile.organisation), not of \(member)")
        }
        guard document.budgetMicrocredits > 0, document.privacyMicroepsilon > 0, document.profile.shards > 0 else {
            throw refuse("budgets and the number of shards must be above zero")
        }
        return try record(
            .resourcesAllocated(ResourcesAllocated(rounds: document.rounds)), as: member,
            on: requiredPrivateChain(of: member), body: (.json, CanonicalJSON.encode(document)))
    }

    func requiredPrivateChain(of member: MemberName) throws -> Origin {
        guard let origin = privateChain(of: member) else {
            throw EngineError(.missing, "\(member) operates no private chain here", hint: "lethe chain open")
        }
        return origin
    }

    // MARK: Deciding

    /// Runs the member's agent, or a person's override, for an open round: the explanation goes onto the private chain,
    /// the decision that cites it onto the public one.
    ///
    /// A run that was cut off between the two publishes the decision that the private chain has.
    public func decideParticipation(_ request: DecisionRequest, as member: MemberName) throws -> DecisionSummary {
        let view = try view
        let policy = try requireDecidable(request.round, member, view)
        let origin = try requiredPrivateChain(of: member)
        if let row = privateViews[origin]?.explanations[request.round] {
            guard request.override == nil else {
                throw EngineError(
                    .refused, "\(member) has decided about \(request.round) on its private chain already",
                    hint: "lethe participate decide \(request.round), without an override, publishes that decision")
            }
            let resources = try readResources(of: row, in: origin).document
            let allocation = try allocation(readExplanation(row), policy, resources, request)
            return try publish(readExplanation(row), row.event, policy, allocation, request.round, as: member)
        }
        let (explanation, resources) = try derive(request, policy, origin, member, view)
        let allocation = try allocation(explanation, policy, resources, request)
        let placeholder = EventHash.sha256(Array("\(member)/\(request.round)".utf8))
        let decided = decision(allocation, explanation, placeholder, policy, request.round)
        try dryRun(.participationDecided(decided), as: member, on: publicOrigin)
        let explained = try record(
            .decisionExplained(DecisionExplained(round: request.round)), as: member, on: origin,
            body: (.json, CanonicalJSON.encode(explanation)))
        return try publish(explanation, explained.event, policy, allocation, request.round, as: member)
    }

    /// The policy that holds `round`, which `member` may still decide about.
    private func requireDecidable(
        _ id: RoundID, _ member: MemberName, _ view: PublicView
    ) throws -> RoundPolicy {
        guard let round = view.rounds[id] else {
            throw EngineError(.invalidRequest, "there is no round \(id)", hint: "lethe show rounds lists them")
        }
        guard let digest = round.policy else {
            throw EngineError(
                .refused, "no agent policy was in force when \(id) was opened: its members contribute as they like",
                hint: "lethe policy adopt FILE, before the next round is opened")
        }
        guard round.state == .open else {
            throw EngineError(
                .refused, "\(id) is closed: it is too late to decide", hint: "decide about the next round")
        }
        if let decision = view.decision(of: member, in: id) {
            throw EngineError(
                .refused, "\(member) has decided about \(id) already: \(decision.state.rawValue)",
                hint: "lethe participate explain \(id) shows why")
        }
        return RoundPolicy(digest: digest, checked: try checkedPolicy(digest))
    }

    /// The decision that follows from the chains as they stand.
    private func derive(
        _ request: DecisionRequest, _ policy: RoundPolicy, _ origin: Origin,
        _ member: MemberName, _ view: PublicView
    ) throws -> (DecisionExplanation, ResourceDocument) {
        guard let row = privateViews[origin]?.resources(before: .max) else {
            throw EngineError(
                .missing, "\(member) has not said what it has for its rounds",
                hint: "lethe participate allocate FILE")
        }
        let resources = try readResources(row)
        let chronicle = try chronicle(of: origin, member, view)
        let run = chronicle.agents.last.flatMap { run in
            run.first.map { $0.policy == policy.digest && $0.resources.profile == resources.profile } == true
                ? run : nil
        }
        let number = try chronicle.number(of: request.round)
        let seen = chronicle.observation(
            of: (number, resources, row.event), after: chronicle.chapters[...], seen: view.size)
        do {
            var agent = try chronicle.agent(of: run ?? [], policy.checked, resources.profile)
            if let last = run?.last {
                switch chronicle.outcome(of: last, seen: view.size) {
                case .settle(let round, let payout): try agent.settle(round: round, payout: payout)
                default: try agent.discard(round: last.number)
                }
            }
            let override = try request.override.map { try self.override($0, policy.checked) }
            let step = try agent.decide(round: number, observation: seen, override: override)
            let explanation = DecisionExplanation(
                decision: step.decision, format: DecisionExplanation.format, learning: step.learning,
                publicSize: Count(view.size)!)
            return (explanation, resources)
        } catch let error as AgentError {
            throw EngineError(
                .refused, "\(member) cannot decide about \(request.round): \(error)",
                hint: "lethe replay --decisions looks at every decision so far", cause: error)
        }
    }

    /// A person's decision as one of the policy's actions.
    private func override(_ request: OverrideRequest, _ policy: CheckedPolicy) throws -> Override {
        let place = request.allocation.map { policy.document.allocations.firstIndex(of: $0) }
        guard place != .some(.none) else {
            let known = policy.document.allocations.map { "\($0.shards)x\($0.epochs)" }
            throw EngineError(
                .invalidRequest,
                "the policy has no allocation of \(request.allocation!.shards) shards for "
                    + "\(request.allocation!.epochs) epochs", hint: "one of out, \(known.joined(separator: ", "))")
        }
        let action = place.flatMap { $0 }.map { ActionIndex(rawValue: $0 + 1) } ?? .stayOut
        do {
            return try Override(action: action, reason: request.reason)
        } catch {
            throw EngineError(
                .invalidRequest, "an override needs a reason of one line, at most 1,024 bytes",
                hint: "give it with --reason; it stays on the private chain", cause: error)
        }
    }

    private func allocation(
        _ explanation: DecisionExplanation, _ policy: RoundPolicy, _ resources: ResourceDocument,
        _ request: DecisionRequest
    ) throws -> CommittedAllocation? {
        let taken = explanation.decision.taken
        guard (0..<policy.checked.actionCount).contains(taken.rawValue) else {
            throw EngineError(
                .inconsistent, "the explanation's action \(taken.rawValue) is none of the policy's",
                hint: "lethe replay --decisions looks at every decision so far")
        }
        guard let allocation = policy.checked.allocation(of: taken) else { return nil }
        let cost = try resources.profile.cost(of: allocation).computeMicrocredits
        let rules = try view.rounds[request.round]?.rules.map { try checkedRules($0) }
        let isPaidBack = (rules?.reimbursementBasisPoints ?? 0) > 0
        guard let declared = Count(request.declaredCostMicrocredits ?? (isPaidBack ? Int(cost) : 0)) else {
            throw EngineError(
                .invalidRequest, "the declared cost \(request.declaredCostMicrocredits ?? 0) is out of range",
                hint: "give it in micro-credits, 0 or more")
        }
        return CommittedAllocation(
            declaredCostMicrocredits: declared, epochs: Quantity(allocation.epochs)!,
            shards: Quantity(allocation.shards)!)
    }

    private func decision(
        _ allocation: CommittedAllocation?, _ explanation: DecisionExplanation, _ event: EventHash,
        _ policy: RoundPolicy, _ round: RoundID
    ) -> ParticipationDecided {
        ParticipationDecided(
            allocation: allocation, explanation: event, override: explanation.decision.decision != .agent,
            policy: policy.digest, round: round)
    }

    private func publish(
        _ explanation: DecisionExplanation, _ event: EventHash, _ policy: RoundPolicy,
        _ allocation: CommittedAllocation?, _ round: RoundID, as member: MemberName
    ) throws -> DecisionSummary {
        let decided = decision(allocation, explanation, event, policy, round)
        return DecisionSummary(
            recorded: try record(.participationDecided(decided), as: member, on: publicOrigin),
            explanation: explanation, allocation: allocation)
    }

    // MARK: Reading the private chain

    /// The chapters of `origin` whose bodies are here, up to the first that cannot be read.
    func chronicle(of origin: Origin, _ member: MemberName, _ view: PublicView) throws -> AgentChronicle {
        var chronicle = try AgentChronicle(member: member, view: view)
        for row in privateViews[origin]?.allExplanations ?? [] {
            chronicle.chapters.append(try chapter(row, in: origin, chronicle))
        }
        return chronicle
    }

    func chapter(
        _ row: PrivateView.ExplanationRow, in origin: Origin, _ chronicle: AgentChronicle
    ) throws -> AgentChronicle.Chapter {
        let explanation = try readExplanation(row)
        let (event, resources) = try readResources(of: row, in: origin)
        guard let policy = try view.rounds[row.round]?.policy else {
            throw EngineError(.inconsistent, "\(row.round) is explained, and no agent policy holds it")
        }
        return AgentChronicle.Chapter(
            round: row.round, number: try chronicle.number(of: row.round), policy: policy,
            checked: try checkedPolicy(policy), explanation: explanation, resources: resources, resourcesEvent: event)
    }

    /// The resources that were in force when a decision was explained.
    private func readResources(
        of row: PrivateView.ExplanationRow, in origin: Origin
    ) throws -> (event: EventHash, document: ResourceDocument) {
        guard let found = privateViews[origin]?.resources(before: row.position.value) else {
            throw EngineError(
                .inconsistent, "the decision about \(row.round) was explained before any resources were allocated",
                hint: "lethe replay --decisions")
        }
        return (found.event, try readResources(found))
    }

    func readResources(_ row: PrivateView.ResourceRow) throws -> ResourceDocument {
        let what = "the resources allocated at leaf \(row.position)"
        let document = try readBody(row.body, as: ResourceDocument.self, what)
        guard document.format == ResourceDocument.format else { throw Self.unknownFormat(document.format, what) }
        return document
    }

    func readExplanation(_ row: PrivateView.ExplanationRow) throws -> DecisionExplanation {
        let what = "the explanation of the decision about \(row.round)"
        let explanation = try readBody(row.body, as: DecisionExplanation.self, what)
        guard explanation.format == DecisionExplanation.format else {
            throw Self.unknownFormat(explanation.format, what)
        }
        return explanation
    }

    private static func unknownFormat(_ format: String, _ what: String) -> EngineError {
        EngineError(.inconsistent, "\(what) has the unknown format \"\(format)\"", hint: "a later version may read it")
    }

    private func readBody<Value: Decodable>(
        _ commitment: BodyCommitment, as type: Value.Type, _ what: String
    ) throws -> Value {
        guard let body = try body(commitment) else {
            throw EngineError(
                .missing, "\(what) is not in this ledger",
                hint: "it is erased, or on another member's side: lethe show bodies")
        }
        guard body.commitment == commitment else {
            throw EngineError(
                .inconsistent, "\(what) does not open its commitment", hint: "restore the vault from a backup")
        }
        do throws(JSONError) {
            return try CanonicalJSON.decode(type, from: body.bytes)
        } catch {
            throw EngineError(.inconsistent, "\(what) cannot be read: \(error)", cause: error)
        }
    }
}
