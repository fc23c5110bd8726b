"""The compiled kernels: convolution and max pooling with the names and values of the layers, and a step of Adam.

Importing this module raises ``ImportError`` where the kernels are not built; ``nndl.fast_layers`` then takes the NumPy
versions. ``docs/fast-convolution.md`` explains how the kernels came to be what they are.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..layers._geometry import ConvSizes, PoolSizes, check_image_gradient, conv_sizes, pool_sizes
from . import digest, geometry, numpy_layers

# OpenMP's threads wait for more work by spinning, some milliseconds by default. Between two layers NumPy's own threads
# want the same cores, so let ours go to sleep early. It is read once, when the kernels load OpenMP.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

try:
    from . import _kernels_baseline  # type: ignore[attr-defined]  # no stubs
except (
    ImportError
):  # not built in this folder: those of the wheel, if it is installed and made of the same sources
    import nndl_kernels as compiled  # type: ignore[import-not-found]  # its folder is not on the path here

    if digest(Path(__file__).parent) != compiled.DIGEST:
        raise ImportError("the wheel nndl-kernels was made of other sources than these") from None
    _kernels_baseline = compiled.kernels("baseline")
    _kernels_avx2: Any = compiled.kernels("avx2")
else:
    try:
        from . import _kernels_avx2  # type: ignore[attr-defined, no-redef]  # no stubs
    except ImportError:  # another family of processors
        _kernels_avx2 = None

_kernels: Any = (
    _kernels_avx2 if _kernels_avx2 is not None and _kernels_avx2.runs_here() else _kernels_baseline
)

ADAM_BLOCK = 1 << 14  # entries of a parameter that a thread takes at a time
CHUNKS = 16  # groups of images whose weight gradients are summed separately; fixed, so that results are too

_forked = False


def _note_fork() -> None:
    """Remember that this process is a copy: OpenMP's threads stayed in the original, and waiting for them hangs."""
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def _threads(tasks: int) -> int:
    """Return how many threads to share out ``tasks`` to; follows ``OMP_NUM_THREADS`` and threadpoolctl."""
    return 1 if _forked else max(1, min(_kernels.threads(), tasks))


class ConvCache(NamedTuple):
    """What the backward pass of a convolution needs."""

    x: np.ndarray
    w: np.ndarray
    sizes: ConvSizes


class PoolCache(NamedTuple):
    """What the backward pass of a pooling needs; ``where`` counts the inputs of a window in row-major order."""

    where: np.ndarray
    shape: tuple[int, ...]
    sizes: PoolSizes


