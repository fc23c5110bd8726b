"""The checks of batch and group normalization of images."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import (
    Kept,
    claim,
    close,
    close_to_any,
    is_array,
    keep,
    keeps_dtype,
    unchanged,
    unpack,
)
from nndl.diagnosis import agree

from .checks_layers import Shape
from .checks_norms_by_own_forward import (
    Gradients,
    Rows,
    channels,
    exchanged_layouts,
    groupings,
    own_gradients,
)

NAMES = ("dx", "dgamma", "dbeta")
FLOAT32, INPUTS, DOUT, ONE_IMAGE = "float32 kept", "inputs unchanged", "dout unchanged", "a batch of one"
BATCHES: tuple[dict[str, Any], ...] = (
    {"x": (2, 3, 4, 5), "dtype": "float64"},
    {"x": (3, 2, 6, 4), "dtype": "float64"},
    {"x": (4, 5, 1, 3), "dtype": "float64"},
    {"x": (3, 1, 4, 2), "dtype": "float64"},
    {"x": (1, 2, 3, 4), "dtype": "float64", "demand": ONE_IMAGE},
)
GROUPS: tuple[dict[str, Any], ...] = (
    {"x": (2, 6, 4, 5), "groups": 2, "dtype": "float64"},
    {"x": (4, 6, 2, 3), "groups": 3, "dtype": "float64"},
    {"x": (3, 4, 2, 5), "groups": 1, "dtype": "float64"},
    {"x": (2, 3, 4, 5), "groups": 3, "dtype": "float64"},
    {"x": (1, 4, 3, 5), "groups": 2, "dtype": "float64", "demand": ONE_IMAGE},
)


LARGE: Shape = (10, 6, 48, 40)
"""Differences of the forward pass, one call for each pixel of these images, take longer than the limit."""


def _draw_images(draw: Draw, x: Shape, dtype: str) -> np.ndarray:
    """Draw images whose channels differ in mean and spread, as do the images."""
    spread = np.exp(draw.normal(1, x[1], 1, 1, scale=0.5))
    images = draw.normal(*x) * spread + 2 * draw.normal(1, x[1], 1, 1) + draw.normal(x[0], 1, 1, 1)
    return np.asarray(images.astype(dtype))


def _draw_statistics(draw: Draw, channels: int, dtype: str) -> dict[str, np.ndarray]:
    return {
        "running_mean": draw.normal(channels).astype(dtype),
        "running_var": np.exp(draw.normal(channels, scale=0.5)).astype(dtype),
    }


@check(
    points=2,
    parts=("training", "running statistics", "test"),
    demands=(FLOAT32, INPUTS, "bn_param unchanged at test time"),
    cases=(*BATCHES, {"x": (2, 3, 6, 4), "dtype": "float32"}),
)
def spatial_batchnorm_forward(trial: Trial, *, x: Shape, dtype: str) -> Findings:
    """`spatial_batchnorm_forward` normalizes each channel over the batch, the rows and the columns."""
    gamma, beta = trial.draw.normal(x[1]).astype(dtype), trial.draw.normal(x[1]).astype(dtype)
    settings: dict[str, Any] = {
        "eps": trial.draw.uniform(1e-3, 1e-1),
        "momentum": trial.draw.uniform(0.3, 0.8),
    }
    my_dict, right_dict = (lib.put({"mode": "train", **settings}) for lib in trial.libraries)
    for call in ("first", "second"):  # the second call finds the statistics of the first one
        images = _draw_images(trial.draw, x, dtype)
        kept = keep(trial.student, x=images)
        got, _ = trial.student.spatial_batchnorm_forward(*kept, gamma, beta, my_dict)
        want, _ = trial.reference.spatial_batchnorm_forward(images, gamma, beta, right_dict)
        context = f"in the {call} training call, for x {x}"
        yield from close({"the output": (got, want)}, part="training", scale=1.0, context=context)
        if dtype == "float32":
            yield keeps_dtype(FLOAT32, "the output", got, dtype)
            yield from kept.unchanged(INPUTS)
        part = "running statistics"
        left, wanted = my_dict.fetch(), right_dict.fetch()
        for name in ("running_mean", "running_var"):
            label = f"bn_param[{name!r}]"
            stored = isinstance(left, dict) and name in left
            message = f"{label} is missing after a training call: store what test mode will need"
            yield claim(part, f"{label} stored", stored, message, expected="stored", actual="missing")
            if stored:
                pair = {label: (left[name], wanted[name])}
                yield from close(pair, part=part, scale=1.0, context=context)

    images, statistics = _draw_images(trial.draw, x, dtype), _draw_statistics(trial.draw, x[1], dtype)
    bn_param = {"mode": "test", "eps": settings["eps"], **statistics}
    given = trial.student.put(bn_param)
    got, _ = trial.student.spatial_batchnorm_forward(images, gamma, beta, given)
    want, _ = trial.reference.spatial_batchnorm_forward(images, gamma, beta, dict(bn_param))
    context = f"in test mode, for x {x}"
    scale = float(np.abs(images).max() / np.sqrt(statistics["running_var"].min()))
    yield from close({"the output": (got, want)}, part="test", scale=scale, context=context)
    left = given.fetch()
    for name, value in statistics.items() if dtype == "float32" else ():
        after = left.get(name) if isinstance(left, dict) else None
        message = (
            f"bn_param[{name!r}] was changed in test mode: only training calls move the running statistics"
        )
        part = "bn_param unchanged at test time"
        yield unchanged(part, f"bn_param[{name!r}]", after, value, message)


@check(
    points=3,
    parts=NAMES,
    demands=(DOUT,),
    cases=(*BATCHES, {"x": LARGE, "dtype": "float64"}),
    borrows=("spatial_batchnorm_forward",),
)
def spatial_batchnorm_backward(trial: Trial, *, x: Shape, dtype: str) -> Findings:
    """`spatial_batchnorm_backward` gives the gradients of a training call for x, gamma and beta."""
    # Spread out, so that a variance in place of its root is not a normalization: see `normalized_by`.
    images, dout = 4 * _draw_images(trial.draw, x, dtype), trial.draw.normal(*x)
    gamma, beta = trial.draw.normal(x[1]), trial.draw.normal(x[1])
    settings: dict[str, Any] = {"mode": "train", "eps": trial.draw.uniform(1e-3, 1e-1)}
    _, cache = trial.student.spatial_batchnorm_forward(images, gamma, beta, dict(settings))
    right_out, right = trial.reference.spatial_batchnorm_forward(images, gamma, beta, dict(settings))
    kept = keep(trial.student, dout=dout)
    got = unpack(trial.student.spatial_batchnorm_backward(*kept, cache), NAMES, "spatial_batchnorm_backward")

    def forward(*arrays: np.ndarray) -> Any:
        return trial.student.spatial_batchnorm_forward(*arrays, dict(settings))[0]

    wants = [trial.reference.spatial_batchnorm_backward(dout, right)]
    arrays = (images, gamma, beta)
    wants += _of_a_wrong_forward(forward, right_out, arrays, dout, channels(x))
    wants += _of_a_wrong_layout(forward, right_out, arrays, dout) if len(wants) == 1 else []
    yield from _gradients(got, wants, kept, x, settings["eps"])


def _of_a_wrong_forward(
    forward: Callable[..., Any],
    right: np.ndarray,
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray],
    dout: np.ndarray,
    partitions: Iterable[np.ndarray],
) -> list[Gradients]:
    """Return what is right for the student's own forward pass, where that differs from the right one."""
    if agree(forward(*arrays), right, rtol=1e-9, scale=1.0):
        return []
    return own_gradients(forward, *arrays, dout, partitions)


