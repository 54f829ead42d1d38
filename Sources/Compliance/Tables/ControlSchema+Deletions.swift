extension ControlSchema {
    // MARK: Deletions

    static let deletionTables: [ControlTable] = [
        ControlTable(
            "deletions", "A request for deletion and what became of it.", indexes: [["deletion"], ["plan"]],
            [
                .text("deletion", "its opaque id"), .text("author", "who recorded the request"),
                .text("member", "whose contributions are to go"), .text("scope", "what it is about"),
                .text("ground", "the right or duty"),
                .text("law", "gdpr, ccpa or agreement: what the ground belongs to"),
                .text("state", "requested, accepted, refused, started, completed or certified"),
                .text("requested_event", "the event"), .integer("requested_index", "its leaf"),
                .time("requested", "claimed time of that event"),
                .time("received", "receipt, as the author says"),
                .time("due", "when the answer is due, as the author says"),
                .time("strict_due", "end of the period by the law, without grace").optional,
                .time("graced_due", "the same with the grace that the law gives for holidays").optional,
                .time("extended_due", "end of the longest extension").optional,
                .time("limit_due", "end of the period with grace and with the extension that is recorded").optional,
                .time("acknowledge_due", "when receipt must be confirmed, where the law says so").optional,
                .text("decision", "accepted or refused").optional,
                .text("decided_event", "the event").optional,
                .integer("decided_index", "its leaf").optional,
                .time("decided", "claimed time of that event").optional,
                .integer("decided_members", "how many different members signed it").optional,
                .text("plan", "the plan that carries it out").optional,
                .text("completed_event", "the event").optional,
                .integer("completed_index", "its leaf").optional,
                .time("completed", "claimed time of that event").optional,
                .text("outcome", "exact or withdrawn").optional,
                .text("certified_event", "the event").optional,
                .integer("certified_index", "its leaf").optional,
                .time("certified", "claimed time of that event").optional,
                .text("certificate", "digest of what was issued").optional,
                .text("certificate_kind", "certificate or status-statement").optional,
                .text("answered_event", "the refusal or the completion").optional,
                .time("answered", "claimed time of that event").optional,
                .text("refusal_ground", "why it was refused").optional,
                .text("refusal_reviewer", "the office that reviewed the refusal").optional,
                .text("refusal_notice", "the private event that says what the person was told").optional,
                .text("extension_event", "the extension").optional,
                .text("extension_reason", "why it takes longer").optional,
                .text("extension_notice", "the private event that says what the person was told").optional,
                .time("extension_told", "when the person was told").optional,
                .time("extension_due", "when the answer is due by the extension").optional,
            ]),
        ControlTable(
            "deletion_shards", "A shard that an accepted deletion takes records out of.",
            indexes: [["deletion"], ["dataset", "shard"]],
            [
                .text("deletion", "the deletion"), .text("dataset", "the data set"),
                .integer("shard", "which of its shards, from zero"),
                .integer("is_emptied", "1 if no record is left in it"),
            ]),
        ControlTable(
            "plans", "A plan that was started.", indexes: [["plan"]],
            [
                .text("plan", "its digest"), .text("started_event", "the event"),
                .integer("started_index", "its leaf"), .time("started", "claimed time of that event"),
                .text("excluded_event", "the exclusion").optional,
                .integer("excluded_index", "its leaf").optional,
                .time("excluded", "claimed time of that event").optional,
                .text("rematerialized_event", "the end of re-materialisation").optional,
                .integer("rematerialized_index", "its leaf").optional,
                .time("rematerialized", "claimed time of that event").optional,
            ]),
        ControlTable(
            "plan_deletions", "A deletion that a plan carries out.", indexes: [["plan"]],
            [
                .text("plan", "the plan"), .text("deletion", "the deletion"),
            ]),
        ControlTable(
            "plan_excluded", "A contribution that a plan excludes.",
            indexes: [["plan"], ["contribution_event"]],
            [
                .text("plan", "the plan"), .text("contribution_event", "the contribution"),
            ]),
        ControlTable(
            "plan_models", "A model that a plan affects.", indexes: [["plan"], ["model_event"]],
            [
                .text("plan", "the plan"), .text("model_event", "the materialisation"),
                .text("model", "its adapter digest"), .text("round", "its round"),
                .text("planned", "rematerialized or withdrawn"),
                .text("disposition", "what the plan's end says became of it").optional,
                .text("new_model", "the adapter digest of what replaces it").optional,
            ]),
        ControlTable(
            "plan_holders", "A member that holds something to erase.", indexes: [["plan"]],
            [
                .text("plan", "the plan"), .text("holder", "the member"),
            ]),
        ControlTable(
            "plan_artifacts", "Something that each holder erases.", indexes: [["plan"], ["artifact"]],
            [
                .text("plan", "the plan"), .text("artifact", "adapter digest"),
            ]),
        ControlTable(
            "erasures", "What a holder says of one store.", indexes: [["plan", "holder"]],
            [
                .text("plan", "the plan"), .text("holder", "the member"), .text("event_id", "the event"),
                .integer("event_index", "its leaf"), .text("store", "backups, blobs, running-sums or vault"),
                .text("verdict", "deleted, not-found, pending-backup, retained or failed"),
                .integer("items", "how many things"),
                .text("ground", "why it is kept, where it is retained").optional,
                .time("until", "when the backup runs out, or the reason to keep it is looked at again").optional,
                .integer("is_latest", "1 unless the holder attested again later"),
                .time("attested", "claimed time of the event"),
            ]),
        ControlTable(
            "scopes", "The private side of a request.", indexes: [["deletion"]],
            [
                .text("deletion", "the deletion"), .text("chain", "the private chain"),
                .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("commitment", "of the body that says who and which records"),
                .text("erased_event", "the event under which that body is gone").optional,
                .time("erased", "claimed time of that event").optional,
            ]),
    ]

    // MARK: Judgements

    static let judgementTables: [ControlTable] = [
        ControlTable(
            "waivers", "A violation that somebody answers for until a day.",
            [
                .text("waiver", "its id"), .text("control", "the control"),
                .text("event", "the event that shows the one violation").optional,
                .text("subject", "the one violation; absent: all of the control").optional,
                .text("owner", "who answers for the control"), .text("approver", "who allowed the exception"),
                .text("reason", "why"), .time("granted", "from when"),
                .time("expires", "until when").optional,
            ]),
        ControlTable(
            "self_tests", "What became of a control's own fixture.",
            [
                .text("pack", "the pack"), .text("control", "the control"), .text("fixture", "pass or fail"),
                .integer("is_expected", "1 if the control judged the fixture as it says"),
                .text("reason", "what differs").optional,
            ]),
    ]
}
