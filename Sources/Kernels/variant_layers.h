// The layers. Sums run in 16 chains, whatever the vector width: chain l takes elements l, l + 16, l + 32,
// ...; the chains are then added in halves, l with l + 8, l + 4, l + 2, l + 1. Lanes past the end add +0,
// and since no chain is ever -0 (it begins at +0) that changes nothing.

enum { CHAINS = 16, CHAIN_VECTORS = CHAINS / WIDTH };

typedef struct {
    vf v[CHAIN_VECTORS];
} VARIANT(chains);

INLINE VARIANT(chains) chains_at_zero(void) {
    VARIANT(chains) result;
    UNROLLED for (int v = 0; v < CHAIN_VECTORS; v++)
        result.v[v] = v_set(0.0f);
    return result;
}

// Vector v of the 16 elements at x, of which `left` exist.
INLINE vf chain_vector(const float *x, size_t left, int v) {
    const size_t from = (size_t)v * WIDTH;
    if (left >= from + WIDTH) return v_load(x + from);
    return left > from ? v_load_some(x + from, left - from) : v_set(0.0f);
}

INLINE float chains_total(VARIANT(chains) chains) {
    float lanes[CHAINS];
    for (int v = 0; v < CHAIN_VECTORS; v++) v_store(lanes + v * WIDTH, chains.v[v]);
    for (int half = CHAINS / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++) lanes[lane] = lanes[lane] + lanes[lane + half];
    return lanes[0];
}

TARGET static float VARIANT(sum)(size_t count, const float *x) {
    VARIANT(chains) chains = chains_at_zero();
    for (size_t i = 0; i < count; i += CHAINS) {
        UNROLLED for (int v = 0; v < CHAIN_VECTORS; v++)
            chains.v[v] = chains.v[v] + chain_vector(x + i, count - i, v);
    }
    return chains_total(chains);
}

// The sum of x[i] * y[i]: fma(x[i], y[i], chain).
TARGET static float VARIANT(dot)(size_t count, const float *x, const float *y) {
    VARIANT(chains) chains = chains_at_zero();
    for (size_t i = 0; i < count; i += CHAINS) {
        UNROLLED for (int v = 0; v < CHAIN_VECTORS; v++)
            chains.v[v] =
                v_fma(chain_vector(x + i, count - i, v), chain_vector(y + i, count - i, v), chains.v[v]);
    }
    return chains_total(chains);
}

// Goes through `count` elements by vectors: `at` is the first of each, `left` how many there are from it on.
#define FOR_LANES(count) for (size_t at = 0, left = (count); at < (count); at += WIDTH, left -= WIDTH)
#define LOAD(x) (left >= WIDTH ? v_load((x) + at) : v_load_some((x) + at, left))
#define STORE(y, value)                                                                                    \
    do {                                                                                                   \
        const vf stored = (value);                                                                         \
        if (left >= WIDTH) v_store((y) + at, stored);                                                      \
        else v_store_some((y) + at, stored, left);                                                         \
    } while (0)

TARGET static void VARIANT(add)(size_t count, const float *x, float *y) {
    FOR_LANES(count) STORE(y, LOAD(x) + LOAD(y));
}

TARGET static void VARIANT(scale)(size_t count, float factor, const float *x, float *y) {
    FOR_LANES(count) STORE(y, v_set(factor) * LOAD(x));
}

// phi(x) = exp(-x^2 / 2) / sqrt(2 pi).
TARGET static void VARIANT(gelu_backward)(size_t count, const float *x, const float *dy, float *dx) {
    FOR_LANES(count) {
        const vf value = LOAD(x);
        const vf density = v_exp((value * value) * v_set(-0.5f)) * v_set(0x1.988454p-2f);
        STORE(dx, LOAD(dy) * v_fma(value, density, v_normal(value)));
    }
}

TARGET static void VARIANT(tanh_backward)(size_t count, const float *y, const float *dy, float *dx) {
    FOR_LANES(count) {
        const vf value = LOAD(y);
        STORE(dx, LOAD(dy) * v_fma(-value, value, v_set(1.0f)));
    }
}

