/// All tables of the control database. `schemas/control-tables.md` is their page; a test holds the two equal.
public enum ControlSchema {
    public static let version = TablesVersion(1, 2)

    public static let tables: [ControlTable] =
        ledgerTables + chainTables + trainingTables + deletionTables + governanceTables + privateTables
        + judgementTables

    public static let byName = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0) })

    // MARK: The ledger

    private static let ledgerTables: [ControlTable] = [
        ControlTable(
            "ledger", "The public chain; one row.",
            [
                .text("chain", "its origin"), .text("consortium", "the consortium's name"),
                .text("operator", "the member that operates it"), .text("first_event", "its first event"),
                .integer("threshold", "how many members sign what binds all"),
                .integer("size", "how many events it has"),
            ]),
        ControlTable(
            "members", "A member.", indexes: [["member"]],
            [
                .text("member", "its name"), .text("admitted_event", "the founding or admission"),
                .integer("admitted_index", "the leaf of that event"),
                .time("admitted", "claimed time of that event"),
            ]),
        ControlTable(
            "member_roles", "One role of one member.", indexes: [["member"]],
            [
                .text("member", "the member"),
                .text("role", "auditor, aggregator, contributor, operator or witness"),
            ]),
        ControlTable(
            "keys", "A key of a member.", indexes: [["key_id"]],
            [
                .text("key_id", "SHA-256 of the key"), .text("member", "whose it is"),
                .text("purpose", "event, witness or encryption"), .text("algorithm", "ed25519 or x25519"),
                .integer("added_index", "the public leaf that brought it; valid in every later leaf"),
                .time("added", "claimed time of that leaf"),
                .integer("revoked_index", "the public leaf that revoked it; valid in no later leaf").optional,
                .text("revoked_event", "that event").optional,
                .time("revoked", "claimed time of that event").optional,
                .integer("good_size", "what it signed from this leaf on is disputed").optional,
                .text("revocation_reason", "rotated, lost or compromised").optional,
            ]),
        ControlTable(
            "event_types", "A type of event that this version knows.", indexes: [["type"]],
            [
                .text("type", "its name"), .integer("version", "its version"),
                .text("audience", "public or private"), .integer("has_body", "1 if it must commit to a body"),
            ]),
    ]

    // MARK: Chains

    private static let chainTables: [ControlTable] = [
        ControlTable(
            "events", "An event that was verified, in the order of its chain.",
            indexes: [["event_id"], ["chain", "event_index"], ["type"]],
            [
                .text("event_id", "hash of the leaf"), .text("chain", "origin of its chain"),
                .integer("event_index", "its leaf, from zero"),
                .integer("is_public", "1 on the public chain"),
                .text("type", "its type"), .integer("version", "the type's version"),
                .text("author", "the member that says it"),
                .integer("sequence", "the author's count on this chain"),
                .text("previous_event", "the author's previous event on this chain").optional,
                .time("claimed", "what the author's clock said"),
                .text("body_commitment", "the body it commits to").optional,
                .text("body_media_type", "the body's type").optional,
                .integer("covered_size", "size of the smallest known checkpoint that covers it").optional,
                .time("recorded_after", "proven: not before this").optional,
                .time("recorded_before", "proven: not after this").optional,
            ]),
        ControlTable(
            "key_use", "One signature on one event.", indexes: [["event_id"], ["key_id"]],
            [
                .text("event_id", "the event"), .text("chain", "its chain"),
                .integer("event_index", "its leaf"),
                .text("author", "its author"), .text("key_id", "the key whose signature holds"),
                .integer("judged_index", "the public leaf as of which the key counts"),
            ]),
        ControlTable(
            "refusals", "An entry that verification refused.",
            [
                .text("chain", "its chain"), .integer("event_index", "its leaf"),
                .text("event_id", "hash of the leaf, where it could be read").optional,
                .text("reason", "what is wrong with it"),
            ]),
        ControlTable(
            "bodies", "A body that an event commits to.", indexes: [["commitment"]],
            [
                .text("event_id", "the event"), .text("chain", "its chain"),
                .integer("event_index", "its leaf"),
                .text("commitment", "the salted commitment"), .text("media_type", "the body's type"),
                .text("erased_event", "the event under which the body is gone").optional,
                .time("erased", "claimed time of that event").optional,
            ]),
        ControlTable(
            "chains", "A private chain.", indexes: [["origin"]],
            [
                .text("origin", "its origin"), .text("operator", "the member that operates it"),
                .text("opened_event", "the public event that opened it"),
                .integer("opened_index", "its leaf"),
                .time("opened", "claimed time of that event"),
                .integer("anchors", "how often it was anchored"),
            ]),
        ControlTable(
            "anchors", "A commitment to a private chain's checkpoint.", indexes: [["origin"]],
            [
                .text("event_id", "the public event"), .integer("event_index", "its leaf"),
                .text("origin", "the private chain"), .text("commitment", "the salted commitment"),
                .time("anchored", "claimed time of the event"),
            ]),
        ControlTable(
            "checkpoints", "A signed checkpoint as one source has it.", indexes: [["chain", "size"]],
            [
                .text("chain", "the origin"), .integer("size", "how many leaves"),
                .text("root", "the root hash"),
                .text("source", "who showed it: this ledger, a witness, another member"),
                .integer(
                    "extends_chain",
                    "1 if the chain here has this root at this size, 0 if not; absent: not looked at"
                )
                .optional,
                .integer("witnesses", "how many different witnesses cosigned it"),
                .time("proven", "by when as many witnesses as the quorum had cosigned it").optional,
            ]),
        ControlTable(
            "cosignatures", "A witness's signature on a checkpoint.", indexes: [["chain", "size"]],
            [
                .text("chain", "the origin"), .integer("size", "how many leaves"),
                .text("root", "the root hash"),
                .text("witness", "the member that cosigned"), .time("cosigned", "when, as the witness says"),
            ]),
    ]

    // MARK: Training

    private static let trainingTables: [ControlTable] = [
        ControlTable(
            "bases", "A registered base model.", indexes: [["base"]],
            [
                .text("base", "digest of its weights"), .text("name", "where people fetch it"),
                .text("registered_event", "the event"), .integer("registered_index", "its leaf"),
                .time("registered", "claimed time of that event"),
            ]),
        ControlTable(
            "rounds", "A round.", indexes: [["round"]],
            [
                .text("round", "its name"), .text("rule", "mean, ffa or stack"),
                .text("topology", "isolated, feedback or cohort"), .text("base", "what it starts from"),
                .text("author", "who opened it"), .text("state", "open or closed"),
                .text("opened_event", "the event"), .integer("opened_index", "its leaf"),
                .time("opened", "claimed time of that event"), .text("closed_event", "the event").optional,
                .integer("closed_index", "its leaf").optional,
                .time("closed", "claimed time of that event").optional,
                .text("model_event", "the latest materialisation").optional,
            ]),
        ControlTable(
            "contributions", "An adapter that a member committed.",
            indexes: [["event_id"], ["round"], ["adapter"], ["tensors"], ["member"]],
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("member", "its author"),
                .text("round", "the round"), .text("adapter", "adapter digest"),
                .text("tensors", "tensor digest"),
                .integer("weight", "how much it counts in a mean"),
                .time("committed", "claimed time of the event"),
                .text("excluded_by", "the plan that excludes it").optional,
                .integer("excluded_index", "the leaf at which that plan started").optional,
                .text("affected_by", "the plan that found it to descend from what that plan excludes")
                    .optional,
                .text("replaces", "the contribution in whose place it was trained again").optional,
                .text("recipe", "digest of the recipe, where its member trained here").optional,
                .text("trainer", "built-in or external, where its member says").optional,
                .text("withdrawn_by", "the event that took it back or set it aside; no model merged it").optional,
            ]),
        ControlTable(
            "contribution_parents", "What a contribution's training started from.",
            indexes: [["event_id"], ["parent"]],
            [
                .text("event_id", "the contribution"),
                .text("parent", "an adapter or a model, by adapter digest"),
            ]),
        ControlTable(
            "contribution_shards", "A shard of a data set that a contribution was trained on.",
            indexes: [["event_id"], ["dataset"]],
            [
                .text("event_id", "the contribution"), .text("dataset", "the data set"),
                .integer("shard", "which of its shards, from zero"),
            ]),
        ControlTable(
            "models", "A materialised model.", indexes: [["event_id"], ["model"], ["round"]],
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("author", "who made it"),
                .text("model", "adapter digest"), .text("tensors", "tensor digest"),
                .text("round", "the round"),
                .text("state", "current, suppressed, replaced or recalled"),
                .time("materialized", "claimed time of the event"),
                .text("plan", "the plan that made it necessary").optional,
                .text("replaced_by", "the materialisation in its place").optional,
                .text("recalled_event", "the recall").optional,
                .time("recalled", "claimed time of that event").optional,
                .integer("contributions", "how many it merges"),
            ]),
        ControlTable(
            "model_contributions", "One contribution merged into one model.",
            indexes: [["model_event"], ["contribution_event"]],
            [
                .text("model_event", "the materialisation"), .text("contribution_event", "the contribution"),
            ]),
        ControlTable(
            "participation_decisions", "A member's decision about a round that a policy holds.", indexes: [["round"]],
            [
                .text("round", "the round"), .text("member", "who decided"), .text("event_id", "the event"),
                .integer("event_index", "its leaf"), .integer("takes_part", "1 if it takes part"),
                .integer("shards", "how many shards it puts in").optional,
                .integer("epochs", "how many epochs it trains").optional,
                .integer("is_override", "1 if a person decided instead of the agent"),
                .time("decided", "claimed time of the event"),
            ]),
        ControlTable(
            "round_evaluations", "What the model of some of a round's contributions reaches, as somebody measured it.",
            indexes: [["round"], ["model"]],
            [
                .text("event_id", "the event"), .integer("event_index", "its leaf"), .text("author", "who measured"),
                .text("round", "the round"), .text("model", "adapter digest; absent for the base alone").optional,
                .text("data", "SHA-256 of the evaluation data"),
                .integer("contributions", "how many are merged into it"),
                .integer("accuracy_ppm", "share of right answers, in millionths"),
                .time("evaluated", "claimed time of the event"),
            ]),
        ControlTable(
            "model_attestations", "Another member got the same bytes.", indexes: [["model_event"]],
            [
                .text("model_event", "the materialisation"), .text("member", "who says so"),
                .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .time("attested", "claimed time of that event"),
            ]),
        ControlTable(
            "training_attestations", "Another member trained again what took the place of an excluded contribution.",
            indexes: [["contribution_event"], ["plan"]],
            [
                .text("contribution_event", "what took the place"), .text("plan", "the plan that wanted it"),
                .text("member", "who says so"), .text("event_id", "the event"), .integer("event_index", "its leaf"),
                .text("outcome", "equal or different: whether its digests came out"),
                .text("trainer", "built-in or external"),
                .integer("is_latest", "1 unless the member said otherwise later"),
                .time("attested", "claimed time of that event"),
            ]),
    ]
}
