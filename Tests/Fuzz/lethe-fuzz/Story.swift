internal import Bytes
internal import ChainViews
internal import Events

/// What members say, one after the other, without the work of saying it right: the input of the target `rules`.
///
/// A line is `LABEL SIGNATURES STATEMENT`: 64 hexadecimal digits by which later lines name the event; `KEYID:SIGNATURE`,
/// separated by commas; the statement's JSON. Before a line is tried, labels are replaced by the hashes that the events
/// really got, lists of strings are put in order, and the author's sequence, its previous event and the subjects are made to
/// fit. So what a fuzzer changes reaches the rules, where random bytes would end at the first signature; signatures are not
/// checked.
struct Story {
    /// An event of the story as it is written down.
    struct Line {
        var label: String
        var signatures: [Envelope.Signature]
        var statement: [UInt8]
    }

    private(set) var publicView: PublicView
    private(set) var privateViews: [Origin: PrivateView] = [:]
    /// The public view's rows, kept up to date by its changes alone.
    private(set) var stored: [RowName: [UInt8]] = [:]
    private var hashes: [String: String] = [:]
    /// The most lines that are told; a fuzzer likes to repeat.
    private static let maximumLines = 200

    struct RowName: Hashable {
        var kind: String
        var key: String
    }

    init(origin: Origin) { publicView = PublicView(origin: origin) }

    /// Tells the lines in `text`; whatever cannot be said is left out.
    mutating func tell(_ text: [UInt8]) {
        for line in text.split(separator: 0x0a).prefix(Self.maximumLines) {
            guard let line = Line(Array(line)), let event = event(line) else { continue }
            hashes[line.label] = event.hash.hex
            say(event)
        }
    }

    /// The line as an event that its author could have signed here.
    private func event(_ line: Line) -> ReceivedEvent? {
        let text = inOrder(replacingLabels(in: line.statement))
        guard let said = try? Statement(parsing: text) else { return nil }
        let isPublic = said.chain == publicView.origin
        let head = isPublic ? publicView.head(of: said.author) : privateViews[said.chain]?.head(of: said.author)
        let first = isPublic ? publicView.charter?.firstLeaf : privateViews[said.chain]?.firstLeaf
        let statement = Statement(
            chain: said.chain, author: said.author, sequence: head?.events.value ?? 0, previous: head?.last,
            claimedAt: said.claimedAt, body: said.body, event: said.event, firstLeaf: first)
        return try? ReceivedEvent(parsing: Envelope(payload: statement.bytes, signatures: line.signatures).bytes)
    }

    private mutating func say(_ event: ReceivedEvent) {
        let chain = event.statement.chain
        guard chain == publicView.origin else {
            guard privateViews.count < 16 || privateViews[chain] != nil else { return }
            let before = privateViews[chain] ?? PrivateView(origin: chain)
            var view = before
            if (try? view.admit(
                event, publicView: publicView, judgedAt: publicView.size, signaturesHold: true)) == nil
            {
                hold(view.rows == before.rows, "a private event that was refused changed the view")
            }
            privateViews[chain] = view
            return
        }
        let before = publicView
        if (try? publicView.admit(event, signaturesHold: true)) == nil {
            hold(publicView.rows == before.rows, "an event that was refused changed the view")
        }
        for row in publicView.takeChanges() { stored[RowName(kind: row.kind, key: row.key)] = row.value }
    }

    // MARK: Text

    /// `text` with every label that an earlier line has replaced by its event's hash.
    private func replacingLabels(in text: [UInt8]) -> [UInt8] {
        guard !hashes.isEmpty else { return text }
        var text = text
        for string in JSONScalars(in: text).strings where string.count == 66 {
            let label = String(decoding: text[string].dropFirst().dropLast(), as: UTF8.self)
            guard let hash = hashes[label] else { continue }
            text.replaceSubrange(string.dropFirst().dropLast(), with: hash.utf8)
        }
        return text
    }

    /// `text` with its lists of strings in ascending order, each string once, as sets are written.
    private func inOrder(_ text: [UInt8]) -> [UInt8] {
        var text = text
        for list in JSONScalars(in: text).lists.reversed() where list.count > 1 {
            let strings = list.map { Array(text[$0]) }
            guard strings.allSatisfy({ $0.first == UInt8(ascii: "\"") }) else { continue }
            let set = Set(strings).sorted { $0.lexicographicallyPrecedes($1) }
            text.replaceSubrange(
                list.first!.lowerBound..<list.last!.upperBound, with: Array(set.joined(separator: [UInt8(ascii: ",")])))
        }
        return text
    }
}

extension Story.Line {
    init?(_ bytes: [UInt8]) {
        let parts = bytes.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        label = String(decoding: parts[0], as: UTF8.self)
        statement = Array(parts[2])
        signatures = parts[1].split(separator: UInt8(ascii: ",")).compactMap { part in
            let pair = String(decoding: part, as: UTF8.self).split(separator: ":").map(String.init)
            guard pair.count == 2, let keyID = KeyID(hex: pair[0]), let signature = Base64.decode(pair[1]),
                signature.count == 64
            else { return nil }
            return Envelope.Signature(keyID: keyID, signature: signature)
        }
    }

    /// The line that says what an envelope says.
    init?(envelope bytes: [UInt8]) {
        guard let envelope = try? Envelope(parsing: bytes) else { return nil }
        label = EventHash(envelope: bytes).hex
        signatures = envelope.signatures
        statement = envelope.payload
    }

    var bytes: [UInt8] {
        let signatures = signatures.map { "\($0.keyID.hex):\(Base64.encode($0.signature))" }
        return Array("\(label) \(signatures.joined(separator: ",")) ".utf8) + statement + [0x0a]
    }
}

/// Where the scalars of a JSON text are. The text need not be JSON; what is found then means nothing.
struct JSONScalars {
    /// Of strings, quotes included, and of numbers, `true`, `false` and `null`; not of names.
    private(set) var all: [Range<Int>] = []
    private(set) var strings: [Range<Int>] = []
    /// The elements of each list that holds scalars alone, in the order in which the lists end.
    private(set) var lists: [[Range<Int>]] = []

    init(in text: [UInt8]) {
        // Of each list that is open: its scalars, and whether there is nothing else in it.
        var open: [(elements: [Range<Int>], isFlat: Bool, isList: Bool)] = []
        var index = 0
        while index < text.count {
            let start = index
            switch text[index] {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                if !open.isEmpty { open[open.count - 1].isFlat = false }
                open.append(([], true, text[index] == UInt8(ascii: "[")))
                index += 1
                continue
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if let list = open.popLast(), list.isList, list.isFlat { lists.append(list.elements) }
                index += 1
                continue
            case UInt8(ascii: "\""):
                index += 1
                while index < text.count, text[index] != UInt8(ascii: "\"") {
                    index += text[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                index = min(index + 1, text.count)
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                index += 1
                continue
            default:
                while index < text.count, !Array(",:[]{}\"".utf8).contains(text[index]) { index += 1 }
            }
            guard index >= text.count || text[index] != UInt8(ascii: ":") else { continue }
            all.append(start..<index)
            if text[start] == UInt8(ascii: "\"") { strings.append(start..<index) }
            if !open.isEmpty { open[open.count - 1].elements.append(start..<index) }
        }
    }
}