TARGET static void VARIANT(layer_norm)(size_t rows, size_t columns, const float *x, const float *gain,
                                       const float *shift, float epsilon, float *y, float *normalized,
                                       float *deviation) {
    const float count = (float)columns;
    for (size_t row = 0; row < rows; row++, x += columns, y += columns, normalized += columns) {
        const float mean = VARIANT(sum)(columns, x) / count;
        FOR_LANES(columns) STORE(normalized, LOAD(x) - v_set(mean));
        const float variance = VARIANT(dot)(columns, normalized, normalized) / count;
        const vf root = v_sqrt(v_set(variance + epsilon));
        const float reciprocal = 1.0f / root[0];
        deviation[row] = reciprocal;
        FOR_LANES(columns) {
            const vf value = LOAD(normalized) * v_set(reciprocal);
            STORE(normalized, value);
            STORE(y, v_fma(value, LOAD(gain), LOAD(shift)));
        }
    }
}

// With g = dy * gain and n the normalised row: dx = r * ((g - mean(g)) - n * mean(g n)).
TARGET static void VARIANT(layer_norm_backward)(size_t rows, size_t columns, const float *dy,
                                                const float *gain, const float *normalized,
                                                const float *deviation, float *dx) {
    const float count = (float)columns;
    for (size_t row = 0; row < rows; row++, dy += columns, dx += columns, normalized += columns) {
        FOR_LANES(columns) STORE(dx, LOAD(dy) * LOAD(gain));
        const float mean = VARIANT(sum)(columns, dx) / count;
        const float slope = VARIANT(dot)(columns, dx, normalized) / count;
        FOR_LANES(columns) {
            const vf centred = LOAD(dx) - v_set(mean);
            STORE(dx, v_fma(-LOAD(normalized), v_set(slope), centred) * v_set(deviation[row]));
        }
    }
}

// The largest of x. The order of comparing does not matter: which of +0 and -0 is found changes no
// exponential.
INLINE float greatest(size_t count, const float *x) {
    float result = x[0];
    for (size_t i = 1; i < count; i++) result = x[i] > result ? x[i] : result;
    return result;
}

TARGET static void VARIANT(softmax)(size_t rows, size_t columns, float *x, size_t x_row) {
    if (columns == 0) return;
    for (size_t row = 0; row < rows; row++, x += x_row) {
        const float top = greatest(columns, x);
        FOR_LANES(columns) STORE(x, v_exp(LOAD(x) - v_set(top)));
        const float total = VARIANT(sum)(columns, x);
        FOR_LANES(columns) STORE(x, LOAD(x) / v_set(total));
    }
}

// ds = p * (dp - sum(p dp)).
TARGET static void VARIANT(softmax_backward)(size_t rows, size_t columns, const float *p, size_t p_row,
                                             float *dp, size_t dp_row) {
    for (size_t row = 0; row < rows; row++, p += p_row, dp += dp_row) {
        const float mean = VARIANT(dot)(columns, p, dp);
        FOR_LANES(columns) STORE(dp, LOAD(p) * (LOAD(dp) - v_set(mean)));
    }
}

TARGET static void VARIANT(cross_entropy)(size_t rows, size_t classes, size_t batch, const float *x,
                                          const int32_t *labels, float *losses, float *dx) {
    for (size_t row = 0; row < rows; row++, x += classes, dx += classes) {
        const float top = greatest(classes, x);
        const float chosen = x[labels[row]] - top;
        FOR_LANES(classes) STORE(dx, v_exp(LOAD(x) - v_set(top)));
        const float total = VARIANT(sum)(classes, dx);
        const vf logarithm = v_log(v_set(total));
        losses[row] = logarithm[0] - chosen;
        FOR_LANES(classes) STORE(dx, LOAD(dx) / v_set(total));
        dx[labels[row]] = dx[labels[row]] - 1.0f;
        FOR_LANES(classes) STORE(dx, LOAD(dx) / v_set((float)batch));
    }
}

TARGET static void VARIANT(adamw)(size_t count, const fixed_order_adamw_step *step, const float *gradient,
                                  float *parameter, float *first_moment, float *second_moment) {
    FOR_LANES(count) {
        const vf g = LOAD(gradient);
        const vf m = v_fma(v_set(step->beta1), LOAD(first_moment), v_set(step->one_minus_beta1) * g);
        const vf v = v_fma(v_set(step->beta2), LOAD(second_moment), (v_set(step->one_minus_beta2) * g) * g);
        const vf root = v_sqrt(v) / v_set(step->root_correction) + v_set(step->epsilon);
        const vf kept = LOAD(parameter) * v_set(step->shrink);
        STORE(parameter, v_fma(-v_set(step->step_size), m / root, kept));
        STORE(first_moment, m);
        STORE(second_moment, v);
    }
}

#undef FOR_LANES
#undef LOAD
#undef STORE
