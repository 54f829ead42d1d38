#ifndef LETHE_EXACT_SUM_H
#define LETHE_EXACT_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Exact weighted sums of floating-point numbers, and their one rounding.
///
/// Everything here is defined by a rational number rounded once, to nearest, ties to even. How a result is
/// computed (which instruction set, doubles or integers) can change its time, never its bits.

/// The element types of tensors: IEEE 754 binary16, bfloat16, binary32 and binary64, little-endian.
typedef enum lethe_element {
    LETHE_F16 = 0,
    LETHE_BF16 = 1,
    LETHE_F32 = 2,
    LETHE_F64 = 3,
} lethe_element;

/// How to compute. `LETHE_BEST` is for use; the others exist so that tests can hold the paths equal.
typedef enum lethe_path {
    /// The widest vectors that this machine has, and integers where doubles cannot prove the rounding.
    LETHE_BEST = 0,
    /// The same without instructions beyond the compiler's baseline.
    LETHE_BASELINE = 1,
    /// Integers alone.
    LETHE_INTEGERS = 2,
} lethe_path;

/// 64-bit words that hold any sum of 4096 products of an F16, BF16 or F32 with a 31-bit weight.
#define LETHE_WIDE_WORDS 6
/// The same for F64.
#define LETHE_WIDE_WORDS_F64 34
/// The largest number of terms in a sum, and the largest weight of one.
#define LETHE_MAX_TERMS 4096
#define LETHE_MAX_WEIGHT 2147483647

/// The index of the first NaN or infinity among `count` elements, or `count` where all are finite.
size_t lethe_first_nonfinite(const void *values, size_t count, lethe_element element);

/// Writes the correctly rounded weighted mean of each element: sum(weights[c] * inputs[c][i]) / sum(weights).
///
/// `terms` is 1 to 4096, each weight 1 to 2^31-1, every input element finite. A sum of zero gives +0; a sum
/// that is not zero but rounds to zero keeps its sign. Returns the index of the first result that is beyond
/// the range of `output_element` (what was written there means nothing), or `count`.
size_t lethe_exact_mean(
    const void *const *inputs, const uint32_t *weights, size_t terms, size_t count,
    lethe_element input_element,
    void *output, lethe_element output_element, lethe_path path);

/// Writes the correctly rounded `input[i] * numerator / denominator`, both factors 1 to 2^63-1.
///
/// A zero keeps its sign, so the factor 1 copies. Returns as `lethe_exact_mean` does.
size_t lethe_exact_scale(
    const void *input, size_t count, lethe_element input_element, uint64_t numerator, uint64_t denominator,
    void *output, lethe_element output_element, lethe_path path);

/// A window sum keeps one cell of 16 bytes for each element: the exact sum of weighted values as a 128-bit
/// integer, two's complement, little-endian, in units of 2^unit. The least integer marks a cell whose sum
/// has no such integer and stands in `wide` instead: `lethe_wide_words(element)` words for each element, in
/// units of the element type's least subnormal (2^-149 for all types but F64, which has 2^-1074). `unit` is
/// not below that.
///
/// Cells and words are aligned to 16 bytes.

/// How many 64-bit words a sum of `element` has in `wide`.
size_t lethe_wide_words(lethe_element element);

/// Adds `weight` times each value, or subtracts it. A sum that leaves its window moves to `wide`.
void lethe_window_add(
    void *cells, uint64_t *wide, int unit, const void *values, size_t count, lethe_element element,
    uint32_t weight,
    bool subtract);

/// Moves every sum in `wide` that a cell can hold back to its cell; returns how many stay.
size_t lethe_window_settle(void *cells, uint64_t *wide, int unit, size_t count, lethe_element element);

/// Whether the cell at `index` is marked: its sum stands in `wide`.
bool lethe_window_is_outside(const void *cells, size_t index);

/// Writes each sum divided by `divisor` (1 to 2^43), rounded once. Returns as `lethe_exact_mean` does.
size_t lethe_window_divide(
    const void *cells, const uint64_t *wide, int unit, size_t count, lethe_element element,
    uint64_t divisor,
    void *output, lethe_element output_element, lethe_path path);

#endif
