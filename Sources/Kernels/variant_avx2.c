// The arithmetic on 8 lanes: AVX2 and FMA3.

#if defined(__x86_64__)

#include <immintrin.h>

#define VARIANT(name) name##_avx2
#define VARIANT_NAME "avx2"
#define TARGET __attribute__((target("avx2,fma")))
#define WIDTH 8
#define TILE_ROWS 6
#define PANEL_VECTORS 2

#include "vector_types.h"

INLINE vf v_fma(vf a, vf b, vf c) { return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
INLINE vf v_sqrt(vf a) { return (vf)_mm256_sqrt_ps((__m256)a); }

#include "variant.h"

#else
typedef int variant_avx2_is_for_x86_64;
#endif
