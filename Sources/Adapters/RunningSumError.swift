public import Bytes

/// Why a running sum cannot be read or changed.
public enum RunningSumError: Error, Hashable, CustomStringConvertible {
    /// The file does not begin as running sums do, or is shorter than its own layout.
    case notARunningSum(path: String)
    case header(path: String, field: String)
    /// The digest at the end is not that of header and index.
    case corrupt(path: String)
    /// The elements from `start` on are not those that were written.
    case corruptBlock(path: String, tensor: String, start: Int)
    /// The contribution that is to be removed is not in the sum, with this digest and weight.
    case notInSum(label: String, digest: TensorDigest, weight: Int)

    public var description: String {
        switch self {
        case .notARunningSum(let path): "\(path) is not a running sum"
        case .header(let path, let field): "\(path): the header's \(field) cannot be read"
        case .corrupt(let path): "\(path) is damaged: its digest does not hold"
        case .corruptBlock(let path, let tensor, let start):
            "\(path) is damaged: tensor \(tensor), from element \(start) on"
        case .notInSum(let label, let digest, let weight):
            "\(label) (tensor digest \(digest), weight \(weight)) is not in the sum"
        }
    }
}
