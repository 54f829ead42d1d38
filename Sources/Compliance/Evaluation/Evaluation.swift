internal import Dispatch
public import Events
internal import Synchronization

/// Judges packs over a control database, for one organisation as of one time.
public struct Evaluation: Sendable {
    /// The time as of which deadlines are judged. Later than the last event is looking ahead.
    public var asOf: Timestamp
    /// What the organisation is; controls for other roles do not apply to it.
    public var roles: Set<PartyRole>
    public var waivers: [Waiver]
    public var judgements: [Judgement]
    /// The packs that the consortium adopted, the latest of each.
    public var adopted: [PackAdoption]
    public var limits: SandboxLimits

    public init(
        asOf: Timestamp, roles: Set<PartyRole>, waivers: [Waiver] = [], judgements: [Judgement] = [],
        adopted: [PackAdoption] = [], limits: SandboxLimits = SandboxLimits()
    ) {
        (self.asOf, self.roles, self.waivers) = (asOf, roles, waivers)
        (self.judgements, self.adopted, self.limits) = (judgements, adopted, limits)
    }

    /// - Parameters:
    ///   - cores: on how many threads queries run, each with a connection of its own.
    ///   - signers: the keys whose signature on a pack holds.
    ///   - selfTests: what the controls gave on their own fixtures, where they were run on them already.
    /// - Throws: where the database cannot be opened. What goes wrong inside a control is that control's
    ///   result.
    public func evaluate(
        _ packs: [Pack], on database: ControlDatabase, cores: Int = 1, signers: (Pack) -> [KeyID] = { _ in [] },
        selfTests: [SelfTestResult]? = nil
    ) throws(SandboxError) -> ComplianceResult {
        let tests = SelfTests(selfTests ?? packs.flatMap(SelfTest.results))
        let questions = packs.flatMap { pack in pack.controls.map { Question(control: $0, pack: pack) } }
        let outcomes = try outcomes(of: questions, on: database, cores, tests)
        var rest = outcomes[...]
        let results = packs.map { pack in
            defer { rest = rest.dropFirst(pack.controls.count) }
            return result(of: pack, zip(pack.controls, rest), signers: signers(pack))
        }
        let words = results.flatMap { $0.controls.map(\.word) }
        return ComplianceResult(
            asOf: asOf, chain: database.chain,
            counts: Dictionary(words.map { ($0.rawValue, 1) }, uniquingKeysWith: +),
            format: ComplianceResult.format, overall: .worst(words), packs: results,
            roles: roles.sorted { $0.rawValue < $1.rawValue }, size: database.size,
            tables: ControlSchema.version.text)
    }

    private func result(
        of pack: Pack, _ found: some Sequence<(Control, Outcome)>, signers: [KeyID]
    ) -> PackResult {
        let controls = found.map { result(of: $0, in: pack, finding: $1) }
        let manifest = pack.manifest
        return PackResult(
            controls: controls, digest: pack.digest, limits: manifest.limits,
            overall: .worst(controls.map(\.word)), pack: pack.id, regime: manifest.regime, signers: signers,
            sources: manifest.sources, standing: PackStanding(of: pack, among: adopted), title: manifest.title,
            version: manifest.version)
    }

    // MARK: All controls

    /// A control that is asked, with the pack that it belongs to.
    private struct Question {
        var control: Control
        var pack: Pack
    }

    private func outcomes(
        of questions: [Question], on database: ControlDatabase, _ cores: Int, _ tests: SelfTests
    ) throws(SandboxError) -> [Outcome] {
        var outcomes = questions.map { outcomeWithoutQuery($0, tests) }
        let open = outcomes.indices.filter { outcomes[$0] == nil }
        let findings = try findings(of: open.map { questions[$0].control }, on: database, cores)
        for (index, finding) in zip(open, findings) {
            outcomes[index] =
                switch finding {
                case .success(let found): outcome(of: questions[index].control, found)
                case .failure(let error): Outcome(word: .error, explanation: "\(error)")
                }
        }
        return outcomes.map { $0! }
    }

    private typealias Finding = Result<ControlRun.Found, SandboxError>

