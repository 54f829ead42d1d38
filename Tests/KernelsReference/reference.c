#include "include/kernels_reference.h"

#include <math.h>
#include <string.h>

// GCC needs -ffp-contract=off as well; whoever builds this gives it.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

void reference_multiply(size_t rows, size_t columns, size_t depth, const float *a, const float *b,
                        const float *bias, float *c) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            float chain = bias != NULL ? bias[j] : c[i * columns + j];
            for (size_t k = 0; k < depth; k++) chain = fmaf(a[i * depth + k], b[k * columns + j], chain);
            c[i * columns + j] = chain;
        }
}

static float horner(int count, const float *terms, float x) {
    float p = terms[count - 1];
    for (int i = count - 2; i >= 0; i--) p = fmaf(p, x, terms[i]);
    return p;
}

float reference_exp(float x) {
    static const float terms[] = {0.5f, 0x1.55548ep-3f, 0x1.55545cp-5f, 0x1.123c78p-7f, 0x1.6db5bep-10f};
    if (isnan(x)) return x;
    if (x > 89) x = 89;
    if (x < -104) x = -104;
    // fma(x, log2 e, 1.5 * 2^23) - 1.5 * 2^23: the nearest integer, ties to even, of the exact product.
    const float n = (float)nearbyint((double)x * (double)0x1.715476p+0f);
    const float r = fmaf(n, -0x1.7f7d1cp-20f, fmaf(n, -0x1.62e4p-1f, x));
    const float squared = r * r;
    const float y = fmaf(squared, horner(5, terms, r), r) + 1.0f;
    return (float)ldexp((double)y, (int)n);
}

float reference_log(float x) {
    static const float terms[] = {0x1.555548p-2f,  -0x1.000006p-2f, 0x1.99a4b6p-3f,
                                  -0x1.555c4cp-3f, 0x1.23376ap-3f,  -0x1.fc2218p-4f,
                                  0x1.e6f066p-4f,  -0x1.de3bb0p-4f, 0x1.145736p-4f};
    if (isnan(x) || x < 0) return NAN;
    if (x == 0) return -INFINITY;
    if (isinf(x)) return x;
    int n;
    float m = frexpf(x, &n);  // in [1/2, 1)
    if (m < 0x1.6a09e6p-1f) m = m * 2, n = n - 1;
    const float f = m - 1, e = (float)n, square = f * f, cube = square * f;
    float tail = fmaf(cube, horner(9, terms, f), e * -0x1.05c61p-29f);
    tail = fmaf(square, -0.5f, tail);
    return fmaf(e, 0x1.62e43p-1f, f + tail);
}

float reference_tanh(float x) {
    static const float terms[] = {-0x1.55553ep-2f, 0x1.1109aep-3f, -0x1.b898dep-5f, 0x1.54b8a2p-6f,
                                  -0x1.82585cp-8f};
    if (isnan(x)) return x;
    const float a = fabsf(x);
    if (a < 0.6f) {
        const float square = a * a, cube = a * square;
        return copysignf(fmaf(cube, horner(5, terms, square), a), x);
    }
    const float bounded = a > 10 ? 10 : a;
    const float denominator = reference_exp(2 * bounded) + 1.0f;
    const float quotient = 2.0f / denominator;
    return copysignf(1.0f - quotient, x);
}

float reference_erf(float x) {
    static const float near[] = {0x1.06eba8p-3f, -0x1.812742p-2f, 0x1.ce2e0ap-4f, -0x1.b80e9p-6f,
                                 0x1.54c7f6p-8f, -0x1.aa3f3p-11f, 0x1.5cd4b6p-14f};
    static const float far[] = {0x1.077acap-3f, 0x1.453088p-1f,   0x1.b340fcp-4f, -0x1.85b2fcp-6f,
                                0x1.dee804p-9f, -0x1.5578cep-12f, 0x1.829ff8p-17f};
    if (isnan(x)) return x;
    const float a = fabsf(x);
    if (a < 0.92f) return copysignf(fmaf(a, horner(7, near, a * a), a), x);
    const float bounded = a > 4 ? 4 : a;
    const float exponent = fmaf(bounded, horner(7, far, bounded), bounded);
    return copysignf(1.0f - reference_exp(-exponent), x);
}

static float normal(float x) {
    const float argument = x * 0x1.6a09e6p-1f;
    return fmaf(reference_erf(argument), 0.5f, 0.5f);
}

float reference_gelu(float x) { return x * normal(x); }

float reference_gelu_backward(float x, float dy) {
    const float square = x * x;
    const float density = reference_exp(square * -0.5f) * 0x1.988454p-2f;
    return dy * fmaf(x, density, normal(x));
}

float reference_tanh_backward(float y, float dy) { return dy * fmaf(-y, y, 1.0f); }

float reference_fma(float a, float b, float c) { return fmaf(a, b, c); }

static float tree(float *lanes, int count) {
    if (count == 1) return lanes[0];
    for (int lane = 0; lane < count / 2; lane++) lanes[lane] = lanes[lane] + lanes[lane + count / 2];
    return tree(lanes, count / 2);
}

