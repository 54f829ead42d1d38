import Events
import Testing

/// One valid statement of each type, as bytes that may never change: `Tests/Vectors/events`.
///
/// To write a new type's file: `LETHE_RECORD=events swift test --filter EventVectorTests`.
@Suite struct EventVectorTests {
    @Test(arguments: EventType.allCases)
    func writesTheRecordedBytes(type: EventType) throws {
        let path = "Tests/Vectors/events/\(type.rawValue).json"
        let statement = Sample.statement(type)
        if Project.isRecording {
            try Project.write(statement.bytes, to: path)
            Issue.record("recorded \(path)")
            return
        }
        let recorded = try Project.bytes(of: path)
        #expect(statement.bytes == recorded)
        #expect(try Statement(parsing: recorded) == statement)
    }

    @Test func hasNoVectorWithoutAType() throws {
        let names = EventType.allCases.map { "\($0.rawValue).json" }.sorted()
        #expect(try Project.files(in: "Tests/Vectors/events") == names)
    }
}
