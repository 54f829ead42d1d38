import Bytes
import ChainViews
import ConsortiumFixture
import Events
import Foundation
import Testing

/// One scenario in `Tests/Vectors/admission`: a consortium's envelopes one a line, all admissible but the
/// last.
///
/// Headers, one a line, then an empty line: `expect` names the check that must refuse the last envelope,
/// `rule.` before the name of a rule, or is `ok`; `chain` is the chain on which it is tried; `admitted`
/// counts the envelopes before it, each of which goes to the chain that its statement names.
struct AdmissionVector: Hashable {
    var expect: String
    var chain: Origin
    var comment: String
    var admitted: [[UInt8]]
    /// Everything after the last admitted envelope's line break: it may be anything.
    var tried: [UInt8]

    var bytes: [UInt8] {
        let head = "expect: \(expect)\nchain: \(chain)\nadmitted: \(admitted.count)\ncomment: \(comment)\n\n"
        return Array(head.utf8) + admitted.flatMap { $0 + [0x0a] } + tried
    }

    init(expect: String, chain: Origin, comment: String, admitted: [[UInt8]], tried: [UInt8]) {
        (self.expect, self.chain, self.comment) = (expect, chain, comment)
        (self.admitted, self.tried) = (admitted, tried)
    }

    init?(parsing bytes: [UInt8]) {
        let lines = bytes.split(separator: 0x0a, maxSplits: 5, omittingEmptySubsequences: false)
        guard lines.count == 6, lines[4].isEmpty else { return nil }
        let values = lines[..<4].map { line in
            String(decoding: line.drop { $0 != UInt8(ascii: " ") }.dropFirst(), as: UTF8.self)
        }
        guard let chain = Origin(values[1]), let count = Int(values[2]) else { return nil }
        let rest = lines[5].split(separator: 0x0a, maxSplits: count, omittingEmptySubsequences: false).map(
            Array.init)
        guard rest.count == count + 1 else { return nil }
        self.init(
            expect: values[0], chain: chain, comment: values[3], admitted: Array(rest[..<count]),
            tried: rest[count])
    }

    static func all() throws -> [(name: String, vector: AdmissionVector)] {
        try VectorFolder.names(in: "admission").map { name in
            let bytes = try VectorFolder.bytes(of: "admission/\(name)")
            return (name, try #require(AdmissionVector(parsing: bytes), "\(name)"))
        }
    }
}

/// The scenarios as they are made.
struct VectorSet {
    private(set) var files: [String: AdmissionVector] = [:]

    /// `tried` after all that `skies` has said.
    mutating func add(
        _ name: String, _ expect: String, _ comment: String, _ skies: SampleConsortium,
        on chain: Origin = SampleConsortium.origin, _ tried: [UInt8]
    ) {
        let admitted = skies.entries + skies.privateEntries.sorted { $0.key < $1.key }.flatMap(\.value)
        let name = "\(name).jsonl"
        precondition(files[name] == nil, "\(name) is there twice")
        files[name] = AdmissionVector(
            expect: expect, chain: chain, comment: comment, admitted: admitted, tried: tried)
    }

    /// An event in a correct envelope that breaks `rule`.
    mutating func add(
        _ name: String, rule: String, _ comment: String, _ skies: SampleConsortium,
        on chain: Origin = SampleConsortium.origin, _ event: Event, by author: MemberName,
        with cosigners: [MemberName] = [], body: BodyReference? = nil
    ) {
        let envelope = skies.envelope(event, by: author, with: cosigners, on: chain, body: body)
        add(name, "rule.\(rule)", comment, skies, on: chain, envelope)
    }
}

/// The name of an enumeration's case, and of the case inside it where there is one with a name.
func caseName(_ value: any Error) -> String {
    let label = Mirror(reflecting: value).children.first?.label ?? "\(value)"
    return label
}

extension AdmissionError {
    /// What `expect` calls this refusal.
    var vectorName: String {
        switch self {
        case .envelope(let error): "envelope.\(caseName(error))"
        case .statement(let error): "statement.\(caseName(error))"
        case .rule(let violation): "rule.\(violation.caseName)"
        default: caseName(self)
        }
    }
}

extension RuleViolation {
    /// Cases without payload describe themselves in words, so those are told by hand.
    var caseName: String {
        switch self {
        case .notFounded: "notFounded"
        case .alreadyFounded: "alreadyFounded"
        case .subjectsDiffer: "subjectsDiffer"
        case .membersNotAscending: "membersNotAscending"
        case .storesNotAscending: "storesNotAscending"
        case .keyDirectoryDiffers: "keyDirectoryDiffers"
        default: ChainViewsTests.caseName(self)
        }
    }
}
