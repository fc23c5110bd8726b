"""The checks of dropout: the layer in both modes, its seeds, its way back, and the net that uses it.

Which units are dropped is chance. So a mask is judged by what holds for every right one, up to what chance explains
(`checks_masks`), and the gradient by the student's *own* mask. Only the check ``seeds`` asks for certain
numbers: which draws are made is part of the contract, since the course's known figures depend on it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import claim, close, keep, keeps_dtype, unchanged
from autograder.library.interface import Library

from .checks_masks import agreement, independence, like, share
from .checks_net import net_gradients, net_loss, net_scores

PASSES = 24
"""So many passes that even a mask of one draw for all units shows both of its values."""


DRAWS = 5
"""So many next numbers show the state of a generator."""


def _away_from_zero(draw: Draw, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Draw numbers of both signs at least 0.5 from 0, so that only a dropped unit can come out as 0."""
    x = draw.normal(*shape)
    return (x + np.copysign(0.5, x)).astype(dtype)


SETTINGS_CHANGED = "dropout_param was modified: its settings belong to the caller"


@check(
    points=8,
    parts=("values", "share", "independence", "form"),
    cases=(
        {"shape": (60, 50), "p": 0.25, "dtype": "float64"},
        {"shape": (1, 4000), "p": 0.8, "dtype": "float64"},
        {"shape": (30, 4, 5, 6), "p": 0.6, "dtype": "float32", "seeded": True},
        {"shape": (20, 30), "p": 1.0, "dtype": "float64"},
    ),
    tests=("dropout_forward",),
)
def forward_train(
    trial: Trial, *, shape: tuple[int, ...], p: float, dtype: str, seeded: bool = False
) -> Findings:
    """In training, `dropout_forward` keeps each unit with probability p and divides it by p, or sets it to 0."""
    x, param = _away_from_zero(trial.draw, shape, dtype), {"mode": "train", "p": p}
    if seeded:
        param["seed"] = trial.draw.seed()
    kept, kept_param = keep(trial.student, x=x), trial.student.put(param)
    trial.student.seed(trial.draw.seed())
    out = like(trial.student.dropout_forward(*kept, kept_param)[0], x, "the output of dropout_forward")
    stays = out != 0
    want = np.where(stays, x / p, 0).astype(dtype)
    pair = {"the output (0 where a unit is dropped)": (out, want)}
    yield from close(pair, part="values", context=f"p = {p:g}")
    yield share(stays, p)
    if p < 1:
        yield from independence(stays, p)
    yield keeps_dtype("form", "the output", out, x.dtype)
    yield from kept.unchanged("form")
    yield unchanged("form", "dropout_param", kept_param.fetch(), param, SETTINGS_CHANGED)


@check(
    points=4,
    parts=("output", "no draw"),
    cases=(
        {"shape": (7, 5), "p": 0.3, "dtype": "float64"},
        {"shape": (1, 4, 3), "p": 0.9, "dtype": "float32"},
    ),
    tests=("dropout_forward",),
)
def forward_test(trial: Trial, *, shape: tuple[int, ...], p: float, dtype: str) -> Findings:
    """At test time, `dropout_forward` returns its input as it is, and draws nothing."""
    x, param, seed = _away_from_zero(trial.draw, shape, dtype), {"mode": "test", "p": p}, trial.draw.seed()
    kept, kept_param = keep(trial.student, x=x), trial.student.put(param)
    trial.student.seed(seed)
    out = trial.student.dropout_forward(*kept, kept_param)[0]
    following = trial.student.random_numbers(DRAWS)
    yield from close({"the output": (out, x)}, part="output", context=f"p = {p:g}")
    yield keeps_dtype(
        "output",
        "the output",
        like(out, x, "the output of dropout_forward"),
        x.dtype,
    )
    yield from kept.unchanged("output")
    yield unchanged("output", "dropout_param", kept_param.fetch(), param, SETTINGS_CHANGED)

    trial.student.seed(seed)
    same = np.array_equal(following, trial.student.random_numbers(DRAWS))
    message = "random numbers were drawn at test time, where nothing may be random"
    yield claim("no draw", "NumPy's generator", same, message, expected="as before", actual="moved on")


