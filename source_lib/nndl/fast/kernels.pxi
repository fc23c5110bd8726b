# cython: language_level=3
"""The kernels behind the fast layers and the fast Adam, compiled once with AVX2 and once without.

Everything here walks through the tables of ``geometry.py``; the two innermost loops of the convolution are C
(``microkernels.h``), because only there can we name the processor's vectors. Images are independent of each other, so
threads share them out; each thread has its own buffers, one row of the arrays that are called ``room`` here.
"""

cimport cython
from cython.parallel cimport prange, threadid
from libc.stdint cimport uint8_t
from libc.string cimport memset

ctypedef fused real:
    float
    double

cdef extern from "microkernels.h" nogil:
    enum:
        FILTERS
        VECTORS
        FILTER_VECTORS
        TAPS
        LANES_float
        LANES_double
    int available_threads()
    int has_avx2()
    void correlate_block_float(
        const float *image, const Py_ssize_t *taps, Py_ssize_t n_taps, const float *weights, const float *bias,
        const Py_ssize_t *start, float *out, Py_ssize_t plane, int filters, const Py_ssize_t *target,
        const Py_ssize_t *valid, Py_ssize_t step)
    void correlate_block_double(
        const double *image, const Py_ssize_t *taps, Py_ssize_t n_taps, const double *weights, const double *bias,
        const Py_ssize_t *start, double *out, Py_ssize_t plane, int filters, const Py_ssize_t *target,
        const Py_ssize_t *valid, Py_ssize_t step)
    void weight_gradient_block_float(
        const float *image, const Py_ssize_t *positions, Py_ssize_t n, const float *upstream, const Py_ssize_t *taps,
        float *gradient)
    void weight_gradient_block_double(
        const double *image, const Py_ssize_t *positions, Py_ssize_t n, const double *upstream,
        const Py_ssize_t *taps, double *gradient)
    void bias_gradient_block_float(const float *upstream, Py_ssize_t n, float *gradient)
    void bias_gradient_block_double(const double *upstream, Py_ssize_t n, double *gradient)
    void copy_every_float(Py_ssize_t step, const float *source, float *target, Py_ssize_t n)
    void copy_every_double(Py_ssize_t step, const double *source, double *target, Py_ssize_t n)
    void adam_block_float(
        Py_ssize_t n, const float *w, const float *dw, float *m, float *v, float *next_w, double beta1, double beta2,
        float rate, float scale, float epsilon)
    void adam_block_double(
        Py_ssize_t n, const double *w, const double *dw, double *m, double *v, double *next_w, double beta1,
        double beta2, double rate, double scale, double epsilon)
    void pool_block_float(
        const float *image, const Py_ssize_t *taps, int n_taps, const Py_ssize_t *start, float *out,
        unsigned char *where, const Py_ssize_t *target, const Py_ssize_t *valid)
    void pool_block_double(
        const double *image, const Py_ssize_t *taps, int n_taps, const Py_ssize_t *start, double *out,
        unsigned char *where, const Py_ssize_t *target, const Py_ssize_t *valid)


# ---- what Python asks -----------------------------------------------------------------------------------------------

def threads():
    """Return how many threads OpenMP would use now."""
    return available_threads()


def runs_here():
    """Return whether this processor can run the module."""
    return has_avx2() if NEEDS_AVX2 else True


def lanes(itemsize):
    """Return how many numbers of ``itemsize`` bytes one vector holds."""
    return LANES_float if itemsize == 4 else LANES_double


# ---- the image in its border ----------------------------------------------------------------------------------------

cdef struct Layout:  # geometry.Layout, field by field
    Py_ssize_t channels, height, width, used_height, used_width, top, left, stride, columns, line, plane, size


cdef Layout read_layout(fields):
    cdef Layout layout
    (layout.channels, layout.height, layout.width, layout.used_height, layout.used_width, layout.top, layout.left,
     layout.stride, layout.columns, layout.line, layout.plane, layout.size) = fields
    return layout


