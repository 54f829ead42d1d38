// The arithmetic on 16 lanes: AVX-512F.

#if defined(__x86_64__)

#include <immintrin.h>

#define VARIANT(name) name##_avx512
#define VARIANT_NAME "avx512"
#define TARGET __attribute__((target("avx512f,avx2,fma")))
#define WIDTH 16
#define TILE_ROWS 8
#define PANEL_VECTORS 3

#include "vector_types.h"

INLINE vf v_fma(vf a, vf b, vf c) { return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
INLINE vf v_sqrt(vf a) { return (vf)_mm512_sqrt_ps((__m512)a); }

#include "variant.h"

#else
typedef int variant_avx512_is_for_x86_64;
#endif
