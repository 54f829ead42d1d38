import ArgumentParser
import Events
import Foundation
import LedgerStore
import LetheEngine

/// An error as a person sees it: what was wrong, with the value, and what to type next.
struct Failure {
    private var code: Int32
    private var message: String
    private var hint: String?

    init(_ error: any Error) {
        switch error {
        case let error as EngineError:
            (code, message, hint) = (error.code == .refused ? 1 : 2, error.message, error.hint)
        case let error as StoreError:
            (code, message, hint) = (2, error.message, error.hint)
        case let error as Answer:
            (code, message, hint) = (error.code, error.message, error.hint)
        default:
            let usage = Lethe.exitCode(for: error)
            (code, message, hint) = (usage == .validationFailure ? 64 : 2, "\(error)", nil)
            if usage.isSuccess {
                print(Lethe.fullMessage(for: error))
                code = 0
                message = ""
            } else if usage == .validationFailure {
                message = Lethe.message(for: error)
                hint = "lethe help, or the command with --help"
            }
        }
    }

    func exit() -> Never {
        if !message.isEmpty {
            standardError("lethe: error: \(message)")
            if let hint { standardError("lethe: hint: \(hint)") }
        }
        Foundation.exit(code)
    }
}

/// A negative answer, or one that could not be found, after the details were printed.
struct Answer: Error {
    var code: Int32
    var message: String
    var hint: String?

    static func no(_ message: String, hint: String? = nil) -> Answer { Answer(code: 1, message: message, hint: hint) }
    static func unknown(_ message: String, hint: String? = nil) -> Answer {
        Answer(code: 2, message: message, hint: hint)
    }
}
