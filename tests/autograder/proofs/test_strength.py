"""What the proofs say of checks that are too weak, too strict, or name the wrong mistake."""

from __future__ import annotations

import dataclasses

import pytest

from autograder.judging import milestone_content
from autograder.judging.edited_reference import EditedReference, TextEdit
from autograder.proofs import strength
from autograder.sources import Sources

MILESTONE = Sources().milestone("two_layer_net")
BUGS = {bug.name: bug for bug in milestone_content.bugs(MILESTONE)}
BUG = BUGS["gradient_not_averaged"]


def test_the_reference_passes_every_check_that_needs_no_images():
    results = strength.grade_in_process(strength.reference(MILESTONE), MILESTONE)
    assert list(results) == [
        check.name for check in milestone_content.checks(MILESTONE) if not check.needs_images
    ]
    assert {result.verdict for result in results.values()} == {"passed"}


def test_a_bug_that_is_caught_and_named_has_no_shortcomings():
    assert strength.shortcomings(BUG, MILESTONE) == []


def test_a_bug_that_costs_other_checks_than_it_says_is_reported():
    bug = dataclasses.replace(BUG, concerns=("loss",))
    (found, *_) = strength.shortcomings(bug, MILESTONE, named=False)
    assert found == "costs points in ['gradients'], but concerns ['loss']"


def test_a_bug_that_no_check_catches_is_reported():
    same = TextEdit("neural_net.py", "return float(data_loss + penalty)", "return float(penalty + data_loss)")
    harmless = dataclasses.replace(BUG, edited=EditedReference("test", (same,)))
    assert strength.shortcomings(harmless, MILESTONE) == [
        "costs points in [], but concerns ['gradients']",
        "is named []",
    ]


def test_a_bug_that_is_taken_for_another_is_reported():
    other = EditedReference("unheard_of", BUG.edited.edits)
    assert strength.shortcomings(dataclasses.replace(BUG, edited=other), MILESTONE) == [
        "is named ['gradient_not_averaged']"
    ]
    assert strength.shortcomings(dataclasses.replace(BUG, edited=other), MILESTONE, named=False) == []


@pytest.mark.parametrize(
    ("one", "failed"), [(EditedReference("same", ()), ""), (BUG.edited, "gradients")], ids=["right", "wrong"]
)
def test_the_first_check_that_is_failed(one, failed):
    assert strength.first_failed(lambda: one.library(MILESTONE), MILESTONE, [1]) == failed


def test_a_library_that_cannot_be_loaded_fails_before_every_check():
    def load():
        raise OSError

    assert strength.first_failed(load, MILESTONE, [1]) == "import"
