import Foundation

/// One line of the benchmark: a figure, what it is held against in the same run, and their ratio.
struct BenchLine {
    /// What a line hopes for. Machines differ, so nothing fails where it is not met.
    enum Want {
        case ratioAtMost(Double)
        case ratioAtLeast(Double)
        /// Of the measured time itself.
        case millisecondsAtMost(Double)
        /// Of the peak memory.
        case mebibytesBelow(Double)
        case nothing
    }

    /// A median with its unit.
    struct Figure {
        var value: Double
        var unit: String

        static func milliseconds(_ seconds: Double) -> Figure { Figure(value: seconds * 1_000, unit: "ms") }
        static func rate(_ perSecond: Double, _ things: String) -> Figure {
            Figure(value: perSecond, unit: "\(things)/s")
        }

        /// Three digits that count, or all of them before the point.
        var text: String { "\(decimal) \(unit)" }
        var decimal: String {
            let digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
            return String(format: "%.\(digits)f", value)
        }
    }

    var name: String
    var measured: Figure
    var against: String
    var floor: Figure
    /// Measured over floor, both as they stand in the line.
    var ratio: Double
    var want: Want
    /// The ratio of processor times the same way round, where both sides work and neither waits.
    var processorRatio: Double?
    var note = ""

    init(
        _ name: String, _ measured: Figure, against: String, _ floor: Figure, want: Want,
        processorRatio: Double? = nil, note: String = ""
    ) {
        self.name = name
        self.measured = measured
        self.against = against
        self.floor = floor
        ratio = measured.value / floor.value
        self.want = want
        self.processorRatio = processorRatio
        self.note = note
    }

    /// Whether this run met what the line hopes for; `nil` where it hopes for nothing.
    var isMet: Bool? {
        switch want {
        case .ratioAtMost(let limit): ratio <= limit
        case .ratioAtLeast(let limit): ratio >= limit
        case .millisecondsAtMost(let limit): measured.value <= limit
        case .mebibytesBelow(let limit): measured.value < limit
        case .nothing: nil
        }
    }

    var wantText: String {
        switch want {
        case .ratioAtMost(let limit): String(format: "ratio ≤ %.2f", limit)
        case .ratioAtLeast(let limit): String(format: "ratio ≥ %.2f", limit)
        case .millisecondsAtMost(let limit): String(format: "≤ %g ms", limit)
        case .mebibytesBelow(let limit): String(format: "< %g MiB", limit)
        case .nothing: "-"
        }
    }
}

/// The table as a program reads it. Figures are decimal strings, as nothing here writes floats.
struct BenchAnswer: Encodable {
    struct Line: Encodable {
        struct Figure: Encodable {
            var unit: String
            var value: String
        }

        var against: String
        var floor: Figure
        var isMet: Bool?
        var measured: Figure
        var name: String
        var note: String
        var processorRatio: String?
        var ratio: String
        var want: String

        init(_ line: BenchLine) {
            name = line.name
            measured = Figure(unit: line.measured.unit, value: line.measured.decimal)
            against = line.against
            floor = Figure(unit: line.floor.unit, value: line.floor.decimal)
            ratio = String(format: "%.3f", line.ratio)
            processorRatio = line.processorRatio.map { String(format: "%.3f", $0) }
            want = line.wantText
            isMet = line.isMet
            note = line.note
        }
    }

    var cores: Int
    var lines: [Line]
    /// The load averages of the machine over one minute.
    var loadAfter: String
    var loadBefore: String
    /// What was left out, and why.
    var skipped: [String]
}
