import Foundation
import Testing

/// What is said to whoever types something that cannot be done: in words, with what to type instead.
@Suite struct HintTests {
    private func write(_ text: String, to name: String, in place: Workplace) {
        TrainingPilot.write(text, to: place.file(name))
    }

    @Test(arguments: [
        (["chek"], "lethe check"), (["show", "chains"], "lethe chain list"), (["show", "evnts"], "lethe show events"),
        (["deletion", "statsu"], "lethe deletion status"), (["model", "evaluate"], "lethe evaluate"),
        (["rekord"], "lethe record"), (["dataset", "registr", "--as", "alder"], "lethe dataset register"),
    ])
    func aCommandThatDoesNotExistIsAnsweredWithTheOneThatWasMeant(typed: [String], meant: String) {
        let outcome = Workplace().lethe(typed)
        let words = typed.prefix { !$0.hasPrefix("-") }.joined(separator: " ")
        expectRefusal(outcome, 64, naming: "there is no command \"\(words)\"")
        #expect(outcome.errors.contains("hint: did you mean \(meant)? "), "\(outcome.errors)")
    }

    @Test func aWordThatIsLikeNoCommandGetsTheListAlone() {
        let outcome = Workplace().lethe("xylophone")
        expectRefusal(outcome, 64, naming: "xylophone")
        #expect(!outcome.errors.contains("did you mean") && outcome.errors.contains("lethe --help lists"))
    }

