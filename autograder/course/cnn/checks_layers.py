"""The checks of convolution and max pooling, written with loops and NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import close, keep, keeps_dtype, unpack
from autograder.judging.students_own_values import own_cache

FINISHED_MODULES = (
    "nndl/fast_layers.py",
    "nndl/fast/numpy_layers.py",
    "nndl/fast/cython_layers.py",
    "nndl/compat/im2col.py",
    "nndl/explore/cnn/convolution.py",
    "nndl/explore/cnn/receptive_field.py",
)
"""What the release holds of finished convolutions and poolings."""

FLOAT32, INPUTS, DOUT = "float32 kept", "inputs unchanged", "dout unchanged"
ONE_IMAGE, TIES_BROKEN, LEFT_OVER = "a batch of one", "ties", "rows and columns left over"
WIDE = "padding as wide as a filter"

Shape = tuple[int, int, int, int]


def _conv_case(
    part: str, x: Shape, w: Shape, stride: int, pad: int, dtype: str = "float64", **demand: str
) -> dict[str, Any]:
    return {"part": part, "x": x, "w": w, "stride": stride, "pad": pad, "dtype": dtype, **demand}


CONVOLUTIONS = (
    _conv_case("plain", (2, 3, 5, 7), (4, 3, 3, 2), 1, 0),
    _conv_case("plain", (3, 1, 4, 5), (2, 1, 1, 1), 1, 0),  # one number for a filter
    _conv_case("plain", (3, 2, 6, 4), (1, 2, 6, 4), 1, 0),  # one filter, a single window
    _conv_case(
        "plain", (4, 1, 6, 7), (3, 1, 2, 2), 1, 0
    ),  # square filters, for the message to code of these alone
    _conv_case("padding", (2, 3, 4, 6), (5, 3, 3, 2), 1, 1),
    _conv_case("padding", (4, 3, 2, 5), (6, 3, 6, 4), 1, 2),  # the filter is higher than the image
    _conv_case("stride", (2, 3, 7, 8), (4, 3, 3, 2), 2, 0),
    _conv_case("stride", (5, 2, 8, 7), (3, 2, 2, 1), 3, 0),
    _conv_case("together", (2, 3, 7, 6), (4, 3, 3, 4), 2, 1),
    _conv_case("together", (2, 1, 8, 7), (6, 1, 3, 5), 3, 2),
    # Real code often insists that the windows fit exactly. These two tell it apart from code that is wrong.
    _conv_case("stride", (3, 2, 8, 7), (4, 2, 3, 4), 2, 0, demand=LEFT_OVER),
    _conv_case("together", (2, 3, 6, 5), (4, 3, 2, 4), 3, 1, demand=LEFT_OVER),
    _conv_case("padding", (2, 3, 5, 4), (6, 3, 2, 3), 1, 1, "float32"),
    _conv_case("plain", (1, 2, 4, 6), (3, 2, 2, 3), 1, 0, demand=ONE_IMAGE),
)
# dx as a convolution of dout with the filters turned around is right code, and pads by the filter less the padding.
AS_WIDE = _conv_case("together", (3, 1, 7, 5), (4, 1, 2, 3), 3, 2)


def _draw_conv(draw: Draw, x: Shape, w: Shape, dtype: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw images, filters and biases."""
    images, filters, biases = draw.normal(*x), draw.normal(*w), draw.normal(w[0])
    return images.astype(dtype), filters.astype(dtype), biases.astype(dtype)


@check(
    points=5,
    parts=("plain", "padding", "stride", "together"),
    demands=(FLOAT32, INPUTS),
    cases=(*CONVOLUTIONS, AS_WIDE),
    wall=20.0,
    forbidden=FINISHED_MODULES,
    tests=("conv_forward_naive",),
)
def conv_forward(
    trial: Trial, *, part: str, x: Shape, w: Shape, stride: int, pad: int, dtype: str
) -> Findings:
    """`conv_forward_naive` slides filters over padded images, for any stride, padding and filter size."""
    images, filters, biases = _draw_conv(trial.draw, x, w, dtype)
    conv_param = {"stride": stride, "pad": pad}
    kept = keep(trial.student, x=images, w=filters, b=biases)
    got, _ = trial.student.conv_forward_naive(*kept, conv_param)
    want, _ = trial.reference.conv_forward_naive(images, filters, biases, conv_param)
    scale = float(np.abs(images).max() * np.abs(filters).max())
    context = f"for x {x}, w {w}, stride {stride}, pad {pad}"
    yield from close({"the output": (got, want)}, part=part, scale=scale, context=context)
    if dtype == "float32":
        yield keeps_dtype(FLOAT32, "the output", got, dtype)
        yield from kept.unchanged(INPUTS)


