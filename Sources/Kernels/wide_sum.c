#include "wide_sum.h"

#include <string.h>

/// Sums of floating-point numbers as integers wide enough never to round: the definition, in integers.

typedef unsigned __int128 uint128;

/// Words of the widest sum, and of that sum with the fraction that a division needs.
enum { MOST_WORDS = LETHE_WIDE_WORDS_F64, FRACTION_WORDS = 2 };

size_t lethe_wide_words(lethe_element element) {
    return element == LETHE_F64 ? LETHE_WIDE_WORDS_F64 : LETHE_WIDE_WORDS;
}

int lethe_wide_exponent(lethe_element element) { return element == LETHE_F64 ? -1074 : -149; }

void lethe_wide_add(
    uint64_t *sum, size_t words, int sum_exponent, lethe_number number, uint32_t weight, bool subtract) {
    const unsigned shift = (unsigned)(number.exponent - sum_exponent);
    const uint128 product = (uint128)number.magnitude * weight;
    const unsigned bit = shift % 64;
    // At most 53 + 31 + 63 bits: three words.
    uint64_t term[3] = {(uint64_t)(product << bit), (uint64_t)(product >> 1 >> (63 - bit)), 0};
    if (bit > 0) term[2] = (uint64_t)(product >> 64 >> (64 - bit));
    const bool minus = number.negative != subtract;
    uint64_t carry = minus ? 1 : 0;
    for (size_t i = shift / 64, j = 0; i < words; i++, j++) {
        const uint64_t word = j < 3 ? term[j] : 0;
        const uint128 next = (uint128)sum[i] + (minus ? ~word : word) + carry;
        sum[i] = (uint64_t)next;
        carry = (uint64_t)(next >> 64);
        // Beyond the term only a carry can change anything; a borrow is a missing carry.
        if (j >= 2 && carry == (minus ? 1 : 0)) break;
    }
}

/// The bits of `quotient * 2^exponent` rounded to nearest, ties to even, where `sticky` says that a
/// non-zero part below the last bit was cut off.
static uint64_t round_words(
    const uint64_t *quotient, size_t words, int exponent, bool sticky, bool negative,
    lethe_element element) {
    const lethe_format format = lethe_format_of(element);
    size_t used = words;
    while (used > 0 && quotient[used - 1] == 0) used--;
    const uint64_t sign = negative ? format.sign : 0;
    if (used == 0) return sign;
    const int top = (int)(64 * used) - 1 - __builtin_clzll(quotient[used - 1]);
    int last = exponent + top - format.precision + 1;
    if (last < format.least_exponent) last = format.least_exponent;
    // Callers give at least two bits below the last that is kept.
    const int shift = last - exponent;
    if (shift > top + 1) return sign;
    const int word = shift / 64, bit = shift % 64;
    uint64_t mantissa = word < (int)used ? quotient[word] >> bit : 0;
    if (bit > 0 && word + 1 < (int)used) mantissa |= quotient[word + 1] << (64 - bit);
    const int half_word = (shift - 1) / 64, half_bit = (shift - 1) % 64;
    const bool half = (quotient[half_word] >> half_bit) & 1;
    bool rest = sticky || (quotient[half_word] & ((1ull << half_bit) - 1)) != 0;
    for (int i = 0; i < half_word && !rest; i++) rest = quotient[i] != 0;
    mantissa += half && (rest || (mantissa & 1)) ? 1 : 0;
    // The implicit bit carries into the exponent field by itself, and so does rounding up to a power of two.
    const uint64_t fields = (uint64_t)(last - format.least_exponent);
    if (fields >= format.infinity >> (format.precision - 1)) return sign | format.infinity;
    const uint64_t magnitude = (fields << (format.precision - 1)) + mantissa;
    return sign | (magnitude < format.infinity ? magnitude : format.infinity);
}

/// Divides `words` little-endian words in place; the remainder is returned.
static uint64_t divide_words(uint64_t *number, size_t words, uint64_t divisor) {
    uint64_t remainder = 0;
    for (size_t i = words; i-- > 0;) {
        const uint128 dividend = (uint128)remainder << 64 | number[i];
        number[i] = (uint64_t)(dividend / divisor);
        remainder = (uint64_t)(dividend % divisor);
    }
    return remainder;
}

uint64_t lethe_wide_divide(
    const uint64_t *sum, size_t words, int exponent, uint64_t divisor, lethe_element output_element) {
    uint64_t quotient[MOST_WORDS + FRACTION_WORDS] = {0};
    const bool negative = sum[words - 1] >> 63;
    uint64_t carry = negative ? 1 : 0;
    bool zero = true;
    for (size_t i = 0; i < words; i++) {
        const uint128 next = (uint128)(negative ? ~sum[i] : sum[i]) + carry;
        quotient[FRACTION_WORDS + i] = (uint64_t)next;
        carry = (uint64_t)(next >> 64);
        zero = zero && (uint64_t)next == 0;
    }
    if (zero) return 0;
    // 128 bits of fraction: a divisor below 2^63 leaves at least 65 significant bits, more than any format
    // needs.
    const uint64_t remainder = divide_words(quotient, words + FRACTION_WORDS, divisor);
    return round_words(
        quotient, words + FRACTION_WORDS, exponent - 64 * FRACTION_WORDS, remainder != 0, negative,
        output_element);
}

uint64_t lethe_scale_number(
    lethe_number number, uint64_t numerator, uint64_t denominator, lethe_element output_element) {
    const uint64_t sign = number.negative ? lethe_format_of(output_element).sign : 0;
    if (number.magnitude == 0) return sign;
    const uint128 product = (uint128)number.magnitude * numerator;
    uint64_t quotient[4] = {0, 0, (uint64_t)product, (uint64_t)(product >> 64)};
    const uint64_t remainder = divide_words(quotient, 4, denominator);
    return round_words(
        quotient, 4, number.exponent - 128, remainder != 0, number.negative, output_element);
}
