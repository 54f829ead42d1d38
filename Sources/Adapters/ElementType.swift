internal import Kernels

/// The type of a tensor's elements, little-endian IEEE 754 or bfloat16.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
    case f16 = "F16"
    case bf16 = "BF16"
    case f32 = "F32"
    case f64 = "F64"

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .f16, .bf16: 2
        case .f32: 4
        case .f64: 8
        }
    }

    /// The place in a safetensors file that the reference implementation gives this type: larger comes first.
    var fileOrder: Int {
        switch self {
        case .f64: 0
        case .f32: 1
        case .bf16: 2
        case .f16: 3
        }
    }

    var kernel: lethe_element {
        switch self {
        case .f16: LETHE_F16
        case .bf16: LETHE_BF16
        case .f32: LETHE_F32
        case .f64: LETHE_F64
        }
    }
}
