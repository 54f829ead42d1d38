extension Recipe {
    /// A recipe to begin with on `base`: what usually learns something there in reasonable time.
    ///
    /// Small bases, such as the embedded one, get small adapters and a high learning rate; others what is
    /// usual for encoders of MiniLM's size.
    public static func suggested(
        for base: BaseEncoder, classCount: Int = 2, seed: UInt64 = 1
    ) throws(RecipeError) -> Recipe {
        let isSmall = base.configuration.hiddenSize < 128
        func number(_ text: String) -> RecipeNumber { RecipeNumber(text)! }
        return try Recipe(
            base: base.digest, tokenizer: base.tokenizer.digest,
            lora: LoRA(rank: isSmall ? 4 : 8, alpha: isSmall ? 8 : 16, targetModules: ["query", "value"]),
            modulesToSave: ["classifier"], classCount: classCount,
            optimiser: Optimiser(
                learningRate: number(isSmall ? "0.01" : "0.002"), beta1: number("0.9"),
                beta2: number("0.999"),
                epsilon: number("0.00000001"), weightDecay: number("0.01"), schedule: .linear),
            epochs: 2, batchSize: isSmall ? 8 : 16,
            maximumTokens: min(isSmall ? 32 : 64, base.configuration.positionCount), seed: seed)
    }
}
