internal import Dispatch
public import Events

/// One entry after parsing and checking signatures on whichever core was free.
public struct CheckedEntry: Sendable {
    public var event: ReceivedEvent
    /// False where a key was not known yet: the serial pass checks again, when earlier entries may have brought it.
    public var signaturesHold: Bool
}

/// Parses `entries` and checks their signatures on `cores` threads. Results stand in the order of the entries.
///
/// Each envelope is verified once. The first error by position is kept; which thread found it makes no difference.
public func verify(
    _ entries: [[UInt8]], cores: Int, keys: @escaping @Sendable (KeyID) -> KeyBytes?
) -> [Result<CheckedEntry, AdmissionError>] {
    guard entries.count > 1, cores > 1 else { return entries.map { verify($0, keys: keys) } }
    // Small chunks, so that a core that is slowed down by something else does not hold up the rest.
    let chunk = max(1, min(256, entries.count / (cores * 4)))
    let chunks = (entries.count + chunk - 1) / chunk
    return [Result<CheckedEntry, AdmissionError>](unsafeUninitializedCapacity: entries.count) { buffer, count in
        nonisolated(unsafe) let output = buffer
        DispatchQueue.concurrentPerform(iterations: chunks) { index in
            for position in index * chunk..<min(entries.count, (index + 1) * chunk) {
                output.initializeElement(at: position, to: verify(entries[position], keys: keys))
            }
        }
        count = entries.count
    }
}

private func verify(
    _ entry: [UInt8], keys: (KeyID) -> KeyBytes?
) -> Result<CheckedEntry, AdmissionError> {
    do throws(AdmissionError) {
        let event = try ReceivedEvent(parsing: entry)
        do throws(AdmissionError) {
            try event.checkSignatures(keys: keys)
        } catch .unknownKey {
            return .success(CheckedEntry(event: event, signaturesHold: false))
        }
        return .success(CheckedEntry(event: event, signaturesHold: true))
    } catch {
        return .failure(error)
    }
}
