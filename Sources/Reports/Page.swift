public import Bytes
public import Events

/// What a part of a page says about how things stand. Always shown with a word or a shape, never by
/// colour alone.
public enum Tone: String, Hashable, Sendable {
    case good, caution, bad, plain
}

/// A piece of running text.
public enum Span: Hashable, Sendable {
    case text(String)
    case strong(String)
    /// What no longer counts. A word beside it must say so too.
    case struck(String)
    case code(String)
    /// The beginning of a digest. The page lists all of it at its end, since paper has no tooltips.
    case digest(String)
    /// All 64 digits.
    case fullDigest(String)
    case mark(String, Tone)
    /// A link to a section of the same page.
    case link(String, section: String)
}

extension Span: ExpressibleByStringInterpolation {
    /// Plain text.
    public init(stringLiteral text: String) { self = .text(text) }
}

/// One term with its value.
public struct Fact: Hashable, Sendable {
    public var term: String
    public var value: [Span]

    public init(_ term: String, _ value: [Span]) {
        self.term = term
        self.value = value
    }

    public init(_ term: String, _ value: String) { self.init(term, [.text(value)]) }

    /// A number of things, with their name as its term.
    static func count(_ count: Int, _ noun: String) -> Fact { Fact(count == 1 ? noun : noun + "s", "\(count)") }
}

/// Rows under headings. The first cell of each row is the row's heading.
public struct DataTable: Hashable, Sendable {
    public var caption: String
    public var columns: [String]
    public var rows: [[[Span]]]

    /// - Parameter rows: each has as many cells as there are columns.
    public init(caption: String, columns: [String], rows: [[[Span]]]) {
        precondition(rows.allSatisfy { $0.count == columns.count }, "\(caption): a row of another length")
        self.caption = caption
        self.columns = columns
        self.rows = rows
    }
}

/// A drawing of this module with its caption.
public struct Picture: Hashable, Sendable {
    /// The `<svg>` element. Only drawings of this module make one, so that nothing unescaped gets in.
    let markup: String
    /// What assistive technology calls the box that the picture scrolls in.
    let label: String
    let caption: [Span]
    /// Whether it is read more easily on paper that is turned.
    let isWide: Bool
}

public enum Block: Hashable, Sendable {
    case paragraph([Span])
    case list([[Span]])
    case steps([[Span]])
    case facts([Fact])
    case table(DataTable)
    case picture(Picture)
    case command(String)
    /// The title of a part of a section.
    case heading([Span])
}

public struct Section: Hashable, Sendable {
    /// Lower-case letters and hyphens: the anchor.
    public var id: String
    public var title: String
    public var blocks: [Block]

    public init(_ id: String, _ title: String, _ blocks: [Block]) {
        self.id = id
        self.title = title
        self.blocks = blocks
    }

    /// Rows of one table that a page shows, where a ledger may give any number: a page stays readable, and its
    /// data, JSON and CSV have all.
    static let shownRows = 300

    /// A section that is one table, or one sentence where the table would be empty.
    ///
    /// - Parameter limit: how many rows are shown; the section says how many more there are.
    init(_ id: String, _ title: String, table: DataTable, atMost limit: Int = .max, orElse sentence: String) {
        guard !table.rows.isEmpty else {
            self.init(id, title, [.paragraph([.text(sentence)])])
            return
        }
        var shown = table
        shown.rows = Array(table.rows.prefix(limit))
        let hidden = table.rows.count - shown.rows.count
        let more = Block.paragraph([
            "The other \(hidden) rows are in this page's data and in the report's JSON and CSV."
        ])
        self.init(id, title, hidden > 0 ? [.table(shown), more] : [.table(shown)])
    }

    /// Whether paper is turned for the section.
    var isWide: Bool {
        blocks.contains { block in
            if case .picture(let picture) = block { picture.isWide } else { false }
        }
    }
}

/// A scale with the step that was reached, e.g. the evidence grades.
public struct GradeScale: Hashable, Sendable {
    public struct Step: Hashable, Sendable {
        public var name: String
        public var word: String

        public init(name: String, word: String) {
            self.name = name
            self.word = word
        }
    }

    public var title: String
    public var steps: [Step]
    public var reached: Int

    public init(title: String, steps: [Step], reached: Int) {
        self.title = title
        self.steps = steps
        self.reached = reached
    }
}

/// The box at the top: the answer before everything else.
public struct Banner: Hashable, Sendable {
    public var tone: Tone
    /// What must be read before the verdict itself.
    public var notice: String?
    public var heading: String
    public var sentences: [[Span]]
    public var scale: GradeScale?
    /// Numbers to read at a glance.
    public var counts: [Fact]

    public init(
        tone: Tone, notice: String?, heading: String, sentences: [[Span]], scale: GradeScale?,
        counts: [Fact]
    ) {
        self.tone = tone
        self.notice = notice
        self.heading = heading
        self.sentences = sentences
        self.scale = scale
        self.counts = counts
    }
}

/// A report as one HTML file that asks for nothing else: the frame that all reports share.
///
/// A report says what stands where; the frame gives it the header, the verdict box, contents, tables,
/// pictures, the list of digests in full, the data it was made from, and styles for screen and paper.
/// Every text is escaped here.
public struct Page: Hashable, Sendable {
    public var title: String
    /// What kind of document, of what.
    public var subtitle: String
    public var banner: Banner
    public var sections: [Section]
    /// The canonical JSON that the page was made from.
    public var data: [UInt8]

    public init(title: String, subtitle: String, banner: Banner, sections: [Section], data: [UInt8]) {
        self.title = title
        self.subtitle = subtitle
        self.banner = banner
        self.sections = sections
        self.data = data
    }

    /// SHA-256 of ``data``.
    public var dataDigest: ArtifactDigest { .sha256(data) }

    /// The HTML file's text. The same page gives the same bytes.
    public func html() -> String { PageTemplate.shared.render(self) }
}

extension Page {
    /// Every digest that stands shortened somewhere, in order of first appearance, each once, with where
    /// it first stands.
    var shortenedDigests: [(digest: String, place: String)] {
        var seen: Set<String> = []
        var found: [(digest: String, place: String)] = []
        func note(_ spans: [Span], in place: String) {
            for case .digest(let digest) in spans where seen.insert(digest).inserted {
                found.append((digest, place))
            }
        }
        for sentence in banner.sentences { note(sentence, in: banner.heading) }
        for section in sections {
            for block in section.blocks {
                for spans in block.spans { note(spans, in: section.title) }
            }
        }
        return found
    }
}

extension Block {
    /// All running text in the block.
    var spans: [[Span]] {
        switch self {
        case .paragraph(let spans): [spans]
        case .list(let items), .steps(let items): items
        case .facts(let facts): facts.map(\.value)
        case .table(let table): table.rows.flatMap { $0 }
        case .picture(let picture): [picture.caption]
        case .heading(let spans): [spans]
        case .command: []
        }
    }
}
