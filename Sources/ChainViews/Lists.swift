/// Short lists by key, each in the order in which it was added to: what a view looks its rows up by.
///
/// With a log, what was added long ago lies there; a list that grew is then in several records, each of which says where
/// the one before it begins.
struct Lists<Key: Packable & Hashable & Sendable, Element: Packable & Sendable>: Sendable {
    private var recent: [Key: [Element]] = [:]
    private var recentCount = 0
    private var shelf: Shelf<Key>?

    init(in log: RowLog? = nil) { shelf = log.map(Shelf.init) }

    /// The list under `key`, which is empty where nothing was added.
    subscript(key: Key) -> [Element] {
        guard let shelf, var reader = shelf.value(of: key) else { return recent[key] ?? [] }
        var parts: [[Element]] = []
        while true {
            let previous = reader.integer()
            parts.append(reader.list())
            guard previous > 0 else { break }
            reader = shelf.value(at: previous - 1)
        }
        return parts.reversed().flatMap(\.self) + (recent[key] ?? [])
    }

    /// The element that was added to the list under `key` first.
    func first(of key: Key) -> Element? {
        guard let shelf, var reader = shelf.value(of: key) else { return recent[key]?.first }
        while true {
            let previous = reader.integer()
            let elements: [Element] = reader.list()
            guard previous > 0 else { return elements.first }
            reader = shelf.value(at: previous - 1)
        }
    }

    func contains(_ key: Key) -> Bool { recent[key] != nil || shelf?.contains(key) ?? false }

    /// How many elements are in memory.
    var held: Int { recentCount }

    mutating func append(_ element: Element, to key: Key) {
        recent[key, default: []].append(element)
        recentCount += 1
        if let log = shelf?.log, recentCount >= log.gathered { shelve() }
    }

    private mutating func shelve() {
        for (key, elements) in recent {
            shelf!.put(key) { previous, packer in
                packer.add(previous.map { $0 + 1 } ?? 0)
                packer.add(elements)
            }
        }
        recent.removeAll(keepingCapacity: true)
        recentCount = 0
    }
}
