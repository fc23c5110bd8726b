/* Included twice by microkernels.h, with REAL as float and as double. */

typedef REAL NAME(vector) __attribute__((vector_size(VECTOR_BYTES)));
/* The same vector at an address that is no multiple of its size, and allowed to alias the array it lies in. */
typedef REAL NAME(unaligned) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(REAL)), may_alias));

/* What a comparison of two vectors gives, and a vector of as many bytes. */
typedef INTEGER NAME(mask) __attribute__((vector_size(VECTOR_BYTES)));
typedef unsigned char NAME(bytes) __attribute__((vector_size(VECTOR_BYTES / sizeof(REAL))));

#define vector NAME(vector)
#define mask NAME(mask)
#define bytes NAME(bytes)
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
 * Only the first `filters` filters (1 to 4) and the first `valid[v]` lanes of vector v are written.
 */
MICROKERNEL NAME(correlate_block)(const REAL *image, const ptrdiff_t *taps, ptrdiff_t n_taps, const REAL *weights,
                                  const REAL *bias, const ptrdiff_t *start, REAL *out, ptrdiff_t plane, int filters,
                                  const ptrdiff_t *target, const ptrdiff_t *valid, ptrdiff_t step)
{
    const REAL *from[VECTORS];
    vector sum[FILTERS][VECTORS];

#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; v++) {
        from[v] = image + start[v];
#pragma GCC unroll 4
        for (int f = 0; f < FILTERS; f++)
            sum[f][v] = bias[f] - (vector){0};
    }
    for (ptrdiff_t t = 0; t < n_taps; t++) {
        vector x[VECTORS];
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS; v++)
            x[v] = *(const unaligned *)(from[v] + taps[t]);
#pragma GCC unroll 4
        for (int f = 0; f < FILTERS; f++) {
            vector w = weights[t * FILTERS + f] - (vector){0};
#pragma GCC unroll 3
            for (int v = 0; v < VECTORS; v++)
                sum[f][v] += w * x[v];
        }
    }
#pragma GCC unroll 4
    for (int f = 0; f < FILTERS; f++)
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS && f < filters; v++)
            NAME(store)(out + f * plane + target[v], sum[f][v], (int)valid[v], step);
}

/* A block of the gradient of the weights: 6 taps for 2 vectors of filters.
 *
 *     gradient[k][...] += sum over p of upstream[p][...] * image[positions[p] + taps[k]]
 *
 * The filters lie side by side in `upstream`, so that the vectors run along them and no sum over lanes is needed.
 */
MICROKERNEL NAME(weight_gradient_block)(const REAL *image, const ptrdiff_t *positions, ptrdiff_t n_positions,
                                        const REAL *upstream, const ptrdiff_t *taps, REAL *gradient)
{
    const REAL *from[TAPS];
    vector sum[TAPS][FILTER_VECTORS];

#pragma GCC unroll 6
    for (int k = 0; k < TAPS; k++) {
        from[k] = image + taps[k];
#pragma GCC unroll 2
        for (int v = 0; v < FILTER_VECTORS; v++)
            sum[k][v] = *(unaligned *)(gradient + (k * FILTER_VECTORS + v) * LANES);
    }
    for (ptrdiff_t p = 0; p < n_positions; p++) {
        vector d[FILTER_VECTORS];
#pragma GCC unroll 2
        for (int v = 0; v < FILTER_VECTORS; v++)
            d[v] = *(const unaligned *)(upstream + (p * FILTER_VECTORS + v) * LANES);
#pragma GCC unroll 6
        for (int k = 0; k < TAPS; k++) {
            vector x = from[k][positions[p]] - (vector){0};
#pragma GCC unroll 2
            for (int v = 0; v < FILTER_VECTORS; v++)
                sum[k][v] += x * d[v];
        }
    }
#pragma GCC unroll 6
    for (int k = 0; k < TAPS; k++)
#pragma GCC unroll 2
        for (int v = 0; v < FILTER_VECTORS; v++)
            *(unaligned *)(gradient + (k * FILTER_VECTORS + v) * LANES) = sum[k][v];
}

