// Lanes, and the elementary functions on them: exp, log, tanh and erf within 2 ulp over all of binary32.
//
// The polynomials are minimax fits (Remez in 50 digits) of the named functions, their coefficients rounded
// to binary32 and evaluated by Horner's rule with v_fma. The constants and every step are in
// schemas/training-arithmetic.md.

INLINE vf v_set(float value) {
    vf result;
    for (int lane = 0; lane < WIDTH; lane++) result[lane] = value;
    return result;
}
INLINE vi v_set_bits(int32_t value) {
    vi result;
    for (int lane = 0; lane < WIDTH; lane++) result[lane] = value;
    return result;
}
INLINE vf v_load(const float *x) { return (vf) * (const vf_unaligned *)x; }
INLINE void v_store(float *y, vf value) { *(vf_unaligned *)y = (vf_unaligned)value; }

// Loads the first `count` lanes, and +0 into the rest.
INLINE vf v_load_some(const float *x, size_t count) {
    float lanes[WIDTH] = {0};
    memcpy(lanes, x, count * sizeof(float));
    return v_load(lanes);
}
INLINE void v_store_some(float *y, vf value, size_t count) {
    float lanes[WIDTH];
    v_store(lanes, value);
    memcpy(y, lanes, count * sizeof(float));
}

