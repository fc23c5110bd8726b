"""The checks of dropout: the layer in both modes, its seeds, its way back, and the net that uses it.

Which units are dropped is chance. So a mask is judged by what holds for every right one, up to what chance explains
(`checks_masks`), and the gradient by the student's *own* mask. Only the check ``seeds`` asks for certain
numbers: which draws are made is part of the contract, since the course's known figures depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Draw, Finding, Findings, Trial, check
from autograder.judging.compare import (
    claim,
    close,
    is_array,
    is_same,
    keep,
    keeps_dtype,
    unchanged,
    without_extra_axes,
)
from autograder.judging.students_own_values import with_lent_method_if_better
from autograder.library.interface import Library, RemoteObject
from nndl.diagnosis import agree

from .checks_masks import agreement, are_kept, independence, kept_and_dropped, like, share, where_draws_show
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
AXES, ONE_ROW = "any number of axes", "a batch of one"


@check(
    points=8,
    parts=("values", "share", "independence", "p = 1"),
    demands={
        "float32 kept": 2.0,  # dropout_forward has 16 points in three checks: with these its demands are a fifth
        "x unchanged": 0.1,
        "dropout_param unchanged": 0.1,
        ONE_ROW: 0.1,
        AXES: 0.1,
    },
    basis=("kept and dropped",),
    cases=(
        {"shape": (60, 50), "p": 0.25},
        {"shape": (45, 70), "p": 0.6, "dtype": "float32"},
        {"shape": (20, 30), "p": 1.0},
        {"shape": (1, 4000), "p": 0.8, "demand": ONE_ROW},
        {"shape": (30, 4, 5, 6), "p": 0.6, "demand": AXES},
    ),
    tests=("dropout_forward",),
)
def forward_train(trial: Trial, *, shape: tuple[int, ...], p: float, dtype: str = "float64") -> Findings:
    """In training, `dropout_forward` keeps each unit with probability p and divides it by p, or sets it to 0."""
    x, param = _away_from_zero(trial.draw, shape, dtype), {"mode": "train", "p": p}
    if dtype == "float32":
        param["seed"] = trial.draw.seed()
    kept, kept_param = keep(trial.student, x=x), trial.student.put(param)
    trial.student.seed(trial.draw.seed())
    came = trial.student.dropout_forward(*kept, kept_param)[0]
    out = like(came, x, "the output of dropout_forward")
    stays = are_kept(out)
    want = np.where(stays, x / p, 0).astype(dtype)
    if p == 1:
        yield from close({"the output for p = 1, which keeps all": (came, x)}, part="p = 1")
        return
    pair = {"the output (0 where a unit is dropped)": (came, want)}
    yield from close(pair, part="values", context=f"p = {p:g}")
    yield kept_and_dropped(stays)
    yield share(stays, p)
    drawn = where_draws_show(stays)
    if stays[drawn].size < stays.size:
        # One draw for several units: so few of them that a wrong share may come by chance. More passes make up for it.
        again = {name: value for name, value in param.items() if name != "seed"}
        passes = [
            are_kept(like(trial.student.dropout_forward(x, again)[0], x, "the output")) for _ in range(PASSES)
        ]
        yield share(np.stack([kept[drawn].ravel() for kept in passes]), p, f"draws in {PASSES} passes were")
    yield from independence(stays, p)
    if dtype == "float32":
        yield keeps_dtype("float32 kept", "the output", out, x.dtype)
        yield from kept.unchanged("x unchanged")
        after = kept_param.fetch()
        yield unchanged("dropout_param unchanged", "dropout_param", after, param, SETTINGS_CHANGED)


@check(
    points=4,
    parts=("output", "no draw"),
    demands=("float32 kept", "x unchanged", "dropout_param unchanged"),
    basis=("another mode than training",),
    cases=(
        {"shape": (7, 5), "p": 0.3},
        {"shape": (6, 8), "p": 0.9, "dtype": "float32"},
        {"shape": (1, 9), "p": 0.4, "demand": ONE_ROW},
        {"shape": (2, 4, 3), "p": 0.9, "demand": AXES},
    ),
    tests=("dropout_forward",),
)
def forward_test(trial: Trial, *, shape: tuple[int, ...], p: float, dtype: str = "float64") -> Findings:
    """At test time, `dropout_forward` returns its input as it is, and draws nothing."""
    x, param, seed = _away_from_zero(trial.draw, shape, dtype), {"mode": "test", "p": p}, trial.draw.seed()
    kept, kept_param = keep(trial.student, x=x), trial.student.put(param)
    trial.student.seed(seed)
    out = trial.student.dropout_forward(*kept, kept_param)[0]
    following = trial.student.random_numbers(DRAWS)
    want = x * p if _is_scaled_at_test_time(trial.student, x, out, p) else x
    (value,) = close({"the output": (out, want)}, part="output", context=f"p = {p:g}")
    yield value
    if dtype == "float32":
        yield keeps_dtype("float32 kept", "the output", out, x.dtype)
        yield from kept.unchanged("x unchanged")
        after = kept_param.fetch()
        yield unchanged("dropout_param unchanged", "dropout_param", after, param, SETTINGS_CHANGED)

    trial.student.seed(seed)
    same = is_same(following, trial.student.random_numbers(DRAWS))
    message = "random numbers were drawn at test time, where nothing may be random"
    yield claim("no draw", "NumPy's generator", same, message, expected="as before", actual="moved on")
    yield _differs_from_training(trial.student, x, value)


def _is_scaled_at_test_time(student: Library, x: np.ndarray, out: Any, p: float) -> bool:
    """Whether the test pass makes up for a training pass that leaves what it keeps as it is.

    That is dropout as it was first described. The training pass has cost its points; the test pass goes with it.
    """
    if not is_array(out, x.shape) or not agree(out, (x * p).astype(x.dtype)):
        return False
    try:
        trained = student.dropout_forward(x, {"mode": "train", "p": p})[0]
    except StudentError:
        return False
    if not is_array(trained, x.shape):
        return False
    stays = are_kept(trained)
    return bool(0 < stays.sum() < x.size) and agree(trained, np.where(stays, x, 0).astype(x.dtype))


def _differs_from_training(student: Library, x: np.ndarray, value: Finding) -> Finding:
    """Return whether a right output at test time is more than what the function gives back in any mode.

    Of a wrong output, ``value`` has said what is wrong, and nothing else is said here. A training pass that stops, as
    one that is not written, has nothing to do with the test pass.
    """
    try:
        out = student.dropout_forward(x, {"mode": "train", "p": 0.5})[0]
        alike = is_same(out, x)
    except StudentError:
        alike = False
    if not alike and not value.passed:
        return replace(value, part="another mode than training")
    message = "in training the function gives back its input as well, so this shows no work"
    return claim(
        "another mode than training", "training", not alike, message,
        expected="another output in training", actual="the same output" if alike else "another output",
    )  # fmt: skip


@check(
    points=4,
    parts=("repeats", "draws"),
    cases=({"shape": (30, 40), "p": 0.5}, {"shape": (36, 25), "p": 0.3}),
    tests=("dropout_forward",),
)
def seeds(trial: Trial, *, shape: tuple[int, ...], p: float) -> Findings:
    """A seed makes the mask repeat; the mask is that of one `np.random.rand` for each entry, kept below p."""
    x = np.ones(shape)
    first, other = trial.draw.seed(), trial.draw.seed()

    def kept(
        lib: Library, options: Mapping[str, int] | None = None, *, share: float = p, of: np.ndarray = x
    ) -> np.ndarray:
        out = like(
            lib.dropout_forward(of, {"mode": "train", "p": share, **(options or {})})[0], of, "the output"
        )
        return are_kept(out)

    trial.student.seed(other)
    probe = kept(trial.student, share=0.2)
    # One draw for several units, and p as the chance of dropping, cost the points of `forward_train`.
    drawn_once = where_draws_show(probe)
    turned = not share(probe[drawn_once], 0.2).passed and share(probe[drawn_once], 0.8).passed
    seeded, different = kept(trial.student, {"seed": first}), kept(trial.student, {"seed": other})
    free, next_free = kept(trial.student), kept(trial.student)
    same = np.array_equal(seeded, kept(trial.student, {"seed": first}))
    message = "the same seed gave a different mask in the second call"
    yield claim("repeats", "same seed", same, message, expected="the same mask", actual="another mask")
    for label, a, b, said in (
        ("another seed", seeded, different, "the masks of two seeds are not independent"),
        ("no seed", free, next_free, "the masks of two calls without a seed are not independent"),
    ):
        finding = agreement("repeats", label, a[drawn_once], b[drawn_once], p, said)
        yield claim(
            "repeats", label, finding.passed, finding.message, expected="a mask of its own",
            actual="a mask of its own" if finding.passed else "much the same mask",
        )  # fmt: skip

    for options in ({"seed": first}, None):
        came = []
        for lib in (trial.student, trial.student):
            lib.seed(other)
            came.append(kept(lib, options)[drawn_once])
        got, again = came
        due = []
        for asked in (p, 1 - p) if turned else (p,):
            trial.reference.seed(other)
            due.append(kept(trial.reference, options, share=asked, of=x[drawn_once]))
        due += [~due[0]] if turned else []
        # Draws from a normal distribution keep another share, which cost the points of `forward_train`.
        seed = (options or {}).get("seed", other)
        normal = np.random.RandomState(seed).standard_normal(x.shape)[drawn_once] < p
        is_normal = np.array_equal(got, normal)
        due += [normal] if is_normal else []
        want = next((mask for mask in due if np.array_equal(got, mask)), due[0])
        said = "with a seed" if options else "without a seed, after np.random.seed"
        message = f"{said}: units are kept where one call of np.random.rand for the whole array is below p"
        repeats = np.array_equal(got, again)
        yield claim(
            "draws", f"which units are kept {said}", np.array_equal(got, want), message,
            expected=want.astype(np.int64) if repeats else "the same units in every call",
            actual=got.astype(np.int64) if repeats else "other units in every call",
        )  # fmt: skip
        drawn = got.size if is_normal else _numbers_drawn(trial, seed, got.size)
        counted = "another number" if drawn is None else f"{drawn}"
        message = f"{said}: one number of np.random is drawn for each entry of x, here {x.size}, but it was {counted}"
        yield claim(
            "draws", f"how many numbers are drawn {said}", drawn == got.size, message,
            expected=got.size, actual="another number" if drawn is None else drawn,
        )  # fmt: skip


def _numbers_drawn(trial: Trial, seed: int, size: int) -> int | None:
    """Return how many numbers the last call took from NumPy's generator after this seed; None if it cannot be seen."""
    following = trial.student.random_numbers(DRAWS)
    trial.reference.seed(seed)
    stream = trial.reference.random_numbers(3 * size + DRAWS)
    starts = np.flatnonzero(stream == following[0])
    return next((int(n) for n in starts if is_same(following, stream[n : n + DRAWS])), None)


