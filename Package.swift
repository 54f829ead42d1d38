// swift-tools-version: 6.2

import PackageDescription

/// Settings of every Swift target: Swift 6 language mode, the upcoming features that make imports and
/// existentials explicit, and no warning left standing.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

/// `make verifier` builds with libsodium's hashes: swift-crypto brings Foundation with it, which is most of a verifier.
let isSmall = Context.environment["LETHE_SMALL"] != nil

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

/// Settings and dependencies of the two targets that hash or sign.
let hashing: [SwiftSetting] = strict + (isSmall ? [.define("LETHE_SMALL")] : [])
let hashes: [Target.Dependency] = isSmall ? ["CSodium"] : [crypto]

/// Settings of C targets that compute: optimised in debug builds too (SwiftPM would give -O0), and no a * b + c fused
/// behind our back.
let exactArithmetic: [CSetting] = [
    .unsafeFlags(["-O2", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Werror"])
]

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
/// SQLite's own C functions, for the two loops where a wrapper costs more than the work.
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")

let package = Package(
    name: "lethe",
    products: [
        .executable(name: "lethe", targets: ["lethe"]),
        // The regulator's: a few MB, no database, no network.
        .executable(name: "lethe-verify", targets: ["lethe-verify"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.0.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.5.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.0.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),

        // Bytes and digests, known to every target.
        .target(name: "Bytes", dependencies: hashes, swiftSettings: hashing),
        .testTarget(name: "BytesTests", dependencies: ["Bytes"], swiftSettings: strict),

        // What is said: canonical statements in envelopes.
        .target(name: "Events", dependencies: ["Bytes"], swiftSettings: strict),
        .testTarget(
            name: "EventsTests", dependencies: ["Events", "Bytes", crypto],
            exclude: ["Support/judge.py", "Support/rfc8785_agrees.py", "Support/verify_dsse.py"],
            swiftSettings: strict),

        // Where it sits: RFC 6962 trees, tiles and checkpoint text; knows nothing of signatures.
        .target(name: "MerkleLog", dependencies: ["Bytes"], swiftSettings: strict),
        .testTarget(
            name: "MerkleLogTests", dependencies: ["MerkleLog", "Bytes"], swiftSettings: strict),

        // Who said it: keys, signatures, encryption and signed notes, through libsodium.
        .target(
            name: "Signing", dependencies: ["Bytes", "CSodium"] + (isSmall ? [] : [crypto]),
            exclude: isSmall ? ["ReleaseKey.swift"] : [], swiftSettings: hashing),
        .testTarget(
            name: "SigningTests", dependencies: ["Signing", "Bytes"], swiftSettings: strict),

        // Arithmetic with one answer, whatever the machine. The reference is what tests compare it with.
        .target(name: "Kernels", cSettings: exactArithmetic),
        .target(
            name: "KernelsReference", dependencies: ["Kernels"], path: "Tests/KernelsReference",
            cSettings: exactArithmetic),
        .testTarget(
            name: "KernelsTests", dependencies: ["Kernels", "KernelsReference"], swiftSettings: strict),

        // Safetensors, PEFT directories, exact merging.
        .target(name: "Adapters", dependencies: ["Bytes", "Kernels"], swiftSettings: strict),
        .testTarget(
            name: "AdaptersTests", dependencies: ["Adapters", "Bytes", "Kernels"],
            exclude: ["Interop"], swiftSettings: strict),

        // Recipe, base, parent and records to an adapter: the same bytes everywhere.
        .target(name: "Training", dependencies: ["Adapters", "Bytes", "Kernels"], swiftSettings: strict),
        .testTarget(
            name: "TrainingTests", dependencies: ["Adapters", "Bytes", "Kernels", "Training"],
            swiftSettings: strict),

        // What the chains say, and what may be said next: views, admission, replay from entry bytes.
        .target(
            name: "ChainViews", dependencies: ["Bytes", "Events", "MerkleLog", "Signing"], swiftSettings: strict),
        .testTarget(
            name: "ChainViewsTests",
            dependencies: ["ChainViews", "ConsortiumFixture", "Bytes", "Events", "MerkleLog", "Signing", crypto],
            swiftSettings: strict),
        // A consortium with fixed keys that says what tests want it to say.
        .target(
            name: "ConsortiumFixture", dependencies: ["Bytes", "ChainViews", "Events", "MerkleLog", "Signing"],
            path: "Tests/ConsortiumFixture", swiftSettings: strict),

        // What a third party checks offline: no database, no network.
        .target(
            name: "Proofs", dependencies: ["Bytes", "ChainViews", "Events", "MerkleLog", "Signing"],
            swiftSettings: strict),
        .testTarget(
            name: "ProofsTests",
            dependencies: [
                "Proofs", "Signing", "MerkleLog", "Bytes", "ChainViews", "ConsortiumFixture", "Events", "Verifying",
            ],
            exclude: ["Interop"], swiftSettings: strict),

        // Judging a file with a policy, and saying so: what `lethe verify` and `lethe-verify` share.
        .target(
            name: "Verifying",
            dependencies: ["Bytes", "ChainViews", "Events", "MerkleLog", "Proofs", "Signing"], swiftSettings: strict),
        // The verifier alone: no database, no network.
        .executableTarget(name: "lethe-verify", dependencies: ["Events", "Verifying"], swiftSettings: strict),

        // Documents for people: one HTML file each, with its data in it.
        .target(
            name: "Reports",
            dependencies: [
                "Bytes", "ChainViews", "Compliance", "Events", "Proofs",
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [
                .embedInCode("Templates/page.mustache"), .embedInCode("Templates/block.mustache"),
                .embedInCode("Templates/spans.mustache"), .embedInCode("Templates/page.css"),
            ], swiftSettings: strict),
        .testTarget(
            name: "ReportsTests",
            dependencies: [
                "Reports", "Bytes", "ChainViews", "Compliance", "ConsortiumFixture", "Events", "MerkleLog",
                "Proofs", "Signing",
            ],
            exclude: ["Golden", "Support"], swiftSettings: strict),

        // One ledger directory: events and tree, checkpoints, erasable bodies and blobs.
        .target(
            name: "LedgerStore", dependencies: ["Bytes", "Events", "MerkleLog", "Signing", grdb, sqlite],
            swiftSettings: strict),
        .testTarget(
            name: "LedgerStoreTests",
            dependencies: ["LedgerStore", "Bytes", "Events", "MerkleLog", "Signing", grdb],
            swiftSettings: strict),

        // RFC 3161: when a checkpoint was there already, by the word of an authority outside the consortium.
        .target(
            name: "Timestamps",
            dependencies: ["Bytes", "Events", crypto, .product(name: "CryptoExtras", package: "swift-crypto")],
            swiftSettings: strict),
        .testTarget(
            name: "TimestampsTests", dependencies: ["Timestamps", "Bytes", "Events"], swiftSettings: strict),

        // What others read: provenance, bills of materials, control results, model signatures.
        .target(
            name: "Exports",
            dependencies: ["Adapters", "Bytes", "ChainViews", "Compliance", "Events", "Signing"], swiftSettings: strict),
        .testTarget(
            name: "ExportsTests",
            dependencies: [
                "Exports", "Adapters", "Bytes", "ChainViews", "Compliance", "ConsortiumFixture", "Events", "Signing",
            ],
            exclude: ["Interop"], swiftSettings: strict),

        // What the law and the charter want: controls as queries over a database of their own, in a sandbox.
        .target(
            name: "SQLiteSettings",
            cSettings: [.unsafeFlags(["-O2", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "Compliance",
            dependencies: [
                "Bytes", "ChainViews", "Events", "SQLiteSettings", sqlite,
                .product(name: "Yams", package: "Yams"),
            ], swiftSettings: strict),
        .testTarget(
            name: "ComplianceTests",
            dependencies: ["Bytes", "ChainViews", "Compliance", "ConsortiumFixture", "Events", "Signing"],
            exclude: ["Support/schema_judge.py"], swiftSettings: strict),

        // Models rebuilt from their contributions.
        .target(
            name: "Replay", dependencies: ["Adapters", "Bytes", "ChainViews", "Events"], swiftSettings: strict),

        .testTarget(
            name: "ReplayTests",
            dependencies: ["Replay", "Adapters", "Bytes", "ChainViews", "ConsortiumFixture", "Events"],
            swiftSettings: strict),

        // The steps of carrying out a plan.
        .target(
            name: "Unlearning", dependencies: ["Bytes", "ChainViews", "Events"], swiftSettings: strict),
        .testTarget(
            name: "UnlearningTests",
            dependencies: ["Unlearning", "Bytes", "ChainViews", "ConsortiumFixture", "Events"],
            swiftSettings: strict),

        // Everything put together: one ledger directory and what can be done with it.
        .target(
            name: "LetheEngine",
            dependencies: [
                "Adapters", "Bytes", "ChainViews", "Compliance", "Events", "Exports", "LedgerStore", "MerkleLog",
                "Participation", "Proofs", "Replay", "Signing", "Timestamps", "Training", "Unlearning",
            ], exclude: ["integrations"], swiftSettings: strict),

        .testTarget(
            name: "LetheEngineTests",
            dependencies: [
                "Adapters", "Bytes", "ChainViews", "Compliance", "ConsortiumFixture", "Events", "Kernels",
                "LedgerStore", "LetheEngine", "MerkleLog", "Participation", "Proofs", "Replay", "Signing", "Training",
                "Unlearning", grdb,
            ], swiftSettings: strict),

        // The command line.
        .executableTarget(
            name: "lethe",
            dependencies: [
                "Adapters", "Bytes", "ChainViews", "Compliance", "Events", "Exports", "LedgerStore", "LetheEngine",
                "MerkleLog", "Participation", "Proofs", "Replay", "Reports", "Signing", "Timestamps", "Training",
                "Unlearning", "Verifying",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .testTarget(name: "BenchTests", dependencies: ["lethe"], swiftSettings: strict),
        // Runs the built program. The dependency is there so that it is built.
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "lethe", "lethe-verify", "Adapters", "Bytes", "ChainViews", "Events", "LedgerStore", "LetheEngine",
                "Proofs", "Signing", "Training", grdb,
            ],
            swiftSettings: strict),

        // Organisations as agents: state to decision, contribution to reward, and their simulation.
        .target(name: "Participation", dependencies: ["Bytes"], swiftSettings: strict),
        .testTarget(
            name: "ParticipationTests", dependencies: ["Participation", "Bytes"], swiftSettings: strict),

        // Rules that the compiler does not hold: who may import what, and what no target but the edge may call.
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer targets: `make fuzz`. They want flags that nothing else does, so they are here only when asked for.
if Context.environment["LETHE_FUZZ"] != nil {
    package.products.append(.executable(name: "lethe-fuzz", targets: ["lethe-fuzz"]))
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        .executableTarget(
            name: "lethe-fuzz",
            dependencies: [
                "Adapters", "Bytes", "ChainViews", "CLibFuzzer", "Compliance", "Events", "MerkleLog", "Proofs",
                "Signing",
                "Timestamps",
            ],
            path: "Tests/Fuzz/lethe-fuzz", swiftSettings: strict),
    ]
}
