/// An integer of which only those in ``range`` are valid.
public protocol IntegerValue: Codable, Hashable, Sendable, Comparable, CustomStringConvertible {
    static var range: ClosedRange<Int> { get }
    var value: Int { get }
    init?(_ value: Int)
}

extension IntegerValue {
    public var description: String { "\(value)" }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer().decode(Int.self)
        guard let bounded = Self(value) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "\(value) is not in \(Self.range.lowerBound)...\(Self.range.upperBound)"))
        }
        self = bounded
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

/// How much a contribution counts in a weighted mean, usually its number of training samples.
public struct Weight: IntegerValue {
    public static let range = 1...Int(Int32.max)
    public let value: Int

    public init?(_ value: Int) {
        guard Self.range.contains(value) else { return nil }
        self.value = value
    }
}

/// A number of things: of leaves, of events, of erased items.
public struct Count: IntegerValue {
    public static let range = 0...CanonicalJSON.maximumInteger
    public let value: Int

    public init?(_ value: Int) {
        guard Self.range.contains(value) else { return nil }
        self.value = value
    }
}

/// A set, written as a list in ascending order without repetition; any other order is refused.
public struct Ascending<Element: Codable & Hashable & Comparable & Sendable>: Codable, Hashable, Sendable {
    public let elements: [Element]

    /// The distinct elements of `sequence`.
    public init(_ sequence: some Sequence<Element>) { elements = Set(sequence).sorted() }

    public init(from decoder: any Decoder) throws {
        elements = try decoder.singleValueContainer().decode([Element].self)
        guard zip(elements, elements.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "the list is not in ascending order, each element once"))
        }
    }

    public func encode(to encoder: any Encoder) throws { try elements.encode(to: encoder) }
}

extension Ascending: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { elements.count }
    public subscript(position: Int) -> Element { elements[position] }
}

extension Ascending: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}