@check(
    points=8,
    parts=("train", "test"),
    # A net sets the mode before each forward pass, so a way back that reads it again is right there.
    demands=("mode of the forward pass", "float32 kept", "dout unchanged", "second call"),
    basis=("train",),
    cases=(
        {"shape": (12, 6), "p": 0.4},
        {"shape": (9, 7), "p": 0.5, "dtype": "float32"},
        {"shape": (1, 80), "p": 0.6, "demand": ONE_ROW},
        {"shape": (5, 3, 4), "p": 0.5, "demand": AXES},
    ),
    tests=("dropout_backward",),
    borrows=("dropout_forward",),
)
def backward(trial: Trial, *, shape: tuple[int, ...], p: float, dtype: str = "float64") -> Findings:
    """`dropout_backward` sends the gradient through the mask of its own forward pass, and unchanged at test time."""
    x, dout = _away_from_zero(trial.draw, shape, dtype), _away_from_zero(trial.draw, shape, dtype)
    masks = [(_keep_a_share(trial.draw, shape, p) / p).astype(dtype) for _ in range(PASSES)]
    seed = trial.draw.seed()

    def judged(lent: bool) -> Findings:
        trial.student.seed(seed)
        return _backward(trial.student, x, dout, p, masks if lent else None)

    # A forward pass that is unwritten or wrong has a check of its own: the documented cache takes its place.
    yield from with_lent_method_if_better(judged, lambda: True)