cdef void place_image(const real *image, real *bordered, Layout at) noexcept nogil:
    """Copy an image into its border of zeros, the columns of each remainder together."""
    cdef Py_ssize_t channel, row, remainder, first, n
    cdef const real *source
    cdef real *target
    for remainder in range(at.stride):
        first = (remainder - at.left % at.stride + at.stride) % at.stride
        n = (at.used_width - first + at.stride - 1) // at.stride
        for channel in range(at.channels):
            source = image + channel * at.height * at.width + first
            target = (bordered + channel * at.plane + at.top * at.line
                      + remainder * at.columns + (at.left + first) // at.stride)
            for row in range(at.used_height):
                if real is float:
                    copy_every_float(at.stride, source, target, n)
                else:
                    copy_every_double(at.stride, source, target, n)
                source += at.width
                target += at.line


# ---- correlation: forward pass and gradient of the input ------------------------------------------------------------

cdef inline void correlate_block(
        const real *image, const Py_ssize_t *taps, Py_ssize_t n_taps, const real *weights, const real *bias,
        const Py_ssize_t *start, real *out, Py_ssize_t plane, int filters, const Py_ssize_t *target,
        const Py_ssize_t *valid, Py_ssize_t step) noexcept nogil:
    if real is float:
        correlate_block_float(
            image, taps, n_taps, weights, bias, start, out, plane, filters, target, valid, step)
    else:
        correlate_block_double(
            image, taps, n_taps, weights, bias, start, out, plane, filters, target, valid, step)


cdef struct Tables:  # geometry.Plan with its arrays as pointers
    Py_ssize_t n_parts, step
    const Py_ssize_t *parts
    const Py_ssize_t *taps
    const Py_ssize_t *start
    const Py_ssize_t *target
    const Py_ssize_t *valid


cdef Tables read_tables(plan):
    """Take pointers into the plan's arrays; the caller keeps the plan alive."""
    cdef Tables tables
    cdef const Py_ssize_t[:, ::1] parts = plan[0]
    cdef const Py_ssize_t[::1] taps = plan[1], start = plan[2], target = plan[3], valid = plan[4]
    tables.n_parts = parts.shape[0]
    tables.step = plan[5]
    tables.parts = &parts[0, 0]
    tables.taps = &taps[0]
    tables.start = &start[0]
    tables.target = &target[0]
    tables.valid = &valid[0]
    return tables


cdef void correlate_image(
        const real *image, Tables table, const real *weights, const real *bias, real *out, Py_ssize_t plane,
        Py_ssize_t filters) noexcept nogil:
    """Correlate one bordered image with all filters.

    The filters are the inner loop: the part of the image that three vectors read stays in the first-level cache
    while all filters pass over it.
    """
    cdef Py_ssize_t part, block, first, f, n_taps, blocks = (filters + FILTERS - 1) // FILTERS
    cdef const Py_ssize_t *row
    for part in range(table.n_parts):
        row = table.parts + 4 * part
        n_taps = row[1]
        for first in range(row[2], row[3], 3):  # VECTORS, but Cython wants a literal here
            for block in range(blocks):
                f = block * FILTERS
                correlate_block(
                    image, table.taps + row[0], n_taps, weights + f * n_taps, bias + f, table.start + first,
                    out + f * plane, plane, <int>min(filters - f, FILTERS), table.target + first,
                    table.valid + first, table.step)
        weights += blocks * FILTERS * n_taps


def correlate(const real[:, :, :, ::1] images, layout, plan, const real[::1] weights,
              const real[::1] bias, real[:, :, :, ::1] out, real[:, ::1] room):
    """Fill ``out`` with the correlation of the images with the packed weights, plus the bias."""
    cdef Layout at = read_layout(layout)
    cdef Tables table = read_tables(plan)
    cdef Py_ssize_t n, filters = out.shape[1], plane = out.shape[2] * out.shape[3]
    cdef int n_threads = <int>room.shape[0]
    cdef real *bordered
    for n in prange(images.shape[0], nogil=True, schedule="dynamic", num_threads=n_threads):
        bordered = &room[threadid(), 0]
        place_image(&images[n, 0, 0, 0], bordered, at)
        correlate_image(bordered, table, &weights[0], &bias[0], &out[n, 0, 0, 0], plane, filters)


# ---- gradients of the weights and biases ----------------------------------------------------------------------------

cdef inline void weight_gradient_block(
        const real *image, const Py_ssize_t *positions, Py_ssize_t n, const real *upstream, const Py_ssize_t *taps,
        real *gradient) noexcept nogil:
    if real is float:
        weight_gradient_block_float(image, positions, n, upstream, taps, gradient)
    else:
        weight_gradient_block_double(image, positions, n, upstream, taps, gradient)


cdef void place_filters_side_by_side(
        const real *dout, real *upstream, Py_ssize_t filters, Py_ssize_t positions, Py_ssize_t group) noexcept nogil:
    """Reorder (filters, positions) to (groups of filters, positions, filters of the group).

    16 positions at a time, because what they write lies close together.
    """
    cdef Py_ssize_t f, p, strip
    cdef const real *source
    cdef real *target
    for strip in range(0, positions, 16):
        for f in range(filters):
            source = dout + f * positions
            target = upstream + f // group * positions * group + f % group
            for p in range(strip, min(strip + 16, positions)):
                target[p * group] = source[p]


cdef void add_weight_gradient(
        const real *image, const real *upstream, Py_ssize_t filters, Py_ssize_t group, const Py_ssize_t *positions,
        Py_ssize_t n_positions, const Py_ssize_t *taps, Py_ssize_t n_taps, real *dw, real *db) noexcept nogil:
    """Add what one image contributes: dw (groups, taps, group) and db (groups, group).

    256 positions at a time: their upstream gradient (16 KB for a group) stays in the first-level cache while all taps
    pass over it.
    """
    cdef Py_ssize_t first, n, g, t
    cdef const real *strip
    for first in range(0, n_positions, 256):
        n = min(n_positions - first, 256)
        for g in range((filters + group - 1) // group):
            strip = upstream + (g * n_positions + first) * group
            for t in range(0, n_taps, 6):
                weight_gradient_block(image, positions + first, n, strip, taps + t, dw + (g * n_taps + t) * group)
            if real is float:
                bias_gradient_block_float(strip, n, db + g * group)
            else:
                bias_gradient_block_double(strip, n, db + g * group)


def backward(const real[:, :, :, ::1] images, const real[:, :, :, ::1] douts, image_layout,
             const Py_ssize_t[::1] positions, const Py_ssize_t[::1] taps, dout_layout, plan,
             const real[::1] weights, const real[::1] no_bias, real[:, :, :, ::1] dx, real[:, ::1] dw,
             real[:, ::1] db, real[:, ::1] image_room, real[:, ::1] dout_room, real[:, ::1] upstream_room):
    """Fill ``dx``, and add the gradients of the weights and biases to ``dw`` and ``db``.

    ``dw`` and ``db`` have a row for each chunk of consecutive images. The number of chunks, not of threads, decides
    in which order the images are summed, so the result is the same for any number of threads. ``dx`` of an empty
    first axis is left out.
    """
    cdef Layout image_at = read_layout(image_layout), dout_at = read_layout(dout_layout)
    cdef Tables table = read_tables(plan)
    cdef Py_ssize_t n_images = images.shape[0], chunk, chunks = dw.shape[0]
    cdef int n_threads = <int>image_room.shape[0]
    for chunk in prange(chunks, nogil=True, schedule="dynamic", num_threads=n_threads):
        backward_chunk(
            images, douts, chunk * n_images // chunks, (chunk + 1) * n_images // chunks, image_at, positions, taps,
            dout_at, table, weights, no_bias, dx, &dw[chunk, 0], &db[chunk, 0], &image_room[threadid(), 0],
            &dout_room[threadid(), 0], &upstream_room[threadid(), 0])


cdef void backward_chunk(
        const real[:, :, :, ::1] images, const real[:, :, :, ::1] douts, Py_ssize_t begin, Py_ssize_t end,
        Layout image_at, const Py_ssize_t[::1] positions, const Py_ssize_t[::1] taps, Layout dout_at, Tables table,
        const real[::1] weights, const real[::1] no_bias, real[:, :, :, ::1] dx, real *dw, real *db, real *image,
        real *dout, real *upstream) noexcept nogil:
    cdef Py_ssize_t n, filters = douts.shape[1], plane = images.shape[2] * images.shape[3]
    cdef Py_ssize_t group = FILTER_VECTORS * (LANES_float if real is float else LANES_double)
    for n in range(begin, end):
        if dx.shape[0]:
            place_image(&douts[n, 0, 0, 0], dout, dout_at)
            correlate_image(
                dout, table, &weights[0], &no_bias[0], &dx[n, 0, 0, 0], plane, images.shape[1])
        place_image(&images[n, 0, 0, 0], image, image_at)
        place_filters_side_by_side(&douts[n, 0, 0, 0], upstream, filters, positions.shape[0], group)
        add_weight_gradient(
            image, upstream, filters, group, &positions[0], positions.shape[0], &taps[0], taps.shape[0], dw, db)


# ---- max pooling ----------------------------------------------------------------------------------------------------

def pool(const real[:, :, ::1] planes, layout, plan, real[:, :, ::1] out, uint8_t[:, :, ::1] where,
         real[:, ::1] room):
    """Fill ``out`` with the maximum of each window and ``where`` with the number of its tap."""
    cdef Layout at = read_layout(layout)
    cdef Tables table = read_tables(plan)
    cdef Py_ssize_t p
    cdef int n_threads = <int>room.shape[0]
    for p in prange(planes.shape[0], nogil=True, schedule="static", num_threads=n_threads):
        pool_plane(&planes[p, 0, 0], &room[threadid(), 0], at, table, &out[p, 0, 0], &where[p, 0, 0])


cdef void pool_plane(const real *plane, real *bordered, Layout at, Tables table, real *out,
                     uint8_t *where) noexcept nogil:
    cdef Py_ssize_t v
    cdef int n_taps = <int>table.parts[1]
    place_image(plane, bordered, at)
    for v in range(0, table.parts[3], 3):  # VECTORS, but Cython wants a literal here
        if real is float:
            pool_block_float(bordered, table.taps, n_taps, table.start + v, out, where, table.target + v,
                             table.valid + v)
        else:
            pool_block_double(bordered, table.taps, n_taps, table.start + v, out, where, table.target + v,
                              table.valid + v)


def unpool(const real[:, :, ::1] douts, const uint8_t[:, :, ::1] where, const Py_ssize_t[::1] taps,
           Py_ssize_t window_height, Py_ssize_t stride, real[:, :, ::1] dx, int n_threads):
    """Fill ``dx``: each upstream gradient is added where its window had the maximum. ``taps``: offset of each tap."""
    cdef Py_ssize_t p
    for p in prange(douts.shape[0], nogil=True, schedule="static", num_threads=n_threads):
        unpool_plane(&douts[p, 0, 0], &where[p, 0, 0], &taps[0], window_height, stride, &dx[p, 0, 0], dx.shape[1],
                     dx.shape[2], douts.shape[1], douts.shape[2])


cdef void unpool_plane(
        const real *dout, const uint8_t *where, const Py_ssize_t *taps, Py_ssize_t window_height, Py_ssize_t stride,
        real *dx, Py_ssize_t height, Py_ssize_t line, Py_ssize_t out_height, Py_ssize_t out_width) noexcept nogil:
    """Fill one plane of ``dx``. Lines are set to zero just before a window first reaches them: still in the cache."""
    cdef Py_ssize_t row, column, end, begin = 0
    for row in range(out_height):
        end = height if row == out_height - 1 else row * stride + window_height
        memset(dx + begin * line, 0, (end - begin) * line * sizeof(real))
        begin = end
        for column in range(out_width):
            dx[(row * line + column) * stride + taps[where[column]]] += dout[column]
        dout += out_width
        where += out_width


# ---- Adam -----------------------------------------------------------------------------------------------------------

def adam(const real[::1] w, const real[::1] dw, real[::1] m, real[::1] v, real[::1] next_w, double beta1,
         double beta2, double rate, double scale, double epsilon, Py_ssize_t block, int n_threads):
    """Fill ``next_w`` and overwrite the averages ``m`` and ``v``, ``block`` entries at a time."""
    cdef Py_ssize_t b, first, n = w.shape[0]
    for b in prange((n + block - 1) // block, nogil=True, schedule="static", num_threads=n_threads):
        first = b * block
        if real is float:
            adam_block_float(min(block, n - first), &w[first], &dw[first], &m[first], &v[first], &next_w[first],
                             beta1, beta2, <float>rate, <float>scale, <float>epsilon)
        else:
            adam_block_double(min(block, n - first), &w[first], &dw[first], &m[first], &v[first], &next_w[first],
                              beta1, beta2, rate, scale, epsilon)