def _of_a_wrong_layout(
    forward: Callable[..., Any],
    right: np.ndarray,
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray],
    dout: np.ndarray,
) -> list[Gradients]:
    """Return what is right for a forward pass whose channels are mixed up on the way in, on the way out or on both."""
    images, gamma, beta = arrays
    out = forward(*arrays)
    if not is_array(out, images.shape) or agree(out, right, rtol=1e-9, scale=1.0):
        return []
    for to_rows, to_images, output_to_rows in exchanged_layouts(images.shape):

        def of_rows(
            rows: np.ndarray, *more: np.ndarray, made: Rows = to_images, taken: Rows = output_to_rows
        ) -> Any:
            return taken(forward(made(rows), *more))

        rows = to_rows(images)
        found = own_gradients(of_rows, rows, gamma, beta, output_to_rows(dout), channels(rows.shape))
        if found:
            return [(to_images(dx), dgamma, dbeta) for dx, dgamma, dbeta in found]
    return []


def _gradients(got: Any, wants: list[Any], kept: Kept, x: Shape, eps: float) -> Findings:
    scale, sizes = float(np.abs(kept.before["dout"]).max()), {"N": x[0], "H * W": x[2] * x[3]}
    right = [any(agree(got[i], want[i], scale=scale) for want in wants) for i in range(len(NAMES))]
    context = f"for x {x}, eps {eps:.3g}"
    if right[2] and not right[1]:  # the sum of dout alone is right: then its entries came, in some order
        context += "; dbeta is right: does each entry of dout meet the normalized one of its own place?"
    for i, name in enumerate(NAMES):
        values = [want[i] for want in wants]
        yield from close_to_any(name, got[i], values, part=name, scale=scale, sizes=sizes, context=context)
    if x[0] == 2:
        yield from kept.unchanged(DOUT)


