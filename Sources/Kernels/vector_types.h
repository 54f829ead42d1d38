// Vectors of WIDTH lanes, written with the vector extension of GCC and Clang. A variant defines WIDTH and
// TARGET first.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "include/fixed_order.h"

// No a * b + c is fused unless v_fma says so. GCC ignores the pragma: it needs -ffp-contract=off, and the
// build gives it.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

#define INLINE TARGET static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((vector_size(WIDTH * 4)));
typedef int32_t vi __attribute__((vector_size(WIDTH * 4)));
typedef float vf_unaligned __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
