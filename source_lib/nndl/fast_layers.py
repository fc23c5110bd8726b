"""Fast convolution and max pooling: the values of the naive layers, without their Python loops.

The Cython kernels in ``nndl.fast`` do the work if they have been built, else NumPy does (as always for dtypes
other than float32 and float64); nothing but speed depends on it. :func:`backend` says which one it is. Caches
belong to the pair of functions that made them: they cannot be exchanged with those of the naive layers.
"""

from __future__ import annotations

import sys
from functools import cache as run_once
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ._support.validate import check_array
from .fast import BUILD, numpy_layers
from .layers import relu_backward, relu_forward
from .layers._geometry import conv_sizes, pool_sizes

try:
    from .fast import cython_layers
except ImportError:
    cython_layers = None  # type: ignore[assignment]

__all__ = [
    "backend",
    "conv_backward_fast",
    "conv_forward_fast",
    "conv_relu_pool_backward_fast",
    "conv_relu_pool_forward_fast",
    "max_pool_backward_fast",
    "max_pool_forward_fast",
]


def backend() -> str:
    """Return what computes the fast layers: ``"cython"`` or ``"numpy"``."""
    return "numpy" if cython_layers is None else "cython"


def conv_forward_fast(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Convolve; arguments, output and errors are those of :func:`nndl.layers.conv_forward_naive`.

    The cache is private to :func:`conv_backward_fast`.
    """
    conv_sizes(x, w, b, conv_param)
    dtype = np.result_type(x, w, b)
    x, w, b = (array.astype(dtype, copy=False) for array in (x, w, b))
    out, cache = _layers(dtype).conv_forward_fast(x, w, b, conv_param)
    return out, (dtype, cache)


def conv_backward_fast(
    dout: np.ndarray, cache: Any, *, need_dx: bool = True
) -> tuple[Any, np.ndarray, np.ndarray]:
    """Backpropagate through :func:`conv_forward_fast`; see :func:`nndl.layers.conv_backward_naive`.

    ``dout`` is cast to the dtype of the forward's output, and all three gradients have it. With
    ``need_dx=False``, ``dx`` is None, which saves about half of the work: nothing is trained in front of a
    network's first layer.
    """
    dtype, inner = cache
    dout = check_array("dout", dout, ndim=4).astype(dtype, copy=False)
    return _layers(dtype).conv_backward_fast(dout, inner, need_dx=need_dx)


def max_pool_forward_fast(x: np.ndarray, pool_param: dict[str, Any]) -> tuple[np.ndarray, Any]:
    """Pool; arguments, output and errors are those of :func:`nndl.layers.max_pool_forward_naive`.

    The cache is private to :func:`max_pool_backward_fast`.
    """
    pool_sizes(x, pool_param)
    out, cache = _layers(x.dtype).max_pool_forward_fast(x, pool_param)
    return out, (x.dtype, cache)


def max_pool_backward_fast(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Backpropagate through :func:`max_pool_forward_fast`; see :func:`nndl.layers.max_pool_backward_naive`.

    Here too each window's gradient goes to its first maximum in row-major order. ``dout`` is cast to the
    dtype of ``x``, and ``dx`` has it.
    """
    dtype, inner = cache
    dout = check_array("dout", dout, ndim=4).astype(dtype, copy=False)
    return _layers(dtype).max_pool_backward_fast(dout, inner)


def conv_relu_pool_forward_fast(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any], pool_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Compute what :func:`nndl.layer_utils.conv_relu_pool_forward` does, to the last bit, in less time.

    The order is another one. Rectifying grows with its argument, so the maximum of rectified values is the
    rectified maximum, and pooling first leaves only one value per window to rectify. The gradient is the same,
    too: a window passes it to its maximum if that is positive, and to nothing otherwise.
    """
    out, conv_cache = conv_forward_fast(x, w, b, conv_param)
    out, pool_cache = max_pool_forward_fast(out, pool_param)
    out, relu_cache = relu_forward(out)
    return out, (conv_cache, pool_cache, relu_cache)


def conv_relu_pool_backward_fast(
    dout: np.ndarray, cache: Any, *, need_dx: bool = True
) -> tuple[Any, np.ndarray, np.ndarray]:
    """Backpropagate through :func:`conv_relu_pool_forward_fast`; returns ``(dx, dw, db)``."""
    conv_cache, pool_cache, relu_cache = cache
    dout = max_pool_backward_fast(relu_backward(dout, relu_cache), pool_cache)
    return conv_backward_fast(dout, conv_cache, need_dx=need_dx)


def _layers(dtype: np.dtype) -> ModuleType:
    """Return the implementation for arrays of this dtype; the kernels know float32 and float64."""
    if cython_layers is None:
        _say_how_to_build()
        return numpy_layers
    return cython_layers if dtype in (np.float32, np.float64) else numpy_layers


@run_once
def _say_how_to_build() -> None:
    own = Path(__file__).resolve().parent
    folders = (Path(folder or ".", "nndl").resolve() for folder in sys.path)
    other = next((f for f in folders if f != own and any(f.glob("fast/_kernels_baseline*.*[od]"))), None)
    where = f" The kernels in {other} are not those of {own}, which this notebook uses." if other else ""
    print(
        f"nndl.fast_layers runs on NumPy.{where} For the faster Cython kernels, run `{BUILD}` in {own.parent} and "
        "restart Python.",
        file=sys.stderr,
    )
