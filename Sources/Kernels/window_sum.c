#include "wide_sum.h"

#include <string.h>

/// Sums in a window of 128 bits, kept beside the wide sums of the few elements that do not fit it.

typedef unsigned __int128 uint128;

static const uint64_t MARK = 0x8000000000000000;

static __int128 load_cell(const uint64_t *cell) { return (__int128)((uint128)cell[1] << 64 | cell[0]); }

static void store_cell(uint64_t *cell, __int128 value) {
    cell[0] = (uint64_t)value;
    cell[1] = (uint64_t)((uint128)value >> 64);
}

static bool is_marked(const uint64_t *cell) { return cell[1] == MARK && cell[0] == 0; }

bool lethe_window_is_outside(const void *cells, size_t index) {
    return is_marked((const uint64_t *)cells + 2 * index);
}

/// weight * number in units of 2^unit, if it is an integer of at most 126 bits.
static bool window_term(lethe_number number, uint32_t weight, int unit, __int128 *term) {
    const uint128 product = (uint128)number.magnitude * weight;
    const int shift = number.exponent - unit;
    uint128 magnitude;
    if (product == 0) {
        magnitude = 0;
    } else if (shift >= 0) {
        const uint64_t high = (uint64_t)(product >> 64);
        const int bits = high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)product);
        if (bits + shift > 126) return false;
        magnitude = product << shift;
    } else {
        if (shift <= -128) return false;
        magnitude = product >> -shift;
        if (magnitude << -shift != product) return false;
    }
    *term = number.negative ? -(__int128)magnitude : (__int128)magnitude;
    return true;
}

/// Writes the sum of a cell as a wide sum, and marks the cell.
static void move_outside(uint64_t *cell, uint64_t *wide, size_t words, unsigned shift) {
    const __int128 value = load_cell(cell);
    const uint64_t sign = value < 0 ? ~0ull : 0;
    for (size_t i = 0; i < words; i++) wide[i] = sign;
    const unsigned start = shift / 64, bit = shift % 64;
    for (unsigned i = 0; i < start; i++) wide[i] = 0;
    wide[start] = cell[0] << bit;
    wide[start + 1] = bit > 0 ? cell[1] << bit | cell[0] >> (64 - bit) : cell[1];
    if (bit > 0) wide[start + 2] = cell[1] >> (64 - bit) | sign << bit;
    cell[0] = 0;
    cell[1] = MARK;
}

/// Adds one term by whatever way it takes: through its cell, or beside it.
static void add_term(
    uint64_t *cell, uint64_t *wide, int unit, lethe_number number, lethe_element element, uint32_t weight,
    bool subtract) {
    const size_t words = lethe_wide_words(element);
    const int exponent = lethe_wide_exponent(element);
    if (!is_marked(cell)) {
        __int128 term, sum;
        if (window_term(number, weight, unit, &term)
            && !__builtin_add_overflow(load_cell(cell), subtract ? -term : term, &sum)
            && sum != (__int128)((uint128)MARK << 64)) {
            store_cell(cell, sum);
            return;
        }
        move_outside(cell, wide, words, (unsigned)(unit - exponent));
    }
    lethe_wide_add(wide, words, exponent, number, weight, subtract);
}

/// The loop for one element type. A product of at most 55 bits that is shifted by at most 70 and added to a
/// cell of at most 126 needs no further check; all else goes through `add_term`.
static inline __attribute__((always_inline)) void add_terms(
    uint64_t *cells, uint64_t *wide, int unit, const void *values, size_t count, lethe_element element,
    uint32_t weight, bool subtract) {
    const size_t words = lethe_wide_words(element);
    for (size_t i = 0; i < count; i++) {
        uint64_t *cell = cells + 2 * i;
        const lethe_number number = lethe_decode(lethe_load_bits(values, i, element), element);
        const unsigned shift = (unsigned)(number.exponent - unit);
        const bool is_small = cell[1] + (1ull << 62) < 1ull << 63;
        if (element != LETHE_F64 && shift <= 70 && is_small) {
            const uint128 term = (uint128)(number.magnitude * weight) << shift;
            const bool minus = number.negative != subtract;
            const uint128 sum = ((uint128)cell[1] << 64 | cell[0]) + (minus ? -term : term);
            store_cell(cell, (__int128)sum);
        } else {
            add_term(cell, wide + i * words, unit, number, element, weight, subtract);
        }
    }
}

void lethe_window_add(
    void *cells, uint64_t *wide, int unit, const void *values, size_t count, lethe_element element,
    uint32_t weight,
    bool subtract) {
    switch (element) {
    case LETHE_F16: add_terms(cells, wide, unit, values, count, LETHE_F16, weight, subtract); return;
    case LETHE_BF16: add_terms(cells, wide, unit, values, count, LETHE_BF16, weight, subtract); return;
    case LETHE_F32: add_terms(cells, wide, unit, values, count, LETHE_F32, weight, subtract); return;
    case LETHE_F64: add_terms(cells, wide, unit, values, count, LETHE_F64, weight, subtract); return;
    }
}

/// The wide sum as a cell, where one can hold it.
static bool move_inside(const uint64_t *wide, size_t words, unsigned shift, uint64_t *cell) {
    const unsigned start = shift / 64, bit = shift % 64;
    for (unsigned i = 0; i < start; i++)
        if (wide[i] != 0) return false;
    if (bit > 0 && (wide[start] & ((1ull << bit) - 1)) != 0) return false;
    uint64_t value[2];
    const uint64_t sign = wide[words - 1] >> 63 ? ~0ull : 0;
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t low = wide[start + i];
        const uint64_t high = start + i + 1 < words ? wide[start + i + 1] : sign;
        value[i] = bit > 0 ? low >> bit | high << (64 - bit) : low;
    }
    // All that is above must repeat the sign of the 128 bits that were taken.
    if ((value[1] >> 63 ? ~0ull : 0) != sign) return false;
    if (bit > 0 && (uint64_t)((int64_t)wide[start + 2] >> (bit - 1)) != sign) return false;
    for (size_t i = start + (bit > 0 ? 3 : 2); i < words; i++)
        if (wide[i] != sign) return false;
    if (is_marked(value)) return false;
    memcpy(cell, value, sizeof value);
    return true;
}

size_t lethe_window_settle(void *cells, uint64_t *wide, int unit, size_t count, lethe_element element) {
    const size_t words = lethe_wide_words(element);
    const unsigned shift = (unsigned)(unit - lethe_wide_exponent(element));
    size_t outside = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t *cell = (uint64_t *)cells + 2 * i;
        if (is_marked(cell) && !move_inside(wide + i * words, words, shift, cell)) outside++;
    }
    return outside;
}
