import Adapters
import Bytes
import Foundation
import Testing

@Suite struct SafetensorsReaderTests {
    @Test(arguments: SafetensorsVector.all)
    fileprivate func refusesEveryVectorWithItsReason(vector: SafetensorsVector) throws {
        let bytes = try fileBytes(Places.vectors + "/" + vector.name + ".safetensors")
        #expect(throws: vector.expected) {
            _ = try SafetensorsFile(reading: MemoryByteSource(bytes)).tensorDigest()
        }
    }

    /// The files are what the table says, and none is there that the table does not know. Set
    /// `LETHE_RECORD_VECTORS=1` to write them; the run that writes fails.
    @Test func theVectorsOnDiskAreThoseOfTheTable() throws {
        if ProcessInfo.processInfo.environment["LETHE_RECORD_VECTORS"] == "1" {
            try FileManager.default.createDirectory(
                atPath: Places.vectors, withIntermediateDirectories: true)
            for vector in SafetensorsVector.all {
                try Data(vector.bytes).write(
                    to: URL(filePath: Places.vectors + "/\(vector.name).safetensors"))
            }
            Issue.record("vectors were written: run again without LETHE_RECORD_VECTORS")
        }
        let onDisk = try FileManager.default.contentsOfDirectory(atPath: Places.vectors).sorted()
        #expect(onDisk == SafetensorsVector.all.map { $0.name + ".safetensors" }.sorted())
        for vector in SafetensorsVector.all {
            #expect(
                try fileBytes(Places.vectors + "/\(vector.name).safetensors") == vector.bytes,
                "\(vector.name)")
        }
    }

    /// The reference writer orders members and pads in its own way; white space, escapes and any order are
    /// fine.
    @Test func readsWhatOtherWritersWrite() throws {
        let header = #"""
            { "b" : {"data_offsets":[0,4], "shape":[ ], "dtype":"F32"},
              "__metadata__":{"format":"pt","note":"\u00e9\"\\\/\ud83d\ude00"},
              "\u0061":{"dtype":"BF16","shape":[1,3],"data_offsets":[4,10]} }   
            """#
        // The reader wants `{` first, which is where the text above begins.
        let file = try SafetensorsFile(
            reading: MemoryByteSource(safetensors(header: header, data: Array(0..<10))))
        #expect(file.tensors.map(\.description) == ["a BF16 [1, 3]", "b F32 []"])
        #expect(file.header.metadata == ["format": "pt", "note": "é\"\\/😀"])
        var elements: [UInt8] = []
        try file.forEachChunk(of: #require(file.entry(named: "a"))) { elements += $0 }
        #expect(elements == [4, 5, 6, 7, 8, 9])
        #expect(file.entry(named: "c") == nil)
    }

    /// Sixty thousand brackets must not overflow the stack, nor 16 MiB of header take long to refuse.
    @Test func refusesDeepNestingEarly() {
        let deep = #"{"t":{"shape":"# + String(repeating: "[", count: 60_000)
        #expect(throws: SafetensorsError.json(.expected("a digit", offset: 15))) {
            try SafetensorsHeader(parsing: Array(deep.utf8), dataByteCount: 0)
        }
        let configuration = String(repeating: #"{"a":"#, count: 60_000)
        #expect(throws: ConfigurationError.json(.tooDeep(limit: 32, offset: 160))) {
            try AdapterConfiguration(parsing: Array(configuration.utf8), base: sampleBase)
        }
    }
}

@Suite struct SafetensorsWriterTests {
    private let directory = try! TemporaryDirectory()
    private let tensors = [
        TensorDescription(name: "b", element: .f16, shape: [3]),
        TensorDescription(name: "z", element: .f32, shape: [1, 2]),
        TensorDescription(name: "a", element: .bf16, shape: []),
        TensorDescription(name: "c", element: .f32, shape: [1]),
        TensorDescription(name: "y", element: .f64, shape: [1]),
    ]

    /// Types from wide to narrow, names ascending, `{` first, data at a multiple of eight.
    @Test func writesTheCanonicalOrder() throws {
        let path = directory.file("t.safetensors")
        try write(path)
        let bytes = try fileBytes(path)
        let header = #"""
            {"__metadata__":{"format":"pt"},"y":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},
            "c":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"z":{"dtype":"F32","shape":[1,2],
            "data_offsets":[12,20]},"a":{"dtype":"BF16","shape":[],"data_offsets":[20,22]},
            "b":{"dtype":"F16","shape":[3],"data_offsets":[22,28]}}
            """#.replacing("\n", with: "")
        let padded = (header.utf8.count + 7) / 8 * 8
        #expect(bytes.prefix(8) == [UInt8(padded & 255), UInt8(padded >> 8), 0, 0, 0, 0, 0, 0])
        let text = String(decoding: bytes[8..<8 + padded], as: UTF8.self)
        #expect(text == header + String(repeating: " ", count: padded - header.utf8.count))
        #expect(bytes.count == 8 + padded + 28)
        let file = try SafetensorsFile(reading: FileByteSource(path: path))
        #expect(file.tensors == tensors.sorted { $0.name < $1.name })
    }

    private func write(_ path: String) throws {
        let writer = try SafetensorsWriter(path: path, tensors: tensors)
        let target = writer.target
        for entry in writer.header.entries.reversed() {
            let zeros = [UInt8](repeating: 0, count: entry.tensor.byteCount)
            try zeros.withUnsafeBytes { try target.write($0, of: entry, from: 0) }
        }
        try writer.commit()
    }

    @Test func leavesNothingWithoutACommit() throws {
        do {
            let writer = try SafetensorsWriter(path: directory.file("t.safetensors"), tensors: tensors)
            #expect(try directory.contents.count == 1)
            _ = writer.header
        }
        #expect(try directory.contents == [])
    }

    @Test func replacesAnOlderFileOnlyWhenAllIsThere() throws {
        let path = directory.file("t.safetensors")
        try Data("old".utf8).write(to: URL(filePath: path))
        do {
            let writer = try SafetensorsWriter(path: path, tensors: tensors)
            #expect(try fileBytes(path) == Array("old".utf8))
            _ = writer.header
        }
        #expect(try fileBytes(path) == Array("old".utf8))
        try write(path)
        #expect(try fileBytes(path).count > 28)
        #expect(try directory.contents == ["t.safetensors"])
    }

    @Test func saysWhichPathCannotBeWritten() {
        let path = directory.file("absent/t.safetensors")
        #expect(throws: FileFailure.self) { _ = try SafetensorsWriter(path: path, tensors: tensors).header }
        #expect(throws: FileFailure.self) { try FileByteSource(path: path) }
        #expect(throws: FileFailure.self) { try FileByteSource(path: directory.path) }
    }
}

/// What PyPI `safetensors` makes of our files, and we of its.
@Suite(.enabled(if: Python.hasSafetensors, "no Python with safetensors and numpy"))
struct SafetensorsInteropTests {
    private let directory = try! TemporaryDirectory()

    /// Writes every type here, reads it there, writes it again there, and reads that here.
    @Test func readsBackWhatTheReferenceReadAndWrote() throws {
        var generator = SplitMix64(seed: 9)
        let samples = [ElementType.f16, .f32, .f64].map { type in
            SampleTensor(
                "t.\(type.rawValue)", type, [5, 7],
                bits: (0..<35).map { _ in arbitraryBits(type, &generator) })
        }
        let tensors = samples.map { TensorDescription(name: $0.name, element: $0.element, shape: $0.shape) }
        let writer = try SafetensorsWriter(path: directory.file("ours"), tensors: tensors)
        let target = writer.target
        for entry in writer.header.entries {
            let sample = try #require(samples.first { $0.name == entry.tensor.name })
            try sample.bytes.withUnsafeBytes { try target.write($0, of: entry, from: 0) }
        }
        try writer.commit()
        let outcome = try Python.run(
            [Places.interop + "/reference_roundtrip.py", directory.file("ours"), directory.file("theirs")])
        #expect(outcome.status == 0, "\(outcome.output)")
        let expected = samples.sorted { $0.name < $1.name }.map { "\($0.name) \(Hex.encode($0.bytes))" }
        #expect(outcome.output.split(separator: "\n").map(String.init) == expected)
        let ours = try SafetensorsFile(reading: FileByteSource(path: directory.file("ours")))
        let theirs = try SafetensorsFile(reading: FileByteSource(path: directory.file("theirs")))
        #expect(try theirs.tensorDigest() == ours.tensorDigest())
    }
}
