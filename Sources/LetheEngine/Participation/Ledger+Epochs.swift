internal import Bytes
public import ChainViews
public import Events
internal import Training

/// A contribution whose recipe reads the records another number of times than its member had decided.
public struct EpochDeviation: Hashable, Sendable {
    public var contribution: ContributionRow
    public var decided: Int
    public var trained: Int
}

extension Ledger {
    /// Compares the epochs of recipes with those of decisions, in chain order, for contributions of members whose private
    /// chain is here: the public chain has the decision, and of the recipe its digest alone.
    ///
    /// - Parameter own: the private chain to look at, as its entries give it; `nil` for all that this ledger has.
    /// - Returns: what differs, and the contributions whose recipe is not at hand.
    public func epochDeviations(
        in view: PublicView, beside own: (member: MemberName, view: PrivateView)? = nil
    ) throws -> (found: [EpochDeviation], unread: [ContributionRow]) {
        var (found, unread): ([EpochDeviation], [ContributionRow]) = ([], [])
        for round in view.allRounds {
            for row in view.allContributions(to: round.round) {
                guard let training = row.training, let chain = privateView(of: row.member, own),
                    let decided = view.decision(of: row.member, in: row.round)?.allocation?.epochs.value
                else { continue }
                guard let recipe = try recipe(training.recipe, of: row, on: chain) else {
                    unread.append(row)
                    continue
                }
                guard recipe.epochs != decided else { continue }
                found.append(EpochDeviation(contribution: row, decided: decided, trained: recipe.epochs))
            }
        }
        return (found, unread)
    }

    private func privateView(
        of member: MemberName, _ own: (member: MemberName, view: PrivateView)?
    ) -> PrivateView? {
        if let own { return own.member == member ? own.view : nil }
        return privateChain(of: member).flatMap { privateViews[$0] }
    }

    /// The recipe with `digest`, from the body of a run that the contribution may be made of; `nil` where none is here.
    private func recipe(
        _ digest: ArtifactDigest, of row: ContributionRow, on chain: PrivateView
    ) throws -> Recipe? {
        for shard in row.training?.shards ?? [] {
            for run in chain.runs(on: shard, in: row.round) where run.trained.recipe == digest {
                guard let document = try runDocument(run), let recipe = try? Recipe(json: Array(document.recipe.utf8)),
                    ArtifactDigest(retagging: recipe.digest) == digest
                else { continue }
                return recipe
            }
        }
        return nil
    }
}
