internal import Foundation

/// Reads the binary32 tensors of a base's safetensors file.
///
/// Not the reader of adapters, which refuses whatever an adapter has no business to hold: bases carry integer
/// buffers (`position_ids`) and tensors of heads, which are passed over here.
struct SafetensorsReader {
    private let bytes: [UInt8]
    /// The name that errors use.
    private let file: String
    /// Where the elements begin.
    private let start: Int
    private let entries: [String: Entry]

    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }

    /// Reads the header of the file's `bytes`.
    init(_ bytes: [UInt8], file: String) throws(BaseEncoderError) {
        guard bytes.count >= 8 else {
            throw .malformed(file: file, reason: "shorter than its header's length field")
        }
        let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= 16 << 20, 8 + Int(length) <= bytes.count else {
            throw .malformed(file: file, reason: "a header of \(length) bytes does not fit")
        }
        start = 8 + Int(length)
        do {
            entries = try JSONDecoder().decode(Header.self, from: Data(bytes[8..<start])).entries
        } catch {
            throw .malformed(file: file, reason: "\(error)")
        }
        self.bytes = bytes
        self.file = file
    }

    /// Every member of the header but the metadata.
    private struct Header: Decodable {
        var entries: [String: Entry] = [:]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            for name in container.allKeys where name.stringValue != "__metadata__" {
                entries[name.stringValue] = try container.decode(Entry.self, forKey: name)
            }
        }

        private struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }

    /// The tensors whose names are `wanted`.
    func tensors(_ wanted: (String) -> Bool) throws(BaseEncoderError) -> NamedTensors {
        var tensors: [String: Tensor] = [:]
        for (name, entry) in entries where wanted(name) { tensors[name] = try tensor(name, entry) }
        return NamedTensors(tensors)
    }

    private func tensor(_ name: String, _ entry: Entry) throws(BaseEncoderError) -> Tensor {
        func malformed(_ reason: String) -> BaseEncoderError {
            .malformed(file: file, reason: "tensor \(name) \(reason)")
        }
        guard entry.dtype == "F32" else { throw malformed("is \(entry.dtype), and F32 is wanted") }
        var byteCount = 4
        for dimension in entry.shape {
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { throw malformed("has shape \(entry.shape)") }
            byteCount = product
        }
        let place = entry.data_offsets
        guard place.count == 2, place[0] >= 0, place[0] <= place[1], place[1] <= bytes.count - start,
            place[1] - place[0] == byteCount
        else { throw malformed("lies at \(place)") }
        let values = bytes[(start + place[0])..<(start + place[1])]
        return Tensor(shape: entry.shape, values: [Float](littleEndianBytes: values))
    }
}
