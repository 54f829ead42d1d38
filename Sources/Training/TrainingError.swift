public import Bytes

/// Why a run gives no adapter.
public enum TrainingError: Error, Equatable, Sendable {
    /// The recipe names another base than the one at hand.
    case anotherBase(expected: BaseEncoder.Digest, found: BaseEncoder.Digest)
    /// The recipe names another tokenizer than the base's.
    case anotherTokenizer(expected: Tokenizer.Digest, found: Tokenizer.Digest)
    /// A target module that matches nothing in the base.
    case noSuchModule(String)
    /// A module that the recipe both adapts and trains whole.
    case trainedTwice(module: String)
    /// The recipe wants longer sequences than the base has positions.
    case tooManyTokens(wanted: Int, positions: Int)
    /// The parent adapter is not of the recipe's shape.
    case parentDoesNotFit(tensor: String, reason: String)
    case noRecords
    /// Two records have the same commitment.
    case duplicateRecord(TrainingRecord.Commitment)
    /// A label outside the recipe's classes.
    case labelOutOfRange(record: TrainingRecord.Commitment, label: Int, classes: Int)
    /// The loss or a parameter became NaN or infinite: there is no result.
    case diverged(step: Int, steps: Int)
    /// The saved state is of another run, or damaged.
    case stateDoesNotFit(reason: String)
    /// The processor flushes subnormal numbers or rounds otherwise than to nearest: no bits could be
    /// promised.
    case floatingPointEnvironment
}

extension TrainingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .anotherBase(let expected, let found):
            "the recipe is for base \(expected), and this is \(found)"
        case .anotherTokenizer(let expected, let found):
            "the recipe is for tokenizer \(expected), and this is \(found)"
        case .noSuchModule(let name): "the base has no module that \(name) names"
        case .trainedTwice(let module): "the recipe both adapts \(module) and trains it whole"
        case .tooManyTokens(let wanted, let positions):
            "the recipe reads \(wanted) tokens, and the base has \(positions) positions"
        case .parentDoesNotFit(let tensor, let reason):
            "the parent adapter does not fit at \(tensor): \(reason)"
        case .noRecords: "there are no records to train on"
        case .duplicateRecord(let commitment): "the record \(commitment) is there twice"
        case .labelOutOfRange(let record, let label, let classes):
            "the record \(record) has label \(label), and the recipe has \(classes) classes"
        case .diverged(let step, let steps):
            "the loss or a parameter is not finite after step \(step) of \(steps)"
        case .stateDoesNotFit(let reason): "the saved state does not fit: \(reason)"
        case .floatingPointEnvironment:
            """
            the floating-point environment is not IEEE 754's default: it rounds otherwise, or flushes subnormal numbers
            """
        }
    }
}
