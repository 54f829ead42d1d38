/// One row of a dataset: what a record commitment commits to. `schemas/datasets.md` defines its bytes.
///
/// Personal data: it is in a vault, encrypted under a key of its own, and never in an event.
public struct DatasetRecord: Codable, Hashable, Sendable {
    /// What its owner calls it; unique in its dataset.
    public var id: String
    /// The class, from 0.
    public var label: Int
    /// Whom it is about, where that is known.
    public var subject: String?
    public var text: String

    public init(id: String, subject: String?, label: Int, text: String) {
        (self.id, self.subject, self.label, self.text) = (id, subject, label, text)
    }

    /// The longest id and subject, in bytes.
    public static let maximumNameLength = 256
    /// The longest text, in bytes.
    public static let maximumTextLength = 1 << 20
    /// Labels are classes of a recipe.
    public static let labels = 0...65_535

    /// The record bytes: canonical JSON.
    public var bytes: [UInt8] { CanonicalJSON.encode(self) }

    /// Reads record bytes.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try CanonicalJSON.decode(Self.self, from: bytes)
    }
}
