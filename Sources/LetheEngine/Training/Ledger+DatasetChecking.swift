internal import Bytes
internal import ChainViews
internal import Events
internal import LedgerStore
internal import Training

extension Ledger {
    /// Every dataset's rows are here or erased as the private chain says, and every run used what it says it
    /// used.
    func checkDatasets(_ report: inout CheckReport) throws {
        for chain in privateViews.values.sorted(by: { $0.origin < $1.origin }) {
            for row in chain.allDatasets { try checkDataset(row, chain, &report) }
            for row in chain.allRuns { try checkRun(row, chain, &report) }
        }
        let registered = Set(privateViews.values.flatMap { $0.allDatasets.map(\.dataset) })
        for dataset in try directory.records.datasets() where !registered.contains(dataset) {
            // As after a crash: the next registration removes them.
            report.skipped("rows of a dataset that no event names", at: "\(dataset)")
        }
    }

    private func checkDataset(_ row: DatasetRow, _ chain: PrivateView, _ report: inout CheckReport) throws {
        let place = "\(chain.origin) \(row.dataset)"
        let open: OpenDataset
        do {
            open = try openDataset(row.dataset)
        } catch let error as EngineError {
            // A missing body is judged where bodies are.
            if error.code != .missing { report.found(error.message, at: place) }
            return
        }
        let held = Set(try directory.records.commitments(of: row.dataset))
        guard !held.isEmpty || operates(chain.origin) else { return }
        let known = Set(open.manifest.commitments)
        let unknown = open.erased.subtracting(known).count
        if unknown > 0 {
            report.found("\(unknown) record(s) are said to be erased that it does not have", at: place)
        }
        let gone = known.subtracting(open.erased).subtracting(held)
        let buried = try directory.records.buried(gone.sorted())
        if !buried.isEmpty {
            // As after a crash: the deletion that took them says so when it goes on.
            report.skipped(
                "\(buried.count) record(s) are erased here, and the chain does not say so yet", at: place)
        }
        let missing = gone.count - buried.count
        if missing > 0 {
            report.found("\(missing) record(s) are missing, and no erasure names them", at: place)
        }
        let stray = held.subtracting(known).count
        if stray > 0 {
            report.found("\(stray) record(s) are here that its manifest does not name", at: place)
        }
        let risen = held.intersection(open.erased).count
        if risen > 0 {
            report.found(
                "\(risen) record(s) are here although an event says that they were erased", at: place)
        }
        for commitment in held.intersection(known).sorted() {
            do {
                let record = try directory.records.record(commitment)
                if let record, open.manifest.shards[record.shard].contains(commitment) {
                    report.records += 1
                } else {
                    report.found(
                        "the record \(commitment) is in another shard than its manifest says", at: place)
                }
            } catch let error as StoreError {
                report.found(error.message, at: place)
            }
        }
    }

    /// A run may use only records of its shard, and none that was erased before it (I12).
    private func checkRun(_ row: RunRow, _ chain: PrivateView, _ report: inout CheckReport) throws {
        let place = "\(chain.origin) leaf \(row.position)"
        guard let document = try runDocument(row), let open = try? openDataset(row.trained.dataset) else {
            return
        }
        let used = open.used(in: row.trained.reference, less: document)
        if RecordSet(ascending: used) != row.trained.records {
            report.found("the run's body leaves other records than its event commits to", at: place)
        }
        let forgotten = used.count { commitment in
            chain.erasedRecords[commitment].map { $0.position < row.position } ?? false
        }
        if forgotten > 0 {
            report.found("the run used \(forgotten) record(s) that were erased before it", at: place)
        }
        let recipe = try? Recipe(json: Array(document.recipe.utf8))
        if recipe.map({ ArtifactDigest(retagging: $0.digest) }) != row.trained.recipe {
            report.found("the run's body has another recipe than its event names", at: place)
        }
    }
}
