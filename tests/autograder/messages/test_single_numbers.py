"""A rule behind several wrong numbers is said where it holds in every case, and never of random numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograder.messages.single_numbers import common_rule

CASES = [{"n": 5, "c": 3, "reg": 0.7}, {"n": 1, "c": 4, "reg": 0.1}, {"n": 12, "c": 10, "reg": 0.2}]
WANTS = [1.3, 0.7, 2.9]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda case, want: 0.5 * want, "It is 0.5 times the right number in every case"),
        (lambda case, want: -want, "It is -1 times the right number in every case"),
        (lambda case, want: case["n"] * want, "It is N times the right number in every case"),
        (lambda case, want: want / case["c"], "It is the right number divided by C in every case"),
        (
            lambda case, want: 2 * want / case["n"],
            "It is 2 times the right number divided by N in every case",
        ),
        (lambda case, want: want + 0.25, "It is off by 0.25 in every case"),
        (lambda case, want: np.float64(3), "It is 3 whatever the input"),
        (lambda case, want: want * case["n"] + case["c"], ""),
        (lambda case, want: math.nan, ""),
        (lambda case, want: None, ""),
        (lambda case, want: 10**400, ""),
        (lambda case, want: np.ones(2), ""),
    ],
)
def test_a_common_rule(wrong, said):
    cases = [(case, wrong(case, want), np.float64(want)) for case, want in zip(CASES, WANTS, strict=True)]
    assert common_rule(cases) == said
    assert common_rule(cases[:1]) == ""


def test_random_numbers_have_no_rule():
    rng = np.random.default_rng(0)
    for _ in range(2000):
        count = rng.integers(1, 4)
        assert common_rule([(CASES[i], rng.normal(), rng.normal()) for i in range(count)]) == ""
