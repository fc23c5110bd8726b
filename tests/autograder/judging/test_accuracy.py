"""Points for an accuracy: the rule, what the draw of the images may cost, and files that hold no net."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.failures import StudentError
from autograder.judging.accuracy import (
    LOOKS,
    accuracy_finding,
    accuracy_of,
    credit,
    floats,
    in_float32,
    settled_early,
    stored_arrays,
)
from autograder.judging.check import Finding
from nndl.checking import fc_net, linear_classifier, nn_modules, two_layer_net
from nndl.checking.shared.accuracy import AccuracyRule

RULES = {m.__name__.rpartition(".")[2]: m.ACCURACY for m in (linear_classifier, nn_modules, two_layer_net)}
MANY = 10**12


@pytest.mark.parametrize(
    ("rule", "accuracy", "share"),
    [
        ("linear_classifier", 0.209, 0),
        ("linear_classifier", 0.29, 9 / 13),
        ("linear_classifier", 0.33, 1),
        ("nn_modules", 0.30, 0),
        ("nn_modules", 0.36, 0.5),
        ("nn_modules", 0.419, 11 / 12),
        ("nn_modules", 0.42, 1),
        ("two_layer_net", 0.0, 0),
        ("two_layer_net", 0.282, 0),
        ("two_layer_net", 0.39, 0.5),
        ("two_layer_net", 0.459, 17 / 22),
        ("two_layer_net", 0.7, 1),
    ],
)
def test_credit_follows_the_rule(rule, accuracy, share):
    assert RULES[rule].credit(accuracy) == pytest.approx(share)
    # Very many images: no allowance for the draw.
    assert credit(RULES[rule], accuracy, MANY) == pytest.approx(share)


@pytest.mark.parametrize("rule", [AccuracyRule(20, 33), AccuracyRule(28, 50), AccuracyRule(45, 75)])
def test_the_draw_of_images_costs_a_net_at_the_threshold_a_point_in_fewer_than_1_of_1000_runs(rule):
    drawn = np.random.default_rng(0).binomial(10_000, rule.full / 100, size=100_000) / 10_000
    assert np.mean([credit(rule, accuracy, 10_000) < 1 for accuracy in drawn]) < 1e-3
    assert credit(rule, rule.full / 100 - 0.025, 10_000) < 1


def measured_early(rule, accuracy, images=4000):
    """Measure a net that is right on that share of images, in a drawn order; 100 times."""
    random = np.random.default_rng(0)
    labels = np.zeros(images, np.int64)
    for _ in range(100):
        right = random.permutation(images) < round(accuracy * images)
        yield settled_early(rule, lambda some: np.stack([some, ~some], axis=1), right, labels, 500)


@pytest.mark.parametrize(
    ("rule", "images"),
    [
        (AccuracyRule(27, 42), 4000),
        (AccuracyRule(40, 55), 4000),
        (AccuracyRule(55, 70), 4000),
        (RULES["two_layer_net"], 10_000),
        (fc_net.ACCURACY, 10_000),
    ],
)
def test_images_are_left_out_only_where_all_would_earn_the_same(rule, images):
    for percent in (10, rule.none, (rule.none + rule.full) // 2, rule.full - 3, rule.full, rule.full + 6):
        share = credit(rule, percent / 100, images)
        found = list(measured_early(rule, percent / 100, images))
        assert {seen for _, seen in found} <= {*LOOKS, images}
        if 0 < share < 1:
            assert {seen for _, seen in found} == {images}
        assert {credit(rule, accuracy, seen) for accuracy, seen in found} == {share}


def test_a_net_far_from_the_threshold_is_shown_an_eighth_of_the_images():
    for accuracy in (0.1, 0.6):
        assert {seen for _, seen in measured_early(AccuracyRule(27, 42), accuracy)} == {500}
    assert {seen for _, seen in measured_early(AccuracyRule(27, 42), 0.6, images=400)} == {400}


@pytest.mark.parametrize(("answer", "accuracy"), [(0, 1.0), (1, 0.0)])
def test_images_are_left_out_by_rough_scores_as_well(answer, accuracy):
    def scores(some):
        return np.repeat(np.eye(2)[[answer]], len(some), axis=0)

    def rough(some):
        return np.zeros((len(some), 2))  # all are left to the others

    images, labels = np.ones((2000, 1)), np.zeros(2000, np.int64)
    found = settled_early(AccuracyRule(27, 42), scores, images, labels, roughly=rough)
    assert found == (accuracy, 500)


def test_chance_earns_nothing_below_the_rule():
    assert [credit(RULES["two_layer_net"], a, 10_000) for a in (0.271, 0.282, 0.287)] == [0, 0, 0]


def test_finding_tells_accuracy_share_and_what_is_asked_for():
    finding = accuracy_finding(AccuracyRule(20, 40), 0.3, MANY, "The images are scaled.")
    assert finding.credit == pytest.approx(0.5)
    for told in ("30.0 %", "50 % of the points", "40 % earns full points", "The images are scaled."):
        assert told in finding.message
    assert accuracy_finding(AccuracyRule(20, 40), 0.5, MANY).message == ""


def test_note_of_the_notebook_tells_the_points():
    note = AccuracyRule(20, 40).note(0.3, 500, 8)
    assert "30.0 % of these 500 images: 4 of 8 points" in note.text
    assert note.credit == pytest.approx(0.5)


class _Submission:
    """Stands for a student's library with one stored file, or with a failure in its place."""

    def __init__(self, arrays):
        self.arrays = arrays

    def load_arrays(self, _):
        if isinstance(self.arrays, Exception):
            raise self.arrays
        return self.arrays


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        (StudentError("FileNotFoundError", "no file"), "net.npz was not handed in: run the last cell"),
        (StudentError("ValueError", "no archive"), "does not hold the arrays W, b: no archive"),
        ({"W": np.ones(2)}, "lacks 'b'"),
        ({"W": np.ones(2), "b": np.ones(2), "c": np.ones(2)}, "should not have 'c'"),
        ("text", "does not hold the arrays"),
    ],
)
def test_a_file_without_the_arrays_is_a_finding_without_points(arrays, told):
    submission: Any = _Submission(arrays)
    found = stored_arrays(submission, "net.npz", ("W", "b"), "run the last cell")
    assert isinstance(found, Finding)
    assert found.credit == 0
    assert told in found.message


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "floating-point"),
        (np.ones((2, 3), int), "floating-point"),
        (np.ones((2, 3), complex), "floating-point"),
        (np.ones((3, 2)), "has shape (3, 2), but it must be (2, 3): the size is fixed"),
        (np.full((2, 3), np.nan), "NaN or infinity"),
        (np.full((2, 3), np.inf), "NaN or infinity"),
    ],
)
def test_a_stored_value_that_is_no_such_array_is_told(value, told):
    with pytest.raises(StudentError) as caught:
        floats({"W": value}, "net.npz", "W", (2, 3), "the size is fixed")
    assert told in caught.value.message
    assert "W in net.npz" in caught.value.message


def test_a_right_array_comes_back_in_float64():
    array = floats({"W": np.ones((2, 3), np.float32)}, "net.npz", "W", (2, 3))
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, 1)


def test_rough_scores_do_not_change_an_accuracy():
    images = np.arange(6.0)[:, np.newaxis]
    scores = np.array([[2.0, 1.0], [1.0, 2.0], [1.0, 1.00001], [1.00001, 1.0], [3e38, 1.0], [0.0, 1.0]])
    rough = scores.copy()
    rough[2:4] = 1.0, 1.0000001  # rounding has changed an order
    rough[4] = np.inf, np.inf
    asked: list[int] = []

    def exactly(some):
        asked.extend(int(image) for image in some[:, 0])
        return scores[some[:, 0].astype(int)]

    labels = scores.argmax(axis=1)
    found = accuracy_of(exactly, images, labels, 4, roughly=lambda some: rough[some[:, 0].astype(int)])
    assert found == 1.0
    assert asked == [2, 3, 4]
    assert accuracy_of(exactly, images, labels, 4) == 1.0


def test_what_is_too_large_for_float32_is_infinite():
    assert np.isinf(in_float32({"W": np.array([1e300])})["W"]).all()
