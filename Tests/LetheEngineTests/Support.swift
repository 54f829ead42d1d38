import Bytes
import ChainViews
import Events
import Foundation
import LedgerStore
import LetheEngine
import Signing
import Synchronization

/// A directory that goes with the value.
final class Scratch: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "lethe-engine-" + UUID().uuidString
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// A clock that shows one second more each time it is asked, the same in every run.
final class TickingClock: Sendable {
    private let seconds = Mutex(1_790_000_000)

    func now() -> Timestamp {
        seconds.withLock {
            $0 += 1
            return Timestamp(seconds: $0)!
        }
    }
}

/// One ledger directory which holds the keys of all its members: hub operates and aggregates.
struct TestConsortium {
    static let name = Consortium("skies.example")!
    static let base = ArtifactDigest.sha256(Array("base".utf8))
    static let hub = MemberName("hub")!
    static let alder = MemberName("alder")!
    static let birch = MemberName("birch")!
    static let contributors = [alder, birch]

    let scratch: Scratch
    let clock = TickingClock()
    private let random: RandomBytes

    var path: String { scratch.file("ledger") }
    var origin: Origin { .public(of: Self.name) }

    var surroundings: Surroundings {
        let clock = clock
        return Surroundings(now: { clock.now() }, random: random, passphrase: { nil }, cores: 2)
    }

    /// Founds it, opens the members' private chains, registers a base.
    ///
    /// - Parameter readers: further members, each with a ledger of its own beside, who read alder's private chain.
    init(
        scratch: Scratch = Scratch(), contributors: [MemberName] = Self.contributors, readers: [MemberName] = [],
        random: RandomBytes = .system
    ) async throws {
        self.scratch = scratch
        self.random = random
        let all = [Self.hub] + contributors
        let ledger = try await Ledger.create(
            at: scratch.file("ledger"), consortium: Self.name, members: all, protection: .none,
            surroundings: surroundings)
        var cards: [MemberCard] = []
        for member in all {
            let roles: [Role] =
                member == Self.hub ? [.operator, .aggregator, .witness] : [.contributor, .witness, .auditor]
            cards.append(try await ledger.card(of: member, consortium: Self.name, roles: roles))
        }
        for reader in readers {
            let other = try await Ledger.create(
                at: scratch.file(reader.text), consortium: Self.name, members: [reader], protection: .none,
                surroundings: surroundings)
            cards.append(try await other.card(of: reader, consortium: Self.name, roles: [.auditor, .witness]))
            try await other.close()
        }
        try await ledger.found(Self.name, chainOperator: Self.hub, cards: cards, threshold: 2, protection: .none)
        for member in contributors {
            let others = member == Self.alder ? readers : []
            try await ledger.openPrivateChain(of: member, readers: others)
        }
        let registered = BaseRegistered(base: Self.base, name: BaseName("demo/small")!)
        try await ledger.record(.baseRegistered(registered), as: Self.hub, on: origin)
        try await ledger.close()
    }

    func open(_ mode: LedgerDirectory.Mode = .readWrite, faults: FaultInjector = .none) async throws -> Ledger {
        try await Ledger.open(at: path, mode: mode, surroundings: surroundings, faults: faults)
    }

    /// Opens the ledger, passes it to `body`, closes it.
    @discardableResult
    func using<Result: Sendable>(
        _ mode: LedgerDirectory.Mode = .readWrite, faults: FaultInjector = .none,
        _ body: (Ledger) async throws -> Result
    ) async throws -> Result {
        let ledger = try await open(mode, faults: faults)
        do {
            let result = try await body(ledger)
            try await ledger.close()
            return result
        } catch {
            try? await ledger.close()
            throw error
        }
    }

    /// One isolated round with a contribution of each contributor, closed and materialised.
    func round(_ name: String, in ledger: Ledger, topology: Topology = .isolated) async throws {
        let round = RoundID(name)!
        try await ledger.record(
            .roundOpened(RoundOpened(base: Self.base, round: round, rule: .mean, topology: topology)), as: Self.hub,
            on: origin)
        for (number, member) in Self.contributors.enumerated() {
            let directory = scratch.file("\(name)-\(member)")
            writeSmallAdapter(to: directory, seed: name.utf8.reduce(UInt64(number)) { $0 &* 31 &+ UInt64($1) })
            _ = try await ledger.commitAdapter(
                ContributionRequest(directory: directory, round: round, weight: 3 + number), as: member)
        }
        _ = try await ledger.closeRound(round, as: Self.hub)
        _ = try await ledger.materialize(round, as: Self.hub)
    }

    /// An accepted request for the deletion of alder's contributions.
    func requestDeletion(in ledger: Ledger, again: Bool = false) async throws -> DeletionID {
        let request = DeletionRequest(
            member: Self.alder, ground: .contractEnded, receivedAt: clock.now(), reason: "canary-reason")
        let id = try await ledger.requestDeletion(request, as: Self.alder, again: again).id
        _ = try await ledger.decideDeletion(id, .accepted, as: Self.alder, cosigners: [])
        return id
    }

    /// The same ledger in another place, to be spoiled.
    func copy() -> TestConsortium {
        let scratch = Scratch()
        try! FileManager.default.copyItem(atPath: path, toPath: scratch.file("ledger"))
        return TestConsortium(copied: scratch)
    }

    private init(copied: Scratch) { (scratch, random) = (copied, .system) }

    /// The types of the public chain's events, in order.
    func types(in ledger: Ledger) async throws -> [String] {
        try await ledger.events(of: origin).map(\.type)
    }
}

/// A small PEFT directory, written by the shortest code that does.
func writeSmallAdapter(to directory: String, seed: UInt64, rank: Int = 2, first: Float? = nil) {
    let configuration = """
        {"base_model_name_or_path":"demo/small","bias":"none","lora_alpha":8,"modules_to_save":["classifier"],
        "peft_type":"LORA","r":\(rank),"target_modules":["query"],"task_type":"SEQ_CLS"}
        """
    let shapes = [
        ("layer.0.query.lora_A.weight", [rank, 4]), ("layer.0.query.lora_B.weight", [4, rank]),
        ("classifier.weight", [2, 4]),
    ]
    var (data, entries): ([UInt8], [String]) = ([], [])
    var state = seed
    for (name, shape) in shapes {
        let start = data.count
        for _ in 0..<shape.reduce(1, *) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = data.isEmpty ? first ?? Float(state >> 40) / 16_777_216 : Float(state >> 40) / 16_777_216
            withUnsafeBytes(of: value.bitPattern.littleEndian) { data += Array($0) }
        }
        entries.append(
            #""base_model.model.\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(start),\#(data.count)]}"#)
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    try! FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try! Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(directory)/adapter_config.json"))
    try! Data(length + header + data).write(to: URL(fileURLWithPath: "\(directory)/adapter_model.safetensors"))
}

/// The engine's error that `work` throws, or `nil`.
func refusal(_ work: () async throws -> Void) async -> EngineError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? EngineError
    }
}
