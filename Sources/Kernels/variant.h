// The body of a variant. A variant file defines VARIANT, VARIANT_NAME, TARGET, WIDTH, TILE_ROWS and
// PANEL_VECTORS, includes vector_types.h, gives v_fma and v_sqrt, and then includes this file, which ends
// with the variant's table.

#include "variant_functions.h"
#include "variant_matmul.h"
#include "variant_layers.h"

const fixed_order_variant VARIANT(fixed_order_variant) = {
    .name = VARIANT_NAME,
    .packed_count = VARIANT(packed_count),
    .pack = VARIANT(pack),
    .multiply = VARIANT(multiply),
    .exp = VARIANT(map_exp),
    .log = VARIANT(map_log),
    .tanh = VARIANT(map_tanh),
    .erf = VARIANT(map_erf),
    .gelu = VARIANT(map_gelu),
    .gelu_backward = VARIANT(gelu_backward),
    .tanh_backward = VARIANT(tanh_backward),
    .add = VARIANT(add),
    .scale = VARIANT(scale),
    .sum = VARIANT(sum),
    .layer_norm = VARIANT(layer_norm),
    .layer_norm_backward = VARIANT(layer_norm_backward),
    .softmax = VARIANT(softmax),
    .softmax_backward = VARIANT(softmax_backward),
    .cross_entropy = VARIANT(cross_entropy),
    .adamw = VARIANT(adamw),
};
