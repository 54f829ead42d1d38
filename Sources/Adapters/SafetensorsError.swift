/// Why a file is not a safetensors file that we accept.
public enum SafetensorsError: Error, Hashable, CustomStringConvertible {
    /// The file cannot hold the eight bytes of the header's length, or the header that they announce.
    case truncated(fileBytes: Int, needed: Int)
    case headerTooLarge(bytes: UInt64, limit: Int)
    /// The header must begin with `{`.
    case headerStart(byte: UInt8)
    case json(JSONFault)
    case tensorName(String)
    case unknownField(tensor: String, field: String)
    case missingField(tensor: String, field: String)
    case elementType(tensor: String, name: String)
    case rank(tensor: String, limit: Int)
    case emptyDimension(tensor: String, index: Int)
    /// The product of the dimensions and the element size is 2^63 or more.
    case tooLarge(tensor: String, shape: [Int])
    /// `data_offsets` is not two numbers, the first at most the second.
    case offsets(tensor: String, values: [Int])
    case byteCount(tensor: String, offsets: Int, shape: Int)
    /// The tensor begins elsewhere than the one before it ended: a gap or an overlap.
    case notContiguous(tensor: String, start: Int, expected: Int)
    case dataCount(tensors: Int, file: Int)
    case notFinite(tensor: String, index: Int)

    public var description: String {
        switch self {
        case .truncated(let have, let needed): "the file has \(have) bytes and needs at least \(needed)"
        case .headerTooLarge(let bytes, let limit):
            "a header of \(bytes) bytes, above the limit of \(limit)"
        case .headerStart(let byte): "the header begins with byte \(byte) instead of '{'"
        case .json(let fault): "the header is not valid: \(fault)"
        case .tensorName(let name):
            "the tensor name \"\(name)\" is not 1 to \(TensorDescription.maximumNameCount) visible ASCII characters"
        case .unknownField(let tensor, let field): "tensor \(tensor): unknown field \"\(field)\""
        case .missingField(let tensor, let field): "tensor \(tensor): no field \"\(field)\""
        case .elementType(let tensor, let name):
            "tensor \(tensor): dtype \"\(name)\" is not one of F16, BF16, F32, F64"
        case .rank(let tensor, let limit): "tensor \(tensor): more than \(limit) dimensions"
        case .emptyDimension(let tensor, let index): "tensor \(tensor): dimension \(index) is 0"
        case .tooLarge(let tensor, let shape):
            "tensor \(tensor): shape \(shape) is beyond what can be addressed"
        case .offsets(let tensor, let values): "tensor \(tensor): data_offsets \(values) are not a range"
        case .byteCount(let tensor, let offsets, let shape):
            "tensor \(tensor): data_offsets span \(offsets) bytes, dtype and shape \(shape)"
        case .notContiguous(let tensor, let start, let expected):
            "tensor \(tensor): begins at \(start), where the one before it ended at \(expected)"
        case .dataCount(let tensors, let file): "the tensors take \(tensors) bytes, the file holds \(file)"
        case .notFinite(let tensor, let index): "tensor \(tensor): element \(index) is NaN or infinite"
        }
    }
}
