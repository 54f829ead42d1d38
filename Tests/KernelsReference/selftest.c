// One hash per variant over the bits that every kernel gives on fixed inputs. Built alone with
// -DSELFTEST_MAIN it is a program that prints them, so that another architecture's can be compared with
// ours.

#include "include/kernels_reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixed_order.h"

static uint64_t hash_floats(uint64_t hash, size_t count, const float *x) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        if (isnan(x[i])) bits = 0x7fc00000;  // a NaN's sign and payload are not defined
        for (int byte = 0; byte < 4; byte++) hash = (hash ^ ((bits >> (8 * byte)) & 0xff)) * 0x100000001b3u;
    }
    return hash;
}

static uint64_t hash_products(uint64_t hash, const fixed_order_variant *variant) {
    static const size_t shapes[][3] = {{1, 1, 0},     {1, 1, 1},   {9, 50, 3},
                                       {17, 49, 400}, {8, 96, 31}, {3, 5, 800}};
    for (size_t shape = 0; shape < sizeof shapes / sizeof shapes[0]; shape++) {
        const size_t rows = shapes[shape][0], columns = shapes[shape][1], depth = shapes[shape][2];
        float *a = calloc(rows * depth + 1, 4), *b = calloc(depth * columns + 1, 4),
              *c = calloc(rows * columns, 4);
        float *packed = calloc(variant->packed_count(depth, columns) + 1, 4);
        fixed_order_uniform(rows * depth, 1, shape, 1.0f, a);
        fixed_order_uniform(depth * columns, 2, shape, 0x1p-60f,
                            b);  // some products are subnormal or nearly
        fixed_order_uniform(rows * columns, 3, shape, 0x1p-126f, c);
        variant->pack(depth, columns, b, columns, 1, packed);
        variant->multiply(rows, columns, depth, a, depth, 1, packed, FIXED_ORDER_FROM_OUTPUT, NULL, c,
                          columns);
        hash = hash_floats(hash, rows * columns, c);
        free(a), free(b), free(c), free(packed);
    }
    return hash;
}

enum { PATTERNS = 4096 };

static uint64_t hash_functions(uint64_t hash, const fixed_order_variant *variant) {
    static float x[PATTERNS], y[PATTERNS];
    void (*const functions[])(size_t, const float *, float *) = {variant->exp, variant->log, variant->tanh,
                                                                 variant->erf, variant->gelu};
    reference_bit_patterns(7, 1048573, PATTERNS, x);
    for (size_t function = 0; function < 5; function++) {
        functions[function](PATTERNS, x, y);
        hash = hash_floats(hash, PATTERNS, y);
    }
    variant->gelu_backward(PATTERNS, x, x, y);
    return hash_floats(hash, PATTERNS, y);
}

static uint64_t hash_layers(uint64_t hash, const fixed_order_variant *variant) {
    enum { ROWS = 3, COLUMNS = 45, COUNT = ROWS * COLUMNS };
    float x[COUNT], gain[COLUMNS], shift[COLUMNS], y[COUNT], normalized[COUNT], deviation[ROWS],
        moments[2][COUNT];
    const int32_t labels[ROWS] = {0, 44, 7};
    const fixed_order_adamw_step step = {0.9f, 0.1f, 0.999f, 0.001f, 0.002f, 0.03f, 1e-8f, 0.9999f};
    fixed_order_uniform(COUNT, 4, 1, 5.0f, x);
    fixed_order_uniform(COLUMNS, 4, 2, 1.0f, gain);
    fixed_order_uniform(COLUMNS, 4, 3, 1.0f, shift);
    fixed_order_uniform(COUNT, 4, 4, 1.0f, moments[0]);
    memset(moments[1], 0, sizeof moments[1]);
    variant->layer_norm(ROWS, COLUMNS, x, gain, shift, 1e-12f, y, normalized, deviation);
    hash = hash_floats(hash_floats(hash, COUNT, y), ROWS, deviation);
    variant->layer_norm_backward(ROWS, COLUMNS, x, gain, normalized, deviation, y);
    hash = hash_floats(hash, COUNT, y);
    memcpy(y, x, sizeof y);
    variant->softmax(ROWS, COLUMNS, y, COLUMNS);
    variant->softmax_backward(ROWS, COLUMNS, y, COLUMNS, normalized, COLUMNS);
    hash = hash_floats(hash_floats(hash, COUNT, y), COUNT, normalized);
    variant->cross_entropy(ROWS, COLUMNS, ROWS, x, labels, deviation, y);
    hash = hash_floats(hash_floats(hash, COUNT, y), ROWS, deviation);
    variant->adamw(COUNT, &step, y, x, moments[0], moments[1]);
    return hash_floats(hash_floats(hash, COUNT, x), 2 * COUNT, moments[0]);
}

uint64_t reference_selftest(size_t index) {
    const fixed_order_variant *variant = fixed_order_variant_at(index);
    if (variant == NULL) return 0;
    return hash_layers(hash_functions(hash_products(0xcbf29ce484222325u, variant), variant), variant);
}

#if defined(SELFTEST_MAIN)
int main(void) {
    for (size_t index = 0; index < fixed_order_variant_count(); index++)
        if (fixed_order_variant_at(index) != NULL)
            printf("%s %016llx\n", fixed_order_variant_at(index)->name,
                   (unsigned long long)reference_selftest(index));
    return fixed_order_environment_is_ieee() ? 0 : 1;
}
#endif
