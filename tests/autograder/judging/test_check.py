"""What a check is made of: its claim, its trial, its drawn inputs."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.judging.check import Draw, Trial, check

from .samples import double, doubles, library


def test_title_is_the_first_line_of_the_docstring():
    assert doubles.title == "`double` doubles."
    with pytest.raises(ValueError, match="needs a docstring"):
        check(points=1)(lambda trial: iter(()))


def test_draws_repeat_for_the_same_seed_and_differ_between_cases():
    same = Draw(1, "m", "c", 0).normal(4)
    assert np.array_equal(same, Draw(1, "m", "c", 0).normal(4))
    for other in (Draw(2, "m", "c", 0), Draw(1, "m", "c", 1), Draw(1, "m", "d", 0), Draw(1, "n", "c", 0)):
        assert not np.allclose(same, other.normal(4))


def test_labels_of_neighbours_differ_and_stay_in_range():
    labels = Draw(1).labels(200, 3)
    assert set(labels) == {0, 1, 2}
    assert (labels[1:] != labels[:-1]).all()


def test_shuffled_items_are_all_there_in_an_order_of_the_seed():
    orders = {tuple(Draw(seed).shuffled("abcd")) for seed in range(40)}
    assert all(sorted(order) == list("abcd") for order in orders)
    assert len(orders) > 10
    assert Draw(1).shuffled("abcd") == Draw(1).shuffled("abcd")


def test_a_trial_asks_the_student_first_and_the_reference_second():
    student, reference = library(double=lambda x: 3 * x), library(double=double, is_reference=True)
    trial = Trial(student, reference, Draw(1))
    assert trial.libraries == (student, reference)
    assert trial.both("double", 2.0) == (6.0, 4.0)
    with pytest.raises(LookupError, match="needs_images=True"):
        _ = trial.images


@pytest.mark.parametrize(
    ("wall", "cases", "longest"),
    [(10.0, 3, 3.0), (30.0, 2, 10.0), (30.0, 1, 30.0), (4.0, 2, 2.0), (1.0, 2, 1.0)],
)
def test_a_call_has_a_third_of_the_time_of_all_cases(wall, cases, longest):
    def claims(trial):
        """It holds."""
        yield from ()

    made = check(points=1, wall=wall, cases=tuple({"n": n} for n in range(cases)))(claims)
    assert made.longest_call == longest
