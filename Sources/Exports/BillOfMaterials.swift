internal import Adapters
internal import Bytes
internal import ChainViews
internal import Events

/// A model's history as a CycloneDX 1.6 machine-learning bill of materials (`schemas/exports.md`).
///
/// Digests of adapters, tensors and runs are tagged hashes and not those of files, so they stand in properties; `hashes`
/// holds SHA-256 of files alone.
public struct BillOfMaterials {
    /// A file of the exported model, for those who have it.
    public struct File: Hashable, Sendable {
        public var name: String
        public var sha256: String

        public init(name: String, sha256: String) {
            self.name = name
            self.sha256 = sha256
        }
    }

    private let history: ModelHistory
    private let files: [File]
    private let version: String

    private init(_ history: ModelHistory, _ files: [File], _ version: String) {
        (self.history, self.files, self.version) = (history, files, version)
    }

    /// The document, with a newline.
    ///
    /// - Parameters:
    ///   - files: the files of the model, where they are at hand.
    ///   - version: of the program that writes it.
    public static func bytes(of history: ModelHistory, files: [File] = [], version: String) -> [UInt8] {
        BillOfMaterials(history, files, version).root.canonicalBytes + [0x0a]
    }

    private var root: JSONValue {
        let model = history.model
        let name = "https://lethe.example/bom/\(history.view.origin)/\(model.event)/\(history.view.size)"
        return .object([
            "bomFormat": .string("CycloneDX"), "specVersion": .string("1.6"), "version": .integer(1),
            "serialNumber": .string("urn:uuid:\(NameUUID(url: name))"),
            "metadata": .object([
                "timestamp": .string(history.facts(of: model.event).claimedAt.text),
                "component": subject,
                "tools": .object([
                    "components": .array([
                        .object([
                            "type": .string("application"), "name": .string("lethe"),
                            "version": .string(version),
                        ])
                    ])
                ]),
                "properties": .array([
                    Self.property("chain", history.view.origin.text),
                    Self.property("chain-size", "\(history.view.size)"),
                    Self.property("times", "claimed by the authors of the events"),
                ]),
            ]),
            "components": .array(components), "dependencies": .array(dependencies),
        ])
    }

    // MARK: Components

    private var subject: JSONValue {
        var members = component(history.model)
        members["modelCard"] = modelCard
        members["pedigree"] = .object([
            "ancestors": .array([.object(component(history.base, isNested: true))]), "notes": .string(notes),
        ])
        if !files.isEmpty {
            members["components"] = .array(
                files.map { file in
                    .object([
                        "type": .string("file"), "name": .string(file.name),
                        "bom-ref": .string("file:\(file.name)"),
                        "hashes": .array([
                            .object(["alg": .string("SHA-256"), "content": .string(file.sha256)])
                        ]),
                    ])
                })
        }
        return .object(members)
    }

    private var components: [JSONValue] {
        let models = self.models.filter { $0.event != history.model.event }
        return [.object(component(history.base))] + contributions.map { .object(component($0)) }
            + models.map { .object(component($0)) } + datasets.map { .object(dataset($0.id, $0.owner)) }
            + evaluated.map { .object(evaluationData($0)) }
    }

    /// What the model rests on; what it took the place of is in the notes and nowhere else.
    private var contributions: [ContributionRow] {
        history.contributions.filter { history.foundations.contains($0.event) }
    }

    private var models: [ModelRow] { history.models.filter { history.foundations.contains($0.event) } }

    private func component(_ row: ModelRow) -> [String: JSONValue] {
        [
            "type": .string("machine-learning-model"), "bom-ref": .string("model:\(row.event)"),
            "group": .string(history.view.origin.consortium.text), "name": .string(row.round.text),
            "version": .string(String(row.model.hex.prefix(16))), "author": .string(row.author.text),
            "properties": .array(
                [
                    Self.property("adapter-digest", row.model.hex),
                    Self.property("tensor-digest", row.tensors.hex),
                    Self.property("event", row.event.hex), Self.property("state", row.state.rawValue),
                    Self.property("merge-rule", history.view.rounds[row.round]!.rule.rawValue),
                    Self.property("topology", history.view.rounds[row.round]!.topology.rawValue),
                ] + row.attestedBy.map { Self.property("attested-by", $0.text) }),
        ]
    }

    private func component(_ row: ContributionRow) -> [String: JSONValue] {
        var properties = [
            Self.property("adapter-digest", row.adapter.hex), Self.property("tensor-digest", row.tensors.hex),
            Self.property("event", row.event.hex), Self.property("round", row.round.text),
            Self.property("weight", "\(row.weight)"),
        ]
        if let training = row.training {
            properties += [
                Self.property("recipe-digest", training.recipe.hex),
                Self.property("runs-digest", training.runs.hex),
                Self.property("trainer", training.trainer.rawValue),
            ]
        }
        if let plan = row.excludedBy { properties.append(Self.property("excluded-by-plan", plan.hex)) }
        return [
            "type": .string("machine-learning-model"), "bom-ref": .string("contribution:\(row.event)"),
            "group": .string(history.view.origin.consortium.text),
            "name": .string("\(row.round)/\(row.member)"),
            "version": .string(String(row.adapter.hex.prefix(16))), "author": .string(row.member.text),
            "properties": .array(properties),
        ]
    }

