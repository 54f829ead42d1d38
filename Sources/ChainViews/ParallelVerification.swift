internal import Dispatch
public import Events
internal import Synchronization

/// One entry after parsing and checking signatures on whichever core was free.
public struct CheckedEntry: Sendable {
    public var event: ReceivedEvent
    /// False where a key is unknown or a signature does not verify: the serial pass checks again, and finds
    /// the first reason in the order of the checks.
    public var signaturesHold: Bool
}

/// Parses `entries` and checks their signatures on at most `cores` threads. Results stand in the order of the
/// entries.
///
/// Besides `keys`, a signature may be by a key that one of the entries introduces: a key id is the hash of
/// its key, so it makes no difference where the key was found. Whether the key was valid at the entry's place
/// is for the serial pass to say. Each valid envelope is verified once, and which thread did it makes no
/// difference.
public func verify(
    _ entries: [[UInt8]], cores: Int, keys: @escaping @Sendable (KeyID) -> KeyBytes?
) -> [Result<CheckedEntry, AdmissionError>] {
    verify(entries, cores: cores, keys: keys, meanwhile: {})
}

/// The same, with serial work that one of the threads does first while the others verify.
func verify(
    _ entries: [[UInt8]], cores: Int, keys: @escaping @Sendable (KeyID) -> KeyBytes?, meanwhile: () -> Void
) -> [Result<CheckedEntry, AdmissionError>] {
    var checked = map(entries, cores: cores, meanwhile: meanwhile) { entry in check(entry, keys) }
    let introduced = introducedKeys(in: checked).filter { keys($0.key) == nil }
    guard !introduced.isEmpty else { return checked }
    // Signed by a key that stands elsewhere among the entries: once more, now that all of these are known.
    let open = checked.indices.filter {
        if case .success(let entry) = checked[$0] { !entry.signaturesHold } else { false }
    }
    let again = map(open.map { checked[$0] }, cores: cores, meanwhile: {}) { result in
        result.map { entry in
            CheckedEntry(event: entry.event, signaturesHold: holds(entry.event) { keys($0) ?? introduced[$0] })
        }
    }
    for (index, result) in zip(open, again) { checked[index] = result }
    return checked
}

/// Parses what `next` gives until it gives nothing more, signatures unseen, on at most `cores` threads: while the
/// events of one batch are taken, in their order, and the next batch is read, the other cores parse the one between.
///
/// - Throws: what `next` or `take` throws.
public func parseEntries(
    batches next: () throws -> [[UInt8]]?, cores: Int,
    _ take: (Result<ReceivedEvent, AdmissionError>) throws -> Void
) throws {
    var parsed: [Result<ReceivedEvent, AdmissionError>] = []
    var batch = try next()
    while let entries = batch {
        var failure: (any Error)?
        let results = map(entries, cores: cores) {
            do {
                try parsed.forEach(take)
                batch = try next()
            } catch {
                failure = error
            }
        } _: { entry in
            Result { () throws(AdmissionError) in try ReceivedEvent(parsing: entry) }
        }
        if let failure { throw failure }
        parsed = results
    }
    try parsed.forEach(take)
}

/// The keys that the entries introduce, whether they may or not.
func introducedKeys(in checked: [Result<CheckedEntry, AdmissionError>]) -> [KeyID: KeyBytes] {
    var introduced: [KeyID: KeyBytes] = [:]
    for case .success(let entry) in checked where entry.event.introducesKeys {
        introduced.merge(entry.event.introducedKeys) { first, _ in first }
    }
    return introduced
}

private func check(
    _ entry: [UInt8], _ keys: (KeyID) -> KeyBytes?
) -> Result<CheckedEntry, AdmissionError> {
    do throws(AdmissionError) {
        let event = try ReceivedEvent(parsing: entry)
        return .success(CheckedEntry(event: event, signaturesHold: holds(event, keys)))
    } catch {
        return .failure(error)
    }
}

private func holds(_ event: ReceivedEvent, _ keys: (KeyID) -> KeyBytes?) -> Bool {
    do throws(AdmissionError) {
        try event.checkSignatures(keys: keys)
        return true
    } catch {
        return false
    }
}

/// What `transform` makes of each of `inputs`, in their order, on at most `cores` threads, the first of which does
/// `meanwhile` before it takes part.
func map<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], cores: Int, meanwhile: () -> Void, _ transform: @Sendable (Input) -> Output
) -> [Output] {
    guard inputs.count > 1, cores > 1 else {
        meanwhile()
        return inputs.map(transform)
    }
    // Small chunks, taken as threads get free, so that one slow core does not hold up the rest.
    let chunk = max(1, min(64, inputs.count / (cores * 4)))
    let taken = Atomic(0)
    return [Output](unsafeUninitializedCapacity: inputs.count) { buffer, count in
        nonisolated(unsafe) let output = buffer
        nonisolated(unsafe) let first = meanwhile
        DispatchQueue.concurrentPerform(iterations: cores) { worker in
            if worker == 0 { first() }
            while true {
                let start = taken.add(chunk, ordering: .relaxed).oldValue
                guard start < inputs.count else { return }
                for position in start..<min(inputs.count, start + chunk) {
                    output.initializeElement(at: position, to: transform(inputs[position]))
                }
            }
        }
        count = inputs.count
    }
}
