# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The compiled loops of other people's ways to convolve. ``conv_designs.py`` builds this file when it needs it."""

import numpy as np

ctypedef fused real:
    float
    double


def unfold(const real[:, :, :, ::1] x, int height, int width, int stride):
    """Return all windows as columns: (C * height * width, H' * W' * N), images fastest."""
    cdef int n_images = x.shape[0], channels = x.shape[1]
    cdef int rows = (x.shape[2] - height) // stride + 1, columns = (x.shape[3] - width) // stride + 1
    cdef int c, i, j, row, column, n, tap
    out = np.empty((channels * height * width, rows * columns * n_images), np.asarray(x).dtype)
    cdef real[:, ::1] folded = out
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                tap = (c * height + i) * width + j
                for row in range(rows):
                    for column in range(columns):
                        for n in range(n_images):
                            folded[tap, (row * columns + column) * n_images + n] = (
                                x[n, c, row * stride + i, column * stride + j])
    return out


def fold(const real[:, ::1] columns_of_windows, shape, int height, int width, int stride):
    """Add the columns of :func:`unfold` to the places that their entries came from."""
    out = np.zeros(shape, np.asarray(columns_of_windows).dtype)
    cdef real[:, :, :, ::1] x = out
    cdef int n_images = x.shape[0], channels = x.shape[1]
    cdef int rows = (x.shape[2] - height) // stride + 1, columns = (x.shape[3] - width) // stride + 1
    cdef int c, i, j, row, column, n, tap
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                tap = (c * height + i) * width + j
                for row in range(rows):
                    for column in range(columns):
                        for n in range(n_images):
                            x[n, c, row * stride + i, column * stride + j] += (
                                columns_of_windows[tap, (row * columns + column) * n_images + n])
    return out


def fold_windows(const real[:, :, :, :, :, ::1] windows, shape, int stride):
    """Add windows (C, HH, WW, N, H', W') to the places that their entries came from."""
    out = np.zeros(shape, np.asarray(windows).dtype)
    cdef real[:, :, :, ::1] x = out
    cdef int n, c, i, j, row, column
    for n in range(windows.shape[3]):
        for c in range(windows.shape[0]):
            for i in range(windows.shape[1]):
                for j in range(windows.shape[2]):
                    for row in range(windows.shape[4]):
                        for column in range(windows.shape[5]):
                            x[n, c, row * stride + i, column * stride + j] += windows[c, i, j, n, row, column]
    return out


def direct(const real[:, :, :, ::1] x, const real[:, :, :, ::1] w, const real[::1] b, real[:, :, :, ::1] out,
           int stride):
    """Convolve padded images with seven plain loops; the innermost runs along a row of outputs."""
    cdef int n, f, c, i, j, row, column
    cdef real weight
    for n in range(out.shape[0]):
        for f in range(out.shape[1]):
            out[n, f, :, :] = b[f]
            for c in range(w.shape[1]):
                for i in range(w.shape[2]):
                    for j in range(w.shape[3]):
                        weight = w[f, c, i, j]
                        for row in range(out.shape[2]):
                            for column in range(out.shape[3]):
                                out[n, f, row, column] += weight * x[n, c, row * stride + i, column * stride + j]
