"""A seeded sample of awkward values in the place of what checks receive; `make fuzz` tries as many as time allows."""

from __future__ import annotations

import random

import numpy as np
import pytest

from .into_checks import KINDS, Place, drawn, try_one
from .values import WRONG, at, clearly_wrong, places, replaced

SAMPLE = {"dropout": 6, "linear_classifier": 8, "nn_modules": 8, "batchnorm": 6}


@pytest.mark.parametrize("milestone", SAMPLE)
def test_whatever_a_value_is_the_check_comes_to_its_end_and_gives_nothing_for_it(milestone):
    rng = random.Random(milestone)
    tried = [drawn(milestone, rng) for _ in range(SAMPLE[milestone])]
    assert [(place, kind, wrong) for place, kind in tried if (wrong := try_one(place, kind))] == []


def test_a_right_value_among_the_wrong_ones_would_be_noticed(monkeypatch):
    for kinds in (KINDS, WRONG):
        monkeypatch.setitem(kinds, "right after all", lambda value: value)
    assert try_one(Place("linear_classifier", "softmax", 0, 0, ()), "right after all").startswith("earned")


def test_places_lead_to_values():
    value = {"a": [1, (2, np.ones(2))]}
    assert list(places(value)) == [(), ("a",), ("a", 0), ("a", 1), ("a", 1, 0), ("a", 1, 1)]
    for path in places(value):
        assert at(replaced(value, path, "new"), path) == "new"
    assert at(value, ("a", 0)) == 1


@pytest.mark.parametrize(
    "value", [True, 3, 2.5, "x", np.ones((2, 2)), np.arange(3), np.ones(2, bool), [1.0, (2,)]]
)
def test_what_is_clearly_wrong_has_the_same_form(value):
    wrong = clearly_wrong(value)
    assert type(wrong) is type(value)
    assert np.shape(wrong) == np.shape(value) if not isinstance(value, list) else len(wrong) == len(value)
    assert not np.any(wrong == value) if isinstance(value, np.ndarray) else wrong != value