@check(
    points=8,
    parts=("dx", "dw", "db"),
    demands=(FLOAT32, DOUT),
    # So large that differences of the forward pass, one call for each pixel or each entry of a filter, take longer
    # than the limit. With many channels, but few windows and pixels, so that loops over these do not, and not even
    # over all pairs of a pixel and an output.
    cases=(
        *CONVOLUTIONS,
        {**AS_WIDE, "demand": WIDE},
        _conv_case("together", (5, 900, 12, 6), (2, 900, 4, 3), 5, 1),
        _conv_case("plain", (2, 40, 9, 8), (50, 40, 8, 7), 1, 0),
    ),
    wall=30.0,
    forbidden=FINISHED_MODULES,
    tests=("conv_backward_naive",),
    borrows=("conv_forward_naive",),
)
def conv_backward(
    trial: Trial, *, part: str, x: Shape, w: Shape, stride: int, pad: int, dtype: str
) -> Findings:
    """`conv_backward_naive` sends the gradient to the images, the filters and the biases."""
    arguments = _draw_conv(trial.draw, x, w, dtype)
    given = (*arguments, {"stride": stride, "pad": pad})
    _, right_cache = trial.reference.conv_forward_naive(*given)
    sizes = [1 + (x[i] + 2 * pad - w[i]) // stride for i in (2, 3)]
    dout = trial.draw.normal(x[0], w[0], *sizes).astype(dtype)
    cache = own_cache(trial.student, "conv_forward_naive", given, given)
    kept = keep(trial.student, dout=dout)
    names = ("dx", "dw", "db")
    want = unpack(trial.reference.conv_backward_naive(dout, right_cache), names, "conv_backward_naive")
    try:
        got = unpack(trial.student.conv_backward_naive(*kept, cache), names, "conv_backward_naive")
    except StudentError:
        if pad == 0 and dtype != "float32":
            yield from _with_padding(trial, given, names)
        raise
    largest = float(np.abs(dout).max())
    scales = {
        "dx": largest * float(np.abs(arguments[1]).max()),
        "dw": largest * float(np.abs(arguments[0]).max()),
    }
    context = f"for x {x}, w {w}, stride {stride}, pad {pad}"
    for name, mine, right in zip(names, got, want, strict=True):
        scale = scales.get(name, largest)
        yield from close({name: (mine, right)}, scale=scale, sizes={"N": x[0]}, context=context)
        if dtype == "float32":
            yield keeps_dtype(FLOAT32, name, mine, dtype)
    if dtype == "float32":
        yield from kept.unchanged(DOUT)


def _with_padding(trial: Trial, given: tuple[Any, ...], names: tuple[str, ...]) -> Findings:
    """Judge what has nothing to do with the padding where code stops for the lack of one, as a slice 0:-0 makes it do.

    The same images have a margin of their own there, which the padding takes the place of: dw and db are the same.
    """
    x, w, b, param = given
    inner = x[:, :, 1:-1, 1:-1].copy()
    arguments = (inner, w, b, {**param, "pad": 1})
    out, right_cache = trial.reference.conv_forward_naive(*arguments)
    dout = trial.draw.normal(*out.shape)
    cache = own_cache(trial.student, "conv_forward_naive", arguments, arguments)
    try:
        got = unpack(trial.student.conv_backward_naive(dout, cache), names, "conv_backward_naive")
    except StudentError:
        return
    want = unpack(trial.reference.conv_backward_naive(dout, right_cache), names, "conv_backward_naive")
    scale = float(np.abs(dout).max() * np.abs(x).max())
    for name, mine, right in list(zip(names, got, want, strict=True))[1:]:
        yield from close({name: (mine, right)}, scale=scale, context="with padding, as code stops without")


# --- pooling ---------------------------------------------------------------------------------------------------


def _pool_case(
    part: str, x: Shape, height: int, width: int, stride: int, dtype: str = "float64", **demand: str
) -> dict[str, Any]:
    return {
        "part": part,
        "x": x,
        "height": height,
        "width": width,
        "stride": stride,
        "dtype": dtype,
        **demand,
    }


POOLINGS = (
    _pool_case("apart", (2, 3, 4, 6), 2, 2, 2),
    _pool_case("apart", (4, 1, 8, 7), 2, 1, 3),  # gaps between windows
    _pool_case("apart", (3, 2, 4, 5), 4, 5, 1),  # a single window
    _pool_case("apart", (2, 4, 8, 9), 2, 3, 3, "float32"),
    _pool_case("overlapping", (2, 4, 5, 7), 3, 2, 1),
    _pool_case("overlapping", (3, 2, 7, 9), 3, 3, 2),
    _pool_case("apart", (1, 3, 6, 8), 3, 2, 3, demand=ONE_IMAGE),
    _pool_case("apart", (4, 1, 7, 5), 2, 1, 3, demand=LEFT_OVER),
    _pool_case("overlapping", (2, 3, 6, 8), 3, 3, 2, demand=LEFT_OVER),
)
TIES = (
    _pool_case("apart", (2, 3, 4, 6), 2, 2, 2, demand=TIES_BROKEN),
    _pool_case("apart", (4, 2, 8, 9), 2, 3, 3, demand=TIES_BROKEN),
)


@check(
    points=2,
    parts=("apart", "overlapping"),
    demands=(FLOAT32, INPUTS),
    cases=POOLINGS,
    wall=20.0,
    forbidden=FINISHED_MODULES,
    tests=("max_pool_forward_naive",),
)
def max_pool_forward(
    trial: Trial, *, part: str, x: Shape, height: int, width: int, stride: int, dtype: str
) -> Findings:
    """`max_pool_forward_naive` takes the largest entry of each window, channel by channel."""
    # Mostly negative, so that a window's maximum is rarely the 0 that an array begins with; and once surely.
    images = (trial.draw.normal(*x) - 1.5).astype(dtype)
    images[0, 0] = -np.abs(images[0, 0])
    pool_param = {"pool_height": height, "pool_width": width, "stride": stride}
    kept = keep(trial.student, x=images)
    got, _ = trial.student.max_pool_forward_naive(*kept, pool_param)
    want, _ = trial.reference.max_pool_forward_naive(images, pool_param)
    context = f"for x {x}, window {height} x {width}, stride {stride}"
    yield from close({"the output": (got, want)}, part=part, context=context)
    if dtype == "float32":
        yield keeps_dtype(FLOAT32, "the output", got, dtype)
        yield from kept.unchanged(INPUTS)


@check(
    points=3,
    parts=("apart", "overlapping"),
    demands=(FLOAT32, DOUT),
    cases=(*POOLINGS, *({**case, "tied": True} for case in TIES)),
    wall=20.0,
    forbidden=FINISHED_MODULES,
    tests=("max_pool_backward_naive",),
    borrows=("max_pool_forward_naive",),
)
def max_pool_backward(
    trial: Trial,
    *,
    part: str,
    x: Shape,
    height: int,
    width: int,
    stride: int,
    dtype: str,
    tied: bool = False,
) -> Findings:
    """`max_pool_backward_naive` sends each gradient to the maximum of its window, the first if several are equal."""
    images = trial.draw.normal(*x)
    if tied:
        images = np.maximum(np.round(images), 0.0)  # as after a ReLU: many equal entries, many zeros
    images = images.astype(dtype)
    given = (images, {"pool_height": height, "pool_width": width, "stride": stride})
    _, right_cache = trial.reference.max_pool_forward_naive(*given)
    shape = (*x[:2], 1 + (x[2] - height) // stride, 1 + (x[3] - width) // stride)
    dout = trial.draw.normal(*shape).astype(dtype)
    cache = own_cache(trial.student, "max_pool_forward_naive", given, given)
    kept = keep(trial.student, dout=dout)
    got = trial.student.max_pool_backward_naive(*kept, cache)
    want = trial.reference.max_pool_backward_naive(dout, right_cache)
    context = f"for x {x}, window {height} x {width}, stride {stride}"
    scale = float(np.abs(dout).max())
    yield from close({"dx": (got, want)}, part=part, scale=scale, context=context)
    if dtype == "float32":
        yield keeps_dtype(FLOAT32, "dx", got, dtype)
        yield from kept.unchanged(DOUT)
