/// Why no verdict is given, or a negative one: what was wrong, with the value, and what to do next.
public struct VerifyRefusal: Error, Hashable, Sendable {
    /// 1: the answer is no. 2: it could not be judged. 64: the request is no request.
    public var code: Int32
    public var message: String
    public var hint: String

    public init(_ code: Int32, _ message: String, hint: String) {
        (self.code, self.message, self.hint) = (code, message, hint)
    }

    static func no(_ message: String, hint: String) -> VerifyRefusal { VerifyRefusal(1, message, hint: hint) }
    static func unknown(_ message: String, hint: String) -> VerifyRefusal { VerifyRefusal(2, message, hint: hint) }
}
