// Self-attention within one sequence, by the products and the softmax of a variant. Heads are independent;
// in each, a score is a chain over the head's columns, a context value a chain over keys, and so on back.

#include "include/fixed_order.h"

static size_t greater(size_t a, size_t b) { return a > b ? a : b; }

size_t fixed_order_attention_scratch(const fixed_order_variant *variant,
                                     const fixed_order_attention_shape *shape) {
    const size_t rows = greater(shape->queries, shape->keys);
    const size_t packed =
        greater(variant->packed_count(shape->width, rows), variant->packed_count(rows, shape->width));
    return packed + shape->queries * shape->keys;
}

void fixed_order_attention(const fixed_order_variant *variant, const fixed_order_attention_shape *shape,
                           const float *q, const float *k, const float *v, float *probabilities,
                           float *context, float *scratch) {
    const size_t queries = shape->queries, keys = shape->keys, width = shape->width,
                 row = shape->heads * width;
    for (size_t head = 0; head < shape->heads; head++) {
        const size_t at = head * width;
        float *p = probabilities + head * queries * keys;
        variant->pack(width, keys, k + at, 1, row, scratch);
        variant->multiply(queries, keys, width, q + at, row, 1, scratch, FIXED_ORDER_FROM_ZERO, NULL, p,
                          keys);
        variant->scale(queries * keys, shape->scale, p, p);
        variant->softmax(queries, keys, p, keys);
        variant->pack(keys, width, v + at, row, 1, scratch);
        variant->multiply(queries, width, keys, p, keys, 1, scratch, FIXED_ORDER_FROM_ZERO, NULL,
                          context + at, row);
    }
}

void fixed_order_attention_backward(const fixed_order_variant *variant,
                                    const fixed_order_attention_shape *shape, const float *q,
                                    const float *k, const float *v, const float *probabilities,
                                    const float *dcontext, float *dq, float *dk, float *dv,
                                    float *scratch) {
    const size_t queries = shape->queries, keys = shape->keys, width = shape->width,
                 row = shape->heads * width;
    float *ds = scratch, *packed = scratch + queries * keys;
    for (size_t head = 0; head < shape->heads; head++) {
        const size_t at = head * width;
        const float *p = probabilities + head * queries * keys;
        if (dv != NULL) {
            variant->pack(queries, width, dcontext + at, row, 1, packed);
            variant->multiply(keys, width, queries, p, 1, keys, packed, FIXED_ORDER_FROM_ZERO, NULL,
                              dv + at, row);
        }
        if (dq == NULL && dk == NULL) continue;
        variant->pack(width, keys, v + at, 1, row, packed);
        variant->multiply(queries, keys, width, dcontext + at, row, 1, packed, FIXED_ORDER_FROM_ZERO, NULL,
                          ds, keys);
        variant->softmax_backward(queries, keys, p, keys, ds, keys);
        variant->scale(queries * keys, shape->scale, ds, ds);
        if (dq != NULL) {
            variant->pack(keys, width, k + at, row, 1, packed);
            variant->multiply(queries, width, keys, ds, keys, 1, packed, FIXED_ORDER_FROM_ZERO, NULL,
                              dq + at, row);
        }
        if (dk != NULL) {
            variant->pack(queries, width, q + at, row, 1, packed);
            variant->multiply(keys, width, queries, ds, 1, keys, packed, FIXED_ORDER_FROM_ZERO, NULL,
                              dk + at, row);
        }
    }
}
