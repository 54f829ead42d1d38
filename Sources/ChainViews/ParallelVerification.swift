internal import Dispatch
public import Events
internal import Synchronization

/// One entry after parsing and checking signatures on whichever core was free.
public struct CheckedEntry: Sendable {
    public var event: ReceivedEvent
    /// False where a key is unknown or a signature does not verify: the serial pass checks again, and finds the first
    /// reason in the order of the checks.
    public var signaturesHold: Bool
}

/// Parses `entries` and checks their signatures on at most `cores` threads. Results stand in the order of the entries.
///
/// Besides `keys`, a signature may be by a key that one of the entries introduces: a key id is the hash of its key, so it
/// makes no difference where the key was found. Whether the key was valid at the entry's place is for the serial pass to
/// say. Each valid envelope is verified once, and which thread did it makes no difference.
public func verify(
    _ entries: [[UInt8]], cores: Int, keys: @escaping @Sendable (KeyID) -> KeyBytes?
) -> [Result<CheckedEntry, AdmissionError>] {
    let parsed = map(entries, cores: cores) { (entry) -> Result<ReceivedEvent, AdmissionError> in
        do throws(AdmissionError) {
            return .success(try ReceivedEvent(parsing: entry))
        } catch {
            return .failure(error)
        }
    }
    var introduced: [KeyID: KeyBytes] = [:]
    for case .success(let event) in parsed { introduced.merge(event.introducedKeys) { first, _ in first } }
    let known = introduced
    return map(parsed, cores: cores) { result in
        result.map { event in
            let holds = (try? event.checkSignatures { keys($0) ?? known[$0] }) != nil
            return CheckedEntry(event: event, signaturesHold: holds)
        }
    }
}

/// What `transform` makes of each of `inputs`, in their order, on at most `cores` threads.
private func map<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], cores: Int, _ transform: @Sendable (Input) -> Output
) -> [Output] {
    guard inputs.count > 1, cores > 1 else { return inputs.map(transform) }
    // Small chunks, taken as threads get free, so that one slow core does not hold up the rest.
    let chunk = max(1, min(256, inputs.count / (cores * 4)))
    let taken = Atomic(0)
    return [Output](unsafeUninitializedCapacity: inputs.count) { buffer, count in
        nonisolated(unsafe) let output = buffer
        DispatchQueue.concurrentPerform(iterations: cores) { _ in
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
