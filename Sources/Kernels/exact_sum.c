#include "include/exact_sum.h"
#include "wide_sum.h"

#include <fenv.h>
#include <string.h>

// A contracted n*x + s would not be the product and the sum that the error terms below belong to.
#pragma STDC FP_CONTRACT OFF

/// Exact weighted means in doubles where doubles can prove them, in integers where they cannot.
///
/// A sum is held as an unevaluated pair hi + lo of doubles (Knuth, TAOCP 2, 4.2.2, theorem B: the error of
/// an addition is itself a double). Products of 24-bit significands with weights below 2^29 are exact.
/// `lost` collects what falls out of the pair; where it stays zero, hi + lo IS the sum. The quotient is
/// then taken by an estimate and one correction, and the exact remainder, which a fused multiply-add gives
/// without rounding, tells on which side of it the true quotient lies. That is enough to round to odd, and
/// a number of 53 bits rounded to odd gives every shorter format its one correct rounding (Boldo and
/// Melquiond, 2008). Elements with something lost, typically none, go through integers.

enum { BLOCK = 256 };

#define ALWAYS static inline __attribute__((always_inline))

/// Weights from here on are given as two terms, so that each product has at most 53 bits.
static const uint32_t HEAVY = 1u << 29;

/// Divisors from here on leave no room for the exact remainder.
static const uint64_t LARGE_DIVISOR = 1ull << 50;

typedef struct block {
    double hi[BLOCK];
    double lo[BLOCK];
    double lost[BLOCK];
} block;

ALWAYS double double_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

ALWAYS uint64_t bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

ALWAYS float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// A finite binary16 as a double, without the instructions that only some machines have.
ALWAYS double double_of_f16(uint16_t bits) {
    const uint32_t field = bits >> 10 & 31;
    const uint32_t normal = field != 0;
    const double magnitude = (double)(int32_t)((bits & 1023) | normal << 10);
    // The last bit weighs 2^(max(field, 1) - 25).
    const double unit = double_of_bits((uint64_t)(field + (1 - normal) + 1023 - 25) << 52);
    return double_of_bits(bits_of_double(magnitude * unit) | (uint64_t)(bits >> 15) << 63);
}

ALWAYS double load_double(const void *values, size_t i, lethe_element element) {
    switch (element) {
    case LETHE_F16: return double_of_f16(((const uint16_t *)values)[i]);
    case LETHE_BF16: return float_of_bits((uint32_t)((const uint16_t *)values)[i] << 16);
    case LETHE_F32: return ((const float *)values)[i];
    case LETHE_F64: break;
    }
    return ((const double *)values)[i];
}

/// hi + lo += value, exactly; what does not fit adds to `lost`, which is zero where nothing was.
ALWAYS void add_exactly(double *hi, double *lo, double *lost, double value) {
    const double sum = *hi + value;
    const double part = sum - *hi;
    const double error = (*hi - (sum - part)) + (value - part);
    const double low = *lo + error;
    const double low_part = low - *lo;
    const double low_error = (*lo - (low - low_part)) + (error - low_part);
    *hi = sum;
    *lo = low;
    *lost += __builtin_fabs(low_error);
}

/// The bits of (hi + lo) / divisor rounded to odd. The divisor is an integer below 2^50.
ALWAYS uint64_t quotient_rounded_to_odd(double hi, double lo, double divisor, double inverse) {
    const double sum = hi + lo;
    const double part = sum - hi;
    const double rest = (hi - (sum - part)) + (lo - part);
    const double estimate = sum * inverse;
    const double correction = (__builtin_fma(-estimate, divisor, sum) + rest) * inverse;
    const double quotient = estimate + correction;
    // The remainder of the leading part is a double: it is a multiple of the quotient's last bit, below
    // 2^51 of them. Adding the rest may round, but never to the wrong side of zero.
    const double remainder = __builtin_fma(-quotient, divisor, sum) + rest;
    const uint64_t bits = bits_of_double(quotient);
    const uint64_t inexact = remainder != 0;
    const uint64_t below = inexact & (bits_of_double(remainder) >> 63 ^ bits >> 63);
    return (bits - below) | inexact;
}

