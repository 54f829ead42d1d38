internal import Adapters
internal import Bytes
public import Compliance
public import Events

/// Controls and their results in OSCAL 1.2 (`schemas/exports.md`): a catalog of packs, assessment results of a run.
///
/// UUIDs are version 5 and follow from digests, times from the result: the same input gives the same bytes.
public enum ControlAssessment {
    static let oscalVersion = "1.2.0"
    static let namespace = "https://lethe.example/ns/oscal"

    // MARK: Catalog

    /// The catalog of `packs`, with a newline: a group for each, a control for each control.
    ///
    /// - Parameter time: when the packs were read.
    public static func catalog(of packs: [Pack], time: Timestamp) -> [UInt8] {
        let digests = packs.map(\.digest.hex)
        let document = JSONValue.object([
            "catalog": .object([
                "uuid": .string(catalogUUID(digests)),
                "metadata": metadata(
                    "Controls of \(packs.map(\.id.text).joined(separator: ", "))", time,
                    packs.map { "\($0.id) \($0.manifest.version)" }.joined(separator: ", ")),
                "groups": .array(packs.map(group)),
            ])
        ])
        return document.canonicalBytes + [0x0a]
    }

    /// The catalog's UUID: it follows from which packs are in it, in any order.
    static func catalogUUID(_ packDigests: [String]) -> String {
        uuid("catalog/\(packDigests.sorted().joined(separator: ","))")
    }

    private static func group(_ pack: Pack) -> JSONValue {
        .object([
            "id": .string(pack.id.text), "title": .string(pack.manifest.title.text),
            "props": .array([
                property("pack-digest", pack.digest.hex), property("version", pack.manifest.version.text),
            ]),
            "parts": .array([
                .object([
                    "id": .string("\(pack.id)_limits"), "name": .string("overview"),
                    "prose": .string("Not looked at: \(pack.manifest.limits)"),
                ])
            ]),
            "controls": .array(pack.controls.map { control($0.manifest, $0.queryDigest.hex, pack.id) }),
        ])
    }

    private static func control(_ manifest: ControlManifest, _ query: String, _ pack: PackID) -> JSONValue {
        let id = controlID(manifest.id, pack)
        func part(_ suffix: String, _ name: String, _ prose: String) -> JSONValue {
            .object(["id": .string("\(id)_\(suffix)"), "name": .string(name), "prose": .string(prose)])
        }
        var members: [String: JSONValue] = [
            "id": .string(id), "title": .string(manifest.title.text),
            "props": .array([
                // The one property that OSCAL itself defines: what people call the control.
                .object(["name": .string("label"), "value": .string(manifest.id.text)]),
                property("severity", manifest.severity.rawValue), property("version", manifest.version.text),
                property("query-digest", query), property("owner", manifest.owner.text),
            ]),
            "parts": .array(
                [
                    part("stm", "statement", manifest.meaning.text),
                    part(
                        "obj", "assessment-objective",
                        "No row of the violations query is left without a waiver."),
                    part("gdn", "guidance", "What a pass does not show: \(manifest.limits)"),
                ] + (manifest.judgement.map { [part("ask", "assessment-method", $0.question.text)] } ?? [])),
        ]
        if let url = manifest.regime.url {
            let article = manifest.regime.article.map { " \($0)" } ?? ""
            members["links"] = .array([
                .object([
                    "href": .string(url.text), "rel": .string("reference"),
                    "text": .string("\(manifest.regime.law)\(article)"),
                ])
            ])
        }
        return .object(members)
    }

    /// Two packs may have a control of one name.
    static func controlID(_ control: ControlID, _ pack: PackID) -> String { "\(pack).\(control)" }

    // MARK: Results

    /// The assessment results of one run, with a newline.
    public static func results(of result: ComplianceResult) -> [UInt8] {
        let digest = ArtifactDigest.sha256(CanonicalJSON.encode(result)).hex
        let controls = result.packs.flatMap { pack in pack.controls.map { (pack: pack, control: $0) } }
        let plan = uuid("\(digest)/plan")
        let run: [String: JSONValue] = [
            "uuid": .string(uuid("\(digest)/result")),
            "title": .string("Controls over \(result.chain) up to event \(result.size)"),
            "description": .string(
                "Overall \(result.overall.rawValue). What was run: the violations queries of \(result.packs.count) pack(s) over "
                    + "a database built from the chain's events, as of \(result.asOf)."),
            "start": .string(result.asOf.text), "end": .string(result.asOf.text),
            "props": .array(
                [
                    property("chain", result.chain.text), property("chain-size", "\(result.size)"),
                    property("overall", result.overall.rawValue), property("result-digest", digest),
                ] + result.counts.sorted { $0.key < $1.key }.map { property("count-\($0.key)", "\($0.value)") }),
            "reviewed-controls": .object([
                "control-selections": .array([
                    .object([
                        "include-controls": .array(
                            controls.map {
                                .object(["control-id": .string(controlID($0.control.control, $0.pack.pack))])
                            })
                    ])
                ])
            ]),
            "observations": .array(controls.map { observation($0.control, $0.pack, digest, result.asOf) }),
        ]
        let findings = controls.compactMap { finding($0.control, $0.pack, digest) }
        let document = JSONValue.object([
            "assessment-results": .object([
                "uuid": .string(uuid(digest)),
                "metadata": metadata(
                    "Control results of \(result.chain)", result.asOf, String(digest.prefix(16))),
                "import-ap": .object([
                    "href": .string("#\(plan)"),
                    "remarks": .string(
                        "There is no assessment plan of its own: the signed packs say what is run, and how."),
                ]),
                "results": .array([
                    .object(findings.isEmpty ? run : run.merging(["findings": .array(findings)]) { $1 })
                ]),
                "back-matter": .object(["resources": .array([planResource(result, plan)])]),
            ])
        ])
        return document.canonicalBytes + [0x0a]
    }

