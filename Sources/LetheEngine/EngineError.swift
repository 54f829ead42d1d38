/// Why the engine did not do what was asked: what is wrong, with the value, and what to do next.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The request itself makes no sense: an unknown name, a missing file.
        case invalidRequest
        /// The answer is no: verification failed, the event is refused.
        case refused
        /// Something that should be there is missing: a key, a blob, a chain.
        case missing
        /// What is stored contradicts itself.
        case inconsistent
    }

    public var code: Code
    public var message: String
    public var hint: String?
    public var cause: (any Error)?

    public init(_ code: Code, _ message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    public var description: String { message }
}