/// The one rounding of a double that was rounded to odd, to a format of 16 bits.
ALWAYS uint16_t narrow_to_16(uint64_t odd, int precision, int least_exponent, uint16_t infinity) {
    const int least_normal = least_exponent + precision - 1;
    const int exponent = (int)(odd >> 52 & 2047) - 1023;
    const int clamped = exponent < least_normal ? least_normal : exponent;
    int shift = 53 - precision + (clamped - exponent);
    shift = shift > 62 ? 62 : shift;
    const uint64_t mantissa = (odd & 0xfffffffffffffull) | (odd << 1 == 0 ? 0 : 1ull << 52);
    const uint64_t half = (1ull << (shift - 1)) - 1 + (mantissa >> shift & 1);
    const uint64_t rounded = (mantissa + half) >> shift;
    const uint64_t fields = (uint64_t)(clamped - least_normal) << (precision - 1);
    const uint64_t magnitude = fields + rounded;
    return (uint16_t)((magnitude < infinity ? magnitude : infinity) | odd >> 63 << 15);
}

ALWAYS void store_rounded(void *output, size_t i, lethe_element element, uint64_t odd) {
    switch (element) {
    case LETHE_F16: ((uint16_t *)output)[i] = narrow_to_16(odd, 11, -24, 0x7c00); return;
    case LETHE_BF16: ((uint16_t *)output)[i] = narrow_to_16(odd, 8, -133, 0x7f80); return;
    case LETHE_F32: ((float *)output)[i] = (float)double_of_bits(odd); return;
    case LETHE_F64: return;
    }
}

ALWAYS void add_terms(block *sums, const void *values, size_t count, lethe_element element, double weight) {
    for (size_t i = 0; i < count; i++)
        add_exactly(&sums->hi[i], &sums->lo[i], &sums->lost[i], weight * load_double(values, i, element));
}

ALWAYS void divide_block(
    const block *sums, size_t count, double divisor, void *output, lethe_element element) {
    const double inverse = 1.0 / divisor;
    for (size_t i = 0; i < count; i++)
        store_rounded(
            output, i, element, quotient_rounded_to_odd(sums->hi[i], sums->lo[i], divisor, inverse));
}

/// Adds cells, each as four digits of 32 bits, which are doubles, times the power of two that one unit is.
ALWAYS void add_cells(block *sums, const uint64_t *cells, size_t count, double unit) {
    for (size_t i = 0; i < count; i++) {
        const int64_t high = (int64_t)cells[2 * i + 1];
        const uint64_t low = cells[2 * i];
        double *hi = &sums->hi[i], *lo = &sums->lo[i], *lost = &sums->lost[i];
        *hi = (double)(high >> 32) * (unit * 0x1p96);
        add_exactly(hi, lo, lost, (double)(int64_t)(high & 0xffffffff) * (unit * 0x1p64));
        add_exactly(hi, lo, lost, (double)(int64_t)(low >> 32) * (unit * 0x1p32));
        add_exactly(hi, lo, lost, (double)(int64_t)(low & 0xffffffff) * unit);
    }
}

/// The inner loops for one instruction set, with the element type a constant in each copy.
#define DEFINE_LOOPS(NAME, ATTRIBUTES)                                                                     \
    ATTRIBUTES static void add_##NAME(                                                                     \
        block *sums, const void *values, size_t count, lethe_element element, double weight) {             \
        switch (element) {                                                                                 \
        case LETHE_F16: add_terms(sums, values, count, LETHE_F16, weight); return;                         \
        case LETHE_BF16: add_terms(sums, values, count, LETHE_BF16, weight); return;                       \
        case LETHE_F32: add_terms(sums, values, count, LETHE_F32, weight); return;                         \
        case LETHE_F64: return;                                                                            \
        }                                                                                                  \
    }                                                                                                      \
    ATTRIBUTES static void add_cells_##NAME(block *sums, const uint64_t *cells, size_t count, double unit) { \
        add_cells(sums, cells, count, unit);                                                               \
    }                                                                                                      \
    ATTRIBUTES static void divide_##NAME(                                                                  \
        const block *sums, size_t count, double divisor, void *output, lethe_element element) {            \
        switch (element) {                                                                                 \
        case LETHE_F16: divide_block(sums, count, divisor, output, LETHE_F16); return;                     \
        case LETHE_BF16: divide_block(sums, count, divisor, output, LETHE_BF16); return;                   \
        case LETHE_F32: divide_block(sums, count, divisor, output, LETHE_F32); return;                     \
        case LETHE_F64: return;                                                                            \
        }                                                                                                  \
    }

