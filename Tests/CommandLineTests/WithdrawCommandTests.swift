import Foundation
import Testing

/// Adapters of another base, and how a round goes on without a contribution.
struct WithdrawCommandTests {
    private func commit(_ directory: String, as member: String) -> [String] {
        ["adapter", "commit", directory, "--round", "round-2", "--samples", "3", "--as", member]
    }

    @Test func anAdapterOfAnotherNameIsCommittedOnceTheNameIsTheBases() throws {
        let pilot = Pilot()
        SmallAdapter(base: "mirror/minilm", seed: 9).write(to: pilot.place.file("mirrored"))
        try pilot.expectRefused(commit("mirrored", as: "birch"), 1, naming: "mirror/minilm")
        let hint = pilot.place.lethe(commit("mirrored", as: "birch")).errors
        #expect(hint.contains("lethe base register") && hint.contains(Organisations.baseDigest), "\(hint)")
        try pilot.place.done(
            "base", "register", "mirror/minilm", "--digest", Organisations.baseDigest, "--as", "hub")
        try pilot.place.done(commit("mirrored", as: "birch"))
        try pilot.place.done("check")
    }

    @Test func aCopyIsRefusedAndAMisfitSetAsideByTheThreshold() throws {
        let pilot = Pilot()
        try pilot.expectRefused(commit("round-2/alder", as: "birch"), 1, naming: "alder")
        SmallAdapter(seed: 9).write(to: pilot.place.file("own"))
        try pilot.place.done(commit("own", as: "birch"))
        let withdraw = ["adapter", "withdraw", "round-2", "--of", "birch", "--reason", "misfit", "--as", "alder"]
        try pilot.expectRefused(withdraw, 1, naming: "signed by 1 member(s)")
        try pilot.place.done(withdraw + ["--with", "hub"])
        try pilot.place.done("round", "close", "round-2")
        try pilot.place.done("model", "materialize", "round-2")
        try pilot.place.done("check")
        #expect(try pilot.place.done("show", "rounds").contains("birch (withdrawn)"))
        let said = try pilot.place.done("report", "provenance", "round-2", "--output", "page.html")
        #expect(said.contains("  withdrawn\n") && !said.contains("excluded"), "\(said)")
        // No part of what the model is made of.
        for kind in ["bom", "provenance"] {
            try pilot.place.done("export", kind, "round-2", "--output", "\(kind).json")
            let text = try String(contentsOfFile: pilot.place.file("\(kind).json"), encoding: .utf8)
            #expect(text.contains("alder") && !text.contains("birch"), "\(kind)")
        }
    }

    @Test func aMemberTakesItsOwnContributionBackOnlyBeforeAModelHasIt() throws {
        let pilot = Pilot()
        let answer = try pilot.place.done("adapter", "withdraw", "round-2", "--as", "alder")
        #expect(answer.contains("the contribution of alder to round-2 is withdrawn: mistaken"), "\(answer)")
        try pilot.expectRefused(
            ["adapter", "withdraw", "round-2", "--as", "alder"], 2, naming: "no contribution to round-2")
        try pilot.expectRefused(
            ["adapter", "withdraw", "round-1", "--as", "alder", "--with", "hub"], 1, naming: "a model merged it")
        try pilot.expectRefused(["adapter", "withdraw", "round-9", "--as", "alder"], 2, naming: "round-9")
        let odd = pilot.place.lethe("adapter", "withdraw", "round-2", "--reason", "regret", "--as", "alder")
        #expect(odd.status == 64 && odd.errors.contains("regret"), "\(odd.errors)")
        try pilot.place.done(commit("round-2/alder", as: "alder"))
    }
}
