internal import Bytes
internal import ChainViews
internal import Events
internal import Proofs

/// What the document says in full, and how to check it.
extension DeletionReport {
    var request: Section {
        let checkpoint = certificate.checkpoint
        let facts = [
            Fact("Deletion", [.code(certificate.deletion.text)]),
            Fact("Whose contributions", certificate.member.text),
            Fact("Ground", certificate.ground.meaning),
            Fact("Received, as declared", certificate.receivedAt.readable),
            Fact("Due", certificate.dueAt.readable),
            Fact("Plan", certificate.plan.map { [.digest($0.hex)] } ?? ["none is carried out"]),
            Fact("Number", "\(certificate.serial)"),
            Fact("Counterfactual", "\(certificate.counterfactual)."),
            Fact("Checkpoint", ["size \(checkpoint.size), root ", .digest(checkpoint.root.hex)]),
            Fact("Key directory", [.digest(certificate.keyDirectory.hex)]),
            Fact("Bundle file", [.digest(content.bundle.hex)]),
        ]
        return Section("request", "The request and the document", [.facts(facts)])
    }

    var excluded: Section {
        let rounds = Dictionary(
            content.lineage.contributions.map { ($0.position, $0.round.name(cohort: $0.cohort)) },
            uniquingKeysWith: { $1 })
        let rows = certificate.excluded.map { cited -> [[Span]] in
            let place = index(of: cited.event)
            let isWithdrawn = place.map(withdrawn.contains) ?? false
            return [
                ["\(place?.description ?? "—")"], [.text(place.flatMap { rounds[$0] } ?? "—")],
                ["\(cited.member)"], [.digest(cited.adapter.hex)] + Self.cause(cited.cause),
                isWithdrawn ? [.mark("withdrawn", .caution)] : ["\(cited.weight)"],
            ]
        }
        let table = DataTable(
            caption: "Left out of every later replay of the chain",
            columns: ["Event", "Round", "Member", "Adapter", "Weight"], rows: rows)
        return Section("excluded", "Excluded contributions", table: table, orElse: "None.")
    }

    /// Why something goes that does not descend from what was to go.
    private static func cause(_ cause: CertifiedCause?) -> [Span] {
        switch cause {
        case nil: []
        case .equalBytes: [" has the bytes of what is affected"]
        }
    }

    private func index(of event: EventHash) -> Count? {
        certificate.events.first { $0.event == event }?.index
    }

    // MARK: Models

    var models: Section {
        let rows = certificate.models.map { model -> [[Span]] in
            guard let new = model.newModel else {
                let outcome = Span.mark(model.outcome.rawValue, .bad)
                return [
                    ["\(model.name)"], [.digest(model.oldModel.hex)] + Self.cause(model.cause), [outcome], ["none"],
                    ["—"], ["—"],
                    ["—"],
                ]
            }
            return [
                ["\(model.name)"], [.digest(model.oldModel.hex)], [.mark("rebuilt", .good)],
                [.digest(new.hex)], ["\(model.rule.rawValue) of \(contributors(of: model))"],
                [.text(model.materializedBy?.text ?? "—")],
                [.text(model.attestedBy.isEmpty ? "nobody else" : list(model.attestedBy))],
            ]
        }
        let table = DataTable(
            caption: "Every model that descended from the excluded contributions",
            columns: [
                "Round", "Old model", "Outcome", "New model", "Merged from", "Rebuilt by", "Attested by",
            ],
            rows: rows)
        return Section("models", "Models", table: table, orElse: "No model descends from what is excluded.")
    }

