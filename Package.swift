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

        // Organisations as agents: state to decision, contribution to reward, and their simulation.
        .target(name: "Participation", dependencies: ["Bytes"], swiftSettings: strict),
        .testTarget(
            name: "ParticipationTests", dependencies: ["Participation", "Bytes"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
