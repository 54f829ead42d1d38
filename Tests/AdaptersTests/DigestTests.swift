import Adapters
import Bytes
import Foundation
import Testing

/// The example of `schemas/adapters.md`.
private let exampleTensors = [
    SampleTensor(
        "base_model.model.layer.query.lora_A.weight", [1, 2], [1, -2]),
    SampleTensor("base_model.model.layer.query.lora_B.weight", [2, 1], [0.5, 0]),
]

private let exampleConfiguration = Array(
    #"{"peft_type":"LORA","r":1,"lora_alpha":2.0,"target_modules":["query"],"lora_dropout":0.0}"#.utf8)

private let exampleBase = BaseDigest(
    hex: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db")!

@Suite struct DigestTests {
    private func example(_ tensors: [SampleTensor] = exampleTensors) throws -> Adapter {
        try Adapter(
            configuration: exampleConfiguration, tensors: MemoryByteSource(safetensors(tensors)),
            base: exampleBase)
    }

    /// Computed by the Python of `schemas/adapters.md`.
    @Test func theWorkedExampleGivesTheKnownAnswers() throws {
        let digests = try example().digests()
        #expect(digests.tensors.hex == "0062732dba2ac7828c9b85f79a95c637235af53baa1516d7870fb8a847329692")
        #expect(digests.adapter.hex == "3fa3bc81235db120289e02f021d149d6ab20c99f4b38b189f93c39ce8977ff3b")
    }

    @Test func theConfigurationOfTheWorkedExampleIsCanonical() throws {
        let expected =
            #"{"alpha_pattern":{},"base_digest":"53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db","#
            + #""bias":"none","fan_in_fan_out":false,"lora_alpha":2,"modules_to_save":[],"r":1,"rank_pattern":{},"#
            + #""target_modules":["query"],"task_type":null,"use_dora":false,"use_rslora":false}"#
        #expect(try String(decoding: example().configuration.canonicalBytes, as: UTF8.self) == expected)
    }

    /// Other file bytes, same tensors, same digest.
    @Test func doesNotDependOnTheOrderInTheFile() throws {
        let reordered = try example(exampleTensors.reversed())
        #expect(try reordered.digests() == example().digests())
    }

    /// Name, type, shape and every bit of every element are covered.
    @Test func changesWithWhateverATensorIs() throws {
        func digest(_ change: (inout SampleTensor) -> Void) throws -> TensorDigest {
            var tensor = SampleTensor("t", [1, 2], [1, -2])
            change(&tensor)
            return try SafetensorsFile(reading: MemoryByteSource(safetensors([tensor]))).tensorDigest()
        }
        var digests: Set<TensorDigest> = [try digest { _ in }]
        digests.insert(try digest { $0.name = "u" })
        digests.insert(try digest { $0.shape = [2, 1] })
        digests.insert(try digest { $0.shape = [2] })
        digests.insert(
            try digest {
                $0.element = .f16; $0.shape = [1, 4]
            })
        digests.insert(
            try digest {
                $0.element = .bf16; $0.shape = [1, 4]
            })
        for bit in 0..<64 where bit % 32 < 23 {
            digests.insert(try digest { $0.bytes[bit / 8] ^= 1 << UInt8(bit % 8) })
        }
        #expect(digests.count == 6 + 46)
    }

    @Test func theAdapterDigestCoversTheConfigurationAndTheBase() throws {
        let sample = SampleAdapter.random(seed: 1)
        let tensors = sample.tensors
        var digests: Set<AdapterDigest> = []
        var changed = sample
        digests.insert(try changed.open(tensors).digests().adapter)
        changed.alpha = "17"
        digests.insert(try changed.open(tensors).digests().adapter)
        changed.alpha = "16.5"
        digests.insert(try changed.open(tensors).digests().adapter)
        changed = sample
        changed.base = exampleBase
        digests.insert(try changed.open(tensors).digests().adapter)
        changed = sample
        changed.extra = #","use_rslora":true"#
        digests.insert(try changed.open(tensors).digests().adapter)
        changed.extra = #","revision":"main","lora_dropout":0.1,"inference_mode":true"#
        let informative = try changed.open(tensors).digests().adapter
        #expect(try informative == sample.open(tensors).digests().adapter)
        #expect(digests.count == 5)
    }

    /// An independent twenty-line implementation, on adapters that PEFT wrote.
    @Test(
        .enabled(if: Places.haveAirline, "no adapters at ../shared/data/peft-minilm-airline"),
        .enabled(if: Python.isPresent, "no Python"))
    func agreesWithPythonOnRealAdapters() throws {
        for organisation in ["delta", "united"] {
            let path = Places.airline + "/isolated/round-2/" + organisation
            let digests = try Adapter(directory: path, base: exampleBase).digests()
            let outcome = try Python.run([Places.interop + "/adapter_digests.py", path, exampleBase.hex])
            #expect(outcome.output == "\(digests.tensors)\n\(digests.adapter)\n")
        }
    }
}
