extension ControlSchema {
    // MARK: Governance

    static let governanceTables: [ControlTable] = [
        ControlTable(
            "suspensions", "A change of a member's standing.", indexes: [["member"]],
            [
                .text("member", "the member"), .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("standing", "suspended or reinstated"), .text("reason", "why, as a word"),
                .time("changed", "claimed time of the event"),
            ]),
        ControlTable(
            "releases", "A model that was put to use.", indexes: [["model_event"], ["model"]],
            [
                .text("release", "its name"), .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("author", "who released it"), .text("approver", "the other member that approved it"),
                .text("model_event", "the materialisation"), .text("model", "adapter digest"),
                .text("round", "the round"), .text("purpose", "what it is used for"),
                .text("risk_class", "high-risk or not-high-risk"),
                .text("anonymity", "anonymous, not-assessed or personal-data"),
                .integer("is_substantial_change", "1 if marked as a substantial modification"),
                .time("released", "claimed time of the event"),
            ]),
        ControlTable(
            "handovers", "Something that left the consortium.", indexes: [["recipient"], ["artifact"]],
            [
                .text("handover", "its id"), .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("author", "who gave it"), .text("recipient", "the recipient's opaque id"),
                .text("category", "what the recipient is"), .text("country", "where it is, two letters"),
                .integer("is_in_eea", "1 in the European Economic Area"),
                .text("kind", "adapter, annex-xii or personal-data"),
                .text("artifact", "adapter digest of the contribution or model").optional,
                .text("dataset", "the data set").optional, .time("handed_over", "claimed time of the event"),
            ]),
        ControlTable(
            "recipient_duties",
            "A recipient of what a deletion takes out of use, with what it was told since and answered.",
            indexes: [["deletion"]],
            [
                .text("deletion", "the deletion"), .text("recipient", "the recipient"),
                .text("handover_event", "the first handover that it was not told of since, or of all"),
                .text("author", "who gave it, and tells"),
                .text("notice_event", "the notice").optional,
                .text("outcome", "notified, impossible or disproportionate").optional,
                .time("notified", "claimed time of that event").optional,
                .text("answer_event", "the answer").optional,
                .text("result", "deleted, not-held, pending or refused").optional,
                .time("answered", "claimed time of that event").optional,
            ]),
        ControlTable(
            "holds", "Something that is kept for a time.", indexes: [["deletion"], ["dataset"]],
            [
                .text("hold", "its id"), .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("author", "who placed it"), .text("deletion", "the deletion").optional,
                .text("dataset", "the data set").optional, .text("ground", "the right or duty to keep it"),
                .time("placed", "claimed time of the event"), .time("ends", "when it ends"),
                .text("released_event", "the release before its day").optional,
                .time("released", "claimed time of that event").optional,
            ]),
        ControlTable(
            "identity_checks", "A question about who asks, or what came of it.", indexes: [["deletion"]],
            [
                .text("deletion", "the deletion"), .text("event_id", "the event"),
                .integer("event_index", "its leaf"), .text("step", "asked, confirmed or unconfirmed"),
                .text("doubt", "why it is in doubt, as a word").optional, .time("checked", "claimed time of the event"),
            ]),
        ControlTable(
            "audits", "What an auditor looked at.",
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"), .text("author", "the auditor"),
                .text("object", "chain, controls, models or stores"),
                .integer("size", "how many leaves were looked at"), .integer("findings", "how many faults were found"),
                .time("performed", "claimed time of the event"),
            ]),
        ControlTable(
            "documents", "A version of a recorded document.", indexes: [["kind"], ["document"], ["model"]],
            [
                .text("document", "its id"), .integer("version", "from 1"),
                .integer("is_latest", "1 unless there is a later version"), .text("event_id", "the event"),
                .integer("event_index", "its leaf"), .text("author", "who recorded it"),
                .text("kind", "what it is"), .text("base", "the base that it is about").optional,
                .text("model", "the model that it is about").optional,
                .text("office", "the office that it names").optional,
                .text("recipient", "somebody outside that it binds").optional,
                .text("residual_risk", "low, medium or high").optional,
                .text("transfer_tool", "what a transfer rests on").optional,
                .integer("compute_petaflop", "computing, in 10^15 operations").optional,
                .time("recorded", "claimed time of the event"),
                .time("from", "from when it counts; absent: from then on").optional,
                .time("until", "until when it counts").optional,
                .time("retain_until", "until when it is kept at least").optional,
            ]),
        ControlTable(
            "document_parties", "A member that a document binds, and that signed it.",
            indexes: [["event_id"], ["party"]],
            [
                .text("event_id", "the document's event"), .text("party", "the member"),
            ]),
        ControlTable(
            "document_topics", "Something that a document has a part about.", indexes: [["event_id"]],
            [
                .text("event_id", "the document's event"), .text("topic", "the topic, as a word"),
            ]),
        ControlTable(
            "judgements", "A person's answer to what a query cannot see.", indexes: [["control"]],
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("author", "whose office answers"), .text("control", "the control"),
                .text("office", "the office"), .integer("is_met", "1 if the answer is that it is met"),
                .time("answered", "claimed time of the event"), .time("expires", "until when it counts"),
            ]),
        ControlTable(
            "pack_adoptions", "A control pack that the consortium adopted.", indexes: [["pack"]],
            [
                .text("pack", "the pack"), .text("version", "its version"), .text("digest", "its digest"),
                .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .integer("is_latest", "1 unless a later one of the same pack was adopted"),
                .time("adopted", "claimed time of the event"),
            ]),
        ControlTable(
            "adapter_evaluations", "What somebody measured of an adapter.", indexes: [["adapter"]],
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"), .text("author", "who measured"),
                .text("adapter", "adapter digest"), .text("kind", "accuracy, distance or membership-inference"),
                .text("deletion", "the deletion whose effect is measured").optional,
                .text("data", "SHA-256 of the evaluation data; absent for a distance").optional,
                .integer("accuracy_ppm", "of an accuracy: share of right answers, in millionths").optional,
                .integer("area_ppm", "of membership inference: area under the curve, in millionths; 500000 is guessing")
                    .optional,
                .integer("area_low_ppm", "the lower end of its 95 % interval").optional,
                .integer("area_high_ppm", "the upper end").optional,
                .integer("is_equal", "of a distance: 1 if every byte is that of the retrain").optional,
                .time("evaluated", "claimed time of the event"),
            ]),
        ControlTable(
            "mitigations", "An approximately changed adapter that serves for a time.", indexes: [["deletion"]],
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"), .text("author", "who applied it"),
                .text("deletion", "the deletion"), .text("method", "how it was changed"),
                .text("model", "in whose place it serves"), .text("adapter", "adapter digest of what serves"),
                .text("recipe", "digest of the interim recipe"), .time("applied", "claimed time of the event"),
                .time("until", "when it ends"),
            ]),
    ]

    // MARK: One organisation's own data

    static let privateTables: [ControlTable] = [
        ControlTable(
            "datasets", "A description of a data set.", indexes: [["dataset"], ["event_id"]],
            [
                .text("dataset", "its opaque id"), .text("event_id", "the event"), .text("chain", "the private chain"),
                .integer("event_index", "its leaf there"), .integer("is_latest", "1 unless it was described again"),
                .integer("is_personal", "1 if there are personal data in it"),
                .text("basis", "the legal basis, e.g. gdpr-6-1-a").optional,
                .integer("has_special_categories", "1 if there are special categories in it"),
                .text("special_condition", "what lets them be processed").optional,
                .integer("has_health_information", "1 if it held protected health information"),
                .text("deidentification", "hipaa-expert, hipaa-safe-harbor, none or pseudonymised"),
                .text("licence", "by what right it is used"), .text("source", "where the data come from"),
                .time("retain_until", "when it must be gone").optional,
                .time("described", "claimed time of the event"),
            ]),
        ControlTable(
            "dataset_purposes", "What a data set may be used for.", indexes: [["event_id"]],
            [
                .text("event_id", "the description"), .text("purpose", "the purpose"),
            ]),
        ControlTable(
            "dataset_topics", "What a datasheet says something about.", indexes: [["event_id"]],
            [
                .text("event_id", "the description"), .text("topic", "the topic, as a word"),
            ]),
        ControlTable(
            "dataset_categories", "A category of data, or of the persons whom they are about.", indexes: [["event_id"]],
            [
                .text("event_id", "the description"), .text("kind", "data or subjects"),
                .text("category", "the category, as a word"),
            ]),
        ControlTable(
            "consents", "A consent, and its withdrawal.", indexes: [["dataset"]],
            [
                .text("consent", "its opaque id"), .text("dataset", "the data set"), .text("event_id", "the event"),
                .integer("event_index", "its leaf"), .text("channel", "how it was given"),
                .time("recorded", "claimed time of the event"),
                .text("withdrawn_event", "the withdrawal").optional,
                .text("withdrawal_channel", "how it was withdrawn").optional,
                .time("withdrawn", "when the withdrawal was received").optional,
            ]),
        ControlTable(
            "restrictions", "A restriction of processing or an objection.", indexes: [["dataset"]],
            [
                .text("restriction", "its opaque id"), .text("dataset", "the data set"),
                .text("right", "objection or restriction"), .text("event_id", "the event"),
                .integer("event_index", "its leaf"), .time("applied", "claimed time of the event"),
                .text("ended_event", "its end").optional, .text("end", "lifted or overridden").optional,
                .time("told", "when the person was told of the end").optional,
                .time("ended", "claimed time of that event").optional,
            ]),
        ControlTable(
            "incidents", "Something that went wrong.", indexes: [["incident"]],
            [
                .text("incident", "its opaque id"), .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("kind", "death, personal-data-breach, serious or widespread"),
                .text("part", "controller or processor"), .time("aware", "when the organisation became aware"),
                .time("breach_due", "end of the 72 hours of GDPR Art. 33(1)").optional,
                .time("serious_due", "end of the days of AI Act Art. 73").optional,
                .time("persons_due", "60 days after it became aware (45 CFR 164.410)").optional,
            ]),
        ControlTable(
            "incident_steps", "A step of dealing with an incident.", indexes: [["incident"]],
            [
                .text("incident", "the incident"), .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text(
                    "step", "assessed, authority-notified, closed, controller-notified, explained or persons-notified"),
                .text("risk", "high, risk or unlikely").optional, .time("done", "when it was done"),
            ]),
        ControlTable(
            "notices", "What a person was told about a request.", indexes: [["deletion"]],
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"), .text("deletion", "the request"),
                .text("kind", "acknowledgement, completion, delay, identity-question, recipients or refusal"),
                .text("channel", "how"), .time("sent", "when"),
            ]),
        ControlTable(
            "notice_contents", "What a notice says.", indexes: [["event_id"]],
            [
                .text("event_id", "the notice"), .text("content", "complaint, reasons, recipients or remedy"),
            ]),
        ControlTable(
            "recipient_questions", "A person asked who received the data.", indexes: [["deletion"]],
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"), .text("deletion", "the request"),
                .text("channel", "how"), .time("received", "when"),
                .time("due", "one month after it, by Regulation 1182/71 with its grace"),
            ]),
        ControlTable(
            "dataset_registrations", "A data set whose rows are kept here to train on.", indexes: [["dataset"]],
            [
                .text("dataset", "its opaque id"), .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .integer("records", "how many rows it had"), .integer("erased", "how many of them are gone by now"),
                .integer("shards", "how many shards they are dealt to"),
                .time("registered", "claimed time of the event"),
            ]),
        ControlTable(
            "shard_runs", "A training run on one shard.", indexes: [["dataset", "shard"], ["adapter"], ["round"]],
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"), .text("run", "its digest"),
                .text("round", "the round"), .text("dataset", "the data set"),
                .integer("shard", "which of its shards, from zero"), .text("recipe", "digest of the recipe"),
                .text("adapter", "adapter digest of the result"), .text("parent", "what it started from").optional,
                .text("plan", "the plan under which it takes the place of an earlier one").optional,
                .text("trainer", "built-in or external"), .integer("records", "how many rows it used"),
                .integer("milliseconds", "how long it took, as its author says"),
                .integer("is_latest", "1 unless a later one counts for the shard in the round"),
                .time("trained", "claimed time of the event"),
            ]),
        ControlTable(
            "record_erasures", "Rows of a data set that are gone, with salt and key.", indexes: [["dataset"]],
            [
                .text("dataset", "the data set"), .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .integer("records", "how many rows"), .time("erased", "claimed time of the event"),
            ]),
        ControlTable(
            "accesses", "Something private that was opened for somebody.",
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"), .text("author", "who opened it"),
                .text("access", "disclosed or read"), .text("reader", "who got to see it, as a word"),
                .integer("leaves", "how many leaves were opened"), .time("accessed", "claimed time of the event"),
            ]),
    ]
}
