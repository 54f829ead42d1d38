import Events
import Testing

/// `Tests/Vectors/envelopes`: one envelope a file, named for what is wrong with it, and the layer that must
/// refuse it.
@Suite struct EnvelopeVectorTests {
    @Test(arguments: Scenario.all(in: "Tests/Vectors/envelopes"))
    func judgesAsTheVectorSays(scenario: Scenario) {
        let (layer, outcome) = Self.judge(scenario.bytes)
        #expect(layer == scenario.headers["layer"])
        #expect(outcome == scenario.headers["expect"])
    }

    @Test func hasVectorsForBothLayers() {
        let scenarios = Scenario.all(in: "Tests/Vectors/envelopes")
        let outcomes = Set(scenarios.map { "\($0.headers["layer"] ?? "") \($0.headers["expect"] ?? "")" })
        #expect(
            outcomes == [
                "envelope tooLarge", "envelope notCanonical", "envelope invalidField", "statement valid",
                "statement notCanonical", "statement unknownType", "statement invalidField",
            ])
    }

    /// The layer that judged last, and what it said.
    private static func judge(_ bytes: [UInt8]) -> (layer: String, outcome: String) {
        let envelope: Envelope
        do throws(Envelope.ParseError) {
            envelope = try Envelope(parsing: bytes)
        } catch {
            return ("envelope", name(of: error))
        }
        guard envelope.bytes == bytes else { return ("envelope", "written in another way") }
        do throws(Statement.ParseError) {
            let statement = try Statement(parsing: envelope.payload)
            return ("statement", statement.bytes == envelope.payload ? "valid" : "written in another way")
        } catch {
            return ("statement", name(of: error))
        }
    }

    private static func name(of error: Envelope.ParseError) -> String {
        switch error {
        case .tooLarge: "tooLarge"
        case .notCanonical: "notCanonical"
        case .invalidField: "invalidField"
        }
    }

    private static func name(of error: Statement.ParseError) -> String {
        switch error {
        case .tooLarge: "tooLarge"
        case .notCanonical: "notCanonical"
        case .unknownType: "unknownType"
        case .invalidField: "invalidField"
        }
    }

    /// A statement at its limit does not fit in an envelope; it is the envelope's limit that authors meet.
    @Test func refusesAStatementBeyondItsLimit() {
        let bytes = [UInt8](repeating: UInt8(ascii: "{"), count: Statement.maximumBytes + 1)
        #expect(throws: Statement.ParseError.tooLarge(bytes: bytes.count)) { try Statement(parsing: bytes) }
    }
}

/// Damage at every place of a valid event.
@Suite struct DamageTests {
    @Test(arguments: [EventType.adapterCommitted, .chainAnchored, .consortiumFounded])
    func refusesAStatementCutShortAnywhere(type: EventType) {
        let bytes = Sample.statement(type).bytes
        for length in bytes.indices {
            #expect(throws: Statement.ParseError.self) { try Statement(parsing: Array(bytes[..<length])) }
        }
    }

    /// A changed byte is refused or gives another value, which is written as the changed bytes.
    @Test func readsNoChangedStatementAsTheSame() {
        let statement = Sample.statement(.adapterCommitted)
        for changed in Self.changes(of: statement.bytes) {
            guard let other = try? Statement(parsing: changed) else { continue }
            #expect(other != statement)
            #expect(other.bytes == changed)
        }
    }

    @Test func readsNoChangedEnvelopeAsTheSame() {
        let envelope = Envelope(
            payload: Sample.statement(.deletionDecided).bytes,
            signatures: [.init(keyID: Sample.hash(7), signature: [UInt8](repeating: 9, count: 64))])
        for changed in Self.changes(of: envelope.bytes) {
            guard let other = try? Envelope(parsing: changed) else { continue }
            #expect(other != envelope)
            #expect(other.bytes == changed)
        }
        for length in envelope.bytes.indices {
            #expect(throws: Envelope.ParseError.self) {
                try Envelope(parsing: Array(envelope.bytes[..<length]))
            }
        }
    }

    /// At each place every single bit flipped, and the characters that mean something in JSON.
    private static func changes(of bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.flatMap { position in
            let values = (0..<8).map { bytes[position] ^ (1 << $0) } + Array("\"\\{}[]:,0 ".utf8)
            return values.filter { $0 != bytes[position] }.map { value in
                var changed = bytes
                changed[position] = value
                return changed
            }
        }
    }
}
