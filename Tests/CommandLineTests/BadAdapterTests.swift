import Foundation
import Testing

/// Adapter files that are broken, hostile, or do not belong into the round: refused by name, and nothing is changed.
struct BadAdapterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What the error names besides the path.
        var names: String
        var change: @Sendable ([UInt8]) -> [UInt8]
    }

    private static func withHeader(_ edit: @escaping @Sendable (String) -> String) -> @Sendable ([UInt8]) -> [UInt8] {
        { file in
            let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            let header = String(decoding: file[8..<8 + length], as: UTF8.self)
            return SmallAdapter.file(header: edit(header), data: Array(file[(8 + length)...]))
        }
    }

    private static let cases = [
        Case(testDescription: "cut off in the data", names: "") { Array($0.dropLast(3)) },
        Case(testDescription: "cut off in the header", names: "") { Array($0.prefix(40)) },
        Case(testDescription: "cut off in the length", names: "") { Array($0.prefix(5)) },
        Case(testDescription: "empty", names: "") { _ in [] },
        Case(testDescription: "a byte too many", names: "") { $0 + [0] },
        Case(testDescription: "a header longer than any file", names: "") {
            [UInt8](repeating: 0xff, count: 8) + $0.dropFirst(8)
        },
        Case(testDescription: "a header of 17 MiB", names: "") { [0, 0, 0x10, 1, 0, 0, 0, 0] + $0.dropFirst(8) },
        Case(testDescription: "a header that is no JSON", names: "") {
            $0.prefix(8) + [UInt8(ascii: "[")] + $0.dropFirst(9)
        },
        Case(
            testDescription: "a tensor named twice", names: "classifier",
            change: withHeader {
                $0.dropLast()
                    + #","base_model.model.classifier.weight":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}"#
            }),
        Case(
            testDescription: "an unknown type", names: "F31",
            change: withHeader { $0.replacingOccurrences(of: "F32", with: "F31") }),
        Case(
            testDescription: "overlapping tensors", names: "",
            change: withHeader { $0.replacingOccurrences(of: "[48,", with: "[44,") }),
        Case(
            testDescription: "a shape whose product overflows", names: "",
            change: withHeader { $0.replacingOccurrences(of: "[2, 6]", with: "[4294967296, 4294967296, 4294967296]") }),
        Case(
            testDescription: "an unknown field", names: "evil",
            change: withHeader { $0.replacingOccurrences(of: #""shape":[2, 6]"#, with: #""evil":1,"shape":[2, 6]"#) }),
        Case(testDescription: "not a number", names: "") { file in
            file.dropLast(4) + [0, 0, 0xc0, 0x7f]
        },
        Case(testDescription: "infinity", names: "") { file in file.dropLast(4) + [0, 0, 0x80, 0x7f] },
    ]

    @Test(arguments: cases)
    func refusesAFileThatIs(_ broken: Case) throws {
        let pilot = Pilot()
        let directory = pilot.place.file("broken")
        var good = SmallAdapter(seed: 9)
        good.firstElement = 0.5
        good.write(to: directory)
        let changed = broken.change(good.tensors)
        #expect(changed != good.tensors, "the case changes nothing")
        try Data(changed).write(to: URL(fileURLWithPath: directory + "/adapter_model.safetensors"))
        let arguments = ["adapter", "commit", "broken", "--round", "round-2", "--samples", "3", "--as", "birch"]
        try pilot.expectRefused(arguments, 2, naming: "broken", broken.names)
        #expect(pilot.place.lethe("adapter", "inspect", "broken").status == 2)
        // The same file without the change goes through.
        good.write(to: directory)
        try pilot.place.done(arguments)
    }

    /// A number that is not what the file was committed as: another adapter, which no event names.
    @Test func aFlippedBitInTheDataIsAnotherAdapter() throws {
        let pilot = Pilot()
        let path = pilot.place.file("round-1/alder/adapter_model.safetensors")
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[bytes.count - 4] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        try pilot.expectRefused(["adapter", "import", "round-1/alder"], 1, naming: "round-1/alder")
        let lineage = pilot.place.lethe("model", "lineage", "round-1/alder")
        expectRefusal(lineage, 1, naming: "round-1/alder")
    }

    @Test(arguments: [
        ("another rank", SmallAdapter(rank: 3, seed: 9)), ("another shape", SmallAdapter(width: 8, seed: 9)),
        ("other targets", SmallAdapter(modules: ["query", "key"], seed: 9)),
        ("another base", SmallAdapter(base: "demo/other", seed: 9)),
    ])
    func refusesAnAdapterWith(what: String, adapter: SmallAdapter) throws {
        let pilot = Pilot()
        adapter.write(to: pilot.place.file("other"))
        let before = try pilot.state()
        let outcome = pilot.place.lethe(
            "adapter", "commit", "other", "--round", "round-2", "--samples", "3", "--as", "birch")
        expectRefusal(outcome, 1)
        #expect(try pilot.state() == before)
    }

    @Test(arguments: [
        (["--round", "round-9", "--samples", "3"], Int32(2), "round-9"),
        (["--round", "round-1", "--samples", "3"], 1, "round-1"),
        (["--round", "round-2", "--samples", "0"], 2, "0"), (["--round", "Round 2", "--samples", "3"], 64, "Round 2"),
        (["--round", "round-2", "--samples", "9223372036854775807"], 2, "9223372036854775807"),
        (["--round", "round-2", "--samples", "3", "--parent", "ab"], 64, "ab"),
    ])
    func refusesARequestThatMakesNoSense(options: [String], status: Int32, names: String) throws {
        let pilot = Pilot()
        SmallAdapter(seed: 9).write(to: pilot.place.file("good"))
        try pilot.expectRefused(["adapter", "commit", "good", "--as", "birch"] + options, status, naming: names)
    }
}
