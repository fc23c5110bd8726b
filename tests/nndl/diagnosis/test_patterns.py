"""Every pattern is recognised where it is planted, and never in wrong values that do not have it."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from nndl.diagnosis import compare

SHAPES = ((7,), (5, 5), (6, 4), (2, 3), (3, 4, 5), (2, 3, 5, 5), (3, 2, 4, 6), (12, 10))
SAYS_NOTHING = {"value", "entries"}


def draw(rng, shape=None):
    """Draw right values as they come in practice: of any size, sometimes with zeros, sometimes positive."""
    if shape is None:
        shape = SHAPES[rng.integers(len(SHAPES))]
    want = rng.normal(size=shape) * 10.0 ** rng.integers(-4, 3)
    if rng.random() < 0.2:
        want = np.maximum(want, 0)
    if rng.random() < 0.2:
        want = np.abs(want) + 0.1
    return want


def shifted(want, axis):
    got = np.zeros_like(want)
    ahead, behind = [slice(None)] * want.ndim, [slice(None)] * want.ndim
    ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
    got[tuple(ahead)] = want[tuple(behind)]
    return got


def one_wrong(want, where, value=1.0):
    got = want.copy()
    got[where] += value * (1 + np.arange(got[where].size).reshape(got[where].shape))
    return got


def two_changed(want, change):
    """Change two entries that do not lie together."""
    got = want.copy()
    for place in ((1, 2), (4, 0)):
        got[place] = change(want[place])
    return got


IMAGES, MATRIX, SQUARE, VECTOR = (2, 3, 5, 5), (6, 4), (5, 5), (7,)
# name: shape of the right value, what is done to it, kind, words
PLANTED: dict[str, tuple[tuple[int, ...], Callable[[np.ndarray], np.ndarray], str, str]] = {
    "transposed": (SQUARE, lambda w: w.T, "transpose", "rows and columns are exchanged"),
    "height and width exchanged": (IMAGES, lambda w: w.swapaxes(2, 3), "transpose", "axes 2 and 3"),
    "rows reversed": (MATRIX, lambda w: w[::-1], "order", "flipped: its rows are in reverse order"),
    "columns reversed": (MATRIX, lambda w: w[:, ::-1], "order", "flipped: its columns"),
    "kernel flipped in one axis": (IMAGES, lambda w: w[:, :, ::-1], "order", "flipped: its slices [:, :, i, :]"),
    "rows permuted": (MATRIX, lambda w: w[[1, 0, 2, 5, 4, 3]], "order", "rows in another order: [1, 0, 2, 5, 4, 3]"),
    "rolled": (MATRIX, lambda w: np.roll(w, 2, axis=0), "order", "rows moved on: the first is number 4"),
    "one row for all": (MATRIX, lambda w: np.tile(w[2], (6, 1)), "order", "number 2 of the right rows in the place"),
    "reshape without transpose": (
        (3, 2, 4, 6), lambda w: w.transpose(0, 2, 3, 1).reshape(3, 2, 4, 6), "order", "right numbers in other places",
    ),
    "shifted by a pixel": (IMAGES, lambda w: shifted(w, 3), "shift", "by one pixel: +1 along axis 3"),
    "one step late": (VECTOR, lambda w: shifted(w, 0), "shift", "by one place: +1 along axis 0"),
    "sum for mean": (MATRIX, lambda w: 6 * w, "factor", "N = 6 times too large: was the mean over the batch left out?"),
    "mean for sum": (MATRIX, lambda w: w / 6, "factor", "N = 6 times too small"),
    "mean over all": (MATRIX, lambda w: w / 24, "factor", "24 times too small, which is N * D"),
    "N - 1": (MATRIX, lambda w: w * 1.2, "factor", "1.2 times too large, which is N / (N - 1)"),
    "one scale": (MATRIX, lambda w: 1.7 * w, "factor", "1.7 times too large"),
    "scale of columns": (MATRIX, lambda w: w * [1.0, 2.0, -3.0, 0.5], "factor", "in each column: 1, 2, -3, 0.5"),
    "scale of channels": (IMAGES, lambda w: w * [[[1.0]], [[2]], [[4]]], "factor", "slice along axis 1"),
    "sign": (MATRIX, lambda w: -w, "sign", "wrong sign"),
    "constant": (MATRIX, lambda w: w + np.ptp(w), "offset", "off by the same constant"),
    "bias of columns": (MATRIX, lambda w: w + np.ptp(w) * np.arange(1, 5), "offset", "constant in each column"),
    "bias of rows": (MATRIX, lambda w: w + np.ptp(w) * np.arange(1, 7)[:, None], "offset", "constant in each row"),
    "square": (MATRIX, np.square, "function", "the square of the right value"),
    "absolute value": (MATRIX, np.abs, "function", "the absolute value of the right value"),
    "affine": (MATRIX, lambda w: 0.3 * w + np.ptp(w), "function", "0.3 times the right value, plus"),
    "all the same": (MATRIX, lambda w: np.full_like(w, 0.25), "place", "all its entries are the same number"),
    "one row everywhere": (MATRIX, lambda w: np.tile(w[0] + w[1], (6, 1)), "place", "the same numbers in every row"),
    "no image": (IMAGES, lambda w: w * 0 + w.sum((0, 2, 3), keepdims=True), "place", "not vary along axis 0 and 2"),
    "saturated": (MATRIX, lambda w: np.where(w < 0, 7.25, 2 * w + 1), "place", "of them are exactly 7.25"),
    "two mirrored": (MATRIX, lambda w: two_changed(w, lambda e: 1 - e), "place", "they are 1 minus the right ones"),
    "border": (
        IMAGES,
        lambda w: one_wrong(one_wrong(one_wrong(w, np.s_[:, :, 0]), np.s_[:, :, -1]), np.s_[..., 0]),
        "place",
        "wrong at the border of the images only: look at the padding",
    ),
    "a side": (IMAGES, lambda w: one_wrong(w, np.s_[..., -1]), "place", "wrong in the last column of the images only"),
    "two sides": (
        IMAGES,
        lambda w: one_wrong(one_wrong(w, np.s_[:, :, -1]), np.s_[..., -1]),
        "place",
        "wrong in the last row and the last column of the images only: look at the windows there",
    ),
    "inside": (IMAGES, lambda w: one_wrong(w, np.s_[:, :, 1:-1, 1:-1]), "place", "right at the border of the images"),
    "one row": (MATRIX, lambda w: one_wrong(w, np.s_[2]), "place", "wrong in row 2 only"),
    "first row right": (MATRIX, lambda w: one_wrong(w, np.s_[1:]), "place", "right in row 0 only"),
    "one channel": (IMAGES, lambda w: one_wrong(w, np.s_[:, 1]), "place", "wrong in [:, 1, :, :] only"),
    "from a step on": (VECTOR, lambda w: one_wrong(w, np.s_[3:]), "place", "right up to [2] and wrong from [3] on"),
    "negative lost": (
        (12, 10), lambda w: np.where(w < 0, 1.5 * w + 0.1 * w**2, w), "place", "those that should be negative",
    ),
    "signs": (
        (12, 10), lambda w: np.where(np.arange(10) % 3 == np.arange(12)[:, None] % 2, -w, w), "place", "right size",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("seed", range(3))
def test_a_planted_pattern_is_said(name, seed):
    shape, mistake, kind, words = PLANTED[name]
    want = np.random.default_rng(seed).normal(size=shape)
    found = compare(mistake(want), want, "dw", sizes={"N": 6, "D": 4})
    assert found.kind == kind, found.message
    assert words in found.message


def test_a_factor_of_what_was_rounded_away_is_not_told():
    want = np.random.default_rng(0).normal(size=(2, 7))
    assert "times too" in compare(1e7 * want, want, "dx").message
    assert "times too" not in compare(1e10 * want, want, "dx").message
    assert "times too" not in compare(1e-10 * want, want, "dx").message


@pytest.mark.parametrize("axes", [(1, 0, 2), (2, 0, 1), (0, 2, 1)])
def test_right_numbers_in_another_shape(axes):
    want = np.random.default_rng(0).normal(size=(3, 4, 5))
    found = compare(want.transpose(axes), want)
    assert "it holds the right numbers with the axes in the order" in found.message
    assert str(axes) in found.message


def test_an_axis_of_length_one():
    want = np.random.default_rng(0).normal(size=5)
    assert "an axis of length 1 is superfluous" in compare(want[None], want).message
    assert "an axis of length 1 is missing" in compare(want, want[None]).message


@pytest.mark.parametrize(
    ("sizes", "asked"), [({"N": 5, "C": 5}, False), ({"N": 2}, False), ({"N": 5, "C": 3}, True)]
)
def test_no_question_about_the_batch_where_the_factor_may_come_from_elsewhere(sizes, asked):
    want = np.random.default_rng(0).normal(size=(5, 4))
    factor = sizes["N"]
    for got in (want * factor, want / factor):
        assert ("batch" in compare(got, want, sizes=sizes).message) == asked


def wrong_values(rng, want):
    """Draw wrong values without a pattern: other numbers, noise on all, or noise on some entries."""
    way = rng.integers(4)
    noise = rng.normal(size=want.shape) * (np.abs(want).max() or 1)
    if way == 0:
        return noise
    if way == 1:
        return want + noise
    if way == 2:
        return want * (1 + 0.3 * rng.normal(size=want.shape)) + 0.1 * noise
    return np.where(rng.random(want.shape) < rng.uniform(0.1, 0.9), want + noise, want)


def test_wrong_values_without_a_pattern_get_none():
    rng, said = np.random.default_rng(0), []
    for _ in range(2000):
        want = draw(rng)
        got = wrong_values(rng, want)
        found = compare(got, want, "dw", sizes={"N": 5, "D": 4, "C": 3})
        if found is not None and found.kind not in SAYS_NOTHING:
            said.append((found.message, holds(found.message, got, want)))
    assert [message for message, so in said if not so] == []
    assert len(said) <= 20  # the few wrong entries of a short array do lie together now and then


def holds(message, got, want):
    """Whether a message about the place of the wrong entries is so: that may happen by chance in a few entries."""
    wrong = np.abs(got - want) > 1e-9 * np.abs(want).max()
    if " up to [" in message:
        first = int(message.partition("wrong from [")[2].partition("]")[0])
        return bool(wrong[first:].all() and not wrong[:first].any())
    slices = re.match(r"dw is (wrong|right) in (row|column) (\d+) only", message)
    if slices:
        inside = np.zeros_like(wrong)
        inside[(np.s_[:],) * (slices[2] == "column") + (int(slices[3]),)] = True
        return bool(np.array_equal(wrong, inside if slices[1] == "wrong" else ~inside))
    return False


def test_a_single_pixel_that_is_right_says_nothing_of_the_border():
    want = np.arange(9.0).reshape(1, 1, 3, 3)
    got = want + np.array([[1.5, 2, 7], [3, 0, 5], [9, 4, 8]])
    assert "border" not in compare(got, want).message
