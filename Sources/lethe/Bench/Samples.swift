import Dispatch
import Foundation

/// How long `body` takes, in seconds.
func timed(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start) / .seconds(1)
}

/// Samples of two things taken in turns, so that whatever else the machine does meets both alike.
struct Samples {
    private(set) var measured: [Double] = []
    private(set) var floor: [Double] = []

    /// Takes `count` samples of each. Who goes first alternates.
    init(
        _ count: Int, measured: () async throws -> Double, floor: () async throws -> Double
    ) async rethrows {
        for number in 0..<count {
            if number.isMultiple(of: 2) { self.floor.append(try await floor()) }
            self.measured.append(try await measured())
            if !number.isMultiple(of: 2) { self.floor.append(try await floor()) }
        }
    }

    var medianMeasured: Double { median(measured) }
    var medianFloor: Double { median(floor) }
}

func median(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "nothing was measured")
    let sorted = values.sorted(), middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

/// The machine's load average over the last minute.
func loadAverage() -> Double {
    var loads = [0.0]
    return getloadavg(&loads, 1) == 1 ? loads[0] : 0
}

/// Does `body` for every index below `count` on `cores` threads, sixteen at a time.
func onAllCores(_ count: Int, cores: Int, _ body: @Sendable (Int) -> Void) {
    let chunks = (count + 15) / 16
    DispatchQueue.concurrentPerform(iterations: min(cores, chunks)) { worker in
        for chunk in stride(from: worker, to: chunks, by: cores) {
            for index in chunk * 16..<min(count, chunk * 16 + 16) { body(index) }
        }
    }
}
