import Foundation
import Testing

/// A Swift file of the project, by its target and its lines.
private struct SourceFile {
    let target: String
    let path: String
    let lines: [String]

    /// The modules that it imports.
    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), place <= 2, !line.hasPrefix("//"),
                !line.hasPrefix(" ")
            else { return nil }
            // `import struct Foundation.Data` names a kind first.
            return words.last.map { String($0.prefix { $0 != "." }) }
        }
    }

    /// The lines with their numbers, without what follows `//`.
    var code: [(number: Int, text: String)] {
        lines.enumerated().map { index, line in
            (index + 1, line.firstRange(of: "//").map { String(line[..<$0.lowerBound]) } ?? line)
        }
    }
}

private enum Tree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The files below `folder` that end in `suffix`, by their path from the root.
    static func files(_ folder: String, _ suffix: String) -> [String] {
        let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        return (paths?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(suffix) }.map {
            "\(folder)/\($0)"
        }.sorted()
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static func sources() throws -> [SourceFile] {
        try files("Sources", ".swift").map { path in
            let lines = try text(path).split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init)
            return SourceFile(target: String(path.split(separator: "/")[1]), path: path, lines: lines)
        }
    }
}

/// Rules that the compiler does not hold: SwiftPM does not stop an import that a target did not declare.
@Suite struct ArchitectureTests {
    /// What of the project each target may import. Left to right in the design: nothing imports what stands
    /// after it.
    private static let allowed: [String: Set<String>] = [
        // CSodium in the small verifier alone.
        "Bytes": ["CSodium"], "Kernels": [],
        "Events": ["Bytes"], "MerkleLog": ["Bytes"], "Signing": ["Bytes", "CSodium"],
        "Adapters": ["Bytes", "Kernels"], "Training": ["Bytes", "Kernels", "Adapters"],
        "Participation": ["Bytes"],
        "LedgerStore": ["Bytes", "Events", "MerkleLog", "Signing"],
        "ChainViews": ["Bytes", "Events", "MerkleLog", "Signing"],
        "Replay": ["Adapters", "Bytes", "ChainViews", "Events"],
        "Unlearning": ["Bytes", "ChainViews", "Events"],
        "Proofs": ["Bytes", "ChainViews", "Events", "MerkleLog", "Signing"],
        "Verifying": ["Bytes", "ChainViews", "Events", "MerkleLog", "Proofs", "Signing"],
        // The verifier alone. What is not here, a database or the network, cannot be in it.
        "lethe-verify": ["Events", "Verifying"],
        "Timestamps": ["Bytes", "Events"],
        "Exports": ["Adapters", "Bytes", "ChainViews", "Compliance", "Events", "Signing"],
    ]
    /// Targets that compose the others and may import any of them.
    private static let edge: Set<String> = ["Reports", "Compliance", "LetheEngine", "LetheNode", "lethe"]

    /// Modules from elsewhere, and which targets may know them. What is in neither table is not to be
    /// imported.
    private static let outside: [String: Set<String>] = [
        "GRDB": ["LedgerStore", "Compliance"], "GRDBSQLite": ["LedgerStore", "Compliance"],
        "Crypto": ["Bytes", "Signing", "Timestamps"], "CryptoExtras": ["Timestamps"], "CSodium": ["Signing"],
        "Dispatch": ["Adapters", "ChainViews", "LetheEngine"],
        "Synchronization": ["Adapters", "ChainViews", "LedgerStore", "LetheEngine", "LetheNode"],
        "Foundation": ["Adapters", "LedgerStore", "Replay", "Signing", "Training"],
        "Glibc": ["Adapters", "LedgerStore", "Signing", "Verifying", "lethe-verify"],
    ]

    @Test func importsGoInOneDirection() throws {
        let sources = try Tree.sources()
        let targets = Set(sources.map(\.target)).union(Self.allowed.keys).union(Self.edge)
        #expect(sources.count > 100 && sources.flatMap(\.imports).count > 200)
        for file in sources where !Self.edge.contains(file.target) {
            let allowed = try #require(Self.allowed[file.target], "\(file.target) has no row in the table")
            for module in file.imports {
                let isAllowed =
                    targets.contains(module) || module == "CSodium"
                    ? allowed.contains(module) : Self.outside[module]?.contains(file.target) ?? false
                #expect(isAllowed, "\(file.path) imports \(module)")
            }
        }
    }

