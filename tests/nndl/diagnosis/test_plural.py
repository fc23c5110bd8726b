"""Several things are wrong, one thing is wrong."""

import numpy as np
import pytest

from nndl.diagnosis import compare


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        ("the scores", "are"),
        ("the scores of images shown one by one", "are"),
        ("the losses of a row", "are"),
        ("the predicted labels", "are"),
        ("the differences of your own loss for W1", "are"),
        ("the loss", "is"),
        ("the loss without penalty, given your own scores", "is"),
        ("the sum of three steps", "is"),
        ("what 3 steps have changed", "is"),
        ("params['W1']", "is"),
        ("dx", "is"),
    ],
)
def test_the_verb_agrees_with_what_is_compared(name, verb):
    problem = compare(np.zeros(3), np.ones(3), name)
    assert problem is not None
    assert problem.message == f"{name} {verb} 0 everywhere, but should not be"


def test_what_refers_to_it_agrees_too():
    want = np.arange(1.0, 4.0)
    problem = compare(-want, want, "the scores")
    assert problem is not None
    assert problem.message == "the scores have the wrong sign: they are exactly minus the right value"


def test_a_pair_of_opposite_numbers_has_no_factor_to_any_other():
    problem = compare(np.array([0.3, -0.3]), np.array([-0.78, 0.78]), "db")
    assert problem is not None
    assert problem.kind == "value"
