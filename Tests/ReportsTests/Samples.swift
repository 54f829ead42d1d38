import Bytes
import Events
import Proofs

@testable import Reports

/// The histories that the tests draw, each made once.
enum Sample: String, CaseIterable {
    /// Six airlines, three isolated rounds, one airline deleted, every rebuilt model attested by another.
    case isolated
    /// The same, signed by the operator alone and rebuilt by nobody else, late.
    case lonely
    /// Rounds that start from the model before: what descends from the deleted airline is withdrawn.
    case feedback
    /// Forty members and twenty rounds.
    case large
    /// More than is drawn one by one.
    case huge

    static let airlines = ["american", "delta", "southwest", "united", "usairways", "virgin"]
    static let command = "lethe verify deletion.certificate.json --trust trust.policy"

    /// Every sample's report and page, made once.
    private static let made = Dictionary(
        uniqueKeysWithValues: allCases.map { sample in
            (sample, Result { try sample.make() }.map { (report: $0, page: $0.html()) })
        })

    func report() throws -> DeletionReport { try Self.made[self]!.get().report }
    func page() throws -> String { try Self.made[self]!.get().page }

    func history() throws -> History {
        switch self {
        case .isolated, .lonely: try Self.airlineHistory(self == .isolated)
        case .feedback: try Self.feedbackHistory()
        case .large: try Self.largeHistory(members: 40, rounds: 20)
        case .huge: try Self.largeHistory(members: 60, rounds: 26)
        }
    }

    private func make() throws -> DeletionReport {
        let history = try history()
        let signers = self == .lonely ? [] : [history.members[2]]
        let (verdict, bundle) = try history.verdict("del-5f2c71", signers: signers)
        return DeletionReport(verdict: verdict, bundleDigest: .sha256(bundle), command: Self.command)
    }

    private static func airlineHistory(_ isAttested: Bool) throws -> History {
        var history = try History(airlines)
        for round in 1...3 {
            // One airline sits out, so that a lane has a gap.
            let contributors = round == 2 ? history.members.filter { $0.text != "virgin" } : nil
            try history.round(
                "round-\(round)", .isolated, contributors: contributors, isAttested: isAttested)
        }
        try history.delete("delta", id: "del-5f2c71", days: isAttested ? 4 : 36, isAttested: isAttested)
        return history
    }

    private static func feedbackHistory() throws -> History {
        var history = try History(airlines)
        for round in 1...3 {
            let contributors = round < 3 ? nil : history.members.filter { $0.text != "delta" }
            try history.round("round-\(round)", .feedback, contributors: contributors)
        }
        try history.delete("delta", id: "del-5f2c71", days: 2, isAttested: false)
        return history
    }

    private static func largeHistory(members: Int, rounds: Int) throws -> History {
        var history = try History((1...members).map { "member-\($0 < 10 ? "0" : "")\($0)" })
        for round in 1...rounds {
            let contributors = history.members.enumerated().filter { ($0.offset + round) % 5 != 0 }.map(
                \.element)
            try history.round("2026-week-\(round + 9)", .isolated, contributors: contributors)
        }
        try history.delete("member-17", id: "del-5f2c71", days: 9, isAttested: true)
        return history
    }
}