// Where a lane of `mask` is all ones, `yes`; where it is zero, `no`.
INLINE vf v_select(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
INLINE vf v_abs(vf x) { return (vf)((vi)x & v_set_bits(0x7fffffff)); }
INLINE vf v_with_sign_of(vf magnitude, vf sign) {
    return (vf)(((vi)magnitude & v_set_bits(0x7fffffff)) | ((vi)sign & v_set_bits((int32_t)0x80000000)));
}

// p = coefficients[0] + coefficients[1] x + ... by Horner's rule.
INLINE vf v_horner(const float *coefficients, int count, vf x) {
    vf p = v_set(coefficients[count - 1]);
    UNROLLED for (int index = count - 2; index >= 0; index--)
        p = v_fma(p, x, v_set(coefficients[index]));
    return p;
}

// (exp(r) - 1 - r) / r^2 on [-ln2 / 2, ln2 / 2].
static const float VARIANT(exp_terms)[] = {0x1.000000p-1f, 0x1.55548ep-3f, 0x1.55545cp-5f, 0x1.123c78p-7f,
                                           0x1.6db5bep-10f};

// exp(x) for x in [-104, 89] or NaN. x = n ln2 + r; the power of two is multiplied on in two exact halves,
// so that only the last product rounds when the result is subnormal.
INLINE vf v_exp_reduced(vf x) {
    const vf magic = v_set(0x1.8p23f);
    const vf shifted = v_fma(x, v_set(0x1.715476p+0f), magic);
    const vf n = shifted - magic;
    vf r = v_fma(n, v_set(-0x1.62e400p-1f), x);
    r = v_fma(n, v_set(-0x1.7f7d1cp-20f), r);
    const vf p = v_horner(VARIANT(exp_terms), 5, r);
    const vf y = v_fma(r * r, p, r) + v_set(1.0f);
    const vi whole = (vi)shifted - (vi)magic;
    const vi half = whole >> 1;
    const vi bias = v_set_bits(127);
    return (y * (vf)((half + bias) << 23)) * (vf)((whole - half + bias) << 23);
}

INLINE vf v_exp(vf x) {
    const vf high = v_set(89.0f), low = v_set(-104.0f);
    x = v_select(x > high, high, x);
    x = v_select(x < low, low, x);
    return v_exp_reduced(x);
}

// (log(1 + f) - f + f^2 / 2) / f^3 on [sqrt(1/2) - 1, sqrt(2) - 1].
static const float VARIANT(log_terms)[] = {0x1.555548p-2f,  -0x1.000006p-2f, 0x1.99a4b6p-3f,
                                           -0x1.555c4cp-3f, 0x1.23376ap-3f,  -0x1.fc2218p-4f,
                                           0x1.e6f066p-4f,  -0x1.de3bb0p-4f, 0x1.145736p-4f};

// x = 2^n (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)). Subnormal x is first multiplied by 2^24, exactly.
INLINE vf v_log(vf x) {
    const vi small = x < v_set(0x1p-126f);
    const vf scaled = v_select(small, x * v_set(0x1p24f), x);
    const vi correction = small & v_set_bits(24);
    const vi bits = (vi)scaled;
    // The bits of sqrt(1/2), rounded down, are subtracted so that the exponent field switches there.
    const vi n = (bits - v_set_bits(0x3f3504f3)) >> 23;
    const vf f = (vf)(bits - (n << 23)) - v_set(1.0f);
    // The integer n as a float: exact by the magic number.
    const vf magic = v_set(0x1.8p23f);
    const vf e = (vf)((vi)magic + (n - correction)) - magic;
    const vf f2 = f * f;
    const vf p = v_horner(VARIANT(log_terms), 9, f);
    // log(x) = e ln2 + f - f^2 / 2 + f^3 p, small parts first.
    vf tail = v_fma(f2 * f, p, e * v_set(-0x1.05c610p-29f));
    tail = v_fma(f2, v_set(-0.5f), tail);
    const vf finite = v_fma(e, v_set(0x1.62e430p-1f), f + tail);
    const vf infinity = v_set(__builtin_inff());
    vf result = v_select(x == infinity, infinity, finite);
    result = v_select(x == v_set(0.0f), -infinity, result);
    return v_select((vi)(x < v_set(0.0f)) | (vi)(x != x), v_set(__builtin_nanf("")), result);
}

// (tanh(x) - x) / x^3 in x^2 on [0, 0.6].
static const float VARIANT(tanh_terms)[] = {-0x1.55553ep-2f, 0x1.1109aep-3f, -0x1.b898dep-5f,
                                            0x1.54b8a2p-6f, -0x1.82585cp-8f};

INLINE vf v_tanh(vf x) {
    const vf a = v_abs(x);
    const vf a2 = a * a;
    const vf near = v_fma(a * a2, v_horner(VARIANT(tanh_terms), 5, a2), a);
    // Beyond 10 the result rounds to 1; the bound keeps exp in range. A NaN passes through.
    const vf bounded = v_select(a > v_set(10.0f), v_set(10.0f), a);
    const vf far = v_set(1.0f) - v_set(2.0f) / (v_exp_reduced(bounded + bounded) + v_set(1.0f));
    return v_with_sign_of(v_select(a < v_set(0.6f), near, far), x);
}

// (erf(x) - x) / x in x^2 on [0, 0.93], and -log(erfc(x)) / x - 1 on [0.92, 3.95].
static const float VARIANT(erf_near_terms)[] = {0x1.06eba8p-3f,  -0x1.812742p-2f, 0x1.ce2e0ap-4f,
                                                -0x1.b80e90p-6f, 0x1.54c7f6p-8f,  -0x1.aa3f30p-11f,
                                                0x1.5cd4b6p-14f};
static const float VARIANT(erf_far_terms)[] = {0x1.077acap-3f,  0x1.453088p-1f, 0x1.b340fcp-4f,
                                               -0x1.85b2fcp-6f, 0x1.dee804p-9f, -0x1.5578cep-12f,
                                               0x1.829ff8p-17f};

INLINE vf v_erf(vf x) {
    const vf a = v_abs(x);
    const vf near = v_fma(a, v_horner(VARIANT(erf_near_terms), 7, a * a), a);
    // Beyond 4 the result rounds to 1.
    const vf bounded = v_select(a > v_set(4.0f), v_set(4.0f), a);
    const vf exponent = v_fma(bounded, v_horner(VARIANT(erf_far_terms), 7, bounded), bounded);
    const vf far = v_set(1.0f) - v_exp_reduced(-exponent);
    return v_with_sign_of(v_select(a < v_set(0.92f), near, far), x);
}

// The normal distribution function: (1 + erf(x / sqrt 2)) / 2.
INLINE vf v_normal(vf x) { return v_fma(v_erf(x * v_set(0x1.6a09e6p-1f)), v_set(0.5f), v_set(0.5f)); }

INLINE vf v_gelu(vf x) { return x * v_normal(x); }

// y[i] = f(x[i]). Lanes past the end compute f(+0), whose result is dropped.
#define MAP(name, function)                                                                                \
    TARGET static void VARIANT(name)(size_t count, const float *x, float *y) {                             \
        size_t i = 0;                                                                                      \
        for (; i + WIDTH <= count; i += WIDTH) v_store(y + i, function(v_load(x + i)));                    \
        if (i < count) v_store_some(y + i, function(v_load_some(x + i, count - i)), count - i);            \
    }
MAP(map_exp, v_exp)
MAP(map_log, v_log)
MAP(map_tanh, v_tanh)
MAP(map_erf, v_erf)
MAP(map_gelu, v_gelu)
#undef MAP
