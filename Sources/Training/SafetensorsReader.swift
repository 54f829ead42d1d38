internal import Bytes
internal import Foundation

/// The binary32 tensors of a safetensors file whose names are `wanted`; other tensors are passed over.
///
/// `file` is the name that errors use.
func readSafetensors(
    _ bytes: [UInt8], wanted: (String) -> Bool, file: String
) throws(BaseEncoderError) -> NamedTensors {
    struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]
    }
    struct Header: Decodable {
        var entries: [String: Entry] = [:]
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: AnyKey.self)
            for key in container.allKeys where key.stringValue != "__metadata__" {
                entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
            }
        }
    }
    func malformed(_ reason: String) -> BaseEncoderError { .malformed(file: file, reason: reason) }

    guard bytes.count >= 8 else { throw malformed("shorter than its header's length field") }
    let headerLength = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard headerLength <= 16 << 20, 8 + Int(headerLength) <= bytes.count else {
        throw malformed("a header of \(headerLength) bytes does not fit")
    }
    let header: Header
    do {
        header = try JSONDecoder().decode(Header.self, from: Data(bytes[8..<8 + Int(headerLength)]))
    } catch {
        throw malformed("\(error)")
    }
    var tensors: [String: Tensor] = [:]
    for (name, entry) in header.entries where wanted(name) {
        guard entry.dtype == "F32" else { throw malformed("tensor \(name) is \(entry.dtype), and F32 is wanted") }
        var count = 4
        for dimension in entry.shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { throw malformed("tensor \(name) has shape \(entry.shape)") }
            count = product
        }
        let start = 8 + Int(headerLength)
        guard entry.data_offsets.count == 2, entry.data_offsets[0] >= 0,
            entry.data_offsets[1] <= bytes.count - start, entry.data_offsets[1] - entry.data_offsets[0] == count
        else { throw malformed("tensor \(name) lies at \(entry.data_offsets)") }
        let values = bytes[(start + entry.data_offsets[0])..<(start + entry.data_offsets[1])]
        tensors[name] = Tensor(shape: entry.shape, values: [Float](littleEndianBytes: values))
    }
    return NamedTensors(tensors)
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
