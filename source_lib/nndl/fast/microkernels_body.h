/* Included twice by microkernels.h, with REAL as float and as double. */

typedef REAL NAME(vector) __attribute__((vector_size(VECTOR_BYTES)));
/* The same vector at an address that is no multiple of its size, and allowed to alias the array it lies in. */
typedef REAL NAME(unaligned) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

#define vector NAME(vector)
#define unaligned NAME(unaligned)
enum { NAME(LANES) = VECTOR_BYTES / sizeof(REAL) };
#define LANES NAME(LANES)

/* Write the first `count` lanes of a vector to every `step`-th number from `to` on. */
static inline void NAME(store)(REAL *to, vector value, int count, ptrdiff_t step)
{
    if (count == LANES && step == 1)
        *(unaligned *)to = value;
    else
        for (int lane = 0; lane < count; lane++)
            to[lane * step] = value[lane];
}

/* A block of a correlation: 4 filters at 3 vectors of output positions.
 *
 *     out[f][v] = bias[f] + sum over t of weights[t][f] * image[start[v] + taps[t] ...]
 *
 * Each turn of the loop loads 3 vectors of the image and 4 weights, and does 12 multiply-adds with them.
 * Only the first `filters` filters (1 to 4) and the first `count[v]` lanes of vector v are written.
 */
static void NAME(correlate_block)(const REAL *image, const ptrdiff_t *taps, ptrdiff_t n_taps, const REAL *weights,
                                  const REAL *bias, const ptrdiff_t *start, REAL *out, ptrdiff_t plane, int filters,
                                  const ptrdiff_t *target, const ptrdiff_t *count, ptrdiff_t step)
{
    const REAL *from[VECTORS];
    vector sum[FILTERS][VECTORS];

    for (int v = 0; v < VECTORS; v++) {
        from[v] = image + start[v];
        for (int f = 0; f < FILTERS; f++)
            sum[f][v] = bias[f] - (vector){0};
    }
    for (ptrdiff_t t = 0; t < n_taps; t++) {
        vector x[VECTORS];
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS; v++) {
            x[v] = *(const unaligned *)(from[v] + taps[t]);
            KEEP_IN_REGISTER(x[v]);
        }
#pragma GCC unroll 4
        for (int f = 0; f < FILTERS; f++) {
            vector w = weights[t * FILTERS + f] - (vector){0};
            KEEP_IN_REGISTER(w);
#pragma GCC unroll 3
            for (int v = 0; v < VECTORS; v++)
                sum[f][v] += w * x[v];
        }
    }
    for (int f = 0; f < filters; f++)
        for (int v = 0; v < VECTORS; v++)
            NAME(store)(out + f * plane + target[v], sum[f][v], (int)count[v], step);
}

/* A block of the gradient of the weights: 6 taps for 2 vectors of filters.
 *
 *     gradient[k][...] += sum over p of upstream[p][...] * image[positions[p] + taps[k]]
 *
 * The filters lie side by side in `upstream`, so that the vectors run along them and no sum over lanes is needed.
 */
static void NAME(weight_gradient_block)(const REAL *image, const ptrdiff_t *positions, ptrdiff_t n_positions,
                                        const REAL *upstream, const ptrdiff_t *taps, REAL *gradient)
{
    const REAL *from[TAPS];
    vector sum[TAPS][FILTER_VECTORS];

    for (int k = 0; k < TAPS; k++) {
        from[k] = image + taps[k];
        for (int v = 0; v < FILTER_VECTORS; v++)
            sum[k][v] = *(unaligned *)(gradient + (k * FILTER_VECTORS + v) * LANES);
    }
    for (ptrdiff_t p = 0; p < n_positions; p++) {
        vector d[FILTER_VECTORS];
#pragma GCC unroll 2
        for (int v = 0; v < FILTER_VECTORS; v++) {
            d[v] = *(const unaligned *)(upstream + (p * FILTER_VECTORS + v) * LANES);
            KEEP_IN_REGISTER(d[v]);
        }
#pragma GCC unroll 6
        for (int k = 0; k < TAPS; k++) {
            vector x = from[k][positions[p]] - (vector){0};
            KEEP_IN_REGISTER(x);
#pragma GCC unroll 2
            for (int v = 0; v < FILTER_VECTORS; v++)
                sum[k][v] += x * d[v];
        }
    }
    for (int k = 0; k < TAPS; k++)
        for (int v = 0; v < FILTER_VECTORS; v++)
            *(unaligned *)(gradient + (k * FILTER_VECTORS + v) * LANES) = sum[k][v];
}

/* The gradient of the bias for 2 vectors of filters: the sum of the upstream gradient over positions. */
static void NAME(bias_gradient_block)(const REAL *upstream, ptrdiff_t n_positions, REAL *gradient)
{
    vector sum[FILTER_VECTORS];
    for (int v = 0; v < FILTER_VECTORS; v++)
        sum[v] = *(unaligned *)(gradient + v * LANES);
    for (ptrdiff_t p = 0; p < n_positions; p++)
        for (int v = 0; v < FILTER_VECTORS; v++)
            sum[v] += *(const unaligned *)(upstream + (p * FILTER_VECTORS + v) * LANES);
    for (int v = 0; v < FILTER_VECTORS; v++)
        *(unaligned *)(gradient + v * LANES) = sum[v];
}

/* One tap of max pooling for a row of windows: keep the larger number and remember the tap it came from.
 *
 * "Not smaller or equal" instead of "larger" lets a NaN win; and once there, best == best is false and it stays.
 */
static inline void NAME(pool_tap_loop)(const REAL *x, ptrdiff_t stride, REAL *best, int *where, int tap, ptrdiff_t n)
{
    for (ptrdiff_t p = 0; p < n; p++) {
        REAL value = x[p * stride], old = best[p];
        int wins = !(value <= old) & (old == old);
        best[p] = wins ? value : old;
        where[p] = wins ? tap : where[p];
    }
}

static void NAME(pool_tap)(const REAL *x, ptrdiff_t stride, REAL *best, int *where, int tap, ptrdiff_t n)
{
    if (stride == 1) /* with the usual strides as constants the compiler makes vector code */
        NAME(pool_tap_loop)(x, 1, best, where, tap, n);
    else if (stride == 2)
        NAME(pool_tap_loop)(x, 2, best, where, tap, n);
    else
        NAME(pool_tap_loop)(x, stride, best, where, tap, n);
}

#undef vector
#undef unaligned
#undef LANES
