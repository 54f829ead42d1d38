import Adapters
import Bytes
import Foundation

/// SplitMix64: the same numbers in every run.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// A directory that goes away with the value.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "adapters-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

func fileBytes(_ path: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(filePath: path))) }

/// The root of the package, and the data that lies beside it on some machines.
enum Places {
    static let package = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    static let interop = package + "/Tests/AdaptersTests/Interop"
    static let vectors = package + "/Tests/Vectors/safetensors"
    static let airline = package + "/../shared/data/peft-minilm-airline"
    static let haveAirline = FileManager.default.fileExists(atPath: airline + "/isolated/round-1")
}

/// A tensor in memory.
struct SampleTensor {
    var name: String
    var element: ElementType
    var shape: [Int]
    var bytes: [UInt8]

    init(_ name: String, _ element: ElementType, _ shape: [Int], bits: [UInt64]) {
        precondition(bits.count == shape.reduce(1, *))
        self.name = name
        self.element = element
        self.shape = shape
        bytes = bits.flatMap { bits in
            withUnsafeBytes(of: bits.littleEndian) { Array($0.prefix(element.size)) }
        }
    }

    init(_ name: String, _ shape: [Int], _ values: [Float]) {
        self.init(name, .f32, shape, bits: values.map { UInt64($0.bitPattern) })
    }
}

/// A safetensors file written by the shortest code that does, names in the order given.
func safetensors(_ tensors: [SampleTensor]) -> [UInt8] {
    var entries: [String] = []
    var data: [UInt8] = []
    for tensor in tensors {
        let end = data.count + tensor.bytes.count
        entries.append(
            #""\#(tensor.name)":{"dtype":"\#(tensor.element.rawValue)","#
                + #""shape":\#(tensor.shape),"data_offsets":[\#(data.count),\#(end)]}"#)
        data += tensor.bytes
    }
    return safetensors(header: "{" + entries.joined(separator: ",") + "}", data: data)
}

func safetensors(header: String, data: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
}

/// A base model's digest for tests that need one.
let sampleBase = BaseDigest.sha256(Array("base".utf8))

/// A small adapter: modules `layer.<i>.query` with A [rank, 6] and B [4, rank], and a head `classifier`.
struct SampleAdapter {
    var rank = 2
    var alpha = "16"
    var element = ElementType.f32
    var modules = 2
    var extra = ""
    var base = sampleBase
    /// The bits of the next element.
    var next: () -> UInt64

    static func random(
        seed: UInt64, rank: Int = 2, element: ElementType = .f32, modules: Int = 2
    ) -> SampleAdapter {
        var generator = SplitMix64(seed: seed)
        return SampleAdapter(
            rank: rank, element: element, modules: modules, next: { ordinaryBits(element, &generator) })
    }

    var configuration: [UInt8] {
        Array(
            #"""
            {"peft_type":"LORA","r":\#(rank),"lora_alpha":\#(alpha),"target_modules":["query"],
             "modules_to_save":["score","classifier"],"task_type":"SEQ_CLS"\#(extra)}
            """#.utf8)
    }

    var tensors: [SampleTensor] {
        var tensors: [SampleTensor] = []
        func add(_ name: String, _ shape: [Int]) {
            let bits = (0..<shape.reduce(1, *)).map { _ in next() }
            tensors.append(SampleTensor("base_model.model." + name, element, shape, bits: bits))
        }
        for index in 0..<modules {
            add("layer.\(index).query.lora_A.weight", [rank, 6])
            add("layer.\(index).query.lora_B.weight", [4, rank])
        }
        add("classifier.weight", [3, 4])
        return tensors
    }

    func open() throws -> Adapter { try open(tensors) }

    func open(_ tensors: [SampleTensor]) throws -> Adapter {
        try Adapter(
            configuration: configuration, tensors: MemoryByteSource(safetensors(tensors)), base: base)
    }
}

/// The bits of a number as trained adapters have them: between 1e-6 and 1 in magnitude, either sign.
func ordinaryBits(_ element: ElementType, _ generator: inout SplitMix64) -> UInt64 {
    let magnitude = Float(exp2(Double.random(in: -20..<0, using: &generator)))
    let value = Bool.random(using: &generator) ? magnitude : -magnitude
    switch element {
    case .f16: return UInt64(Float16(value).bitPattern)
    case .bf16: return UInt64(value.bitPattern >> 16)
    case .f32: return UInt64(value.bitPattern)
    case .f64: return Double(value).bitPattern
    }
}

/// The bits of any finite number, all exponents alike.
func arbitraryBits(_ element: ElementType, _ generator: inout SplitMix64) -> UInt64 {
    while true {
        let bits = generator.next() & (UInt64.max >> UInt64(64 - 8 * element.size))
        if Reference.isFinite(bits, element) { return bits }
    }
}
