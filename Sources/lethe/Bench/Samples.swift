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
    private struct Series {
        var seconds: [Double] = []
        var processorSeconds: [Double] = []

        /// Adds what `body` tells, and the processor time it took; where it tells the time of a multiple of what it did,
        /// that of the multiple.
        mutating func add(_ body: () async throws -> Double) async rethrows {
            let before = processorTime(), start = ContinuousClock.now
            let told = try await body()
            let whole = (ContinuousClock.now - start) / .seconds(1)
            seconds.append(told)
            processorSeconds.append((processorTime() - before) * told / whole)
        }
    }

    private var measured = Series()
    private var floor = Series()

    /// Takes `count` samples of each, in seconds. Who goes first alternates.
    init(
        _ count: Int, measured: () async throws -> Double, floor: () async throws -> Double
    ) async rethrows {
        for number in 0..<count {
            if number.isMultiple(of: 2) { try await self.floor.add(floor) }
            try await self.measured.add(measured)
            if !number.isMultiple(of: 2) { try await self.floor.add(floor) }
        }
    }

    var medianMeasured: Double { median(measured.seconds) }
    var medianFloor: Double { median(floor.seconds) }
    /// Measured over floor in processor time of all threads and children: what other work on the machine changes least.
    var processorRatio: Double { median(measured.processorSeconds) / median(floor.processorSeconds) }
}

/// The processor time of this process so far and of its children that ended, in seconds.
func processorTime() -> Double {
    let own: __rusage_who_t = 0, children: __rusage_who_t = -1
    return [own, children].reduce(0) { sum, who in
        var usage = rusage()
        getrusage(who, &usage)
        let times = [usage.ru_utime, usage.ru_stime]
        return times.reduce(sum) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1_000_000 }
    }
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
