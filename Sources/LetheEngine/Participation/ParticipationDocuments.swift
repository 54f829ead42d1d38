internal import Bytes
public import Events
internal import Foundation
public import Participation

/// What an organisation has for its next rounds: the body of a `resources-allocated` event.
public struct ResourceDocument: Codable, Hashable, Sendable {
    public static let format = "lethe/resources/v1"

    /// The computing budget of one period.
    public var budgetMicrocredits: Int64
    public var format: String
    /// The privacy budget of one period, in millionths of ε.
    public var privacyMicroepsilon: Int64
    public var profile: OrganisationProfile
    /// The length of a period: after so many rounds both budgets are refilled.
    public var rounds: Quantity
}

/// What a decision follows from: the body of a `decision-explained` event.
///
/// It repeats nothing that the chain's views hold, as the hash of an event: an erasure searches the ledger's files for
/// pieces of the body, and must not find any.
public struct DecisionExplanation: Codable, Hashable, Sendable {
    public static let format = "lethe/decision-explanation/v1"

    public var decision: DecisionRecord
    public var format: String
    /// What the agent learnt first, from the round that it decided before; absent where there was nothing to learn.
    public var learning: LearningRecord?
    /// How many leaves of the public chain the organisation had seen.
    public var publicSize: Count
}

extension DecisionExplanation {
    /// What the agent left behind, in its order.
    var records: [AgentRecord] { (learning.map { [.learning($0)] } ?? []) + [.decision(decision)] }
}

/// A JSON file that a person wrote, made canonical.
struct PlainDocument {
    let bytes: [UInt8]

    /// - Parameter path: named in the error.
    init(parsing text: [UInt8], path: String) throws {
        do {
            bytes = CanonicalJSON.encode(try JSONDecoder().decode(PlainValue.self, from: Data(text)))
        } catch {
            throw EngineError(
                .invalidRequest, "\(path) is not JSON of integers, strings, lists and objects: \(error)",
                hint: "fractions are written as decimal strings, as in \"0.25\"")
        }
    }

    func decode<Value: Decodable>(_ type: Value.Type, path: String) throws -> Value {
        do throws(JSONError) {
            return try CanonicalJSON.decode(type, from: bytes)
        } catch {
            throw EngineError(
                .invalidRequest, "\(path) is not as it should be: \(error)",
                hint: "schemas/participation.md has every field", cause: error)
        }
    }

    /// The `format` member.
    func format(path: String) throws -> String {
        guard case .object(let members)? = try? CanonicalJSON.decode(PlainValue.self, from: bytes),
            case .string(let format)? = members["format"]
        else {
            throw EngineError(.invalidRequest, "\(path) has no \"format\"", hint: "schemas/participation.md has them")
        }
        return format
    }
}

/// Any JSON value without fractions.
private indirect enum PlainValue: Codable {
    case null
    case flag(Bool)
    case integer(Int)
    case string(String)
    case list([PlainValue])
    case object([String: PlainValue])

    private struct Name: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: Name.self) {
            var object: [String: PlainValue] = [:]
            for key in members.allKeys { object[key.stringValue] = try members.decode(PlainValue.self, forKey: key) }
            self = .object(object)
            return
        }
        if var elements = try? decoder.unkeyedContainer() {
            var list: [PlainValue] = []
            while !elements.isAtEnd { list.append(try elements.decode(PlainValue.self)) }
            self = .list(list)
            return
        }
        self = try Self.scalar(decoder.singleValueContainer())
    }

    private static func scalar(_ value: any SingleValueDecodingContainer) throws -> PlainValue {
        if value.decodeNil() { return .null }
        if let flag = try? value.decode(Bool.self) { return .flag(flag) }
        if let text = try? value.decode(String.self) { return .string(text) }
        let integer = try value.decode(Int.self)
        guard integer.magnitude <= CanonicalJSON.maximumInteger.magnitude else {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "\(integer) is beyond ±(2^53 − 1)")
        }
        return .integer(integer)
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object):
            var members = encoder.container(keyedBy: Name.self)
            for (name, value) in object { try members.encode(value, forKey: Name(name)) }
        case .list(let list):
            var elements = encoder.unkeyedContainer()
            for value in list { try elements.encode(value) }
        case .null, .flag, .integer, .string: try encodeScalar(encoder.singleValueContainer())
        }
    }

    private func encodeScalar(_ container: any SingleValueEncodingContainer) throws {
        var container = container
        switch self {
        case .flag(let flag): try container.encode(flag)
        case .integer(let integer): try container.encode(integer)
        case .string(let text): try container.encode(text)
        default: try container.encodeNil()
        }
    }
}
