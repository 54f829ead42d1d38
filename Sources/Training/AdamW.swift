internal import Kernels

/// AdamW over a flat array of parameters.
///
/// The constants of a step are computed in binary64 from the recipe's decimals, each rounded once to
/// binary32 at the end; powers are repeated products. The step itself is the kernels'.
struct AdamW {
    private let optimiser: Recipe.Optimiser
    private let steps: Int
    private(set) var firstMoment, secondMoment: FloatStorage
    /// Steps taken.
    private(set) var step = 0
    /// beta1 and beta2 to the power of `step`.
    private var power1 = 1.0, power2 = 1.0

    init(_ optimiser: Recipe.Optimiser, parameterCount: Int, steps: Int) {
        self.optimiser = optimiser
        self.steps = steps
        firstMoment = FloatStorage(count: parameterCount)
        secondMoment = FloatStorage(count: parameterCount)
    }

    /// As it was after `step` steps.
    mutating func restore(step: Int, firstMoment: [Float], secondMoment: [Float]) {
        self.firstMoment = FloatStorage(firstMoment)
        self.secondMoment = FloatStorage(secondMoment)
        self.step = 0
        (power1, power2) = (1, 1)
        for _ in 0..<step { countStep() }
    }

    mutating func update(_ parameters: FloatStorage, gradients: FloatStorage, variant: ArithmeticVariant) {
        var constants = nextConstants()
        variant.table.pointee.adamw(
            parameters.count, &constants, gradients.pointer, parameters.pointer, firstMoment.pointer,
            secondMoment.pointer)
    }

    /// Counts a step and gives its constants.
    mutating func nextConstants() -> fixed_order_adamw_step {
        let rate: Double =
            switch optimiser.schedule {
            case .constant: optimiser.learningRate.value
            case .linear: optimiser.learningRate.value * Double(steps - step) / Double(steps)
            }
        countStep()
        return fixed_order_adamw_step(
            beta1: Float(optimiser.beta1.value), one_minus_beta1: Float(1 - optimiser.beta1.value),
            beta2: Float(optimiser.beta2.value), one_minus_beta2: Float(1 - optimiser.beta2.value),
            step_size: Float(rate / (1 - power1)), root_correction: Float((1 - power2).squareRoot()),
            epsilon: Float(optimiser.epsilon.value),
            shrink: Float(1 - rate * optimiser.weightDecay.value))
    }

    private mutating func countStep() {
        step += 1
        power1 *= optimiser.beta1.value
        power2 *= optimiser.beta2.value
    }
}
