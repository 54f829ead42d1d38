import Bytes
import ChainViews
import ConsortiumFixture
import Events

private typealias Skies = SampleConsortium

/// Copies of another member's bytes, and contributions that are taken back or set aside.
enum WithdrawalVectors {
    static func add(to set: inout VectorSet) throws {
        try copies(&set)
        try withdrawals(&set)
    }

    /// Bytes have one owner and one lineage, also where they were withdrawn.
    private static func copies(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.commit(Skies.united, to: "r1", shards: [0])
        set.add(
            "contribution-of-anothers-adapter-in-an-open-round", rule: "adapterOfAnother",
            "United committed it before.",
            skies, .adapterCommitted(Skies.contribution(Skies.virgin, to: "r1", label: "united/r1")), by: Skies.virgin)
        try skies.say(.contributionWithdrawn(skies.withdrawal(of: Skies.united, "r1")), by: Skies.united)
        set.add(
            "contribution-of-anothers-withdrawn-adapter", rule: "adapterOfAnother", "United committed it before.",
            skies, .adapterCommitted(Skies.contribution(Skies.virgin, to: "r1", label: "united/r1")), by: Skies.virgin)
        let relabelled = Event.adapterCommitted(Skies.contribution(Skies.united, to: "r1"))
        set.add(
            "contribution-withdrawn-and-committed-without-its-shards", rule: "otherLineage",
            "A deletion would not find it.", skies, relabelled, by: Skies.united)
    }

    private static func withdrawals(_ set: inout VectorSet) throws {
        var skies = Skies.founded()
        try skies.openRound("r1")
        try skies.commit(Skies.united, to: "r1")
        let own = Event.contributionWithdrawn(skies.withdrawal(of: Skies.united, "r1"))
        var other = skies.withdrawal(of: Skies.united, "r1", .misfit)
        set.add(
            "contribution-withdrawal-by-its-member", "ok", "The round is open.", skies,
            skies.envelope(own, by: Skies.united))
        set.add(
            "contribution-withdrawal-of-anothers-contribution-alone", rule: "tooFewSignatures",
            "It takes the threshold.", skies,
            .contributionWithdrawn(other), by: Skies.swiss)
        set.add(
            "contribution-withdrawal-of-anothers-contribution", "ok", "As many as the threshold set it aside.", skies,
            skies.envelope(.contributionWithdrawn(other), by: Skies.swiss, with: [Skies.delta]))
        other.adapter = digest("other")
        set.add(
            "contribution-withdrawal-of-another-adapter", rule: "unknownAdapter", "The contribution has another.",
            skies,
            .contributionWithdrawn(other), by: Skies.united)
        var gone = skies
        try gone.say(own, by: Skies.united)
        set.add(
            "contribution-withdrawal-again", rule: "withdrawalRefused", "It does not count any more.", gone, own,
            by: Skies.united)
        try skies.close("r1")
        set.add(
            "contribution-withdrawal-from-a-closed-round-alone", rule: "tooFewSignatures", "The list is fixed.", skies,
            own,
            by: Skies.united)
        try skies.materialize("r1")
        set.add(
            "contribution-withdrawal-of-what-a-model-merged", rule: "withdrawalRefused", "It takes a deletion.", skies,
            own,
            by: Skies.united, with: [Skies.delta])
    }
}
