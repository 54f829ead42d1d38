// Fixed-order arithmetic: every function here is a function of its arguments' bits, on every machine.
//
// All of it is IEEE-754 binary32 in round-to-nearest-even, built from + - * / sqrt and the fused
// multiply-add, in the order that schemas/training-arithmetic.md publishes. A variant is one way to compute
// it (AVX-512, AVX2, NEON or plain C). Variants, blocking and threads choose only which elements are
// computed side by side, never the order inside one element, so all variants give the same bits for all
// inputs that meet no NaN. (A NaN's sign and payload are not defined; whether a result is NaN is.)
//
// Subnormal numbers are computed exactly as IEEE-754 says. Nothing here touches the processor's control
// register: fixed_order_environment_is_ieee() tells whether somebody else did.
//
// Shapes are row-major. Strides count floats. Pointers need the alignment of float, no more. Sizes may be
// zero.

#ifndef FIXED_ORDER_H
#define FIXED_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Where the chains of a product begin.
typedef enum {
    /// At +0.
    FIXED_ORDER_FROM_ZERO = 0,
    /// At what the output holds: the chain goes on.
    FIXED_ORDER_FROM_OUTPUT = 1,
    /// At one value per column, given apart: a bias.
    FIXED_ORDER_FROM_BIAS = 2,
} fixed_order_start;

/// The constants of one AdamW step, each already rounded to binary32.
typedef struct {
    float beta1;  // decay of the first moment
    float one_minus_beta1;
    float beta2;  // decay of the second moment
    float one_minus_beta2;
    float step_size;        // learning rate / (1 - beta1^t)
    float root_correction;  // sqrt(1 - beta2^t)
    float epsilon;
    float shrink;  // 1 - learning rate * weight decay
} fixed_order_adamw_step;

/// One implementation of the arithmetic. All pointers are set.
typedef struct {
    const char *name;

    /// Floats that `pack` writes for a right operand of `depth` x `columns`.
    size_t (*packed_count)(size_t depth, size_t columns);

    /// Copies the right operand, element (k, j) at b[k * b_row + j * b_column], into this variant's own
    /// layout.
    void (*pack)(size_t depth, size_t columns, const float *b, size_t b_row, size_t b_column,
                 float *packed);

    /// c[i, j] = a chain over k = 0, 1, ... of fma(a[i, k], b[k, j], chain), begun where `start` says.
    /// Element (i, k) of the left operand is at a[i * a_row + k * a_column]; row i of the output at c + i *
    /// c_row.
    void (*multiply)(size_t rows, size_t columns, size_t depth, const float *a, size_t a_row,
                     size_t a_column, const float *packed, fixed_order_start start, const float *bias,
                     float *c, size_t c_row);

    /// y[i] = f(x[i]); x and y may be the same.
    void (*exp)(size_t count, const float *x, float *y);
    void (*log)(size_t count, const float *x, float *y);
    void (*tanh)(size_t count, const float *x, float *y);
    void (*erf)(size_t count, const float *x, float *y);

    /// y[i] = x[i] * Phi(x[i]), the normal distribution function by erf.
    void (*gelu)(size_t count, const float *x, float *y);
    /// dx[i] = dy[i] * (Phi(x[i]) + x[i] * phi(x[i])); dx may be dy.
    void (*gelu_backward)(size_t count, const float *x, const float *dy, float *dx);
    /// dx[i] = dy[i] * (1 - y[i]^2), where y = tanh x; dx may be dy.
    void (*tanh_backward)(size_t count, const float *y, const float *dy, float *dx);

    /// y[i] = x[i] + y[i].
    void (*add)(size_t count, const float *x, float *y);
    /// y[i] = factor * x[i]; x and y may be the same.
    void (*scale)(size_t count, float factor, const float *x, float *y);
    /// The 16-lane sum of x.
    float (*sum)(size_t count, const float *x);

    /// y = (x - mean) * reciprocal deviation * gain + shift for each row. x and y may be the same.
    /// normalized (rows x columns) gets the value before gain; deviation (rows) the reciprocal deviation.
    void (*layer_norm)(size_t rows, size_t columns, const float *x, const float *gain, const float *shift,
                       float epsilon, float *y, float *normalized, float *deviation);
    /// The gradient of the row's input; gain and shift are frozen. dx may be dy.
    void (*layer_norm_backward)(size_t rows, size_t columns, const float *dy, const float *gain,
                                const float *normalized, const float *deviation, float *dx);

    /// Each row of x becomes its softmax; row i begins at x + i * x_row.
    void (*softmax)(size_t rows, size_t columns, float *x, size_t x_row);
    /// Each row of dp, the gradient of the probabilities p, becomes the gradient of what went into the
    /// softmax.
    void (*softmax_backward)(size_t rows, size_t columns, const float *p, size_t p_row, float *dp,
                             size_t dp_row);

    /// losses[i] = log(sum(exp(x[i]))) - x[i][label]; dx = (softmax(x) - one hot) / batch, the loss being a
    /// mean over `batch` rows, of which these may be a part. dx may be x.
    void (*cross_entropy)(size_t rows, size_t classes, size_t batch, const float *x, const int32_t *labels,
                          float *losses, float *dx);

    /// One step on `count` parameters with their gradient and moments.
    void (*adamw)(size_t count, const fixed_order_adamw_step *step, const float *gradient, float *parameter,
                  float *first_moment, float *second_moment);
} fixed_order_variant;

