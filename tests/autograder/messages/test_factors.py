"""What the factors of rows and columns are made of is said where it is certain, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.messages.factors import factor

RNG = np.random.default_rng(2604)
X, GAMMA, BETA = RNG.normal(size=(7, 4)), RNG.uniform(0.4, 2, 4), RNG.normal(size=4)
DOUT = RNG.normal(size=(7, 4))
VAR = X.var(axis=0)
GIVEN = {"x": X, "gamma": GAMMA, "beta": BETA, "dout": DOUT, "labels": np.arange(7), "none": None}


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        (VAR + 0.7, "The factor of each column is the variance of x there plus 0.7"),
        (np.sqrt(VAR + 0.7), "The factor of each column is the root of (the variance of x there plus 0.7)"),
        (1 / VAR, "The factor of each column is 1 / (the variance of x there)"),
        (GAMMA, "The factor of each column is gamma"),
        (1 / GAMMA**2, "The factor of each column is 1 / gamma ** 2"),
        (
            (VAR + 1e-3) / GAMMA**2,
            "The factor of each column is (the variance of x there plus 0.001) * 1 / gamma ** 2",
        ),
        (RNG.uniform(1, 2, 4), ""),
        (np.full(4, 3.0), ""),
    ],
)
def test_the_factor_of_each_column_is_named(factors, said):
    assert factor(DOUT * factors, DOUT, GIVEN) == said


def test_the_factor_of_each_row_is_named():
    wide = RNG.normal(size=(5, 9))
    factors = wide.var(axis=1, keepdims=True) + 0.2
    assert (
        factor(wide * factors, wide, {"x": wide})
        == "The factor of each row is the variance of x there plus 0.2"
    )


def test_a_factor_of_zero_is_not_one_divided_by_anything():
    wide = RNG.normal(size=(4, 3))
    zero = np.array([0.3, 0.2, 0.5, 0.0])[:, np.newaxis]
    assert "inf" not in factor(wide * zero, wide, {"W": RNG.normal(size=(4, 3))})


def test_a_quotient_in_place_of_a_product_is_seen():
    assert "divided by what it should be multiplied by" in factor(0.3 / DOUT, 0.3 * DOUT, {})
    assert factor(0.3 * DOUT, DOUT, {}) == ""


@pytest.mark.parametrize(
    "value", [None, 3.0, np.zeros((7, 4)), np.full((7, 4), np.nan), DOUT.T, "text", DOUT * 1e300]
)
def test_nothing_is_said_of_other_values(value):
    assert factor(value, DOUT, GIVEN) == ""
    assert factor(DOUT, value, GIVEN) == ""
