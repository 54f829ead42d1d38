// The arithmetic in plain C, for any processor. The fused multiply-add is the processor's own where the
// target is sure to have one, and software_fma otherwise; both round once, so the bits are the same.

#define VARIANT(name) name##_portable
#define VARIANT_NAME "portable"
#define TARGET
#define WIDTH 4
#define TILE_ROWS 2
#define PANEL_VECTORS 2

#include "software_fma.h"
#include "vector_types.h"

INLINE float lane_fma(float a, float b, float c) {
#if defined(__FP_FAST_FMAF) || defined(__aarch64__)
    return __builtin_fmaf(a, b, c);
#else
    return software_fma(a, b, c);
#endif
}

INLINE vf v_fma(vf a, vf b, vf c) {
    vf result;
    for (int lane = 0; lane < WIDTH; lane++) result[lane] = lane_fma(a[lane], b[lane], c[lane]);
    return result;
}
INLINE vf v_sqrt(vf a) {
    vf result;
    for (int lane = 0; lane < WIDTH; lane++) result[lane] = __builtin_sqrtf(a[lane]);
    return result;
}

#include "variant.h"
