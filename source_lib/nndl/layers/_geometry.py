"""Checks of the arguments of convolution and pooling, and the sizes that follow from them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._support.validate import check_array, check_integer, check_key


class ConvSizes(NamedTuple):
    """Settings of a convolution and the size of its output images."""

    stride: int
    pad: int
    out_height: int
    out_width: int


class PoolSizes(NamedTuple):
    """Settings of a pooling and the size of its output images."""

    height: int
    width: int
    stride: int
    out_height: int
    out_width: int


def conv_sizes(x: Any, w: Any, b: Any, conv_param: Any) -> ConvSizes:
    """Check the arguments of a convolution; see ``conv_forward_naive`` for the rules and errors."""
    check_array("x", x, ndim=4)
    check_array("w", w, shape=(None, x.shape[1], None, None))
    check_array("b", b, shape=(w.shape[0],))
    stride = check_integer("conv_param['stride']", check_key("conv_param", conv_param, "stride"), minimum=1)
    pad = check_integer("conv_param['pad']", check_key("conv_param", conv_param, "pad"), minimum=0)
    height, width = x.shape[2] + 2 * pad, x.shape[3] + 2 * pad
    if not (1 <= w.shape[2] <= height and 1 <= w.shape[3] <= width):
        raise ValueError(
            f"w must have kernels from 1 x 1 up to the padded image's {height} x {width}, "
            f"but its shape is {w.shape}"
        )
    return ConvSizes(stride, pad, 1 + (height - w.shape[2]) // stride, 1 + (width - w.shape[3]) // stride)


def pool_sizes(x: Any, pool_param: Any) -> PoolSizes:
    """Check the arguments of a pooling; see ``max_pool_forward_naive`` for the rules and errors."""
    check_array("x", x, ndim=4)
    height, width, stride = (
        check_integer(f"pool_param[{key!r}]", check_key("pool_param", pool_param, key), minimum=1)
        for key in ("pool_height", "pool_width", "stride")
    )
    if height > x.shape[2] or width > x.shape[3]:
        raise ValueError(
            f"pool_param must have windows no larger than the image's {x.shape[2]} x {x.shape[3]}, "
            f"but got {height} x {width}"
        )
    out_height, out_width = 1 + (x.shape[2] - height) // stride, 1 + (x.shape[3] - width) // stride
    return PoolSizes(height, width, stride, out_height, out_width)


def check_image_gradient(dout: Any, n: int, channels: int, sizes: ConvSizes | PoolSizes) -> np.ndarray:
    """Return ``dout`` if it has the shape of the output that these sizes give."""
    return check_array("dout", dout, shape=(n, channels, sizes.out_height, sizes.out_width))
