"""The designs that ``conv.py`` compares the kernels with, each written for this benchmark from its description.

``CS231n``: the usual design in courses. All windows of the whole batch become the columns of one matrix, the
convolution is one matrix product, and compiled loops add the gradient of the matrix back into the image. Its max
pooling reshapes if the windows tile the image, and otherwise also uses columns.
"""

from __future__ import annotations

import importlib.util
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

Arrays = tuple[np.ndarray, ...]


@cache
def compiled() -> Any:
    """Return the Cython loops, built in a temporary folder; raise ``ImportError`` if that fails."""
    from setuptools import Extension
    from setuptools.dist import Distribution

    try:
        from Cython.Build import cythonize
    except ImportError as error:
        raise ImportError("Cython is missing") from error
    folder = tempfile.mkdtemp(prefix="nndl-benchmark-")
    source = Path(__file__).with_suffix(".pyx")
    module = Extension("conv_designs_loops", [str(source)], extra_compile_args=["-O3"])
    try:
        modules = cythonize([module], build_dir=folder, quiet=True)
        command = Distribution({"ext_modules": modules}).get_command_obj("build_ext")
        command.build_lib = command.build_temp = folder
        command.ensure_finalized()
        command.run()
        [built] = Path(folder).glob("conv_designs_loops*.so")
    except BaseException as error:  # distutils ends failed builds with SystemExit
        raise ImportError(f"the loops could not be built: {error}") from error
    spec = importlib.util.spec_from_file_location("conv_designs_loops", built)
    assert spec is not None
    assert spec.loader is not None
    loops = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loops)
    return loops


def _pad(x: np.ndarray, pad: int) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))


class CS231n:
    """The design of CS231n; arguments and results as in ``nndl.fast_layers``."""

    @staticmethod
    def conv_forward_fast(
        x: np.ndarray, w: np.ndarray, b: np.ndarray, param: dict[str, int]
    ) -> tuple[Any, Any]:
        """Convolve with one matrix product."""
        n, channels = x.shape[:2]
        filters, _, height, width = w.shape
        stride, padded = param["stride"], _pad(x, param["pad"])
        rows, columns = (
            (size - k) // stride + 1 for size, k in zip(padded.shape[2:], (height, width), strict=True)
        )
        image, plane, line, step = padded.strides
        windows = as_strided(
            padded,
            (channels, height, width, n, rows, columns),
            (plane, line, step, image, stride * line, stride * step),
        )
        matrix = np.ascontiguousarray(windows).reshape(channels * height * width, n * rows * columns)
        product = w.reshape(filters, -1) @ matrix + b[:, np.newaxis]
        out = np.ascontiguousarray(product.reshape(filters, n, rows, columns).transpose(1, 0, 2, 3))
        return out, (x.shape, w, param, matrix)

    @staticmethod
    def conv_backward_fast(dout: np.ndarray, cached: Any) -> Arrays:
        """Multiply back and fold."""
        (n, channels, h, wide), w, param, matrix = cached
        filters, _, height, width = w.shape
        pad = param["pad"]
        upstream = dout.transpose(1, 0, 2, 3).reshape(filters, -1)
        dw = (upstream @ matrix.T).reshape(w.shape)
        windows = (w.reshape(filters, -1).T @ upstream).reshape(channels, height, width, n, *dout.shape[2:])
        shape = (n, channels, h + 2 * pad, wide + 2 * pad)
        padded = compiled().fold_windows(windows, shape, param["stride"])
        return padded[:, :, pad : pad + h, pad : pad + wide], dw, dout.sum(axis=(0, 2, 3))

    @staticmethod
    def max_pool_forward_fast(x: np.ndarray, param: dict[str, int]) -> tuple[np.ndarray, Any]:
        """Reshape if the windows tile the image, otherwise unfold."""
        n, channels, h, wide = x.shape
        height, width, stride = param["pool_height"], param["pool_width"], param["stride"]
        if height == width == stride and h % height == 0 and wide % width == 0:
            split = x.reshape(n, channels, h // height, height, wide // width, width)
            out = split.max(axis=3).max(axis=4)
            return out, (x, split, out, None)
        matrix = compiled().unfold(x.reshape(n * channels, 1, h, wide), height, width, stride)
        first = matrix.argmax(axis=0)
        largest = matrix[first, np.arange(matrix.shape[1])]
        rows, columns = (h - height) // stride + 1, (wide - width) // stride + 1
        out = largest.reshape(rows, columns, n, channels).transpose(2, 3, 0, 1)
        return out, (x, matrix, first, (height, width, stride))

    @staticmethod
    def max_pool_backward_fast(dout: np.ndarray, cached: Any) -> np.ndarray:
        """Share the gradient among equal maxima, or fold."""
        x, inputs, largest, window = cached
        if window is None:
            dx = np.zeros_like(inputs)
            mask = inputs == largest[:, :, :, np.newaxis, :, np.newaxis]
            spread = np.broadcast_to(dout[:, :, :, np.newaxis, :, np.newaxis], dx.shape)
            dx[mask] = spread[mask]
            dx /= mask.sum(axis=(3, 5), keepdims=True)
            return dx.reshape(x.shape)
        height, width, stride = window
        columns = np.zeros_like(inputs)
        columns[largest, np.arange(columns.shape[1])] = dout.transpose(2, 3, 0, 1).ravel()
        n, channels, h, wide = x.shape
        return compiled().fold(columns, (n * channels, 1, h, wide), height, width, stride).reshape(x.shape)


def python_loops(x: np.ndarray, w: np.ndarray, b: np.ndarray, param: dict[str, int]) -> np.ndarray:
    """Convolve with four Python loops, one window and one filter at a time."""
    stride, padded = param["stride"], _pad(x, param["pad"])
    filters, _, height, width = w.shape
    rows, columns = (
        (size - k) // stride + 1 for size, k in zip(padded.shape[2:], (height, width), strict=True)
    )
    out = np.empty((len(x), filters, rows, columns), x.dtype)
    for n in range(len(x)):
        for f in range(filters):
            for i in range(rows):
                for j in range(columns):
                    top, left = i * stride, j * stride
                    window = padded[n, :, top : top + height, left : left + width]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out


def compiled_loops(x: np.ndarray, w: np.ndarray, b: np.ndarray, param: dict[str, int]) -> np.ndarray:
    """Convolve with plain loops in compiled code."""
    stride, padded = param["stride"], _pad(x, param["pad"])
    rows, columns = ((size - k) // stride + 1 for size, k in zip(padded.shape[2:], w.shape[2:], strict=True))
    out = np.empty((len(x), len(w), rows, columns), x.dtype)
    compiled().direct(padded, w, b, out, stride)
    return out