@check(
    points=2,
    parts=("groups", "another eps"),
    demands=(FLOAT32, INPUTS, "gn_param unchanged", "mode ignored"),
    cases=(*GROUPS, {"x": (2, 4, 3, 5), "groups": 2, "dtype": "float32"}),
)
def spatial_groupnorm_forward(trial: Trial, *, x: Shape, groups: int, dtype: str) -> Findings:
    """`spatial_groupnorm_forward` normalizes each image over groups of neighbouring channels."""
    shape = (1, x[1], 1, 1)
    images = _draw_images(trial.draw, x, dtype)
    gamma, beta = trial.draw.normal(*shape).astype(dtype), trial.draw.normal(*shape).astype(dtype)
    kept = keep(trial.student, x=images)
    got, _ = trial.student.spatial_groupnorm_forward(*kept, gamma, beta, groups, {})
    want, _ = trial.reference.spatial_groupnorm_forward(images, gamma, beta, groups, {})
    context = f"for x {x}, G = {groups}"
    scale = float(np.abs(gamma).max() + np.abs(beta).max())
    yield from close({"the output": (got, want)}, part="groups", scale=scale, context=context)

    gn_param: dict[str, Any] = {"eps": trial.draw.uniform(0.05, 0.5)}
    given = trial.student.put(gn_param)
    got, _ = trial.student.spatial_groupnorm_forward(images, gamma, beta, groups, given)
    want, _ = trial.reference.spatial_groupnorm_forward(images, gamma, beta, groups, gn_param)
    label = "the output with another eps"
    yield from close({label: (got, want)}, part="another eps", scale=scale, context=context)
    if dtype != "float32":
        return
    yield keeps_dtype(FLOAT32, "the output", got, dtype)
    yield from kept.unchanged(INPUTS)
    message = "gn_param was changed: this layer has no running statistics to store"
    yield unchanged("gn_param unchanged", "gn_param", given.fetch(), gn_param, message)
    given = trial.student.put({**gn_param, "mode": "test"})
    got, _ = trial.student.spatial_groupnorm_forward(images, gamma, beta, groups, given)
    label = "the output in mode 'test'"
    yield from close({label: (got, want)}, part="mode ignored", scale=scale, context=context)


@check(
    points=3,
    parts=NAMES,
    demands=(DOUT,),
    cases=(*GROUPS, {"x": LARGE, "groups": 3, "dtype": "float64"}),
    borrows=("spatial_groupnorm_forward",),
)
def spatial_groupnorm_backward(trial: Trial, *, x: Shape, groups: int, dtype: str) -> Findings:
    """`spatial_groupnorm_backward` gives the gradients for x, gamma and beta."""
    shape = (1, x[1], 1, 1)
    images, dout = 4 * _draw_images(trial.draw, x, dtype), trial.draw.normal(*x)
    gamma, beta = trial.draw.normal(*shape), trial.draw.normal(*shape)
    gn_param = {"eps": trial.draw.uniform(1e-3, 1e-1)}
    _, cache = trial.student.spatial_groupnorm_forward(images, gamma, beta, groups, gn_param)
    right_out, right = trial.reference.spatial_groupnorm_forward(images, gamma, beta, groups, gn_param)
    kept = keep(trial.student, dout=dout)
    got = unpack(trial.student.spatial_groupnorm_backward(*kept, cache), NAMES, "spatial_groupnorm_backward")

    def forward(*arrays: np.ndarray) -> Any:
        return trial.student.spatial_groupnorm_forward(*arrays, groups, gn_param)[0]

    wants = [trial.reference.spatial_groupnorm_backward(dout, right)]
    wants += _of_a_wrong_forward(forward, right_out, (images, gamma, beta), dout, groupings(x, groups))
    yield from _gradients(got, wants, kept, x, gn_param["eps"])
