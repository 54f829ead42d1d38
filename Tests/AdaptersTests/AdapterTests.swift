import Adapters
import Bytes
import Foundation
import Testing

@Suite struct AdapterTests {
    private let sample = SampleAdapter.random(seed: 1)

    private func expect(_ error: AdapterError, _ change: (inout [SampleTensor]) -> Void) {
        var tensors = sample.tensors
        change(&tensors)
        #expect(throws: error) { try sample.open(tensors) }
    }

    @Test func sortsTensorsIntoModulesAndHeads() throws {
        let adapter = try sample.open()
        #expect(adapter.modules.map(\.path) == ["layer.0.query", "layer.1.query"])
        #expect(adapter.modules.map(\.rank) == [2, 2])
        #expect(adapter.modules[0].inputs == 6 && adapter.modules[0].outputs == 4)
        #expect(adapter.heads.map(\.tensor.name) == ["base_model.model.classifier.weight"])
    }

    @Test func refusesAnExtraTensor() {
        for name in [
            "base_model.model.layer.0.query.bias", "base_model.model.layer.0.key.lora_A.weight",
            "classifier.weight",
            "base_model.model.monclassifier.weight", "base_model.model.classifier",
            "base_model.model.layer.0.query.lora_embedding_A",
        ] {
            expect(.unexpectedTensor(name)) {
                $0.append(SampleTensor(name, [2, 6], Array(repeating: 1, count: 12)))
            }
        }
    }

    @Test func refusesHalfAModule() {
        expect(.missingTensor("base_model.model.layer.0.query.lora_A.weight")) { $0.remove(at: 0) }
        expect(.missingTensor("base_model.model.layer.1.query.lora_B.weight")) { $0.remove(at: 3) }
    }

    @Test func refusesShapesThatAreNotOfTheRank() {
        let a = "base_model.model.layer.0.query.lora_A.weight",
            b = "base_model.model.layer.0.query.lora_B.weight"
        expect(.shape(tensor: a, shape: [3, 4], expected: "[2, inputs]")) { $0[0].shape = [3, 4] }
        expect(.shape(tensor: a, shape: [2, 3, 2], expected: "[2, inputs]")) { $0[0].shape = [2, 3, 2] }
        expect(.shape(tensor: b, shape: [2, 4], expected: "[outputs, 2]")) { $0[1].shape = [2, 4] }
    }

    @Test func refusesTargetsAndHeadsThatAreNotThere() {
        expect(.noModules) { $0.removeAll { $0.name.contains("lora") } }
        expect(.noHeads(["classifier", "score"])) { $0.removeAll { $0.name.contains("classifier") } }
        let configuration = Array(
            #"{"peft_type":"LORA","r":2,"lora_alpha":1,"target_modules":["query","key"],"modules_to_save":["classifier"]}"#
                .utf8)
        #expect(throws: AdapterError.targetWithoutModule("key")) {
            try Adapter(
                configuration: configuration, tensors: MemoryByteSource(safetensors(sample.tensors)),
                base: sampleBase)
        }
    }

    @Test func takesRanksFromThePattern() throws {
        var sample = sample
        sample.extra = #","rank_pattern":{"layer.1.query":1}"#
        var tensors = sample.tensors
        tensors[2] = SampleTensor(tensors[2].name, [1, 6], Array(repeating: 1, count: 6))
        tensors[3] = SampleTensor(tensors[3].name, [4, 1], Array(repeating: 1, count: 4))
        #expect(try sample.open(tensors).modules.map(\.rank) == [2, 1])
    }

    @Test(.enabled(if: Places.haveAirline, "no adapters at ../shared/data/peft-minilm-airline"))
    func opensADirectoryThatPEFTWrote() throws {
        let adapter = try Adapter(directory: Places.airline + "/isolated/round-1/delta", base: sampleBase)
        #expect(adapter.tensors.count == 26)
        #expect(adapter.tensors.reduce(0) { $0 + $1.count } == 74_498)
        #expect(adapter.modules.count == 12)
        #expect(adapter.heads.map(\.tensor.name).count == 2)
    }
}

@Suite struct AdapterInspectionTests {
    @Test func givesNormsZerosAndDigests() throws {
        let sample = SampleAdapter.random(seed: 1, modules: 1)
        var tensors = sample.tensors
        tensors[1] = SampleTensor(tensors[1].name, [4, 2], [3, -4, 0, 0, 0, 0, 0, -0.0])
        let adapter = try sample.open(tensors)
        let inspection = try AdapterInspection(of: adapter)
        #expect(inspection.digests == (try adapter.digests()))
        #expect(inspection.elementCount == 12 + 8 + 12)
        #expect(inspection.byteCount == 4 * 32)
        let b = inspection.tensors[2]
        #expect(b.description.name.hasSuffix("lora_B.weight"))
        #expect(b.norm == 5 && b.largestMagnitude == 4 && b.zeroCount == 6)
    }
}

@Suite struct AdapterDiffTests {
    private let sample = SampleAdapter.random(seed: 1)

    @Test func isEmptyForTheSameAdapterInAnotherFile() throws {
        let tensors = sample.tensors
        #expect(try AdapterDiff(sample.open(tensors), sample.open(tensors.reversed())).isEmpty)
    }

    @Test func countsElementsThatDifferAndHowFar() throws {
        var tensors = sample.tensors
        tensors[1] = SampleTensor(tensors[1].name, [4, 2], [1, 1, 0, 1, 1, 1, 1, -1])
        var other = tensors
        other[1] = SampleTensor(
            tensors[1].name, [4, 2], [1, Float(1).nextUp.nextUp, -0.0, 1, 1, 1, 1, -1.5])
        let diff = try AdapterDiff(sample.open(tensors), sample.open(other))
        #expect(diff.tensors.count == 1)
        #expect(diff.tensors[0].elements?.differingCount == 3)
        #expect(diff.tensors[0].elements?.largestDifference == 0.5)
        #expect(diff.tensors[0].elements?.largestUlps == 1 << 22)
        #expect(diff.fields.isEmpty && diff.onlyInFirst.isEmpty && diff.onlyInSecond.isEmpty)
    }

    /// From the least number below zero to the least above it are two steps.
    @Test func countsStepsAcrossZero() throws {
        var tensors = sample.tensors
        tensors[1] = SampleTensor(
            tensors[1].name, .f32, [4, 2], bits: [0x8000_0001] + Array(repeating: 0, count: 7))
        var other = tensors
        other[1] = SampleTensor(tensors[1].name, .f32, [4, 2], bits: [1] + Array(repeating: 0, count: 7))
        let diff = try AdapterDiff(sample.open(tensors), sample.open(other))
        #expect(diff.tensors.first?.elements?.largestUlps == 2)
    }

    @Test func namesFieldsAndTensorsThatOnlyOneHas() throws {
        var larger = sample
        larger.modules = 3
        larger.alpha = "32"
        let diff = try AdapterDiff(sample.open(), larger.open())
        #expect(diff.fields.map { [$0.name, $0.first, $0.second] } == [["lora_alpha", "16", "32"]])
        #expect(diff.onlyInFirst.isEmpty)
        #expect(diff.onlyInSecond.map(\.name).allSatisfy { $0.contains("layer.2") })
        #expect(diff.onlyInSecond.count == 2)
        let wider = try AdapterDiff(sample.open(), SampleAdapter.random(seed: 1, rank: 3).open())
        #expect(wider.tensors.filter { $0.elements == nil }.map(\.first.name).count == 4)
    }
}