    private static func planResource(_ result: ComplianceResult, _ uuid: String) -> JSONValue {
        let catalog = catalogUUID(result.packs.map(\.digest.hex))
        return .object([
            "uuid": .string(uuid), "title": .string("Control packs"),
            "description": .string(
                "The packs that were run, by digest; their OSCAL catalog has the UUID \(catalog)."),
            "document-ids": .array([.object(["identifier": .string(catalog)])]),
            "props": .array(
                result.packs.map { property("pack-digest", $0.digest.hex, remarks: "\($0.pack) \($0.version)") }
            ),
        ])
    }

    private static func observation(
        _ control: ControlResult, _ pack: PackResult, _ digest: String, _ time: Timestamp
    ) -> JSONValue {
        let id = controlID(control.control, pack.pack)
        var members: [String: JSONValue] = [
            "uuid": .string(uuid("\(digest)/observation/\(id)")),
            "title": .string("\(control.control): \(control.title)"),
            "description": .string(describe(control)),
            "methods": .strings(control.question == nil ? ["TEST"] : ["TEST", "EXAMINE"]),
            "types": .strings(["control-objective"]), "collected": .string(time.text),
            "props": .array(
                [
                    property("control", id), property("result", control.word.rawValue),
                    property("query-digest", control.queryDigest.hex),
                    property("severity", control.severity.rawValue),
                ] + (control.population.map { [property("population", "\($0)")] } ?? [])),
        ]
        let evidence = control.violations.map { reported -> JSONValue in
            let violation = reported.violation
            var properties = [property("subject", violation.subject)]
            if let event = violation.eventID { properties.append(property("event", event)) }
            if let since = violation.since { properties.append(property("since", since)) }
            if let waiver = reported.waiver { properties.append(property("waiver", waiver)) }
            return .object([
                "description": .string("\(violation.subject): \(violation.reason)"),
                "props": .array(properties),
            ])
        }
        if !evidence.isEmpty { members["relevant-evidence"] = .array(evidence) }
        return .object(members)
    }

    private static func describe(_ control: ControlResult) -> String {
        var text = "\(control.word.rawValue): \(control.meaning)"
        if let explanation = control.explanation { text += " \(explanation)." }
        if control.isTruncated { text += " There are more violations than are listed." }
        return "\(text) Not shown by a pass: \(control.limits)"
    }

    /// What is not applicable gives no finding; what could not be told is not satisfied, and says why.
    private static func finding(_ control: ControlResult, _ pack: PackResult, _ digest: String) -> JSONValue? {
        guard control.word != .notApplicable else { return nil }
        let id = controlID(control.control, pack.pack)
        let reason = [ResultWord.pass: "pass", .fail: "fail"][control.word] ?? "other"
        return .object([
            "uuid": .string(uuid("\(digest)/finding/\(id)")), "title": .string(control.title.text),
            "description": .string(describe(control)),
            "target": .object([
                "type": .string("objective-id"), "target-id": .string("\(id)_obj"),
                "status": .object([
                    "state": .string(control.word == .pass ? "satisfied" : "not-satisfied"),
                    "reason": .string(reason),
                    "remarks": .string(control.word.rawValue),
                ]),
            ]),
            "related-observations": .array([
                .object(["observation-uuid": .string(uuid("\(digest)/observation/\(id)"))])
            ]),
        ])
    }

    // MARK: Parts

    private static func metadata(_ title: String, _ time: Timestamp, _ version: String) -> JSONValue {
        .object([
            "title": .string(title), "last-modified": .string(time.text), "version": .string(version),
            "oscal-version": .string(oscalVersion),
        ])
    }

    private static func uuid(_ name: String) -> String { "\(NameUUID(url: "\(namespace)/\(name)"))" }

    /// A property of ours. OSCAL wants a value in one line without white space at its ends.
    private static func property(_ name: String, _ value: String, remarks: String? = nil) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "ns": .string(namespace), "value": .string(oneLine(value)),
        ]
        if let remarks { members["remarks"] = .string(remarks) }
        return .object(members)
    }

    static func oneLine(_ text: String) -> String {
        let words = text.split { $0.isWhitespace || $0.isNewline }
        return words.isEmpty ? "-" : words.joined(separator: " ")
    }
}
