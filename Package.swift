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

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

/// Settings of C targets that compute: optimised in debug builds too (SwiftPM would give -O0), and no a * b + c fused
/// behind our back.
let exactArithmetic: [CSetting] = [
    .unsafeFlags(["-O2", "-ffp-contract=off", "-fno-math-errno"])
]

let package = Package(
    name: "lethe",
    products: [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.0.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),

        // Bytes and digests, known to every target.
        .target(name: "Bytes", dependencies: [crypto], swiftSettings: strict),
        .testTarget(name: "BytesTests", dependencies: ["Bytes"], swiftSettings: strict),

        // Arithmetic whose bits do not depend on the machine. The reference is what tests compare it with.
        .target(name: "Kernels", cSettings: exactArithmetic),
        .target(
            name: "KernelsReference", dependencies: ["Kernels"], path: "Tests/KernelsReference",
            cSettings: exactArithmetic),
        .testTarget(
            name: "KernelsTests", dependencies: ["Kernels", "KernelsReference"], swiftSettings: strict),

        // Recipe, base, parent and records to an adapter: the same bytes everywhere.
        .target(name: "Training", dependencies: ["Bytes", "Kernels"], swiftSettings: strict),
        .testTarget(
            name: "TrainingTests", dependencies: ["Bytes", "Kernels", "Training"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
