// A binary32 fused multiply-add from binary64 + and * alone.
//
// The product of two binary32 values is exact in binary64 (24 + 24 <= 53 bits, and no exponent is out of
// range). Its sum with c is not; Knuth's two-sum gives the rounding error exactly. Where there is one, the
// sum is moved to its neighbour with an odd last bit ("round to odd", Boldo and Melquiond 2008), after
// which rounding to binary32, subnormal or not, gives what a single rounding of the exact value gives.

#ifndef SOFTWARE_FMA_H
#define SOFTWARE_FMA_H

#include <stdint.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

static inline __attribute__((always_inline)) float software_fma(float a, float b, float c) {
    const double product = (double)a * (double)b;
    const double addend = (double)c;
    const double sum = product + addend;
    const double part = sum - product;
    const double error = (product - (sum - part)) + (addend - part);
    union {
        double value;
        int64_t bits;
    } odd = {.value = sum};
    // Only finite sums with an error that is a number move. (An infinite sum has a NaN for error.)
    const int inexact = (error < 0) | (error > 0);
    const int even = (odd.bits & 1) == 0;
    // Toward the exact value: away from zero where error and sum agree in sign.
    const int64_t step = ((error > 0) == (sum > 0)) ? 1 : -1;
    odd.bits += (inexact & even) ? step : 0;
    return (float)odd.value;
}

#endif
