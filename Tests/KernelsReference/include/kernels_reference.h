// The arithmetic of schemas/training-arithmetic.md once more, written from the page: scalar, unblocked,
// slow, with the C library's fmaf and sqrtf. It shares no code with the target that it judges.

#ifndef KERNELS_REFERENCE_H
#define KERNELS_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

/// c[i, j] for row-major a (rows x depth), b (depth x columns) and c. `bias` NULL: the chains begin at c's
/// own values.
void reference_multiply(size_t rows, size_t columns, size_t depth, const float *a, const float *b,
                        const float *bias, float *c);

float reference_exp(float x);
float reference_log(float x);
float reference_tanh(float x);
float reference_erf(float x);
float reference_gelu(float x);
float reference_gelu_backward(float x, float dy);
float reference_tanh_backward(float y, float dy);
float reference_fma(float a, float b, float c);

float reference_sum(size_t count, const float *x);
float reference_dot(size_t count, const float *x, const float *y);
void reference_layer_norm(size_t columns, const float *x, const float *gain, const float *shift,
                          float epsilon, float *y, float *normalized, float *deviation);
void reference_layer_norm_backward(size_t columns, const float *dy, const float *gain,
                                   const float *normalized, float deviation, float *dx);
void reference_softmax(size_t columns, float *x);
void reference_softmax_backward(size_t columns, const float *p, float *dp);
float reference_cross_entropy(size_t batch, size_t classes, const float *x, int32_t label, float *dx);

/// One parameter; `moments` holds the first and the second. The constants are in the order of the page:
/// beta1, 1 - beta1, beta2, 1 - beta2, step size, root correction, epsilon, shrink.
float reference_adamw(const float constants[8], float gradient, float parameter, float moments[2]);

/// The worst error of y against the binary64 C library's function of x (0 exp, 1 log, 2 tanh, 3 erf), in
/// units in the last place of binary32 at the true value (2^-149 among the subnormals). A wrong NaN or
/// infinity counts as 1e9.
double reference_worst_ulp(int function, size_t count, const float *x, const float *y);

/// x[i] = the value whose bits are first + i * stride, modulo 2^32.
void reference_bit_patterns(uint32_t first, uint32_t stride, size_t count, float *x);

/// How many elements differ in their bits, any two NaNs counting as equal.
size_t reference_differences(size_t count, const float *x, const float *y);

/// A FNV-1a hash over every kernel's output bits on fixed inputs, by the variant at `index`; 0 where it
/// cannot run.
uint64_t reference_selftest(size_t index);

#endif
