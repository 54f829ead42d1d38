import Events
import Foundation
import Training

/// How far an experiment is, counted in training samples, and about when it will be done.
///
/// The samples to come are an expectation: which shards a deletion touches follows from salts that are not drawn yet.
final class ExperimentProgress {
    private let total: Int
    private let start = ContinuousClock.now
    private let line = ProgressLine()
    private var done = 0

    /// - Parameter total: samples that this process will train on, about.
    init(total: Int) { self.total = max(1, total) }

    /// Counts `samples` more, and shows so on a terminal.
    func advance(_ samples: Int, _ what: @autoclosure () -> String) {
        done += samples
        line.show("\(what()); \(estimate)")
    }

    /// Says what is done next, on a line of its own.
    func announce(_ what: String) {
        line.show("", isLast: true)
        standardError("lethe: \(what); \(estimate)")
    }

    private var estimate: String {
        let seconds = Double((ContinuousClock.now - start) / .seconds(1))
        return Self.estimate(done: done, of: total, afterSeconds: seconds)
    }

    /// Such as `35 % done, about 12 min left`. Nothing is promised before a hundredth is done.
    static func estimate(done: Int, of total: Int, afterSeconds seconds: Double) -> String {
        let percent = min(99, 100 * done / total)
        guard percent > 0 else { return "0 % done" }
        let left = max(0, seconds * Double(total - done) / Double(done))
        let minutes = Int((left / 60).rounded(.up))
        return "\(percent) % done, about \(minutes) min left"
    }
}

extension FederationRun {
    /// The samples that the federation, its three deletions and their retrains will train on, about.
    var expectedSamples: Int {
        let all = input.organisations.map(\.records.count)
        let (count, round) = (Double(all.reduce(0, +)), Double(all.reduce(0, +) * recipe.epochs))
        let (first, leaving) = (Double(all[0]), Double(all[all.count / 2]))
        let shard = { (records: Double) in records / Double(shards) }
        let (subject, share) = (3.0, max(2, count / 100))
        // Of each deletion: what goes, and the records of the shards that it touches.
        let deletions = [
            (gone: subject, touched: touched(by: subject, of: shards) * shard(first)),
            (gone: share, touched: touched(by: share, of: shards * all.count) * count / Double(shards * all.count)),
            (gone: leaving, touched: 0),
        ]
        let samples = deletions.reduce(round * Double(rounds)) { sum, deletion in
            let left = (count - deletion.gone) * Double(recipe.epochs)
            let again = deletion.touched * Double(recipe.epochs)
            let unlearning =
                topology == .isolated ? again * Double(rounds) : again + left * Double(rounds - 1)
            return sum + left * Double(rounds) + unlearning
        }
        return Int(samples)
    }

    /// How many of `count` shards hold one of `records` records, on average.
    private func touched(by records: Double, of count: Int) -> Double {
        Double(count) * (1 - pow(1 - 1 / Double(count), records))
    }
}
