/// How contributions become one adapter (`schemas/merging.md`).
public enum MergeRule: String, Hashable, Sendable, CaseIterable {
    /// Every tensor is the correctly rounded weighted mean (FedAvg on A and on B).
    case mean
    /// A is frozen and shared: bytewise equal in every contribution, and kept. B and heads by mean. Exact
    /// for ΔW up to the rounding of B.
    case ffa
    /// One block of rank for each contribution (FLoRA). Heads by mean.
    ///
    /// With `lora_alpha` kept, a stack of rank R scales its product by alpha / R where contribution i
    /// scaled its own by alpha / rᵢ. So block i of B is Bᵢ · nᵢR / (N rᵢ), one rounding for each element;
    /// where that factor is 1, as with equal weights and ranks, the block is Bᵢ itself, and ΔW is the exact
    /// weighted mean. Under rank stabilisation the factor is (nᵢ/N) √(R/rᵢ), and the rule is refused where
    /// that is irrational. Blocks stand in ascending order of tensor digest, then of weight.
    case stack
}
