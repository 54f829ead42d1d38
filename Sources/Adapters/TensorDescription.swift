/// What a tensor is, without its elements.
public struct TensorDescription: Hashable, Sendable, CustomStringConvertible {
    /// One to `maximumNameCount` visible ASCII characters, so that the order of names is the order of their
    /// bytes.
    public let name: String
    public let element: ElementType
    /// Dimensions, each at least 1; none for a scalar.
    public let shape: [Int]

    public static let maximumNameCount = 1024
    public static let maximumRank = 8

    public init(name: String, element: ElementType, shape: [Int]) {
        self.name = name
        self.element = element
        self.shape = shape
    }

    /// How many elements there are. Readers have checked that the product does not overflow.
    public var count: Int { shape.reduce(1, *) }

    public var byteCount: Int { count * element.size }

    public var description: String {
        "\(name) \(element.rawValue) [\(shape.map(String.init).joined(separator: ", "))]"
    }

    /// The order of tensors in a file that we write: wide types first, so that all are aligned, then by name.
    static func fileOrder(_ left: Self, _ right: Self) -> Bool {
        (left.element.fileOrder, left.name) < (right.element.fileOrder, right.name)
    }
}
