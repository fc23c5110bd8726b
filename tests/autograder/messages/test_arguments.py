"""What a wrong value is made of is said where it is so, and never of random values."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.messages.arguments import relation, relation_of_another_shape

RNG = np.random.default_rng(0)
X, DOUT, W, W1 = (RNG.normal(size=shape) for shape in ((6, 4), (6, 3), (4, 3), (6, 4)))
B = RNG.normal(size=4)
GIVEN = {
    "b": B,
    "x": X,
    "dout": DOUT,
    "w": W,
    "W1": W1,
    "y": np.array([0, 1, 2, 0, 1, 2]),
    "reg": 0.3,
    "t": None,
}
WANT = RNG.normal(size=(6, 4))


@pytest.mark.parametrize(
    ("got", "want", "said"),
    [
        (X, WANT, "It is x"),
        (-X, WANT, "It is minus x"),
        (0.25 * X, WANT, "It is 0.25 times x"),
        (WANT - 0.3 * W1, WANT, "It differs from the right value by -0.3 times W1"),
        (WANT + X * X, WANT, "It differs from the right value by the square of x"),
        (X * W1, WANT, "It is x * W1"),
        (DOUT @ W.T, WANT, "It is dout @ w.T"),
        (X.T @ DOUT + W, X.T @ DOUT, "It differs from the right value by w"),
        (DOUT.sum(axis=1), WANT[:, 0], "It is the sum of dout over axis 1"),
        (W.T, WANT[:3], "It is w.T"),
        (WANT + 0.2 - 0.2 * X, WANT, "It differs from the right value by -0.2 times x, plus 0.2"),
        (WANT - 2 * B, WANT, "It differs from the right value by -2 times b"),
        (np.where(X > 0, WANT, 0.01 * X), WANT, "The wrong entries are 0.01 times x"),
        (np.where(X > 0, WANT, RNG.normal(size=X.shape)), WANT, ""),
        (X, 2 * X, ""),  # a factor, which is said elsewhere
        (WANT + 1, WANT, ""),
        (WANT[0, 0], 3.0, ""),
        (np.full((6, 4), np.nan), WANT, ""),
        (None, WANT, ""),
        (WANT[0], WANT, ""),
    ],
)
def test_what_a_value_is_made_of(got, want, said):
    want = (
        want[:, : np.shape(got)[1]] if np.ndim(got) == 2 and np.shape(got)[0] == np.shape(want)[0] else want
    )
    assert relation(got, want, GIVEN) == said


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (B, "It is b"),
        (-2 * B, "It is -2 times b"),
        (DOUT.sum(axis=0), "It is the sum of dout over axis 0"),
        (X.T @ DOUT, "It is x.T @ dout"),
        (RNG.normal(size=4), ""),
        (np.ones(4), ""),
        (None, ""),
        (np.array([1.0, np.nan, 2.0, 3.0]), ""),
    ],
)
def test_what_a_value_of_another_shape_is(got, said):
    assert relation_of_another_shape(got, GIVEN) == said


def test_random_values_are_made_of_nothing():
    rng = np.random.default_rng(1)
    shapes = [(6, 4), (4, 3), (6, 3), (6,), (4,), (3, 3)]
    for _ in range(2000):
        shape = shapes[rng.integers(len(shapes))]
        want = rng.normal(size=shape)
        noise = rng.normal(size=shape)
        got = noise if rng.random() < 0.5 else np.where(rng.random(shape) < 0.5, want + noise, want)
        assert relation(got, want, GIVEN) == ""


@pytest.mark.parametrize("value", [1e308, 1e-320, -1e308, 0.0, np.inf])
def test_numbers_of_any_size_have_no_relation(value):
    got = np.full((6, 4), value)
    got[0, :3] = 1, 2, 3
    assert relation(got, WANT, {**GIVEN, "huge": np.minimum(got, 1e300), "zeros": np.zeros((6, 4))}) in (
        "",
        "It is huge",
    )


def test_huge_arrays_are_left_alone():
    big = np.ones((1000, 1000)) * np.arange(1000)
    assert relation(big, big + 1, {"x": big}) == ""
