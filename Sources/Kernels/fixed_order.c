// Choosing a variant, and what needs no variants.

#include "include/fixed_order.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "software_fma.h"

extern const fixed_order_variant fixed_order_variant_portable;

#if defined(__x86_64__)
extern const fixed_order_variant fixed_order_variant_avx512, fixed_order_variant_avx2;

static const fixed_order_variant *const variants[] = {
    &fixed_order_variant_avx512, &fixed_order_variant_avx2, &fixed_order_variant_portable};

// The compiler's own check asks the operating system's register mask (XGETBV) as well as CPUID.
static bool runs_here(const fixed_order_variant *variant) {
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (variant == &fixed_order_variant_avx512) return avx2 && __builtin_cpu_supports("avx512f");
    return variant != &fixed_order_variant_avx2 || avx2;
}
#elif defined(__aarch64__)
extern const fixed_order_variant fixed_order_variant_neon;

static const fixed_order_variant *const variants[] = {&fixed_order_variant_neon,
                                                      &fixed_order_variant_portable};

static bool runs_here(const fixed_order_variant *variant) { return variant != NULL; }
#else
static const fixed_order_variant *const variants[] = {&fixed_order_variant_portable};

static bool runs_here(const fixed_order_variant *variant) { return variant != NULL; }
#endif

size_t fixed_order_variant_count(void) { return sizeof variants / sizeof variants[0]; }

const fixed_order_variant *fixed_order_variant_at(size_t index) {
    return index < fixed_order_variant_count() && runs_here(variants[index]) ? variants[index] : NULL;
}

const fixed_order_variant *fixed_order_best_variant(void) {
    size_t index = 0;
    while (!runs_here(variants[index])) index++;
    return variants[index];
}

bool fixed_order_environment_is_ieee(void) {
    // Volatile, so that the processor computes these here and now.
    volatile float smallest = 0x1p-149f, least_normal = 0x1p-126f, half = 0.5f, one = 1.0f, tie = 0x1p-24f;
    const float sum_of_subnormals = smallest + smallest;
    const float subnormal_result = least_normal * half;
    const float tie_to_even = one + tie, tie_to_even_below = -one - tie;
    volatile float past_tie = 0x1.8p-24f;
    return sum_of_subnormals == 0x1p-148f && subnormal_result == 0x1p-127f && tie_to_even == 1.0f
           && tie_to_even_below == -1.0f && one + past_tie == 0x1.000002p0f
           && -one - past_tie == -0x1.000002p0f;
}

float fixed_order_software_fma(float a, float b, float c) { return software_fma(a, b, c); }

void fixed_order_embed(size_t tokens, size_t width, const int32_t *ids, const int32_t *places,
                       const float *words, const float *kinds, const float *positions, float *y) {
    for (size_t token = 0; token < tokens; token++, y += width) {
        const float *word = words + (size_t)ids[token] * width;
        const float *place = positions + (size_t)places[token] * width;
        for (size_t i = 0; i < width; i++) y[i] = (word[i] + kinds[i]) + place[i];
    }
}

bool fixed_order_all_finite(size_t count, const float *x) {
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        found |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return found == 0;
}

void fixed_order_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t output[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        const uint64_t left = (uint64_t)0xD2511F53u * c0, right = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(right >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)right;
        c2 = (uint32_t)(left >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)left;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    output[0] = c0, output[1] = c1, output[2] = c2, output[3] = c3;
}

void fixed_order_uniform(size_t count, uint64_t seed, uint64_t stream, float bound, float *values) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (size_t i = 0; i < count; i += 4) {
        const uint64_t block = i / 4;
        const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream,
                                     (uint32_t)(stream >> 32)};
        uint32_t words[4];
        fixed_order_philox(counter, key, words);
        for (size_t word = 0; word < 4 && i + word < count; word++) {
            const int32_t odd = (int32_t)(2 * (words[word] >> 8)) + 1 - (1 << 24);
            values[i + word] = ((float)odd * 0x1p-24f) * bound;
        }
    }
}

// Work shared by the threads of one call.
typedef struct {
    atomic_size_t next;
    size_t tasks;
    void (*body)(void *, size_t);
    void *context;
} shared_work;

static void *take_tasks(void *argument) {
    shared_work *work = argument;
    for (;;) {
        const size_t task = atomic_fetch_add(&work->next, 1);
        if (task >= work->tasks) return NULL;
        work->body(work->context, task);
    }
}

void fixed_order_parallel(size_t threads, size_t tasks, void (*body)(void *context, size_t task),
                          void *context) {
    enum { MOST_THREADS = 256 };
    shared_work work = {.tasks = tasks, .body = body, .context = context};
    pthread_t helpers[MOST_THREADS];
    size_t started = 0;
    const size_t wanted = threads < tasks ? threads : tasks;
    // A thread that cannot be had only costs time: the others take its tasks.
    while (started + 1 < wanted && started < MOST_THREADS
           && pthread_create(&helpers[started], NULL, take_tasks, &work) == 0)
        started++;
    take_tasks(&work);
    for (size_t helper = 0; helper < started; helper++) pthread_join(helpers[helper], NULL);
}