typedef void (*add_loop)(block *, const void *, size_t, lethe_element, double);
typedef void (*add_cells_loop)(block *, const uint64_t *, size_t, double);
typedef void (*divide_loop)(const block *, size_t, double, void *, lethe_element);
typedef struct loops {
    add_loop add;
    add_cells_loop add_cells;
    divide_loop divide;
} loops;

DEFINE_LOOPS(baseline, )

#if defined(__x86_64__)
DEFINE_LOOPS(avx2, __attribute__((target("avx2,fma"))))
DEFINE_LOOPS(avx512, __attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl"))))

static loops choose_loops(lethe_path path) {
    if (path == LETHE_BEST) {
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
            return (loops){add_avx512, add_cells_avx512, divide_avx512};
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
            return (loops){add_avx2, add_cells_avx2, divide_avx2};
    }
    return (loops){add_baseline, add_cells_baseline, divide_baseline};
}
#else
static loops choose_loops(lethe_path path) {
    (void)path;
    return (loops){add_baseline, add_cells_baseline, divide_baseline};
}
#endif

/// Whether doubles behave here as IEEE 754 says: round to nearest, and subnormals are numbers. A host
/// program may have changed either; integers do not care.
static bool floating_point_is_standard(void) {
    volatile float least = 1.40129846e-45f;
    volatile double widened = least;
    volatile double small = 0x1p-148;
    volatile float narrowed = (float)(small + 0x1p-200);
    return fegetround() == FE_TONEAREST && widened == 0x1p-149 && narrowed == 0x1p-148f;
}

static bool doubles_can(lethe_element input, lethe_element output, lethe_path path) {
    return path != LETHE_INTEGERS && input != LETHE_F64 && output != LETHE_F64
        && floating_point_is_standard();
}

/// The mean of one element, in integers. `scratch` holds the words of a wide sum.
static void mean_in_integers(
    const void *const *inputs, const uint32_t *weights, size_t terms, size_t index,
    lethe_element input_element,
    uint64_t divisor, void *output, lethe_element output_element) {
    uint64_t sum[LETHE_WIDE_WORDS_F64];
    const size_t words = lethe_wide_words(input_element);
    const int exponent = lethe_wide_exponent(input_element);
    memset(sum, 0, words * sizeof *sum);
    for (size_t c = 0; c < terms; c++) {
        const uint64_t bits = lethe_load_bits(inputs[c], index, input_element);
        const lethe_number number = lethe_decode(bits, input_element);
        lethe_wide_add(sum, words, exponent, number, weights[c], false);
    }
    lethe_store_bits(
        output, index, output_element, lethe_wide_divide(sum, words, exponent, divisor, output_element));
}

/// Adds `weight` times each value to the sums, in two terms where one product would need more than 53 bits.
static void add_weighted(
    loops run, block *sums, const void *values, size_t count, lethe_element element, uint32_t weight) {
    if (weight < HEAVY) {
        run.add(sums, values, count, element, weight);
        return;
    }
    run.add(sums, values, count, element, weight & 0xffff0000u);
    if ((weight & 0xffffu) != 0) run.add(sums, values, count, element, weight & 0xffffu);
}

static void mean_in_doubles(
    loops run, const void *const *inputs, const uint32_t *weights, size_t terms, size_t start, size_t count,
    lethe_element input_element, uint64_t divisor, void *output, lethe_element output_element) {
    block sums;
    memset(&sums, 0, sizeof sums);
    const size_t input_size = lethe_format_of(input_element).size;
    for (size_t c = 0; c < terms; c++)
        add_weighted(
            run, &sums, (const char *)inputs[c] + start * input_size, count, input_element, weights[c]);
    const size_t output_size = lethe_format_of(output_element).size;
    run.divide(&sums, count, (double)divisor, (char *)output + start * output_size, output_element);
    for (size_t i = 0; i < count; i++)
        if (sums.lost[i] != 0)
            mean_in_integers(
                inputs, weights, terms, start + i, input_element, divisor, output, output_element);
}

size_t lethe_exact_mean(
    const void *const *inputs, const uint32_t *weights, size_t terms, size_t count,
    lethe_element input_element,
    void *output, lethe_element output_element, lethe_path path) {
    uint64_t divisor = 0;
    for (size_t c = 0; c < terms; c++) divisor += weights[c];
    if (doubles_can(input_element, output_element, path)) {
        const loops run = choose_loops(path);
        for (size_t start = 0; start < count; start += BLOCK) {
            const size_t length = count - start < BLOCK ? count - start : BLOCK;
            mean_in_doubles(
                run, inputs, weights, terms, start, length, input_element, divisor, output, output_element);
        }
    } else {
        for (size_t i = 0; i < count; i++)
            mean_in_integers(inputs, weights, terms, i, input_element, divisor, output, output_element);
    }
    return lethe_first_nonfinite(output, count, output_element);
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b) {
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/// Gives each output the sign of its input: a sum knows no negative zero, a product does.
static void copy_signs(
    const void *input, size_t count, lethe_element input_element, void *output,
    lethe_element output_element) {
    const uint64_t from = lethe_format_of(input_element).sign, to = lethe_format_of(output_element).sign;
    if (input_element == LETHE_F32 && output_element == LETHE_F32) {
        for (size_t i = 0; i < count; i++)
            ((uint32_t *)output)[i] |= ((const uint32_t *)input)[i] & 0x80000000u;
    } else if (from == to) {
        for (size_t i = 0; i < count; i++)
            ((uint16_t *)output)[i] |= ((const uint16_t *)input)[i] & 0x8000u;
    } else {
        for (size_t i = 0; i < count; i++)
            if (lethe_load_bits(input, i, input_element) & from)
                lethe_store_bits(
                    output, i, output_element, lethe_load_bits(output, i, output_element) | to);
    }
}

static void scale_in_doubles(
    loops run, const void *input, size_t start, size_t count, lethe_element input_element,
    uint32_t numerator,
    uint64_t denominator, void *output, lethe_element output_element) {
    block sums;
    memset(&sums, 0, sizeof sums);
    const char *values = (const char *)input + start * lethe_format_of(input_element).size;
    const size_t output_size = lethe_format_of(output_element).size;
    run.add(&sums, values, count, input_element, numerator);
    run.divide(&sums, count, (double)denominator, (char *)output + start * output_size, output_element);
    copy_signs(values, count, input_element, (char *)output + start * output_size, output_element);
}

size_t lethe_exact_scale(
    const void *input, size_t count, lethe_element input_element, uint64_t numerator, uint64_t denominator,
    void *output, lethe_element output_element, lethe_path path) {
    const uint64_t common = greatest_common_divisor(numerator, denominator);
    numerator /= common;
    denominator /= common;
    if (numerator < HEAVY && denominator < LARGE_DIVISOR
        && doubles_can(input_element, output_element, path)) {
        const loops run = choose_loops(path);
        for (size_t start = 0; start < count; start += BLOCK) {
            const size_t length = count - start < BLOCK ? count - start : BLOCK;
            scale_in_doubles(
                run, input, start, length, input_element, (uint32_t)numerator, denominator, output,
                output_element);
        }
    } else {
        for (size_t i = 0; i < count; i++) {
            const uint64_t bits = lethe_load_bits(input, i, input_element);
            const lethe_number number = lethe_decode(bits, input_element);
            lethe_store_bits(
                output, i, output_element,
                lethe_scale_number(number, numerator, denominator, output_element));
        }
    }
    return lethe_first_nonfinite(output, count, output_element);
}

/// The quotient of one element, in integers.
static void divide_cell_in_integers(
    const uint64_t *cells, const uint64_t *wide, int unit, size_t index, lethe_element element,
    uint64_t divisor,
    void *output, lethe_element output_element) {
    const size_t words = lethe_wide_words(element);
    uint64_t bits;
    if (lethe_window_is_outside(cells, index))
        bits = lethe_wide_divide(
            wide + index * words, words, lethe_wide_exponent(element), divisor, output_element);
    else
        bits = lethe_wide_divide(cells + 2 * index, 2, unit, divisor, output_element);
    lethe_store_bits(output, index, output_element, bits);
}

static void divide_cells_in_doubles(
    loops run, const uint64_t *cells, const uint64_t *wide, int unit, size_t start, size_t count,
    lethe_element element, uint64_t divisor, void *output, lethe_element output_element) {
    block sums;
    memset(&sums, 0, sizeof sums);
    run.add_cells(&sums, cells + 2 * start, count, double_of_bits((uint64_t)(unit + 1023) << 52));
    const size_t output_size = lethe_format_of(output_element).size;
    run.divide(&sums, count, (double)divisor, (char *)output + start * output_size, output_element);
    for (size_t i = start; i < start + count; i++)
        if (sums.lost[i - start] != 0 || lethe_window_is_outside(cells, i))
            divide_cell_in_integers(cells, wide, unit, i, element, divisor, output, output_element);
}

size_t lethe_window_divide(
    const void *cells, const uint64_t *wide, int unit, size_t count, lethe_element element,
    uint64_t divisor,
    void *output, lethe_element output_element, lethe_path path) {
    if (doubles_can(element, output_element, path)) {
        const loops run = choose_loops(path);
        for (size_t start = 0; start < count; start += BLOCK) {
            const size_t length = count - start < BLOCK ? count - start : BLOCK;
            divide_cells_in_doubles(
                run, cells, wide, unit, start, length, element, divisor, output, output_element);
        }
    } else {
        for (size_t i = 0; i < count; i++)
            divide_cell_in_integers(cells, wide, unit, i, element, divisor, output, output_element);
    }
    return lethe_first_nonfinite(output, count, output_element);
}

// Each scan counts bad elements of a block without branches, which compilers turn into vectors, and looks
// closer only at a block that has one.
#define DEFINE_SCAN(NAME, TYPE, MASK)                                                                      \
    static size_t NAME(const TYPE *values, size_t count) {                                                 \
        for (size_t start = 0; start < count; start += 4096) {                                             \
            const size_t end = count - start < 4096 ? count : start + 4096;                                \
            TYPE bad = 0;                                                                                  \
            for (size_t i = start; i < end; i++) bad |= (TYPE)((values[i] & (MASK)) == (MASK));            \
            if (bad)                                                                                       \
                for (size_t i = start; i < end; i++)                                                       \
                    if ((values[i] & (MASK)) == (MASK)) return i;                                          \
        }                                                                                                  \
        return count;                                                                                      \
    }

DEFINE_SCAN(first_bad_f16, uint16_t, 0x7c00)
DEFINE_SCAN(first_bad_bf16, uint16_t, 0x7f80)
DEFINE_SCAN(first_bad_f32, uint32_t, 0x7f800000u)
DEFINE_SCAN(first_bad_f64, uint64_t, 0x7ff0000000000000ull)

size_t lethe_first_nonfinite(const void *values, size_t count, lethe_element element) {
    switch (element) {
    case LETHE_F16: return first_bad_f16(values, count);
    case LETHE_BF16: return first_bad_bf16(values, count);
    case LETHE_F32: return first_bad_f32(values, count);
    case LETHE_F64: break;
    }
    return first_bad_f64(values, count);
}
