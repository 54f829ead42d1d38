internal import Bytes
internal import Signing

extension TrustPolicy {
    /// The most bytes that a policy file may have.
    public static let maximumSize = 1 << 20

    /// Reads a policy file. Comments and the spacing between fields are free; everything else has one
    /// meaning or none.
    public init(parsing bytes: [UInt8]) throws(TrustPolicyFailure) {
        guard bytes.count <= Self.maximumSize else {
            throw TrustPolicyFailure(line: 0, cause: .tooLarge(bytes.count))
        }
        var builder = TrustPolicyBuilder()
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let last = lines.removeLast()
        guard last.isEmpty else { throw TrustPolicyFailure(line: lines.count + 1, cause: .noFinalNewline) }
        for (position, line) in lines.enumerated() {
            do {
                try Self.read(line, into: &builder)
            } catch {
                throw TrustPolicyFailure(line: position + 1, cause: error)
            }
        }
        do {
            self = try builder.finish()
        } catch {
            throw TrustPolicyFailure(line: lines.count, cause: error)
        }
    }

    private static func read(
        _ line: ArraySlice<UInt8>, into builder: inout TrustPolicyBuilder
    ) throws(TrustPolicyFailure.Cause) {
        if let octet = line.first(where: { ($0 < 0x20 && $0 != UInt8(ascii: "\t")) || $0 == 0x7f }) {
            throw .forbiddenOctet(octet)
        }
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            .compactMap { PolicyWord(bytes: $0) }
        guard let keyword = words.first, keyword.bytes.first != UInt8(ascii: "#") else { return }
        switch keyword {
        case .keyword("log"):
            try expect(2...3, words)
            try builder.add(Log(key: key(words[1]), url: words.count > 2 ? words[2] : nil))
        case .keyword("witness"):
            try expect(3...4, words)
            let url = words.count > 3 ? words[3] : nil
            try builder.add(Witness(name: words[1], key: key(words[2]), url: url))
        case .keyword("group"):
            try expect(4...Int.max, words)
            try builder.add(
                Group(name: words[1], threshold: threshold(words[2]), members: Array(words[3...])))
        case .keyword("quorum"):
            try expect(2...2, words)
            try builder.set(words[1] == .none ? .notRequired : .named(words[1]))
        default: throw .unknownKeyword(keyword)
        }
    }

    private static func expect(
        _ counts: ClosedRange<Int>, _ words: [PolicyWord]
    ) throws(TrustPolicyFailure.Cause) {
        guard counts.contains(words.count) else { throw .fieldCount(words[0], words.count) }
    }

    private static func key(_ word: PolicyWord) throws(TrustPolicyFailure.Cause) -> VerifierKey {
        guard let text = String(validating: word.bytes, as: UTF8.self) else {
            throw .verifierKey(.malformed(word.description))
        }
        do {
            return try VerifierKey(parsing: text)
        } catch {
            throw .verifierKey(error)
        }
    }

    private static func threshold(_ word: PolicyWord) throws(TrustPolicyFailure.Cause) -> Threshold {
        switch word {
        case .keyword("any"): return .any
        case .keyword("all"): return .all
        default:
            guard let count = Int(word.description), String(count).utf8.elementsEqual(word.bytes) else {
                throw .threshold(word)
            }
            return .atLeast(count)
        }
    }
}
