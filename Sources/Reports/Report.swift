internal import Events

/// A document in three forms that say the same: a page for people, JSON that is in the page too, and rows for
/// spreadsheets and log collectors.
///
/// A report is made from data alone. It reads no clock and no ledger, so the same data give the same bytes.
public protocol Report: Sendable {
    associatedtype Content: Codable, Hashable, Sendable

    /// What the page says, as data. Its canonical JSON is the report.
    var content: Content { get }
    var page: Page { get }
    /// The content as rows without nesting.
    var rows: FlatTable { get }
}

extension Report {
    /// The canonical JSON of ``content``.
    public func json() -> [UInt8] { CanonicalJSON.encode(content) }

    /// The page: one HTML file that asks for nothing else. The same report gives the same bytes.
    public func html() -> String { page.html() }

    /// ``rows`` as CSV.
    public func csv() -> String { rows.csv }
}
