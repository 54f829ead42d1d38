import Bytes
import Events
import Proofs
struct DeletionReport { init(verdict: CertificateVerdict, bundleDigest: ArtifactDigest, command: String) {}; func html() -> String { "" } }
import ArgumentParser
struct BenchCommand: AsyncParsableCommand { func run() async throws {} }
