import ArgumentParser
import Events
import Foundation
import LedgerStore
import LetheEngine
import Proofs
import Verifying

/// An error as a person sees it: what was wrong, with the value, and what to type next.
struct Failure {
    private var code: Int32
    private var message: String
    private var hint: String?

    init(_ error: any Error) {
        switch error {
        case let error as EngineError:
            (code, message) = (error.code == .refused ? 1 : 2, error.message)
            hint = error.hint ?? Self.hint(error.code)
        case let error as StoreError:
            (code, message, hint) = (2, error.message, error.hint)
        case let error as ChainFile.Failure:
            (code, message, hint) = (2, "\(error)", "lethe chain export writes one: get it again")
        case let error as Answer:
            (code, message) = (error.code, error.message)
            hint = error.hint ?? "lethe show says what the chain has, the command with --help what it takes"
        default:
            let usage = Lethe.exitCode(for: error)
            (code, message) = (usage == .validationFailure ? 64 : 2, "\(error)")
            hint = "check what was given: the command with --help says what it takes"
            if usage.isSuccess {
                print(Lethe.fullMessage(for: error))
                code = 0
                message = ""
            } else if usage == .validationFailure {
                (message, hint) = Self.wrongUsage(error, Array(CommandLine.arguments.dropFirst()))
            }
        }
    }

    /// What was typed wrong: a command or an option that does not exist, else what the parser says.
    private static func wrongUsage(_ error: any Error, _ arguments: [String]) -> (String, hint: String) {
        if let unknown = UnknownCommand(in: arguments) {
            return ("there is no command \"\(unknown.typed)\"", unknown.hint)
        }
        if let unknown = UnknownOption(in: arguments) {
            return ("there is no option \(unknown.typed)", unknown.hint)
        }
        let command = CommandTree(Lethe.self).command(in: arguments)
        return (Lethe.message(for: error).lowercasedFirst, command.help)
    }

    /// What to do where the error itself does not say.
    private static func hint(_ code: EngineError.Code) -> String {
        switch code {
        case .invalidRequest: "nothing was changed; the command with --help says what it takes"
        case .refused: "nothing was changed; lethe show says what the chain has"
        case .missing: "get it from the member that has it, then repeat"
        case .inconsistent: "lethe check says what is wrong"
        }
    }

    /// `text` as it may be shown, line by line: it may quote files that somebody else made.
    private static func harmless(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { printable(String($0)) }.joined(
            separator: "\n")
    }

    func exit() -> Never {
        if !message.isEmpty {
            standardError("lethe: error: \(Self.harmless(message))")
            if let hint { standardError("lethe: hint: \(Self.harmless(hint))") }
        }
        // Whoever asked it to end is told that it did, and not that the answer is no.
        if let signal = Interruption.signal {
            Foundation.signal(signal, SIG_DFL)
            // The thread that gets here may be one of a pool, which blocks signals.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, signal)
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            raise(signal)
        }
        Foundation.exit(code)
    }
}

extension String {
    /// The same, as a sentence's end: other people's messages begin with a capital.
    var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}

/// A negative answer, or one that could not be found, after the details were printed.
struct Answer: Error {
    var code: Int32
    var message: String
    var hint: String?

    init(code: Int32, message: String, hint: String? = nil) {
        (self.code, self.message, self.hint) = (code, message, hint)
    }

    init(_ refusal: VerifyRefusal) { (code, message, hint) = (refusal.code, refusal.message, refusal.hint) }

    static func no(_ message: String, hint: String? = nil) -> Answer { Answer(code: 1, message: message, hint: hint) }
    static func unknown(_ message: String, hint: String? = nil) -> Answer {
        Answer(code: 2, message: message, hint: hint)
    }
}
