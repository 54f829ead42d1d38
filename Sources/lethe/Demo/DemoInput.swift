import Adapters
import Bytes
import Events
import Foundation

/// The adapters that a demo goes through, round by round.
struct DemoInput {
    struct Contribution {
        var member: MemberName
        var directory: String
        var samples: Int
    }

    /// Whether base and adapters are the demo's own.
    var isMadeUp = false
    var base: ArtifactDigest
    var baseName: BaseName
    var rounds: [(round: RoundID, contributions: [Contribution])]

    /// In ascending order, all that contribute to any round.
    var members: [MemberName] { Set(rounds.flatMap { $0.contributions.map(\.member) }).sorted() }

    /// Bases whose weights file is known by its digest.
    private static let knownBases = [
        "sentence-transformers/all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    ]

    /// Reads `DIR/round-N/ORGANISATION/`, each a PEFT directory, with the number of samples in contribution.json.
    init(reading directory: String, base: ArtifactDigest?) throws {
        let files = FileManager.default
        rounds = []
        var number = 1
        while case let path = "\(directory)/round-\(number)", files.fileExists(atPath: path) {
            let names = try files.contentsOfDirectory(atPath: path).sorted()
            let contributions = try names.filter {
                files.fileExists(atPath: "\(path)/\($0)/\(Adapter.configurationName)")
            }
            .map { name in
                Contribution(
                    member: try parsed(name, "member name"), directory: "\(path)/\(name)",
                    samples: try Self.samples(in: "\(path)/\(name)"))
            }
            rounds.append((RoundID("round-\(number)")!, contributions))
            number += 1
        }
        guard let first = rounds.first?.contributions.first else {
            throw Answer.unknown("\(directory) has no round-1/ORGANISATION/ with an adapter", hint: "check the path")
        }
        let adapter = try AdapterCommand.open(first.directory, base: nil)
        let name = adapter.configuration.baseName ?? "unnamed"
        baseName = try parsed(name, "base name")
        guard let digest = base ?? Self.knownBases[name].flatMap({ ArtifactDigest(hex: $0) }) else {
            throw Answer.unknown("the digest of the base \(name) is not known", hint: "give it with --base-digest")
        }
        self.base = digest
    }

    private struct Metadata: Decodable {
        var num_samples: Int
    }

    private static func samples(in directory: String) throws -> Int {
        let path = "\(directory)/contribution.json"
        do {
            return try JSONDecoder().decode(Metadata.self, from: Data(readFile(path))).num_samples
        } catch {
            throw Answer.unknown("\(path) does not give num_samples", hint: "{\"num_samples\": 1190}")
        }
    }

    private init(base: ArtifactDigest, baseName: BaseName, rounds: [(RoundID, [Contribution])]) {
        self.base = base
        self.baseName = baseName
        self.rounds = rounds.map { (round: $0.0, contributions: $0.1) }
    }

    // MARK: Small adapters

    /// Makes small adapters: six organisations, three rounds, rank 4 on two 32-wide modules, and a two-class head. The
    /// numbers come from SHA-256 in counter mode, so that every demo makes the same.
    static func make(in directory: String) throws -> DemoInput {
        let names = ["alder", "birch", "cedar", "delta", "elm", "fir"]
        let base = ArtifactDigest.sha256(Array("lethe demo base".utf8))
        var rounds: [(RoundID, [Contribution])] = []
        for number in 1...3 {
            let contributions = try names.enumerated().map { position, name in
                let path = "\(directory)/round-\(number)/\(name)"
                try writeSmallAdapter(to: path, seed: "\(name)/\(number)")
                return Contribution(member: MemberName(name)!, directory: path, samples: 100 + 37 * position)
            }
            rounds.append((RoundID("round-\(number)")!, contributions))
        }
        var input = DemoInput(base: base, baseName: BaseName("demo/small-encoder")!, rounds: rounds)
        input.isMadeUp = true
        return input
    }

    private static func writeSmallAdapter(to path: String, seed: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let configuration = #"""
            {"base_model_name_or_path":"demo/small-encoder","bias":"none","fan_in_fan_out":false,"inference_mode":true,
            "init_lora_weights":true,"lora_alpha":8,"lora_dropout":0.0,"modules_to_save":["classifier"],
            "peft_type":"LORA","r":4,"target_modules":["query","value"],"task_type":"SEQ_CLS"}
            """#
        try writeFile(Array(configuration.utf8), to: "\(path)/\(Adapter.configurationName)")
        let prefix = "base_model.model.encoder.layer.0.attention.self"
        var tensors = ["query", "value"].flatMap { module in
            [
                TensorDescription(name: "\(prefix).\(module).lora_A.weight", element: .f32, shape: [4, 32]),
                TensorDescription(name: "\(prefix).\(module).lora_B.weight", element: .f32, shape: [32, 4]),
            ]
        }
        tensors.append(TensorDescription(name: "base_model.model.classifier.weight", element: .f32, shape: [2, 32]))
        let writer = try SafetensorsWriter(path: "\(path)/\(Adapter.tensorsName)", tensors: tensors)
        for entry in writer.header.entries {
            let values = smallNumbers(count: entry.tensor.count, seed: "\(seed)/\(entry.tensor.name)")
            try values.withUnsafeBytes { try writer.target.write($0, of: entry, from: 0) }
        }
        try writer.commit()
    }

    /// Numbers between −0.1 and 0.1.
    private static func smallNumbers(count: Int, seed: String) -> [Float] {
        (0..<count).map { index in
            var bytes = Array(seed.utf8)
            bytes.appendBigEndian(UInt64(index))
            let word: UInt32 = ArtifactDigest.sha256(bytes).bytes.bigEndian(at: 0)!
            return (Float(word >> 8) / 16_777_216 - 0.5) * 0.2
        }
    }
}