/* The gradient of the bias for 2 vectors of filters: the sum of the upstream gradient over positions. */
MICROKERNEL NAME(bias_gradient_block)(const REAL *upstream, ptrdiff_t n_positions, REAL *gradient)
{
    vector sum[FILTER_VECTORS];

#pragma GCC unroll 2
    for (int v = 0; v < FILTER_VECTORS; v++)
        sum[v] = *(unaligned *)(gradient + v * LANES);
    for (ptrdiff_t p = 0; p < n_positions; p++)
#pragma GCC unroll 2
        for (int v = 0; v < FILTER_VECTORS; v++)
            sum[v] += *(const unaligned *)(upstream + (p * FILTER_VECTORS + v) * LANES);
#pragma GCC unroll 2
    for (int v = 0; v < FILTER_VECTORS; v++)
        *(unaligned *)(gradient + v * LANES) = sum[v];
}

/* Copy every `step`-th number. With the commonest steps as constants the compiler makes vector code. */
static inline void NAME(copy_every)(ptrdiff_t step, const REAL *restrict from, REAL *restrict to, ptrdiff_t n)
{
    if (step == 1)
        memcpy(to, from, n * sizeof(REAL));
    else if (step == 2)
        for (ptrdiff_t i = 0; i < n; i++)
            to[i] = from[2 * i];
    else
        for (ptrdiff_t i = 0; i < n; i++)
            to[i] = from[step * i];
}

/* A block of max pooling: the largest input of each window, and which of the window's taps it was.
 *
 * A comparison of vectors gives a mask: lanes of all ones where it holds and of all zeros elsewhere. "Not smaller or
 * equal" instead of "larger" lets a NaN win; once there it stays, because best == best is false for it.
 */
MICROKERNEL NAME(pool_block)(const REAL *image, const ptrdiff_t *taps, int n_taps, const ptrdiff_t *start, REAL *out,
                             unsigned char *where, const ptrdiff_t *target, const ptrdiff_t *valid)
{
    const REAL *from[VECTORS];
    vector best[VECTORS];
    mask index[VECTORS];

    for (int v = 0; v < VECTORS; v++) {
        from[v] = image + start[v];
        best[v] = *(const unaligned *)(from[v] + taps[0]);
        index[v] = (mask){0};
    }
    for (int t = 1; t < n_taps; t++)
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS; v++) {
            vector value = *(const unaligned *)(from[v] + taps[t]);
            mask wins = ~(value <= best[v]) & (best[v] == best[v]);
            best[v] = (vector)((wins & (mask)value) | (~wins & (mask)best[v]));
            index[v] = (wins & t) | (~wins & index[v]);
        }
    for (int v = 0; v < VECTORS; v++) {
        bytes narrow = __builtin_convertvector(index[v], bytes);
        NAME(store)(out + target[v], best[v], (int)valid[v], 1);
        memcpy(where + target[v], &narrow, valid[v]);
    }
}

/* A step of Adam for n entries in one pass: four numbers come from memory and three go back, with all arithmetic
 * between. `rate` and `scale` hold the corrections of the two averages for their start at zero. A loop as plain as
 * this one the compiler turns into vectors itself.
 */
static void NAME(adam_block)(ptrdiff_t n, const REAL *restrict w, const REAL *restrict dw, REAL *restrict m,
                             REAL *restrict v, REAL *restrict next_w, double beta1, double beta2, REAL rate,
                             REAL scale, REAL epsilon)
{
    const REAL old1 = beta1, new1 = 1 - beta1, old2 = beta2, new2 = 1 - beta2;

    for (ptrdiff_t i = 0; i < n; i++) {
        m[i] = old1 * m[i] + new1 * dw[i];
        v[i] = old2 * v[i] + new2 * (dw[i] * dw[i]);
        next_w[i] = w[i] - rate * m[i] / (scale * SQRT(v[i]) + epsilon);
    }
}

#undef vector
#undef unaligned
#undef mask
#undef bytes
#undef LANES
