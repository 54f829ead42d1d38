/// One table of a view, whatever its rows: what is done with all of them is done over one list.
struct StoredTable<View>: Sendable {
    let kind: @Sendable (View) -> String
    let takeChanges: @Sendable (inout View) -> [ViewRow]
    let rows: @Sendable (View, _ cores: Int) -> [ViewRow]
    let load: @Sendable (inout View, ViewRow) throws(ViewLoadError) -> Void
    let keepRows: @Sendable (inout View, RowLog) -> Void
    /// How many rows are in memory.
    let held: @Sendable (View) -> Int

    init<Key, Row>(_ path: any WritableKeyPath<View, Table<Key, Row>> & Sendable) {
        kind = { $0[keyPath: path].kind }
        takeChanges = { $0[keyPath: path].takeChanges() }
        rows = { $0[keyPath: path].all(cores: $1) }
        load = { view, row throws(ViewLoadError) in try view[keyPath: path].load(row) }
        keepRows = { $0[keyPath: path].keepRows(in: $1) }
        held = { $0[keyPath: path].rows.held }
    }
}

extension Array {
    /// Takes stored rows in, each into the table of its kind.
    func load<View>(_ rows: some Sequence<ViewRow>, into view: inout View) throws(ViewLoadError)
    where Element == StoredTable<View> {
        let byKind = Dictionary(uniqueKeysWithValues: map { ($0.kind(view), $0) })
        for row in rows {
            guard let table = byKind[row.kind] else {
                throw ViewLoadError(kind: row.kind, key: row.key, reason: "the kind is unknown")
            }
            try table.load(&view, row)
        }
    }
}