    /// What was trained again, and who trained it once more; nothing where nothing was.
    var retraining: Section? {
        guard let rows = certificate.retraining, !rows.isEmpty else { return nil }
        let table = DataTable(
            caption:
                "What took the place of contributions that lost records, or started from one that did. Attested, not proved.",
            columns: ["Round", "Member", "Adapter", "Shards again", "Trainer", "Second replay"],
            rows: rows.map { row in
                [
                    ["\(row.round)"], ["\(row.replacedBy.member)"], [.digest(row.replacedBy.adapter.hex)],
                    ["\(row.again) of \(row.shards)"], [.text(row.trainer.rawValue)],
                    row.standing.isEmpty
                        ? ["nobody else"]
                        : row.standing.flatMap { replay in
                            [
                                .text(replay == row.standing[0] ? "\(replay.member): " : "; \(replay.member): "),
                                replay.outcome == .equal ? .mark("equal digests", .good) : .mark("other bytes", .bad),
                            ]
                        },
                ]
            })
        return Section("retraining", "Training again", table: table, atMost: Section.shownRows, orElse: "None.")
    }

    /// The members whose contributions a new model merges; where they are many, those of its round that
    /// are absent.
    private func contributors(of model: CertifiedModel) -> String {
        let merged = model.contributions.map(\.member)
        guard merged.count > 10 else { return list(merged) }
        let all = content.lineage.contributions.filter { $0.round == model.round }.map(\.member)
        let absent = list(Set(all).subtracting(merged).sorted())
        return "\(merged.count) of the round's \(all.count) contributions, all but those of \(absent)"
    }

    private func list(_ members: some Sequence<MemberName>) -> String {
        members.map(\.text).joined(separator: ", ")
    }

    // MARK: Evidence

    var erasures: Section {
        let rows = certificate.erasures.flatMap { erasure in
            erasure.results.map { result -> [[Span]] in
                [
                    ["\(erasure.holder)"], ["\(result.store.rawValue): \(result.store.meaning)"],
                    [.mark(result.verdict.words, result.verdict.tone)], ["\(result.items)"],
                    ["\(index(of: erasure.event)?.description ?? "—")"],
                ]
            }
        }
        let table = DataTable(
            caption: "What each holder says it erased, store by store. Attested, not proved.",
            columns: ["Holder", "Store", "Result", "Items", "Event"], rows: rows)
        return Section("erasures", "Erasures", table: table, orElse: "No holder had anything to erase.")
    }

    var checklist: Section {
        let rows = content.findings.map { finding -> [[Span]] in
            [
                [.mark(finding.word.rawValue, finding.word.tone)], [.text(finding.statement)],
                [.text(finding.source)],
            ]
        }
        let table = DataTable(
            caption: "Every statement of the document, how it is known, and where from",
            columns: ["How known", "Statement", "Source"], rows: rows)
        return Section("checklist", "Checklist", table: table, orElse: "The verifier stated nothing.")
    }

    var evidence: Section {
        let rows = certificate.events.map { cited -> [[Span]] in
            [["\(cited.index)"], [.text(cited.type)], [.fullDigest(cited.event.hex)]]
        }
        let table = DataTable(
            caption: "Events that the document rests on; each has an inclusion proof in the bundle",
            columns: ["Event", "Type", "Leaf hash"], rows: rows)
        return Section("evidence", "Evidence index", table: table, orElse: "None.")
    }

    // MARK: Limits and use

    var limits: Section {
        Section("limits", "Limits", [.list(limitSentences.map { [.text($0)] })])
    }

    var checking: Section {
        Section(
            "checking", "How to check this report",
            [
                .paragraph([
                    "A page can say anything, and this one can lie. What counts is the bundle file. On a machine ",
                    "of your own, with a trust policy that you got from members you trust, and without a network, ",
                    "run:",
                ]),
                .command(content.command),
                .steps([
                    ["The SHA-256 of the bundle file must be ", .fullDigest(content.bundle.hex), "."],
                    [
                        "The command prints each statement of the checklist with its word, and ends with exit code 0."
                    ],
                    [
                        "With the adapters at hand, add ", .code("--adapters DIR"),
                        ": the merges are then computed again, and their lines read reproduced.",
                    ],
                ]),
            ])
    }

    var definitions: Section {
        let words = EvidenceWord.allWords.map { Fact($0.rawValue, $0.meaning) }
        let grades = Grade.allCases.map { Fact($0.name, $0.meaning) }
        return Section("definitions", "Definitions", [.facts(words + grades + Glossary.deletion)])
    }
}
