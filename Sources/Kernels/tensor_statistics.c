#include "include/tensor_statistics.h"
#include "wide_sum.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

static double value_of(uint64_t bits, lethe_element element) {
    const lethe_number number = lethe_decode(bits, element);
    const double magnitude = ldexp((double)number.magnitude, number.exponent);
    return number.negative ? -magnitude : magnitude;
}

void lethe_add_statistics(
    lethe_statistics *statistics, const void *values, size_t count, lethe_element element) {
    for (size_t i = 0; i < count; i++) {
        const double value = value_of(lethe_load_bits(values, i, element), element);
        statistics->sum_of_squares += value * value;
        if (fabs(value) > statistics->largest_magnitude) statistics->largest_magnitude = fabs(value);
        if (value == 0) statistics->zeros++;
    }
}

/// The place of a number among all of its type, in ascending order; both zeros have place 0.
static int64_t place_of(uint64_t bits, uint64_t sign) {
    return bits & sign ? -(int64_t)(bits & (sign - 1)) : (int64_t)bits;
}

void lethe_add_difference(
    lethe_difference *difference, const void *first, const void *second, size_t count,
    lethe_element element) {
    const uint64_t sign = lethe_format_of(element).sign;
    for (size_t i = 0; i < count; i++) {
        const uint64_t a = lethe_load_bits(first, i, element), b = lethe_load_bits(second, i, element);
        if (a == b) continue;
        difference->differing++;
        const double distance = fabs(value_of(a, element) - value_of(b, element));
        if (distance > difference->largest) difference->largest = distance;
        const int64_t left = place_of(a, sign), right = place_of(b, sign);
        const uint64_t steps =
            left > right ? (uint64_t)left - (uint64_t)right : (uint64_t)right - (uint64_t)left;
        if (steps > difference->largest_steps) difference->largest_steps = steps;
    }
}
