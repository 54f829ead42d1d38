import Adapters
import Testing

/// Files that must be refused, each a small one with one thing wrong, and what refusing it must say.
///
/// They also stand in `Tests/Vectors/safetensors`, for other readers to be tried on.
struct SafetensorsVector: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let expected: SafetensorsError

    var testDescription: String { name }
}

extension SafetensorsVector {
    private static func header(_ name: String, _ text: String, data: Int = 0, _ expected: SafetensorsError)
        -> Self
    {
        Self(
            name: name, bytes: safetensors(header: text, data: [UInt8](repeating: 0, count: data)),
            expected: expected)
    }

    /// One F32 tensor called `t` of two elements, with this in place of its entry.
    private static func entry(_ name: String, _ entry: String, data: Int = 8, _ expected: SafetensorsError)
        -> Self
    {
        header(name, #"{"t":{\#(entry)}}"#, data: data, expected)
    }

    /// The entry with this shape, spelled as it stands.
    private static func shape(_ name: String, _ shape: String, _ expected: SafetensorsError) -> Self {
        entry(name, #""dtype":"F32","shape":\#(shape),"data_offsets":[0,8]"#, expected)
    }

    private static func offsets(
        _ name: String, _ offsets: String, data: Int = 8, _ expected: SafetensorsError
    ) -> Self {
        entry(name, #""dtype":"F32","shape":[2],"data_offsets":\#(offsets)"#, data: data, expected)
    }

    private static func named(_ name: String, _ spelling: String, _ expected: SafetensorsError) -> Self {
        header(name, #"{"\#(spelling)":\#(good)}"#, data: 8, expected)
    }

    private static func element(_ name: String, _ type: ElementType, _ bits: UInt64) -> Self {
        let tensor = SampleTensor("t", type, [3], bits: [0, 1, bits])
        return Self(name: name, bytes: safetensors([tensor]), expected: .notFinite(tensor: "t", index: 2))
    }

    private static let good = #"{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#

    static let all: [Self] = lengths + syntax + names + entries + shapes + places + elements

    private static let lengths: [Self] = [
        Self(name: "empty", bytes: [], expected: .truncated(fileBytes: 0, needed: 8)),
        Self(
            name: "length-cut-short", bytes: [2, 0, 0, 0, 0, 0, 0],
            expected: .truncated(fileBytes: 7, needed: 8)),
        Self(
            name: "header-longer-than-file", bytes: [3, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8),
            expected: .truncated(fileBytes: 10, needed: 11)),
        Self(
            name: "header-of-16-mib-and-one", bytes: [1, 0, 0, 1, 0, 0, 0, 0] + Array("{}".utf8),
            expected: .headerTooLarge(bytes: 16_777_217, limit: 16_777_216)),
        Self(
            name: "header-of-2-to-the-63", bytes: [0, 0, 0, 0, 0, 0, 0, 0x80] + Array("{}".utf8),
            expected: .headerTooLarge(bytes: 1 << 63, limit: 16_777_216)),
    ]

    private static let syntax: [Self] = [
        header("header-empty", "", .headerStart(byte: 0)),
        header("header-begins-with-space", " {}", .headerStart(byte: 0x20)),
        header("header-is-an-array", "[]", .headerStart(byte: 0x5b)),
        header("header-cut-short", #"{"t":{"dtype":"F32""#, .json(.expected("','", offset: 19))),
        header(
            "header-with-trailing-comma", #"{"t":\#(good),}"#, data: 8, .json(.expected("'\"'", offset: 54))
        ),
        header("header-with-text-after", "{}x", .json(.expected("the end", offset: 2))),
        header("header-with-zero-byte-after", "{}\0", .json(.expected("the end", offset: 2))),
        header("metadata-of-numbers", #"{"__metadata__":{"a":1}}"#, .json(.expected("'\"'", offset: 21))),
        header(
            "metadata-twice", #"{"__metadata__":{},"__metadata__":{}}"#,
            .json(.duplicateName("__metadata__", offset: 19))),
        header(
            "metadata-name-twice", #"{"__metadata__":{"a":"","a":""}}"#,
            .json(.duplicateName("a", offset: 24))),
    ]

    private static let names: [Self] = [
        header(
            "name-twice", #"{"t":\#(good),"t":\#(good)}"#, data: 8, .json(.duplicateName("t", offset: 54))),
        header(
            "name-twice-by-escape", #"{"t":\#(good),"\u0074":\#(good)}"#, data: 8,
            .json(.duplicateName("t", offset: 54))),
        named("name-empty", "", .tensorName("")),
        named("name-with-space", "a b", .tensorName("a b")),
        named("name-outside-ascii", "gewicht\u{e9}", .tensorName("gewicht\u{e9}")),
        named(
            "name-of-1025", String(repeating: "n", count: 1025),
            .tensorName(String(repeating: "n", count: 80))),
        named("name-with-control-character", "a\u{1}", .json(.invalidString(offset: 3))),
        named("name-with-half-a-surrogate-pair", #"a\ud800"#, .json(.invalidString(offset: 3))),
        Self(
            name: "name-in-invalid-utf-8",
            bytes: [7, 0, 0, 0, 0, 0, 0, 0] + [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x7b, 0x7d],
            expected: .json(.invalidUTF8(offset: 2))),
    ]

    private static let entries: [Self] = [
        entry(
            "field-unknown", #""dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]"#,
            .unknownField(tensor: "t", field: "strides")),
        entry(
            "field-twice", #""dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]"#,
            .json(.duplicateName("dtype", offset: 20))),
        entry(
            "dtype-missing", #""shape":[2],"data_offsets":[0,8]"#,
            .missingField(tensor: "t", field: "dtype")),
        entry(
            "shape-missing", #""dtype":"F32","data_offsets":[0,8]"#,
            .missingField(tensor: "t", field: "shape")),
        entry(
            "data-offsets-missing", #""dtype":"F32","shape":[2]"#,
            .missingField(tensor: "t", field: "data_offsets")),
        entry(
            "dtype-of-integers", #""dtype":"I32","shape":[2],"data_offsets":[0,8]"#,
            .elementType(tensor: "t", name: "I32")),
        entry(
            "dtype-in-lower-case", #""dtype":"f32","shape":[2],"data_offsets":[0,8]"#,
            .elementType(tensor: "t", name: "f32")),
    ]

    private static let shapes: [Self] = [
        shape("shape-negative", "[-2]", .json(.expected("a count below 2^63", offset: 29))),
        shape("shape-minus-zero", "[-0]", .json(.expected("a count below 2^63", offset: 29))),
        shape("shape-with-fraction", "[2.0]", .json(.expected("a count below 2^63", offset: 29))),
        shape("shape-with-exponent", "[2e0]", .json(.expected("a count below 2^63", offset: 29))),
        shape("shape-with-leading-zero", "[02]", .json(.expected("','", offset: 30))),
        shape("shape-of-text", #"["2"]"#, .json(.expected("a digit", offset: 29))),
        shape(
            "shape-of-2-to-the-63", "[9223372036854775808]",
            .json(.expected("a count below 2^63", offset: 29))),
        shape(
            "shape-product-overflows", "[4294967296,4294967296]",
            .tooLarge(tensor: "t", shape: [1 << 32, 1 << 32])),
        shape(
            "shape-byte-count-overflows", "[2305843009213693952]",
            .tooLarge(tensor: "t", shape: [1 << 61])),
        shape("shape-of-nine-dimensions", "[1,1,1,1,1,1,1,1,2]", .rank(tensor: "t", limit: 8)),
        shape("shape-with-zero", "[2,0]", .emptyDimension(tensor: "t", index: 1)),
        shape("shape-larger-than-offsets", "[3]", .byteCount(tensor: "t", offsets: 8, shape: 12)),
    ]

    private static let places: [Self] = [
        offsets("offsets-reversed", "[8,0]", .offsets(tensor: "t", values: [8, 0])),
        offsets("offsets-one", "[8]", .offsets(tensor: "t", values: [8])),
        offsets("offsets-three", "[0,8,8]", .offsets(tensor: "t", values: [0, 8, 8])),
        offsets(
            "offsets-not-from-zero", "[4,12]", data: 12, .notContiguous(tensor: "t", start: 4, expected: 0)),
        offsets("data-cut-short", "[0,8]", data: 7, .dataCount(tensors: 8, file: 7)),
        offsets("data-after-the-last-tensor", "[0,8]", data: 9, .dataCount(tensors: 8, file: 9)),
        header(
            "tensors-overlap", #"{"t":\#(good),"u":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            data: 12,
            .notContiguous(tensor: "u", start: 4, expected: 8)),
        header(
            "tensors-share-bytes", #"{"t":\#(good),"u":\#(good)}"#, data: 8,
            .notContiguous(tensor: "u", start: 0, expected: 8)),
        header(
            "tensors-with-a-gap", #"{"t":\#(good),"u":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#,
            data: 16, .notContiguous(tensor: "u", start: 12, expected: 8)),
    ]

    private static let elements: [Self] = [
        element("element-infinite-f16", .f16, 0x7c00),
        element("element-nan-bf16", .bf16, 0xffc1),
        element("element-nan-f32", .f32, 0x7fc0_0000),
        element("element-minus-infinite-f32", .f32, 0xff80_0000),
        element("element-signalling-nan-f64", .f64, 0x7ff0_0000_0000_0001),
    ]
}