    /// Also where the option is required, so that the parser would only say that it is missing.
    @Test(arguments: [
        (["verify", "x", "--trst", "y"], "--trst", "--trust", "verify"),
        (["verify", "x", "--trust", "y", "--maxage=3d"], "--maxage", "--max-age", "verify"),
        (["report", "deletion", "--output=page", "--leger=x"], "--leger", "--ledger", "report deletion"),
        (["train", "round-1", "--dataste", "x"], "--dataste", "--dataset", "train"),
        (
            ["deletion", "execute", "12345678", "--trianer-limit", "x"], "--trianer-limit", "--trainer-limit",
            "deletion execute"
        ),
        (["replay", "--excluding", "x", "--retain"], "--retain", "--retrain", "replay"),
        (["export", "provenance", "x", "--outptu", "y"], "--outptu", "--output", "export provenance"),
    ])
    func anOptionThatDoesNotExistIsAnsweredWithTheOneThatWasMeant(
        typed: [String], wrong: String, meant: String, command: String
    ) {
        let outcome = Workplace().lethe(typed)
        expectRefusal(outcome, 64, naming: "there is no option \(wrong)")
        #expect(
            outcome.errors.contains("hint: did you mean \(meant)? lethe \(command) --help says what it takes"),
            "\(outcome.errors)")
    }

    @Test func theVerifierAloneAnswersAMistypedOptionToo() {
        let place = Workplace()
        let outcome = place.run([Workplace.verifier, "x", "--trst", "y"])
        expectRefusal(outcome, 64, naming: "there is no option --trst")
        #expect(outcome.errors.contains("hint: did you mean --trust? lethe-verify --help"), "\(outcome.errors)")
    }

    /// What looks like an option and is a value, or stands after `--`, is none.
    @Test func whatIsMissingIsStillSaid() {
        for typed in [["verify", "x"], ["verify", "--", "--trst"]] {
            let outcome = Workplace().lethe(typed)
            expectRefusal(outcome, 64, naming: "--trust")
            #expect(outcome.errors.contains("hint: lethe verify --help says what it takes"), "\(outcome.errors)")
        }
    }

    /// No regular expression, no case of a type, no character that stands for one that cannot be shown.
    @Test func whatIsSaidOfWrongInputIsInWords() throws {
        let place = Pilot().place
        write("not a policy\n", to: "text", in: place)
        write("log x\n", to: "short.policy", in: place)
        write("lethe/checkpoint\n3\nabc\n", to: "note", in: place)
        try place.done("prove", "0", "--output", "proof")
        try place.done("trust", "--quorum", "0", "--output", "policy")
        let proof = try String(contentsOfFile: place.file("proof"), encoding: .utf8)
        write(proof.replacing("index 0", with: "index x"), to: "bad.proof", in: place)
        write(proof.replacing("index 0", with: "index 7"), to: "other.proof", in: place)
        for command in [
            ["verify", "proof", "--trust", "text"], ["verify", "proof", "--trust", "short.policy"],
            ["verify", "proof", "--trust", "proof"], ["verify", "text", "--trust", "policy"],
            ["verify", "bad.proof", "--trust", "policy"], ["verify", "other.proof", "--trust", "policy"],
            ["chain", "import", "text"], ["chain", "checkpoint", "--collect", "note"],
            ["witness", "cosign", "text", "--as", "alder"], ["round", "open", "Round 3"],
            ["deletion", "request", "--member", "ALDER", "--as", "alder"], ["round", "open", "r-3", "--as", "a b"],
            ["deletion", "request", "--member", "alder", "--as", "alder", "--received", "yesterday"],
            ["record", "handover", "x"], ["init", "--ledger", "new", "--consortium", "A b", "--member", "hub"],
            ["base", "register", "a b", "--digest", String(repeating: "a", count: 64)],
        ] {
            let outcome = place.lethe(command)
            expectRefusal(outcome, outcome.status)
            #expect(outcome.status != 0, "\(command)")
            for mark in ["^", "\\", "[a-z", "]$", "\u{fffd}", "TextValue", "Optional("] {
                #expect(!outcome.errors.contains(mark), "\(command): \(outcome.errors)")
            }
            // A case of a type: a small letter, then a capital inside a word.
            let cases = outcome.errors.matches(of: /\b[a-z]+[A-Z][A-Za-z]*\b/).map { String($0.output) }
            #expect(cases.isEmpty, "\(command): \(cases) in \(outcome.errors)")
        }
    }

    @Test func aChainOfAnotherConsortiumIsCalledThat() throws {
        let place = Pilot().place
        try place.done(
            "init", "--ledger", "other", "--consortium", "seas.example", "--member", "hub:operator,aggregator,witness")
        try place.done("chain", "export", "--output", "other.chain", "--ledger", "other")
        try place.done("trust", "--quorum", "0", "--output", "other.policy", "--ledger", "other")
        try place.done("trust", "--quorum", "0", "--output", "policy")
        let outcome = place.lethe("chain", "import", "other.chain", "--trust", "other.policy")
        expectRefusal(outcome, 1, naming: "skies.example", "seas.example")
        try place.done("prove", "0", "--output", "proof")
        let judged = place.lethe("verify", "proof", "--trust", "other.policy")
        expectRefusal(judged, 1, naming: "none of the policy's keys signed it")
        #expect(judged.errors.contains("hint: the policy is of another consortium, or the file is forged"))
        // One that bears the same name, made with other keys.
        try place.done(
            "init", "--ledger", "twin", "--consortium", "skies.example", "--member", "hub:operator,aggregator,witness")
        try place.done("chain", "export", "--output", "twin.chain", "--ledger", "twin")
        expectRefusal(
            place.lethe("chain", "import", "twin.chain"), 1, naming: "is not signed by the key that this ledger knows")
    }

    @Test func whatIsMissingIsNamedAsItWasTyped() throws {
        let pilot = TrainingPilot()
        let place = pilot.place
        expectRefusal(place.lethe("adapter", "import", "nowhere"), 2, naming: "no directory nowhere")
        let register = ["dataset", "register", "alder.tsv", "--as", "nobody"]
        expectRefusal(place.lethe(register), 2, naming: "no keys of nobody")
        #expect(place.lethe(register).errors.contains("alder, birch, hub"))
        write("id,label,text\n", to: "comma.tsv", in: place)
        let commas = place.lethe("dataset", "register", "comma.tsv", "--as", "alder")
        expectRefusal(commas, 2, naming: "record_id", "one column, \"id,label,text\"")
        #expect(commas.errors.contains("hint: tabs separate"))
        write("id\tlabel\ttext\n", to: "other.tsv", in: place)
        expectRefusal(
            place.lethe("dataset", "register", "other.tsv", "--as", "alder"), 2,
            naming: "no column \"record_id\"; it has \"id\", \"label\", \"text\"")
        let twice = place.lethe(
            "verify", "c.json", "--trust", "p", "--embedded", "7", "--data", "data", "--data", "./data")
        expectRefusal(twice, 64, naming: "./data is given twice")
    }

    @Test func packsAreFoundWhereTheyAre() throws {
        let place = Workplace()
        let packs = Places.package + "/policies"
        let alone = place.lethe("pack", "check", packs + "/ledger-core")
        expectRefusal(alone, 2, naming: "no ledger at .")
        #expect(alone.errors.contains("--alone"))
        let parent = place.lethe("pack", "check", packs, "--alone")
        expectRefusal(parent, 2, naming: packs)
        #expect(parent.errors.contains("give one of ") && parent.errors.contains(packs + "/gdpr-erasure"))
        try place.done("export", "catalog", packs, "--output", "all.json")
        try place.done("export", "catalog", packs + "/ledger-core", packs + "/gdpr-erasure", "--output", "two.json")
        let sizes = try ["all.json", "two.json"].map {
            try Data(contentsOf: URL(fileURLWithPath: place.file($0))).count
        }
        #expect(sizes[0] > sizes[1])
    }

    @Test func aDecisionThatLacksSignaturesSaysHowToGetThem() throws {
        let place = Pilot().place
        try place.done("init", "--ledger", "delta", "--consortium", "skies.example", "--member", "delta", "--join")
        let outcome = place.lethe("member", "admit", "delta/delta.card.json", "--as", "hub")
        expectRefusal(outcome, 1, naming: "signed by 1 member(s)")
        #expect(outcome.errors.contains("--draft FILE"))
        let drafted = try place.done("member", "admit", "delta/delta.card.json", "--as", "hub", "--draft", "draft.json")
        #expect(drafted.contains("lethe sign") && drafted.contains("lethe append"))
        try place.done("sign", "draft.json", "--as", "alder")
        try place.done("append", "draft.json")
        #expect(try place.done("show", "members").contains("delta"))
    }

    @Test(arguments: [
        "--base", "--embedded", "--data", "--subject", "--record", "--threads", "--adapters", "--ca", "--report",
    ])
    func theVerifierAloneSaysWhichProgramHasWhatItLacks(option: String) {
        let outcome = Workplace().run([Workplace.verifier, "c.json", "--trust", "p", option, "x"])
        expectRefusal(outcome, 64, naming: option)
        #expect(outcome.errors.contains("lethe verify BUNDLE --trust POLICY \(option)"))
    }
}