    /// What each control finds in the database.
    ///
    /// What runs beside a query takes of the memory that bounds it. So that this does not decide, a query that was
    /// ended for its memory runs again alone.
    private func findings(
        of controls: [Control], on database: ControlDatabase, _ cores: Int
    ) throws(SandboxError) -> [Finding] {
        let sandbox = try database.sandbox(limits)
        guard cores > 1 else { return controls.map { finding(of: $0, in: sandbox) } }
        let found = Mutex([Finding?](repeating: nil, count: controls.count))
        let taken = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: cores) { _ in
            // A thread that gets no connection leaves its part to the others, and to the pass below.
            guard let own = try? database.sandbox(limits) else { return }
            while true {
                let next = taken.add(1, ordering: .relaxed).oldValue
                guard next < controls.count else { return }
                let finding = finding(of: controls[next], in: own)
                found.withLock { $0[next] = finding }
            }
        }
        return zip(controls, found.withLock(\.self)).map { control, found in
            if let found, !found.isEndedForMemory { return found }
            return finding(of: control, in: sandbox)
        }
    }

    private func finding(of control: Control, in sandbox: Sandbox) -> Finding {
        Result { () throws(SandboxError) in try ControlRun(control, asOf: asOf).run(in: sandbox) }
    }

    // MARK: One control

    /// What was found, before it is put together with what the control says of itself.
    private struct Outcome {
        var word: ResultWord
        var explanation: String?
        var population: Int?
        var violations: [ReportedViolation] = []
        var isTruncated = false
        var judgement: Judgement?
    }

    /// What is known of a control before its queries run; `nil` where they have to.
    private func outcomeWithoutQuery(_ question: Question, _ tests: SelfTests) -> Outcome? {
        if let reason = reasonNotToApply(question.control, question.pack) {
            return Outcome(word: .notApplicable, explanation: reason)
        }
        if let difference = tests.difference(question.control, in: question.pack) {
            return Outcome(word: .error, explanation: "the control fails its own test; \(difference)")
        }
        return nil
    }

    private func reasonNotToApply(_ control: Control, _ pack: Pack) -> String? {
        let manifest = control.manifest
        if !manifest.roles.contains(.any), roles.isDisjoint(with: manifest.roles) {
            let roles = manifest.roles.map { $0.rawValue.replacing("_", with: " ") }
            return "for the roles \(roles.joined(separator: ", "))"
        }
        if let from = manifest.appliesFrom ?? pack.manifest.appliesFrom, asOf.date < from {
            return "applies from \(from)"
        }
        if let until = manifest.appliesUntil ?? pack.manifest.appliesUntil, asOf.date > until {
            return "applied until \(until)"
        }
        return nil
    }

    private func outcome(of control: Control, _ found: ControlRun.Found) -> Outcome {
        guard found.applies else {
            return Outcome(word: .notApplicable, explanation: "its condition is not met here")
        }
        guard found.population > 0 || found.rows.isEmpty else {
            return Outcome(
                word: .error, explanation: "the control finds violations among nothing", population: 0)
        }
        guard found.population > 0 else {
            return Outcome(word: .notApplicable, explanation: "nothing here is in its scope", population: 0)
        }
        var outcome = Outcome(
            word: .pass, population: found.population,
            violations: found.rows.map {
                ReportedViolation(violation: $0, waiver: waiver(of: control, for: $0)?.waiver)
            },
            isTruncated: found.isTruncated)
        if !found.rows.isEmpty {
            let isCovered = !found.isTruncated && outcome.violations.allSatisfy { $0.waiver != nil }
            outcome.word = isCovered ? .waived : .fail
        } else if let question = control.manifest.judgement {
            judge(&outcome, control, question)
        }
        return outcome
    }

    private func waiver(of control: Control, for row: ViolationRow) -> Waiver? {
        waivers.first { waiver in
            waiver.control == control.id.text && waiver.covers(row)
                && waiver.isValid(at: asOf, controlOwner: control.manifest.owner.text)
        }
    }

    /// The latest answer that counts as of now decides; without one the control was not evaluated.
    private func judge(_ outcome: inout Outcome, _ control: Control, _ question: ControlManifest.Question) {
        let answers = judgements.filter { answer in
            answer.control == control.id.text && answer.answeredAt <= asOf && asOf <= answer.expiresAt
        }
        outcome.judgement = answers.max { $0.answeredAt < $1.answeredAt }
        switch outcome.judgement?.isMet {
        case true?: outcome.word = .pass
        case false?:
            outcome.word = .fail
            outcome.explanation = "\(outcome.judgement!.answeredBy) answers no"
        case nil:
            outcome.word = .notEvaluated
            outcome.explanation = "nobody has answered: \(question.question)"
        }
    }

    private func result(of control: Control, in pack: Pack, finding: Outcome) -> ControlResult {
        let manifest = control.manifest
        return ControlResult(
            control: control.id, crosswalk: manifest.crosswalk ?? [:], explanation: finding.explanation,
            isTruncated: finding.isTruncated, judgement: finding.judgement, limits: manifest.limits,
            meaning: manifest.meaning, owner: manifest.owner, packDigest: pack.digest,
            population: finding.population, queryDigest: control.queryDigest,
            question: manifest.judgement?.question, regime: manifest.regime, severity: manifest.severity,
            title: manifest.title, version: manifest.version, violations: finding.violations,
            word: finding.word)
    }
}

extension Result where Failure == SandboxError {
    fileprivate var isEndedForMemory: Bool {
        if case .failure(.tooMuchMemory) = self { true } else { false }
    }
}
