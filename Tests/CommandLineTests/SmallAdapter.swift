import Foundation

/// A small PEFT directory, written by the shortest code that does.
struct SmallAdapter {
    var rank = 2
    var base = "sentence-transformers/all-MiniLM-L6-v2"
    var modules = ["query", "value"]
    var width = 6
    var seed: UInt64
    /// Put in the place of the first element of the first tensor.
    var firstElement: Float?

    func write(to directory: String) {
        try! FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try! Data(configuration.utf8).write(to: URL(fileURLWithPath: "\(directory)/adapter_config.json"))
        try! Data(tensors).write(to: URL(fileURLWithPath: "\(directory)/adapter_model.safetensors"))
    }

    var configuration: String {
        let targets = modules.map { "\"\($0)\"" }.joined(separator: ",")
        return """
            {"base_model_name_or_path":"\(base)","bias":"none","fan_in_fan_out":false,"inference_mode":true,
            "init_lora_weights":true,"lora_alpha":8,"lora_dropout":0.0,"modules_to_save":["classifier"],
            "peft_type":"LORA","r":\(rank),"target_modules":[\(targets)],"task_type":"SEQ_CLS"}
            """
    }

    var tensors: [UInt8] {
        var shapes = modules.flatMap {
            [("layer.0.\($0).lora_A.weight", [rank, width]), ("layer.0.\($0).lora_B.weight", [width, rank])]
        }
        shapes.append(("classifier.weight", [2, width]))
        var (data, entries): ([UInt8], [String]) = ([], [])
        var state = seed
        for (name, shape) in shapes {
            let start = data.count
            for index in 0..<shape.reduce(1, *) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                var value = (Float(state >> 40) / 16_777_216 - 0.5) * 0.2
                if index == 0, start == 0, let firstElement { value = firstElement }
                withUnsafeBytes(of: value.bitPattern.littleEndian) { data += Array($0) }
            }
            entries.append(
                #""base_model.model.\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(start),\#(data.count)]}"#
            )
        }
        return Self.file(header: "{\(entries.joined(separator: ","))}", data: data)
    }

    static func file(header: String, data: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
    }
}
