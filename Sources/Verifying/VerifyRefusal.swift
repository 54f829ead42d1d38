/// Why no verdict is given, or a negative one: what was wrong, with the value, and what to do next.
public struct VerifyRefusal: Error, Hashable, Sendable {
    /// 1: the answer is no. 2: it could not be judged. 64: the request is no request.
    public var code: Int32
    public var message: String
    public var hint: String

    /// Message and hint may hold text of whoever made the file: they become one line each, of no more than
    /// ``maximumLength`` characters, which moves no cursor.
    public init(_ code: Int32, _ message: String, hint: String) {
        (self.code, self.message, self.hint) = (code, Self.line(message), Self.line(hint))
    }

    static let maximumLength = 2_000

    private static func line(_ text: String) -> String {
        let start = text.unicodeScalars.prefix(maximumLength)
        let isCut = start.endIndex < text.unicodeScalars.endIndex
        return printable(String(String.UnicodeScalarView(start))) + (isCut ? "…" : "")
    }

    static func no(_ message: String, hint: String) -> VerifyRefusal { VerifyRefusal(1, message, hint: hint) }
    static func unknown(_ message: String, hint: String) -> VerifyRefusal { VerifyRefusal(2, message, hint: hint) }
}