def _keep_a_share(draw: Draw, shape: tuple[int, ...], p: float) -> np.ndarray:
    """Draw which units are kept: some are, and some are not."""
    numbers = draw.normal(*shape)
    return np.asarray(numbers <= np.quantile(numbers, p))


def _backward(
    student: Library, x: np.ndarray, dout: np.ndarray, p: float, masks: list[np.ndarray] | None
) -> Findings:
    """Judge the gradients by the student's own forward passes, or by caches with these masks."""
    dtype, context = x.dtype, f"p = {p:g}"
    whose = "of the forward passes" if masks is None else "in the caches"

    def passes(settings: Any, count: int = 1) -> list[tuple[Any, Any]]:
        """Return what each of some forward passes gives, and its cache."""
        if masks is None:
            return [student.dropout_forward(x, settings) for _ in range(count)]
        mode = (settings if isinstance(settings, dict) else settings.fetch())["mode"]
        return [(x * m, (settings, m)) if mode == "train" else (x, (settings, None)) for m in masks[:count]]

    test, train = {"mode": "test", "p": p}, {"mode": "train", "p": p}
    # All forward passes first: a cache belongs to its own pass, not to the last one.
    trained = passes(train, PASSES)
    own = _own_masks([out for out, _ in trained], x)
    came = [_way_back(student, dout, cache, x.shape) for _, cache in trained]
    got = [like(dx, x, "dx") for dx in came]
    label = f"dx after {PASSES} training passes, by the masks {whose}"
    whole = np.stack(got).reshape(PASSES, *came[0].shape)  # with axes too many, if there are
    yield from close({label: (whole, (dout * own).astype(dtype))}, part="train", context=context)

    if dtype == np.float32:
        kept, (out, cache) = keep(student, dout=dout), trained[0]
        second = without_extra_axes(_way_back(student, kept["dout"], cache, x.shape), x.shape)
        yield from close({"dx of a second call": (second, got[0])}, part="second call")
        yield from kept.unchanged("dout unchanged")
        # The dtype of the student's own output is accepted, too: a wrong one costs points elsewhere.
        yield keeps_dtype("float32 kept", "dx", got[0], dtype, out.dtype)

    # After the training passes: code that stops where there is no mask loses what this is about, and no more.
    ((_, cache),) = passes(test)
    try:
        dx = _way_back(student, dout, cache, x.shape)
    except StudentError as failure:  # one line may serve both modes
        raise failure.when("after a test pass") from failure
    yield from close({"dx after a test pass": (dx, dout)}, part="test", context=context)

    part, context = "mode of the forward pass", "dropout_param['mode'] was changed after the forward pass"
    for settings, other in ((train, "test"), (test, "train")):
        kept_settings = student.put(settings)
        ((out, cache),) = passes(kept_settings)
        mask = _own_masks([out], x, must_differ=False)[0] if settings is train else 1.0
        kept_settings.update({"mode": other})
        dx = _way_back(student, dout, cache, x.shape)
        want = (dout * mask).astype(dtype)
        yield from close({f"dx after a {settings['mode']} pass": (dx, want)}, part=part, context=context)


def _way_back(student: Library, dout: Any, cache: Any, shape: tuple[int, ...]) -> Any:
    """Return the student's ``dx``, also where their own mask stands for several units at once.

    One draw for each feature is a mistake of the forward pass. The line of the release that holds ``dout`` against the
    shape of the mask stops there; with the mask written out for each unit, the way back is judged all the same.
    """
    try:
        return student.dropout_backward(dout, cache)
    except StudentError:
        written_out = _written_out(cache, shape)
        if written_out is None:
            raise
    return student.dropout_backward(dout, written_out)


def _written_out(cache: Any, shape: tuple[int, ...]) -> tuple[Any, np.ndarray] | None:
    if not isinstance(cache, RemoteObject):
        return None
    try:
        settings, mask = cache.fetch()
        stands_for_several = (
            is_array(mask, kinds="fbiu")
            and mask.shape not in ((), shape)
            and np.broadcast_shapes(mask.shape, shape) == shape
        )
    except (StudentError, TypeError, ValueError):  # no pair of settings and a mask like that
        return None
    return (settings, np.broadcast_to(mask, shape).copy()) if stands_for_several else None


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