    /// - Parameter isNested: inside another component, where a reference would stand twice.
    private func component(_ row: BaseRow, isNested: Bool = false) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "type": .string("machine-learning-model"), "name": .string(row.name.text),
            "version": .string(String(row.base.hex.prefix(16))),
            "properties": .array([Self.property("base-digest", row.base.hex)]),
        ]
        if !isNested { members["bom-ref"] = .string("base:\(row.base)") }
        return members
    }

    private var datasets: [(id: DatasetID, owner: MemberName)] {
        var owners: [DatasetID: MemberName] = [:]
        for row in contributions { row.training?.shards.forEach { owners[$0.dataset] = row.member } }
        return owners.sorted { $0.key < $1.key }.map { (id: $0.key, owner: $0.value) }
    }

    /// A member's data set: by its opaque id alone. What is in it stands on no public chain.
    private func dataset(_ id: DatasetID, _ owner: MemberName) -> [String: JSONValue] {
        [
            "type": .string("data"), "bom-ref": .string("dataset:\(id)"), "name": .string(id.text),
            "author": .string(owner.text),
            "data": .array([.object(["type": .string("dataset"), "name": .string(id.text)])]),
        ]
    }

    private var evaluations: [EvaluationRow] {
        history.view.evaluations(in: history.model.round).filter { $0.evaluation.model == history.model.model }
    }

    private var evaluated: [ArtifactDigest] { Set(evaluations.map(\.evaluation.dataset)).sorted() }

    private func evaluationData(_ digest: ArtifactDigest) -> [String: JSONValue] {
        [
            "type": .string("data"), "bom-ref": .string("evaluation-data:\(digest)"),
            "name": .string("evaluation data \(digest.hex.prefix(16))"),
            "properties": .array([Self.property("dataset-digest", digest.hex)]),
            "data": .array([
                .object(["type": .string("dataset"), "name": .string(String(digest.hex.prefix(16)))])
            ]),
        ]
    }

    // MARK: The model's card

    private var modelCard: JSONValue {
        var parameters: [String: JSONValue] = [
            "architectureFamily": .string("LoRA adapter"), "modelArchitecture": .string(history.base.name.text),
        ]
        let data = datasets.map { "dataset:\($0.id)" } + evaluated.map { "evaluation-data:\($0)" }
        if !data.isEmpty { parameters["datasets"] = .array(data.map { .object(["ref": .string($0)]) }) }
        var card: [String: JSONValue] = [
            "bom-ref": .string("model-card:\(history.model.event)"), "modelParameters": .object(parameters),
            "considerations": .object([
                "technicalLimitations": .strings([
                    "Digests and events are proven by the chain; what data contributions were trained on is their members' word.",
                    "Evaluations are claims of the member that recorded them.",
                ])
            ]),
        ]
        let metrics = evaluations.map { row in
            JSONValue.object([
                "type": .string("accuracy"), "value": .string(Self.decimal(row.evaluation.accuracyPPM.value)),
                "slice": .string("data set \(row.evaluation.dataset.hex)"),
            ])
        }
        if !metrics.isEmpty { card["quantitativeAnalysis"] = .object(["performanceMetrics": .array(metrics)]) }
        return .object(card)
    }

    private var notes: String {
        let merged = history.view.contributions(of: history.model).count
        var text =
            "The exact merge of \(merged) contribution(s) by the rule "
            + "\(history.round.rule.rawValue), in event \(history.facts(of: history.model.event).index) of \(history.view.origin)."
        for (old, new) in history.replaced where new.event == history.model.event {
            text += " Takes the place of the model \(old.model.hex)"
            text += new.plan.map { " under the deletion plan \($0.hex)." } ?? "."
        }
        return text
    }

    /// Parts per million as a decimal fraction, without superfluous zeros.
    static func decimal(_ partsPerMillion: Int) -> String {
        let digits = String(partsPerMillion % 1_000_000)
        var text = "\(partsPerMillion / 1_000_000)." + String(repeating: "0", count: 6 - digits.count) + digits
        while text.hasSuffix("0") { text.removeLast() }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    // MARK: Dependencies

    private var dependencies: [JSONValue] {
        let base = "base:\(history.base.base)"
        var all: [(ref: String, on: [String])] = [(base, [])]
        for row in contributions {
            let parents = history.parents(of: row).map { parent in
                switch parent {
                case .contribution(let parent): "contribution:\(parent.event)"
                case .model(let parent): "model:\(parent.event)"
                }
            }
            let data = Set(row.training?.shards.map(\.dataset) ?? []).sorted().map { "dataset:\($0)" }
            all.append(("contribution:\(row.event)", [base] + parents + data))
        }
        for row in models {
            all.append(("model:\(row.event)", history.view.contributions(of: row).map { "contribution:\($0)" }))
        }
        all += datasets.map { ("dataset:\($0.id)", []) } + evaluated.map { ("evaluation-data:\($0)", []) }
        return all.map { .object(["ref": .string($0.ref), "dependsOn": .strings(Set($0.on).sorted())]) }
    }

    private static func property(_ name: String, _ value: String) -> JSONValue {
        .object(["name": .string("lethe:\(name)"), "value": .string(value)])
    }
}
