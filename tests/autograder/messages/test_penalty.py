"""A wrong penalty is told by what it is made of, where that is simple."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.course.nets import penalty_made_of

RNG = np.random.default_rng(0)
PARAMS = {
    "W1": RNG.normal(size=(4, 3)),
    "b1": RNG.normal(size=3),
    "W2": RNG.normal(size=(3, 2)),
    "b2": np.ones(2),
}
ONE, TWO = (float((PARAMS[name] ** 2).sum()) for name in ("W1", "W2"))


@pytest.mark.parametrize(
    ("total", "said"),
    [
        (ONE + TWO, ""),
        (ONE, "it is that with W2 left out"),
        (ONE + TWO / 6, "it is that with the mean of the squares of W2"),
        (ONE + (PARAMS["W2"] ** 3).sum(), "it is that with the sum of the third powers of W2"),
        (PARAMS["W1"].sum() + TWO, "it is that with the sum of W1, not of its squares,"),
        (2 * (ONE + TWO), "it is that with all of it doubled"),
        (PARAMS["W1"].sum() ** 2 + TWO, "it is that with the square of the sum of W1"),
        (ONE + TWO + (PARAMS["b1"] ** 2).sum() + 2, "it is that with the squares of the biases added"),
        (0.0, ""),
        (np.nan, ""),
        (1.2345, ""),
    ],
)
def test_what_a_penalty_is_made_of(total, said):
    assert penalty_made_of(0.5 * 0.3 * total, 0.3, PARAMS) == said
    assert penalty_made_of(None, 0.3, PARAMS) == ""
