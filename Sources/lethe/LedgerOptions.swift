import ArgumentParser
import Bytes
import Events
import Foundation
import LedgerStore
import LetheEngine
import Proofs
import Signing
import Verifying

/// What most commands take: the ledger, who speaks, and the form of the answer.
struct LedgerOptions: ParsableArguments {
    @Option(name: .long, help: "The ledger directory (default: $LETHE_LEDGER, else the current directory).")
    var ledger: String?

    @Option(name: .long, help: "The member that acts, where the ledger holds keys of several.")
    var `as`: String?

    @Flag(name: .long, help: "Answer in JSON.")
    var json = false

    var path: String {
        ledger ?? ProcessInfo.processInfo.environment["LETHE_LEDGER"] ?? "."
    }

    func open(_ mode: LedgerDirectory.Mode, loadingViews: Bool = true) async throws -> Ledger {
        let ledger = try await Ledger.open(
            at: path, mode: mode, surroundings: .process(), loadingViews: loadingViews, faults: .process())
        if mode == .readWrite { try await ledger.recover() }
        return ledger
    }

    /// Opens the ledger to take in what others have, also where it was restored from an old backup.
    func importing<Result: Sendable>(_ body: (Ledger) async throws -> Result) async throws -> Result {
        try await using(
            Ledger.open(
                at: path, mode: .readWrite, surroundings: .process(), restoring: true, faults: .process()), body)
    }

    /// Opens the ledger for reading, passes it to `body`, closes it.
    func reading<Result: Sendable>(_ body: (Ledger) async throws -> Result) async throws -> Result {
        try await using(open(.readOnly), body)
    }

    /// The same for what folds the chain from its entries before anything else.
    func readingEntries<Result: Sendable>(_ body: (Ledger) async throws -> Result) async throws -> Result {
        try await using(open(.readOnly, loadingViews: false), body)
    }

    func writing<Result: Sendable>(_ body: (Ledger) async throws -> Result) async throws -> Result {
        try await using(open(.readWrite), body)
    }

    private func using<Result: Sendable>(
        _ ledger: Ledger, _ body: (Ledger) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body(ledger)
            try await ledger.close()
            return result
        } catch {
            try? await ledger.close()
            throw error
        }
    }

    /// The member that acts: the one named, or the only one whose keys are here and who has `role`.
    func actor(_ ledger: Ledger, role: Role? = nil) async throws -> MemberName {
        let members = await ledger.localMembers
        if let name = self.as {
            let member: MemberName = try parsed(name, "member name")
            guard members.contains(member) else {
                throw EngineError(
                    .invalidRequest, "this ledger holds no keys of \(member)",
                    hint: members.isEmpty
                        ? "it holds no member's keys"
                        : "it holds those of \(members.map(\.text).joined(separator: ", "))")
            }
            return member
        }
        if members.count == 1 { return members[0] }
        if let role, let member = try await ledger.localMember(with: role) { return member }
        throw EngineError(
            .invalidRequest,
            members.isEmpty
                ? "this ledger holds no member's keys" : "this ledger holds keys of \(members.count) members",
            hint: "say who acts: --as " + (members.first?.text ?? "MEMBER"))
    }
}

extension Surroundings {
    /// The process's own time, randomness, cores and passphrase.
    ///
    /// `LETHE_NOW` fixes the time, for sessions that must come out the same; events only ever claim it.
    static func process() throws -> Surroundings {
        let progress = ProgressLine()
        let fixed: Timestamp? = try ProcessInfo.processInfo.environment["LETHE_NOW"].map {
            try parsed($0, "time in LETHE_NOW")
        }
        return Surroundings(
            now: { fixed ?? Timestamp(seconds: Int(Date().timeIntervalSince1970))! },
            random: .system, passphrase: readPassphrase, cores: ProcessInfo.processInfo.activeProcessorCount,
            progress: { progress.show($0, $1, $2) })
    }
}

extension FaultInjector {
    /// No fault; in a debug build the one that `LETHE_FAULT` names, as `STEP:EFFECT:OCCURRENCE`, for tests that kill the
    /// process at a chosen step.
    static func process() throws -> FaultInjector {
        #if DEBUG
            guard let text = ProcessInfo.processInfo.environment["LETHE_FAULT"] else { return .none }
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count == 3, let step = Step(rawValue: parts[0]), let effect = Effect(rawValue: parts[1]),
                let occurrence = Int(parts[2])
            else { throw Answer(code: 64, message: "\"\(text)\" is not a fault", hint: "STEP:EFFECT:OCCURRENCE") }
            return FaultInjector(at: step, effect, occurrence: occurrence)
        #else
            return .none
        #endif
    }
}

/// The passphrase from the file that `LETHE_PASSPHRASE_FILE` names, or from the terminal.
@Sendable func readPassphrase() throws -> [UInt8]? {
    if let path = ProcessInfo.processInfo.environment["LETHE_PASSPHRASE_FILE"] {
        var bytes = try readFile(path)
        while bytes.last == 0x0a { bytes.removeLast() }
        return bytes
    }
    guard isatty(0) == 1, let text = getpass("Passphrase: ") else { return nil }
    return Array(String(cString: text).utf8)
}

/// The value that `text` spells; an error that names it where it spells none.
func parsed<Value: TextValue>(_ text: String, _ what: String) throws -> Value {
    guard let value = Value(text) else {
        throw Answer(code: 64, message: "\"\(text)\" is not \(indefinite(what))", hint: "give \(Value.form)")
    }
    return value
}

func parsed<Value: RawRepresentable & CaseIterable>(
    _ text: String, _ what: String
) throws -> Value where Value.RawValue == String {
    guard let value = Value(rawValue: text) else {
        throw Answer(
            code: 64, message: "\"\(text)\" is not \(indefinite(what))",
            hint: "one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return value
}

/// `noun` with its article.
private func indefinite(_ noun: String) -> String {
    let isVowel = noun.first.map { "aeiou".contains($0) } ?? false
    return "\(isVowel ? "an" : "a") \(noun)"
}

func parsedDigest(_ text: String, _ what: String) throws -> ArtifactDigest {
    guard let digest = ArtifactDigest(hex: text) else {
        throw Answer(
            code: 64, message: "\"\(text)\" is not \(indefinite(what))", hint: "64 lower-case hexadecimal digits")
    }
    return digest
}

/// `text`, once it can be the beginning of a hash: what it names, the ledger says.
func beginning(_ text: String, _ what: String) throws -> String {
    guard Ledger.isBeginning(text) else {
        throw Answer(
            code: 64, message: "\"\(text)\" is not \(indefinite(what))",
            hint: "64 lower-case hexadecimal digits, or the first \(Ledger.fewestDigits) or more of them")
    }
    return text
}

/// The bytes of the file at `path`, of which no more than `limit` are read: it may be somebody else's, or never end.
func readFile(_ path: String, limit: Int = 2 << 30) throws -> [UInt8] {
    do throws(VerifyRefusal) { return try InputFile.read(path, limit: limit) } catch { throw Answer(error) }
}

func readPolicy(_ path: String) throws -> TrustPolicy {
    do throws(VerifyRefusal) { return try VerifyRequest.policy(path) } catch { throw Answer(error) }
}

/// SHA-256 of a file, read in pieces.
func fileDigest(_ path: String) throws -> ArtifactDigest {
    guard let handle = FileHandle(forReadingAtPath: path) else {
        throw Answer.unknown("cannot read \(path)", hint: "check the path")
    }
    defer { try? handle.close() }
    var hasher = Hasher256()
    while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty { hasher.update(Array(data)) }
    return hasher.finish()
}