float reference_sum(size_t count, const float *x) {
    float lanes[16] = {0};
    for (size_t i = 0; i < count; i++) lanes[i % 16] = lanes[i % 16] + x[i];
    return tree(lanes, 16);
}

float reference_dot(size_t count, const float *x, const float *y) {
    float lanes[16] = {0};
    for (size_t i = 0; i < count; i++) lanes[i % 16] = fmaf(x[i], y[i], lanes[i % 16]);
    return tree(lanes, 16);
}

void reference_layer_norm(size_t columns, const float *x, const float *gain, const float *shift,
                          float epsilon, float *y, float *normalized, float *deviation) {
    const float mean = reference_sum(columns, x) / (float)columns;
    for (size_t i = 0; i < columns; i++) normalized[i] = x[i] - mean;
    const float variance = reference_dot(columns, normalized, normalized) / (float)columns;
    const float padded = variance + epsilon;
    *deviation = 1.0f / sqrtf(padded);
    for (size_t i = 0; i < columns; i++) {
        normalized[i] = normalized[i] * *deviation;
        y[i] = fmaf(normalized[i], gain[i], shift[i]);
    }
}

void reference_layer_norm_backward(size_t columns, const float *dy, const float *gain,
                                   const float *normalized, float deviation, float *dx) {
    for (size_t i = 0; i < columns; i++) dx[i] = dy[i] * gain[i];
    const float mean = reference_sum(columns, dx) / (float)columns;
    const float slope = reference_dot(columns, dx, normalized) / (float)columns;
    for (size_t i = 0; i < columns; i++) {
        const float centred = dx[i] - mean;
        dx[i] = fmaf(-normalized[i], slope, centred) * deviation;
    }
}

static float greatest(size_t count, const float *x) {
    float top = x[0];
    for (size_t i = 1; i < count; i++)
        if (x[i] > top) top = x[i];
    return top;
}

void reference_softmax(size_t columns, float *x) {
    if (columns == 0) return;
    const float top = greatest(columns, x);
    for (size_t i = 0; i < columns; i++) x[i] = reference_exp(x[i] - top);
    const float total = reference_sum(columns, x);
    for (size_t i = 0; i < columns; i++) x[i] = x[i] / total;
}

void reference_softmax_backward(size_t columns, const float *p, float *dp) {
    const float mean = reference_dot(columns, p, dp);
    for (size_t i = 0; i < columns; i++) dp[i] = p[i] * (dp[i] - mean);
}

float reference_cross_entropy(size_t batch, size_t classes, const float *x, int32_t label, float *dx) {
    const float top = greatest(classes, x);
    for (size_t i = 0; i < classes; i++) dx[i] = reference_exp(x[i] - top);
    const float total = reference_sum(classes, dx);
    const float loss = reference_log(total) - (x[label] - top);
    for (size_t i = 0; i < classes; i++) {
        const float probability = dx[i] / total;
        dx[i] = ((int32_t)i == label ? probability - 1.0f : probability) / (float)batch;
    }
    return loss;
}

float reference_adamw(const float constants[8], float gradient, float parameter, float moments[2]) {
    const float first = constants[1] * gradient;
    moments[0] = fmaf(constants[0], moments[0], first);
    const float scaled = constants[3] * gradient, second = scaled * gradient;
    moments[1] = fmaf(constants[2], moments[1], second);
    const float root = sqrtf(moments[1]) / constants[5];
    const float padded = root + constants[6];
    const float kept = parameter * constants[7];
    return fmaf(-constants[4], moments[0] / padded, kept);
}

static double error_in_ulp(float y, double truth) {
    const double outright_wrong = 1e9;
    if (isnan(truth)) return isnan(y) ? 0 : outright_wrong;
    // What rounds to binary32's infinity must be infinite or within the bound of the largest finite value.
    if (isinf(y)) return (y > 0) == (truth > 0) && fabs(truth) >= 0x1.fffffefp127 ? 0 : outright_wrong;
    if (isinf(truth) || isnan(y)) return outright_wrong;
    int exponent;
    frexp(truth, &exponent);
    const int last_place = exponent - 24 < -149 ? -149 : exponent - 24;
    return fabs((double)y - truth) / ldexp(1, last_place);
}

double reference_worst_ulp(int function, size_t count, const float *x, const float *y) {
    double (*const truth[])(double) = {exp, log, tanh, erf};
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        const double error = error_in_ulp(y[i], truth[function](x[i]));
        if (!(error <= worst)) worst = error;
    }
    return worst;
}

void reference_bit_patterns(uint32_t first, uint32_t stride, size_t count, float *x) {
    for (size_t i = 0; i < count; i++) x[i] = float_of(first + (uint32_t)i * stride);
}

size_t reference_differences(size_t count, const float *x, const float *y) {
    size_t differences = 0;
    for (size_t i = 0; i < count; i++)
        differences += bits_of(x[i]) != bits_of(y[i]) && !(isnan(x[i]) && isnan(y[i]));
    return differences;
}
