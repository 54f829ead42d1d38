import Bytes
import Events
import Foundation
import LetheEngine
import Training

/// An organisation of an experiment with its records, some of them held out.
struct ExperimentOrganisation {
    let name: MemberName
    let records: [DatasetRecord]
    let heldOut: [DatasetRecord]

    /// The records as a file that `lethe dataset register` reads.
    var file: DatasetFile {
        get throws {
            let lines = records.map { "\($0.id)\t\($0.subject ?? "")\t\($0.label)\t\($0.text)" }
            let text = (["record_id\tsubject_id\tlabel\ttext"] + lines).joined(separator: "\n") + "\n"
            return try DatasetFile(parsing: Array(text.utf8), format: .tsv, path: "the records of \(name)")
        }
    }
}

/// What an experiment runs on.
struct ExperimentInput {
    let base: BaseEncoder
    let location: BaseLocation
    let baseName: BaseName
    let organisations: [ExperimentOrganisation]

    var heldOut: [TrainingRecord] {
        organisations.flatMap(\.heldOut).map {
            TrainingRecord(commitment: .sha256($0.bytes), text: $0.text, label: $0.label)
        }
    }

    /// How often the commonest label of the held-out records is right, in millionths.
    var majorityPPM: Int {
        let labels = Dictionary(grouping: heldOut, by: \.label).mapValues(\.count)
        return heldOut.isEmpty ? 0 : 1_000_000 * labels.values.max()! / heldOut.count
    }

    /// Reads `ORGANISATION.train.tsv` and `ORGANISATION.test.tsv` of a folder; each organisation's first `limit`
    /// records, and a quarter as many held out.
    static func organisations(in folder: String, limit: Int) throws -> [ExperimentOrganisation] {
        let suffix = ".train.tsv"
        let names = try files(in: folder).filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }
        guard names.count >= 2 else {
            throw Answer.unknown(
                "\(folder) has records of \(names.count) organisation(s)",
                hint: "it must have ORGANISATION.train.tsv and ORGANISATION.test.tsv of at least two")
        }
        return try names.map { name in
            ExperimentOrganisation(
                name: try parsed(name, "member name"),
                records: try read("\(folder)/\(name)\(suffix)", limit),
                heldOut: try read("\(folder)/\(name).test.tsv", max(1, limit / 4)))
        }
    }

    private static func files(in folder: String) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw Answer.unknown(
                "cannot read \(folder): \(error.localizedDescription)", hint: "name a folder with --data")
        }
    }

    private static func read(_ path: String, _ limit: Int) throws -> [DatasetRecord] {
        Array(try DatasetFile(parsing: readFile(path), format: .tsv, path: path).records.prefix(limit))
    }

    /// Records that the program makes itself: short made-up tweets of which a small base learns something.
    static func made(organisations count: Int, records: Int, seed: UInt64) -> [ExperimentOrganisation] {
        (0..<count).map { number in
            let all = (0..<records + records / 2).map { madeRecord($0, of: number, seed: seed) }
            return ExperimentOrganisation(
                name: MemberName("org-\(number + 1)")!, records: Array(all.prefix(records)),
                heldOut: Array(all.suffix(records / 2)))
        }
    }

    private static let words: [[String]] = [
        ["late", "lost", "rude", "delayed", "cancelled", "awful", "waiting", "stuck"],
        ["great", "friendly", "thanks", "early", "smooth", "lovely", "helpful", "best"],
        ["the", "flight", "to", "crew", "was", "my", "bag", "gate", "today", "again", "plane", "seat"],
    ]

    /// Two of three records are of class 0; one word in eight is of the other class.
    private static func madeRecord(_ number: Int, of organisation: Int, seed: UInt64) -> DatasetRecord {
        let bytes = ArtifactDigest.sha256(Array("experiment \(seed) \(organisation) \(number)".utf8)).bytes
        let label = bytes[0] % 3 == 0 ? 1 : 0
        let text = (0..<8).map { place in
            let draw = Int(bytes[1 + 2 * place]), kind = bytes[2 + 2 * place]
            let list = kind % 2 == 0 ? 2 : kind % 8 == 1 ? 1 - label : label
            return words[list][draw % words[list].count]
        }
        return DatasetRecord(
            id: "\(organisation)-\(number)", subject: "s-\(organisation)-\(number / 3)", label: label,
            text: text.joined(separator: " "))
    }
}
