// The arithmetic on 4 lanes: AArch64's Advanced SIMD, which every such processor has.

#if defined(__aarch64__)

#include <arm_neon.h>

#define VARIANT(name) name##_neon
#define VARIANT_NAME "neon"
#define TARGET
#define WIDTH 4
#define TILE_ROWS 8
#define PANEL_VECTORS 3

#include "vector_types.h"

INLINE vf v_fma(vf a, vf b, vf c) { return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
INLINE vf v_sqrt(vf a) { return (vf)vsqrtq_f32((float32x4_t)a); }

#include "variant.h"

#else
typedef int variant_neon_is_for_aarch64;
#endif