/// The self-attention within one sequence. Keys and values are `keys` rows, queries and contexts `queries`
/// rows, of `heads` * `width` floats each.
typedef struct {
    size_t queries;
    size_t keys;
    size_t heads;
    size_t width;
    /// What scores are multiplied by before the softmax.
    float scale;
} fixed_order_attention_shape;

/// Floats of scratch that the two functions below need.
size_t fixed_order_attention_scratch(const fixed_order_variant *variant,
                                     const fixed_order_attention_shape *shape);

/// context = softmax(scale * q kT) v for each head. probabilities: heads x queries x keys, kept for the way
/// back.
void fixed_order_attention(const fixed_order_variant *variant, const fixed_order_attention_shape *shape,
                           const float *q, const float *k, const float *v, float *probabilities,
                           float *context, float *scratch);

/// The gradients dq, dk and dv of the three inputs; NULL for one that nobody wants.
void fixed_order_attention_backward(const fixed_order_variant *variant,
                                    const fixed_order_attention_shape *shape, const float *q,
                                    const float *k, const float *v, const float *probabilities,
                                    const float *dcontext, float *dq, float *dk, float *dv, float *scratch);

/// How many variants this build knows, on any machine of its architecture. The last is the portable one.
size_t fixed_order_variant_count(void);

/// The variant at `index`, fastest first; NULL where this processor cannot run it or the index is too large.
const fixed_order_variant *fixed_order_variant_at(size_t index);

/// The fastest variant that this processor can run.
const fixed_order_variant *fixed_order_best_variant(void);

/// Whether this thread rounds to nearest even and keeps subnormal numbers, in operands and in results.
bool fixed_order_environment_is_ieee(void);

/// fma(a, b, c) in binary32 by binary64 + and * alone: what the portable variant uses without the
/// instruction.
float fixed_order_software_fma(float a, float b, float c);

/// y = (words[ids[t]] + kinds) + positions[place[t]] for each token t; rows of `width` floats.
void fixed_order_embed(size_t tokens, size_t width, const int32_t *ids, const int32_t *places,
                       const float *words, const float *kinds, const float *positions, float *y);

/// True where every value is finite.
bool fixed_order_all_finite(size_t count, const float *x);

/// Philox4x32-10 (Salmon et al., SC11) of one counter under one key.
void fixed_order_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t output[4]);

/// values[i] = bound * (2 * (w >> 8) + 1 - 2^24) / 2^24, uniform in (-bound, bound), where w is word i % 4 of
/// Philox under key (seed low, seed high) and counter (i / 4 low, i / 4 high, stream low, stream high).
void fixed_order_uniform(size_t count, uint64_t seed, uint64_t stream, float bound, float *values);

/// Calls body(context, i) once for each i below `tasks`, on up to `threads` threads, and returns when all
/// are done.
void fixed_order_parallel(size_t threads, size_t tasks, void (*body)(void *context, size_t task),
                          void *context);

#ifdef __cplusplus
}
#endif

#endif