def conv_forward_fast(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """See :func:`nndl.fast_layers.conv_forward_fast`.

    Raises ``TypeError`` unless ``x``, ``w`` and ``b`` are all float32 or all float64.

    Weights that are not finite go to the NumPy layers: in the gradient of the input the kernels multiply weights with
    a border of zeros, and infinity times zero would put NaN where no output reads the input at all. The result does
    not depend on the number of threads.
    """
    sizes = conv_sizes(x, w, b, conv_param)
    _check_dtypes(x=x, w=w, b=b)
    if not np.isfinite(w).all():
        return numpy_layers.conv_forward_fast(x, w, b, conv_param)
    out = np.empty((len(x), len(w), sizes.out_height, sizes.out_width), x.dtype)
    if x.size == 0 or out.size == 0:
        out[...] = b[:, np.newaxis, np.newaxis]  # a sum of nothing
        return out, ConvCache(x, w, sizes)
    layout, plan = geometry.forward_plan(
        x.shape[1:], w.shape[2:], sizes.pad, sizes.stride, _kernels.lanes(x.itemsize)
    )
    _kernels.correlate(
        np.ascontiguousarray(x),
        layout,
        plan,
        geometry.pack_forward(w),
        np.pad(b, (0, -len(b) % geometry.FILTERS)),
        out,
        np.zeros((_threads(len(x)), layout.size), x.dtype),
    )
    return out, ConvCache(x, w, sizes)


def conv_backward_fast(
    dout: np.ndarray, cache: Any, *, need_dx: bool = True
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """See :func:`nndl.fast_layers.conv_backward_fast`.

    Raises ``TypeError`` unless ``dout`` has the dtype of ``x``.

    With ``need_dx=False``, ``dx`` is None, which saves half of the work: a network's first layer needs none. The sums
    over images are taken in an order that depends on the shapes alone, so the result does not depend on the number of
    threads.
    """
    if not isinstance(cache, ConvCache):
        return numpy_layers.conv_backward_fast(dout, cache, need_dx=need_dx)
    x, w, sizes = cache
    check_image_gradient(dout, len(x), len(w), sizes)
    _check_dtypes(dout=dout, x=x)
    if x.size == 0 or dout.size == 0:
        return np.zeros_like(x) if need_dx else None, np.zeros_like(w), dout.sum(axis=(0, 2, 3))

    image, kernel, filters = x.shape[1:], w.shape[2:], len(w)
    lanes = _kernels.lanes(x.itemsize)
    image_layout, _ = geometry.forward_plan(image, kernel, sizes.pad, sizes.stride, lanes)
    positions, taps = geometry.output_positions(image, kernel, sizes.pad, sizes.stride, lanes)
    dout_layout, plan = geometry.backward_plan(image, filters, kernel, sizes.pad, sizes.stride, lanes)

    group = geometry.FILTER_VECTORS * lanes
    padded_filters = -(-filters // group) * group
    chunks = max(1, min(CHUNKS, len(x), (x.size + dout.size) // (padded_filters * len(taps))))
    threads = _threads(chunks)
    dx = np.empty(x.shape if need_dx else (0, *image), x.dtype)
    dw = np.zeros((chunks, padded_filters * len(taps)), x.dtype)
    db = np.zeros((chunks, padded_filters), x.dtype)
    _kernels.backward(
        np.ascontiguousarray(x),
        np.ascontiguousarray(dout),
        image_layout,
        positions,
        taps,
        dout_layout,
        plan,
        geometry.pack_backward(w, sizes.stride),
        np.zeros(image[0] + geometry.FILTERS, x.dtype),
        dx,
        dw,
        db,
        np.zeros((threads, image_layout.size), x.dtype),
        np.zeros((threads, dout_layout.size), x.dtype),
        np.zeros((threads, padded_filters * len(positions)), x.dtype),
    )
    dw_sum = geometry.unpack_gradient(dw.sum(axis=0), w.shape, group)
    return dx if need_dx else None, dw_sum, db.sum(axis=0)[:filters]


def max_pool_forward_fast(x: np.ndarray, pool_param: dict[str, Any]) -> tuple[np.ndarray, Any]:
    """See :func:`nndl.fast_layers.max_pool_forward_fast`.

    The cache remembers where in its window each maximum was, in one byte; windows of more than 256 inputs go to the
    NumPy layers.
    """
    sizes = pool_sizes(x, pool_param)
    _check_dtypes(x=x)
    if sizes.height * sizes.width > 256:
        return numpy_layers.max_pool_forward_fast(x, pool_param)
    shape = (*x.shape[:2], sizes.out_height, sizes.out_width)
    out = np.empty(shape, x.dtype)
    where = np.empty(shape, np.uint8)
    if out.size:
        layout, plan = geometry.forward_plan(
            (1, *x.shape[2:]), (sizes.height, sizes.width), 0, sizes.stride, _kernels.lanes(x.itemsize)
        )
        planes = _as_planes(np.ascontiguousarray(x))
        room = np.zeros((_threads(len(planes)), layout.size), x.dtype)
        _kernels.pool(planes, layout, plan, _as_planes(out), _as_planes(where), room)
    return out, PoolCache(where, x.shape, sizes)


def max_pool_backward_fast(dout: np.ndarray, cache: Any) -> np.ndarray:
    """See :func:`nndl.fast_layers.max_pool_backward_fast`."""
    if not isinstance(cache, PoolCache):
        return numpy_layers.max_pool_backward_fast(dout, cache)
    where, shape, sizes = cache
    check_image_gradient(dout, shape[0], shape[1], sizes)
    _check_dtypes(dout=dout)
    dx = np.empty(shape, dout.dtype)
    if dx.size:
        taps = np.arange(sizes.height)[:, np.newaxis] * shape[3] + np.arange(sizes.width)
        planes = _as_planes(dx)
        _kernels.unpool(
            _as_planes(np.ascontiguousarray(dout)),
            _as_planes(where),
            taps.ravel().astype(np.intp),
            sizes.height,
            sizes.stride,
            planes,
            _threads(len(planes)),
        )
    return dx


def adam_step(
    w: np.ndarray,
    dw: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    *,
    learning_rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
) -> np.ndarray:
    """Return the next ``w``, and overwrite the averages ``m`` and ``v``; see :func:`nndl.fast.optim.fused_adam`.

    All arrays are contiguous, of one shape, and all float32 or all float64; none of them overlap.
    """
    _check_dtypes(w=w, dw=dw, m=m, v=v)
    next_w = np.empty_like(w)
    _kernels.adam(
        *(array.reshape(-1) for array in (w, dw, m, v, next_w)),
        beta1,
        beta2,
        learning_rate / (1 - beta1**t),
        1 / math.sqrt(1 - beta2**t),
        epsilon,
        ADAM_BLOCK,
        _threads(w.size // ADAM_BLOCK),
    )
    return next_w


def _as_planes(images: np.ndarray) -> np.ndarray:
    """View contiguous images (N, C, H, W) as planes (N * C, H, W)."""
    return images.reshape(-1, *images.shape[2:])


def _check_dtypes(**arrays: np.ndarray) -> None:
    """Raise ``TypeError`` unless all arrays are float32 or all are float64."""
    dtypes = {array.dtype for array in arrays.values()}
    if len(dtypes) > 1 or not dtypes <= {np.dtype(np.float32), np.dtype(np.float64)}:
        came = ", ".join(f"{name} is {array.dtype}" for name, array in arrays.items())
        raise TypeError(f"{' and '.join(arrays)} must be all float32 or all float64, but {came}")
