#ifndef LETHE_WIDE_SUM_H
#define LETHE_WIDE_SUM_H

#include "include/exact_sum.h"

/// A finite floating-point number as `(-1)^negative * magnitude * 2^exponent`.
typedef struct lethe_number {
    uint64_t magnitude;
    int exponent;
    bool negative;
} lethe_number;

/// The binary interchange parameters of an element type.
typedef struct lethe_format {
    /// Significant bits, the implicit one included.
    int precision;
    /// The exponent of the smallest subnormal, that is of the last bit of every subnormal.
    int least_exponent;
    /// The bits of positive infinity.
    uint64_t infinity;
    /// The bit that holds the sign.
    uint64_t sign;
    size_t size;
} lethe_format;

// Inline, so that a loop over one element type has it as a constant.

static inline lethe_format lethe_format_of(lethe_element element) {
    switch (element) {
    case LETHE_F16: return (lethe_format){11, -24, 0x7c00, 0x8000, 2};
    case LETHE_BF16: return (lethe_format){8, -133, 0x7f80, 0x8000, 2};
    case LETHE_F32: return (lethe_format){24, -149, 0x7f800000, 0x80000000, 4};
    case LETHE_F64: break;
    }
    return (lethe_format){53, -1074, 0x7ff0000000000000, 0x8000000000000000, 8};
}

static inline uint64_t lethe_load_bits(const void *values, size_t index, lethe_element element) {
    switch (element) {
    case LETHE_F16:
    case LETHE_BF16: return ((const uint16_t *)values)[index];
    case LETHE_F32: return ((const uint32_t *)values)[index];
    case LETHE_F64: break;
    }
    return ((const uint64_t *)values)[index];
}

static inline void lethe_store_bits(void *values, size_t index, lethe_element element, uint64_t bits) {
    switch (element) {
    case LETHE_F16:
    case LETHE_BF16: ((uint16_t *)values)[index] = (uint16_t)bits; return;
    case LETHE_F32: ((uint32_t *)values)[index] = (uint32_t)bits; return;
    case LETHE_F64: ((uint64_t *)values)[index] = bits; return;
    }
}

static inline lethe_number lethe_decode(uint64_t bits, lethe_element element) {
    const lethe_format format = lethe_format_of(element);
    const int stored = format.precision - 1;
    const uint64_t magnitude = bits & (format.sign - 1);
    const uint64_t fraction = magnitude & ((1ull << stored) - 1);
    const int field = (int)(magnitude >> stored);
    const int least = format.least_exponent;
    lethe_number number = {fraction, least, (bits & format.sign) != 0};
    if (field != 0) {
        number.magnitude |= 1ull << stored;
        number.exponent = least + field - 1;
    }
    return number;
}

/// The exponent of the last bit of a wide sum over `element`.
int lethe_wide_exponent(lethe_element element);

/// Adds `weight * number`, or subtracts it, in two's complement over `words` little-endian words.
void lethe_wide_add(
    uint64_t *sum, size_t words, int sum_exponent, lethe_number number, uint32_t weight, bool subtract);

/// The bits of `sum * 2^exponent / divisor` rounded once; infinity where it is beyond the range. A zero is
/// +0.
uint64_t lethe_wide_divide(
    const uint64_t *sum, size_t words, int exponent, uint64_t divisor, lethe_element output_element);

/// The bits of `number * numerator / denominator` rounded once; infinity where it is beyond the range.
uint64_t lethe_scale_number(
    lethe_number number, uint64_t numerator, uint64_t denominator, lethe_element output_element);

#endif