@check(
    points=4,
    parts=("repeats", "draws"),
    cases=({"shape": (30, 40), "p": 0.5}, {"shape": (900,), "p": 0.3}),
    tests=("dropout_forward",),
)
def seeds(trial: Trial, *, shape: tuple[int, ...], p: float) -> Findings:
    """A seed makes the mask repeat; the mask is that of one `np.random.rand` for each entry, kept below p."""
    x = np.ones(shape)
    first, other = trial.draw.seed(), trial.draw.seed()

    def kept(lib: Library, **options: int) -> np.ndarray:
        out = like(lib.dropout_forward(x, {"mode": "train", "p": p, **options})[0], x, "the output")
        return out != 0

    trial.student.seed(other)
    seeded, different = kept(trial.student, seed=first), kept(trial.student, seed=other)
    free, next_free = kept(trial.student), kept(trial.student)
    same = np.array_equal(seeded, kept(trial.student, seed=first))
    message = "the same seed gave a different mask in the second call"
    yield claim("repeats", "same seed", same, message, expected="the same mask", actual="another mask")
    for label, a, b, said in (
        ("another seed", seeded, different, "the masks of two seeds are not independent"),
        ("no seed", free, next_free, "the masks of two calls without a seed are not independent"),
    ):
        finding = agreement("repeats", label, a, b, p, said)
        yield claim(
            "repeats", label, finding.passed, finding.message, expected="a mask of its own",
            actual="a mask of its own" if finding.passed else "much the same mask",
        )  # fmt: skip

    for options in ({"seed": first}, {}):
        for lib in trial.libraries:
            lib.seed(other)
        got, want = kept(trial.student, **options), kept(trial.reference, **options)
        after = np.array_equal(trial.student.random_numbers(DRAWS), trial.reference.random_numbers(DRAWS))
        said = "with a seed" if options else "without a seed, after np.random.seed"
        message = f"{said}: units are kept where one call of np.random.rand for the whole array is below p"
        yield claim(
            "draws", f"which units are kept {said}", np.array_equal(got, want), message,
            expected=want.astype(np.int64), actual=got.astype(np.int64),
        )  # fmt: skip
        message = f"{said}: one number is drawn for each entry of x, and no more"
        yield claim(
            "draws", f"what is drawn {said}", after, message, expected="one for each entry",
            actual="one for each entry" if after else "another number",
        )  # fmt: skip


@check(
    points=8,
    parts=("train", "test", "mode of the forward pass", "form"),
    cases=(
        {"shape": (12, 6), "p": 0.4, "dtype": "float64"},
        {"shape": (1, 80), "p": 0.6, "dtype": "float64"},
        {"shape": (5, 3, 4), "p": 0.5, "dtype": "float32"},
    ),
    tests=("dropout_backward",),
    borrows=("dropout_forward",),
)
def backward(trial: Trial, *, shape: tuple[int, ...], p: float, dtype: str) -> Findings:
    """`dropout_backward` sends the gradient through the mask of its own forward pass, and unchanged at test time."""
    x, dout = _away_from_zero(trial.draw, shape, dtype), _away_from_zero(trial.draw, shape, dtype)
    train, test = {"mode": "train", "p": p}, {"mode": "test", "p": p}
    context = f"p = {p:g}"

    dx = trial.student.dropout_backward(dout, trial.student.dropout_forward(x, test)[1])
    yield from close({"dx after a test pass": (dx, dout)}, part="test", context=context)

    # All forward passes first: a cache belongs to its own pass, not to the last one.
    trial.student.seed(trial.draw.seed())
    passes = [trial.student.dropout_forward(x, train) for _ in range(PASSES)]
    masks = _own_masks([out for out, _ in passes], x)
    got = [like(trial.student.dropout_backward(dout, cache), x, "dx") for _, cache in passes]
    label = f"dx after {PASSES} training passes, by the masks of your own forward passes"
    pair = {label: (np.stack(got), (dout * masks).astype(dtype))}
    yield from close(pair, part="train", context=context)

    kept, (out, cache) = keep(trial.student, dout=dout), passes[0]
    second = trial.student.dropout_backward(*kept, cache)
    yield from close({"dx of a second call": (second, got[0])}, part="form")
    yield from kept.unchanged("form")
    # The dtype of the student's own output is accepted, too: a wrong one costs points elsewhere.
    yield keeps_dtype("form", "dx", got[0], x.dtype, out.dtype)

    part, context = "mode of the forward pass", "dropout_param['mode'] was changed after the forward pass"
    for settings, other, want in ((train, "test", None), (test, "train", dout)):
        kept_settings = trial.student.put(settings)
        out, cache = trial.student.dropout_forward(x, kept_settings)
        want = (dout * _own_masks([out], x, must_differ=False)[0]).astype(dtype) if want is None else want
        kept_settings.update({"mode": other})
        dx = trial.student.dropout_backward(dout, cache)
        yield from close({f"dx after a {settings['mode']} pass": (dx, want)}, part=part, context=context)


def _own_masks(outs: list[Any], x: np.ndarray, *, must_differ: bool = True) -> np.ndarray:
    """Return what the student's forward passes have multiplied each entry of ``x`` by.

    Raises
    ------
    StudentError
        If that is not finite or, with ``must_differ``, the same everywhere.
    """
    masks = np.stack([like(out, x, "the output of dropout_forward") for out in outs]) / x
    if not np.isfinite(masks).all():
        raise StudentError("ValueError", "dropout_forward gives NaN or infinity: fix that first")
    # More than rounding: 3 * x / x is not always 3.
    if must_differ and np.ptp(masks) <= 1e-3 * np.abs(masks).max():
        message = "dropout_forward treats all units the same in every training pass: fix that first"
        raise StudentError("ValueError", message)
    return masks


CHECKS = (forward_train, forward_test, seeds, backward, net_scores, net_loss, net_gradients)
