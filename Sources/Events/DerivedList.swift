public import Bytes

public enum DerivedListSubject {}

/// A list that anyone derives again from the chain: by its length and digest, and in full while it is short.
///
/// An event holds 48 KiB, and what a plan names grows with the history. What follows from the chain is therefore bound and
/// not repeated, but for a list that a person would still read. Which of the two it is follows from its length, so that
/// one list has one spelling.
///
/// The digest is SHA-256("lethe/list/v1" 0x00 ‖ the list's canonical JSON).
public struct DerivedList<Element: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    public var count: Count
    public var digest: Hash256<DerivedListSubject>
    /// All of them, in their order; absent where there are more than ``DerivedListLimits/longestInFull``.
    public var elements: [Element]?

    public init(_ elements: some Sequence<Element>) {
        let elements = Array(elements)
        count = Count(elements.count)!
        digest = .sha256(Array("lethe/list/v1".utf8) + [0], CanonicalJSON.encode(elements))
        self.elements = elements.count <= DerivedListLimits.longestInFull ? elements : nil
    }
}

extension DerivedList: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}

public enum DerivedListLimits {
    /// The most elements of a list that an event gives in full: three lists of the longest elements fit into a statement.
    public static let longestInFull = 100
}

/// One part of a list that nobody can derive and that one event cannot hold.
///
/// Each part is an event of its own, signed as the whole would be. Parts come in order, and all but the last are full.
public struct ListPart: Codable, Hashable, Sendable {
    /// Which part it is, from 1.
    public var number: Count
    /// How many parts there are, at least 2.
    public var of: Count

    public init(number: Count, of: Count) {
        self.number = number
        self.of = of
    }

    public var isLast: Bool { number == of }
}
