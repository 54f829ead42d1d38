import Bytes
import Foundation
import Participation
import Testing

/// A policy of one bin for most dimensions: budget and phase split in the middle, three actions.
func smallPolicy() -> AgentPolicy {
    AgentPolicy(
        name: "small", revision: 1,
        bins: StateBinEdges(
            budgetLeftPPM: [500_000], contributionPPB: [], privacyLeftPPM: [], phasePPM: [500_000],
            othersLastRound: []),
        allocations: [Allocation(shards: 1, epochs: 1), Allocation(shards: 2, epochs: 1)],
        explorationRate: [
            RateStep(fromDecision: 0, rate: "0.5"), RateStep(fromDecision: 20, rate: "0.1"),
        ],
        learningRate: [RateStep(fromDecision: 0, rate: "0.25")], discount: "0.9",
        initialValueMicrocredits: 0, valueUnitsPerMicrocredit: 10,
        rewardMinimumMicrocredits: -100_000_000, rewardMaximumMicrocredits: 100_000_000)
}

/// One credit for a shard-epoch, no price on privacy.
func profile(_ organisation: String = "delta") -> OrganisationProfile {
    OrganisationProfile(
        organisation: organisation, shards: 4, computeMicrocreditsPerShardEpoch: 1_000_000,
        privacyMicroepsilonPerEpoch: 0, privacyMicrocreditsPerMicroepsilon: 0)
}

func observation(
    left: Int64 = 6_000_000, total: Int64 = 6_000_000, contributionPPB: Int64? = nil, phasePPM: Int64 = 0
) -> Observation {
    Observation(
        budgetLeftMicrocredits: left, budgetTotalMicrocredits: total, contributionPPB: contributionPPB,
        privacyLeftMicroepsilon: 1, privacyTotalMicroepsilon: 1, phasePPM: phasePPM, othersLastRound: 0)
}

func round(_ number: Int) -> RoundNumber { RoundNumber(rawValue: number)! }

let charter = Hash256<Charter>.sha256(Array("walk".utf8))

func payout(_ share: Int64) -> Payout { Payout(shareMicrocredits: share, incentiveMicrocredits: 0) }

/// The package's folder.
let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

func vector<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    let file = package.appending(path: "Tests/Vectors/participation/\(name).json")
    return try JSONDecoder().decode(Value.self, from: Data(contentsOf: file))
}

func json(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
}

/// A JSON value whose leaves can be changed one by one.
indirect enum Tree: Hashable {
    case object([String: Tree])
    case array([Tree])
    case number(Int64)
    case string(String)

    init(_ data: Data) throws { self = try Tree(any: JSONSerialization.jsonObject(with: data)) }

    private init(any value: Any) throws {
        if let object = value as? [String: Any] {
            self = .object(try object.mapValues(Tree.init(any:)))
        } else if let array = value as? [Any] {
            self = .array(try array.map(Tree.init(any:)))
        } else if let text = value as? String {
            self = .string(text)
        } else {
            let number = try #require(value as? NSNumber)
            try #require(!"\(number)".contains("."), "every number is an integer: \(number)")
            self = .number(number.int64Value)
        }
    }

    var any: Any {
        switch self {
        case .object(let members): members.mapValues(\.any)
        case .array(let items): items.map(\.any)
        case .number(let number): number
        case .string(let text): text
        }
    }

    var data: Data {
        get throws { try JSONSerialization.data(withJSONObject: any, options: [.fragmentsAllowed]) }
    }

    /// The paths of all leaves.
    var leaves: [[String]] {
        switch self {
        case .object(let members):
            members.keys.sorted().flatMap { key in members[key]!.leaves.map { [key] + $0 } }
        case .array(let items):
            items.indices.flatMap { index in items[index].leaves.map { ["\(index)"] + $0 } }
        case .number, .string: [[]]
        }
    }

    /// This tree with the value at `path` replaced by what `change` makes of it.
    func changing(_ path: some Collection<String>, _ change: (Tree) -> Tree) -> Tree {
        guard let step = path.first else { return change(self) }
        switch self {
        case .object(var members):
            members[step] = members[step].map { $0.changing(path.dropFirst(), change) }
            return .object(members)
        case .array(var items):
            items[Int(step)!] = items[Int(step)!].changing(path.dropFirst(), change)
            return .array(items)
        case .number, .string: return self
        }
    }

    /// Every path to an object, the root's included.
    var objects: [[String]] {
        switch self {
        case .object(let members):
            [[]] + members.keys.sorted().flatMap { key in members[key]!.objects.map { [key] + $0 } }
        case .array(let items):
            items.indices.flatMap { index in items[index].objects.map { ["\(index)"] + $0 } }
        case .number, .string: []
        }
    }
}

/// Whether a command succeeds; its output goes nowhere.
func succeeds(_ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}

/// The interpreter that checks ours: `LETHE_PYTHON`, or the system's.
let python = ProcessInfo.processInfo.environment["LETHE_PYTHON"] ?? "python3"
