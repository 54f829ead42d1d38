/// How far an adapter is from another one of the same tensors, such as the retrain that it should equal.
public struct AdapterDistance: Hashable, Sendable {
    /// Whether names, shapes and all bytes are the same: what exact unlearning gives, and nothing else does.
    public let isEqual: Bool
    /// The L2 norm of the difference over that of the reference, in thousand-millionths, rounded up; `nil`
    /// where the reference is zero and the adapter is not.
    public let relativePPB: Int?
    /// The greatest difference of two elements, in thousand-millionths, rounded up.
    public let greatestPPB: Int

    /// Why two adapters cannot be compared.
    public struct Incomparable: Error, Hashable, CustomStringConvertible {
        public let tensor: String
        public let reason: String
        public var description: String { "tensor \(tensor): \(reason)" }
    }

    /// - Parameters are finite, as everything that was read from a PEFT directory is.
    public init(of adapter: NamedTensors, from reference: NamedTensors) throws(Incomparable) {
        for name in Set(adapter.names).symmetricDifference(reference.names).sorted() {
            throw Incomparable(tensor: name, reason: "only one of the two adapters has it")
        }
        var squares = 0.0, referenceSquares = 0.0, greatest = 0.0
        for name in reference.names {
            let (ours, theirs) = (adapter[name]!, reference[name]!)
            guard ours.shape == theirs.shape else {
                throw Incomparable(tensor: name, reason: "shape \(ours.shape) here, \(theirs.shape) there")
            }
            for (x, y) in zip(ours.values, theirs.values) {
                let difference = Double(x) - Double(y)
                squares += difference * difference
                referenceSquares += Double(y) * Double(y)
                greatest = max(greatest, abs(difference))
            }
        }
        isEqual = adapter.digest == reference.digest
        let scaled = { (value: Double) in Int(min(value * 1e9, 9e15).rounded(.up)) }
        relativePPB =
            squares == 0 ? 0 : referenceSquares == 0 ? nil : scaled((squares / referenceSquares).squareRoot())
        greatestPPB = scaled(greatest)
    }
}
