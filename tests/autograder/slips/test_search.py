"""Where no known mistake explains an answer, the small slip that gives the same numbers is told in words."""

from __future__ import annotations

import ast
import sys
import time

import pytest

from autograder.judging import milestone_content
from autograder.proofs import strength
from autograder.slips import search
from autograder.slips.mutation import mutants, mutants_of
from autograder.slips.search import slips_of
from autograder.slips.shown import LARGEST, comparisons, holds
from autograder.sources import Sources

LINEAR, TWO_LAYER = (Sources().milestone(name) for name in ("linear_classifier", "two_layer_net"))


def message(check: str, file: str, *edits: tuple[str, str], milestone=LINEAR, **options) -> str:
    library = strength.edited(milestone, f"slip_in_{check}_{len(edits[0][1])}", file, *edits)
    return strength.grade_in_process(library, milestone, only=(check,), **options)[check].message


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "exponentials / exponentials.sum(axis=1, keepdims=True)",
            "exponentials * exponentials.sum(axis=1, keepdims=True)",
            "a product stands where a quotient belongs",
        ),
        ("np.exp(x - x.max", "np.expm1(x - x.max", "`expm1` stands where `exp` belongs"),
    ],
)
def test_a_slip_is_told_in_words(old, new, words):
    told = message("softmax", "linear_classifier.py", (old, new))
    assert f"Exactly this comes out of a right solution in which {words}" in told


def test_beside_a_mistake_with_a_name_a_slip_in_another_part_is_told():
    edits = (("penalty = 0.5 * reg", "penalty = reg"), ("np.log(np.exp(shifted)", "np.log1p(np.exp(shifted)"))
    told = message("loss", "neural_net.py", *edits, milestone=TWO_LAYER)
    assert "The L2 penalty lacks its factor 0.5" in told
    assert "`log1p` stands where `log` belongs" in told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return exponentials / ", "return 1.37 * exponentials / "),  # no slip of the pen
        ("sum(axis=1, keepdims=True)", "sum(axis=0, keepdims=True)"),  # a mistake with a name
    ],
)
def test_nothing_is_told_of_other_mistakes(old, new):
    assert "Exactly this" not in message("softmax", "linear_classifier.py", (old, new))


def test_slips_can_be_left_out():
    edit = ("np.exp(x - x.max", "np.expm1(x - x.max")
    assert "Exactly this" not in message("softmax", "linear_classifier.py", edit, slips=False)


def test_slips_are_forgotten_one_by_one():
    check = next(c for c in milestone_content.checks(LINEAR) if c.name == "softmax")
    mark = "_with_mutant_"
    there = {name for name in sys.modules if mark in name}
    for slip in slips_of(LINEAR, check):
        slip.edited.load()
        loaded = {name.partition(".")[0] for name in sys.modules if mark in name and name not in there}
        assert loaded == {slip.edited.alias}
    assert {name for name in sys.modules if mark in name} == there


def test_words_hold_nothing_of_the_solution():
    """They are about operators and functions of NumPy, settings and numbers; never a name of the solution's own."""
    for milestone in (LINEAR, TWO_LAYER):
        words = {mutant.words for mutant in mutants(milestone)}
        for own in ("residual", "exponentials", "shifted", "dpre_activation", "log_probabilities", "hidden"):
            assert not [text for text in words if own in text]


def test_a_loop_that_a_slip_could_make_endless_has_none(monkeypatch):
    source = "def softmax(x):\n    while x:\n        x -= 1\n"
    monkeypatch.setattr(search, "fenced_files", lambda milestone: [("linear_classifier.py", source)])
    search._by_check.cache_clear()
    check = next(c for c in milestone_content.checks(LINEAR) if c.name == "softmax")
    assert list(slips_of(LINEAR, check)) == []
    search._by_check.cache_clear()


def test_a_check_without_known_mistakes_has_no_slips():
    check = next(c for c in milestone_content.checks(LINEAR) if c.name == "best_linear")
    bugs = {name for bug in milestone_content.bugs(LINEAR) for name in bug.concerns}
    assert check.name not in bugs
    assert list(slips_of(LINEAR, check)) == []


def test_a_slip_in_a_condition_is_told_only_to_whom_has_one():
    """A guard that was left out gives the same numbers as one that asks the wrong thing."""
    guarded = "def update(x):\n    if len(x) {} 0:\n        return x\n    return x.mean()\n"
    source = (
        "def update(x):\n    ### BEGIN SOLUTION linear_classifier\n    if len(x) == 0:\n        return x\n"
        "    return x.mean()\n    ### END SOLUTION\n"
    )
    made = list(mutants_of(LINEAR, "update.py", source, ("linear_classifier",)))
    wrong_guard = next(m for m in made if m.words == "a comparison asks for `!=` instead of `==`")
    other_number = next(m for m in made if m.words == "the number 1 stands where 0 belongs")
    left_out = next(m for m in made if m.words == "what is done under a condition is left out")
    for student, slip, told in (
        ("def update(x):\n    return x.mean()\n", wrong_guard, False),
        ("def update(x):\n    return x.mean()\n", other_number, False),
        ("def update(x):\n    return x.mean()\n", left_out, True),
        ("def other(x):\n    return x != 0\n\n\ndef update(x):\n    return x.mean()\n", wrong_guard, False),
        (
            "def empty(x):\n    return len(x) != 0\n\n\ndef update(x):\n    return empty(x)\n",
            wrong_guard,
            True,
        ),
        (guarded.format("!="), wrong_guard, True),
        (guarded.format("=="), wrong_guard, False),
        (guarded.format("=="), other_number, True),
        ("def update(x:\n", wrong_guard, False),
    ):
        assert holds(student, slip.function, slip.needs) == told, (student, slip.words)


def test_a_comparison_may_be_written_from_either_side():
    asked = ast.parse("x >= 0", mode="eval").body
    assert isinstance(asked, ast.Compare)
    assert holds("def f(x):\n    return 0 <= x\n", "f", comparisons(asked))


def test_a_file_that_is_made_to_take_long_is_looked_at_once_and_in_bounds():
    many = "def f(x):\n    return " + " + ".join(["f(x)"] * 5000) + "\n"
    many += "def f(x): return f\n" * 2000
    assert len(many) < LARGEST
    begun = time.process_time()
    for _ in range(300):  # as many slips as a check may have
        assert not holds(many, "f", {"Compare"})
    assert time.process_time() - begun < 10  # it would be minutes, and gigabytes
    assert not holds("def f(x):\n    return x > 0\n" + "#" * LARGEST, "f", {"Compare"})