    /// The table itself goes in one direction, and the engine's parts know nothing of the engine.
    @Test func theTableHasNoCycle() {
        var settled: Set<String> = ["CSodium", "Compliance"]
        while let next = Self.allowed.first(where: {
            !settled.contains($0.key) && $0.value.isSubset(of: settled)
        }) {
            settled.insert(next.key)
        }
        #expect(settled.subtracting(["CSodium", "Compliance"]) == Set(Self.allowed.keys))
        for target in ["Adapters", "Training", "Participation", "Kernels"] {
            #expect(Self.allowed[target]?.isDisjoint(with: ["Events", "ChainViews", "LedgerStore"]) == true)
        }
    }

    @Test func onlyTheStoreKnowsTheDatabase() throws {
        for file in try Tree.sources() where !["LedgerStore", "Compliance"].contains(file.target) {
            #expect(!file.imports.contains("GRDB") && !file.imports.contains("GRDBSQLite"), "\(file.path)")
        }
    }

    @Test func onlyTheCommandLinePrints() throws {
        for file in try Tree.sources() where !["lethe", "lethe-verify"].contains(file.target) {
            for (number, text) in file.code {
                let prints = text.contains(/(^|[^A-Za-z_.])(print|debugPrint|dump)\(/)
                #expect(!prints, "\(file.path):\(number)")
            }
        }
    }

    /// Time and randomness are parameters everywhere below the engine. The one source of random bytes is
    /// `RandomBytes.system`, which only a caller at the edge chooses.
    @Test func timeAndRandomnessComeFromOutside() throws {
        let sources =
            /\bDate\(\)|\bDate\.now\b|SystemRandomNumberGenerator|arc4random|\bContinuousClock\b|gettimeofday|clock_gettime/
        for file in try Tree.sources() where !Self.edge.contains(file.target) {
            for (number, text) in file.code where text.contains(sources) {
                Issue.record("\(file.path):\(number): \(text)")
            }
        }
    }

    /// What is thrown is shown to people: by its description, not by the name of a case.
    @Test func everyErrorHasWords() throws {
        // Shown by their messages, or never shown.
        let exempt: Set<String> = [
            "Answer", "VerifyRefusal", "RetrainingFault", "SQLiteFailure", "Ledger.RunStop",
        ]
        let sources = try Tree.sources()
        let described = Set(
            sources.flatMap(\.lines).compactMap { line in
                line.firstMatch(of: /^extension ([A-Za-z.]+): .*CustomStringConvertible/).map { String($0.1) }
            })
        var count = 0
        for file in sources {
            var outer = ""
            for line in file.lines {
                if let type = line.firstMatch(
                    of: /^(?:public )?(?:final )?(?:extension|struct|enum|class|actor) ([A-Za-z.]+)/)
                {
                    outer = String(type.1)
                }
                guard
                    let error = line.firstMatch(
                        of: /^( *)(?:[a-z]+ )*(?:enum|struct) ([A-Za-z]+): ([^{]*\bError\b[^{]*)/)
                else { continue }
                count += 1
                let name = (error.1.isEmpty ? "" : "\(outer).") + error.2
                let hasWords = error.3.contains("CustomStringConvertible") || described.contains(name)
                #expect(hasWords || exempt.contains(name), "\(file.path): \(name)")
            }
        }
        #expect(count > 40)
    }

    @Test func noFileIsLong() throws {
        let tests = Tree.files("Tests", ".swift")
        for path in Tree.files("Sources", ".swift") + tests {
            let lines = try Tree.text(path).split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines < 600, "\(path) has \(lines) lines")
        }
        #expect(tests.count > 40)
    }

    /// A schema or page that nothing points at is found by nobody and held by nothing.
    @Test func everySchemaAndPageIsReferenced() throws {
        let top = try FileManager.default.contentsOfDirectory(atPath: Tree.root.path).filter {
            $0.hasSuffix(".md")
        }
        let pages = Tree.files("schemas", ".md") + top
        let readers = try (pages + Tree.files("Sources", ".swift") + Tree.files("Tests", ".swift")).map {
            (path: $0, text: try Tree.text($0))
        }
        let subjects = Tree.files("schemas", ".md") + Tree.files("schemas", ".json")
        #expect(subjects.count > 20)
        for subject in subjects {
            let name = subject.split(separator: "/").last.map(String.init)!
            let inner = subject.dropFirst("schemas/".count)
            let isNamed = readers.contains {
                $0.path != subject && ($0.text.contains(inner) || $0.text.contains("schemas/\(name)"))
            }
            #expect(isNamed, "nothing refers to \(subject)")
        }
    }
}
