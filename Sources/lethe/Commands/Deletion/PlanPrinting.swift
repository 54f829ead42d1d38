import Bytes
import ChainViews
import Events
import LetheEngine

/// A plan as `--json` gives it: the plan itself, its digest, and what it means here.
struct PlanAnswer: Encodable {
    var estimatedMilliseconds: Int?
    var isExact: Bool
    var plan: Plan
    var planDigest: String
    /// Who outside the consortium has to be told.
    var recipients: Ascending<RecipientID>
    var records: Int?
    var touched: [TouchedShard]

    init(_ plan: Plan, _ view: PublicView, _ outlook: PlanOutlook) {
        estimatedMilliseconds = outlook.estimatedMilliseconds
        isExact = plan.isExact
        self.plan = plan
        planDigest = plan.digest.hex
        recipients = view.recipients(of: plan)
        records = outlook.records
        touched = outlook.touched
    }
}

func printPlan(_ plan: Plan, _ view: PublicView, _ outlook: PlanOutlook) {
    print("plan \(plan.digest)")
    if let records = outlook.records { print("  records   \(records) go, with salt, key and index") }
    for touched in outlook.touched {
        print(
            "  shard     \(touched.shard) of \(touched.dataset)  \(touched.emptied ? "nothing is left in it" : "loses records")"
        )
    }
    let again = Dictionary(uniqueKeysWithValues: plan.retraining.map { ($0.contribution, $0) })
    let copies = Set(plan.copies ?? [])
    for event in plan.excluded {
        printExclusion(view.contributions[event]!, again[event], isCopy: copies.contains(event))
    }
    for model in plan.models {
        let parts = [
            model.remaining.count.value > 0 ? "\(model.remaining.count) that stay" : nil,
            model.retrained.value > 0 ? "\(model.retrained) trained again" : nil,
        ].compactMap(\.self).joined(separator: " and ")
        let work =
            model.outcome == .rematerialized
            ? "rebuild from \(parts == "\(model.remaining.count) that stay" ? "\(model.remaining.count) contribution(s)" : parts)"
            : copies.contains(model.materialization)
                ? "withdraw: it has the bytes of what is affected" : "withdraw: it cannot be rebuilt without training"
        print("  model     \(model.round.name(cohort: model.cohort))  \(short(model.model.hex))  \(work)")
    }
    for event in plan.descendants {
        let row = view.contributions[event]!
        print(
            "  affected  \(row.round)  contribution of \(row.member)  \(short(row.adapter.hex))  would have to be trained again"
        )
    }
    print("  holders   \(plan.holders.map(\.text).joined(separator: ", "))")
    let recipients = view.recipients(of: plan).map(\.text).joined(separator: ", ")
    if !recipients.isEmpty { print("  recipients  \(recipients), who have to be told") }
    print("  erase     \(plan.artifacts.count) artifact(s) at each holder")
    if plan.work.all.value > 0 { printWork(plan.work, outlook) }
    print(plan.isExact ? "the result will be exact" : "the result will be a statement of status, not a certificate")
    print("go on with: lethe deletion execute \(plan.digest)")
}

private func printExclusion(_ row: ContributionRow, _ again: PlannedRetraining?, isCopy: Bool) {
    let name = "\(row.round)  contribution of \(row.member)  \(short(row.adapter.hex))"
    guard let again else { return print("  exclude   \(name)\(isCopy ? "  has the bytes of what is affected" : "")") }
    let all = row.training?.shards.count ?? 0
    let emptied = again.emptied.isEmpty ? "" : ", \(again.emptied.count) left out"
    print("  retrain   \(name)  \(again.shards.count) of \(all) shard(s)\(emptied)")
}

private func printWork(_ work: ShardRuns, _ outlook: PlanOutlook) {
    let time = outlook.estimatedMilliseconds.map { "about \(seconds($0)) by the runs recorded here" }
    print("  work      \(work.retrained) of \(work.all) shard-run(s)\(time.map { ", \($0)" } ?? "")")
}

private func seconds(_ milliseconds: Int) -> String {
    milliseconds < 10_000
        ? "\((milliseconds + 99) / 100 * 100 / 1_000).\((milliseconds + 99) / 100 % 10) s" : "\(milliseconds / 1_000) s"
}
