"""What holds for every milestone's checks: strong (each named bug is caught and named) and fair (right code passes)."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter

import pytest

from autograder.judging import milestone_content
from autograder.library.local import reference_folder
from autograder.proofs import strength
from autograder.sources import Sources

from .proofs import hand_in, not_passed

TORCH = ("pytorch", "network_visualization")


def _checked(milestone):
    try:
        return bool(milestone_content.checks(milestone))
    except LookupError:
        return False


def _case(milestone, *values, name="", slow=False):
    marks = [pytest.mark.torch] if milestone.name in TORCH else []
    marks += [pytest.mark.slow] if slow else []
    return pytest.param(
        milestone, *values, id=f"{milestone.name}-{name}" if name else milestone.name, marks=marks
    )


try:
    import torch  # noqa: F401

    MILESTONES = [m for m in Sources().milestones if _checked(m)]
except ModuleNotFoundError:
    MILESTONES = [m for m in Sources().milestones if m.name not in TORCH and _checked(m)]
ALL = [pytest.param(m, id=m.name) for m in Sources().milestones]
EACH = [_case(m) for m in MILESTONES]
POINTS = {"linear_classifier": 44, "batchnorm": 36, "dropout": 34}
"""Of a milestone; 40 where nothing is said."""
FEW_BUGS = {"float32_layers"}
"""Checks of one property of functions that have checks of their own."""
WITHOUT_FILES = [_case(m) for m in MILESTONES if not m.artifacts]
UNTOUCHED = [
    _case(m, slow=m.name == "two_layer_net")  # one of each kind is enough for the quick tests
    for m in MILESTONES
]
REFERENCES = [_case(m, seed, name=f"seed_{seed}") for m in MILESTONES for seed in range(3)]
ALTERNATIVES = [
    _case(m, edited, name=edited.name)
    for m in MILESTONES
    for edited in milestone_content.alternatives(m).values()
]
BUGS = [_case(m, bug, name=bug.name) for m in MILESTONES for bug in milestone_content.bugs(m)]
AXES = re.compile(
    r"keep_the_axis|keeps?_an_axis|keeps?_(its|their)_axes|gradients_without_axes|without_batch_axis"
)
"""Names of mistakes whose numbers are right, with axes of length 1 too many or missing."""
ANOTHER_FORM = [
    _case(m, bug, name=bug.name)
    for m in MILESTONES
    for bug in milestone_content.bugs(m)
    if AXES.search(bug.name)
]
SOME_BUGS, SOME_ALTERNATIVES = BUGS[::10], ALTERNATIVES[::3]
"""For the quick tests; the slow ones take all."""


@pytest.mark.parametrize(("milestone", "seed"), REFERENCES)
def test_reference_earns_all_points(milestone, seed):
    results = strength.grade_in_process(strength.reference(milestone), milestone, seed)
    assert not_passed(results) == []
    assert all(r.score == r.check.points for r in results.values())


@pytest.mark.parametrize(("milestone", "edited"), SOME_ALTERNATIVES)
def test_right_but_different_code_earns_all_points(milestone, edited):
    library = edited.library(milestone)
    assert not_passed(strength.grade_in_process(library, milestone, name_bugs=False)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("milestone", "edited"), ALTERNATIVES)
def test_right_but_different_code_earns_all_points_on_five_seeds(milestone, edited):
    """Fifty seeds are a part of `make strength`."""
    library = edited.library(milestone)
    found = {seed: not_passed(strength.grade_in_process(library, milestone, seed)) for seed in range(5)}
    assert {seed: names for seed, names in found.items() if names} == {}


@pytest.mark.parametrize(("milestone", "bug"), SOME_BUGS)
def test_bug_costs_exactly_the_checks_that_it_concerns(milestone, bug):
    assert strength.shortcomings(bug, milestone, named=False) == []


@pytest.mark.slow
@pytest.mark.parametrize(("milestone", "bug"), BUGS)
def test_bug_costs_exactly_the_checks_that_it_concerns_and_is_named(milestone, bug):
    assert strength.shortcomings(bug, milestone) == []


@pytest.mark.parametrize(("milestone", "bug"), ANOTHER_FORM)
def test_right_numbers_in_another_form_lose_a_fifth_at_most(milestone, bug):
    results = strength.grade_in_process(bug.edited.library(milestone), milestone, only=bug.concerns)
    assert {r.verdict for r in results.values()} == {"failed"}
    assert all(0.8 * r.check.points - 1e-9 <= r.score < r.check.points for r in results.values())
    assert all(bug.name in {found.name for found, _ in r.bugs} for r in results.values())


@pytest.mark.parametrize(
    ("milestone", "file", "edit", "costs"),
    [
        (
            "dropout",
            "layers/dropout.py",
            ("        out = x * mask\n", "        out = (x * mask)[None]\n"),
            {"forward_train"},
        ),
        ("dropout", "layers/dropout.py", ("    return dx\n", "    return dx[..., None]\n"), {"backward"}),
        ("fc_net", "fc_net.py", ("return loss, {", "return np.array([loss]), {"), {"two_layer_loss"}),
        ("fc_net", "fc_net.py", ("return loss, grads", "return np.array([[loss]]), grads"), {"deep_loss"}),
    ],
)
def test_an_axis_too_many_costs_once_whatever_builds_on_the_numbers(milestone, file, edit, costs):
    milestone = Sources().milestone(milestone)
    results = strength.grade_in_process(
        strength.edited(milestone, f"axis_{min(costs)}", file, edit), milestone, name_bugs=False
    )
    lost = {name for name, r in results.items() if r.verdict == "failed"}
    assert lost == costs
    assert all(results[name].score >= 0.8 * results[name].check.points - 1e-9 for name in costs)


@pytest.mark.parametrize("milestone", EACH)
def test_bugs_are_explained_and_concern_checks(milestone):
    for bug in milestone_content.bugs(milestone):
        assert len(bug.explanation) > 20, bug.name
        assert len(bug.hint) > 20, bug.name
        assert set(bug.concerns) <= {check.name for check in milestone_content.checks(milestone)}, bug.name


@pytest.mark.parametrize("milestone", ALL)
def test_bugs_and_alternatives_fit_the_reference_and_change_it(milestone):
    edited = [bug.edited for bug in milestone_content.bugs(milestone)]
    for each in (*edited, *milestone_content.alternatives(milestone).values()):
        for file, text in each.sources().items():
            assert ast.dump(ast.parse(text)) != _tree(file), (each.name, file)


@functools.cache
def _tree(file):
    return ast.dump(ast.parse((reference_folder("nndl") / file).read_text(encoding="utf-8")))


@pytest.mark.parametrize("milestone", EACH)
def test_every_milestone_has_bugs_and_alternatives(milestone):
    assert len(milestone_content.bugs(milestone)) >= 12
    assert len(milestone_content.alternatives(milestone)) >= 5


@pytest.mark.parametrize("milestone", EACH)
def test_points(milestone):
    assert sum(check.points for check in milestone_content.checks(milestone)) == POINTS.get(
        milestone.name, 40
    )


@pytest.mark.parametrize("milestone", EACH)
def test_every_check_is_the_concern_of_four_bugs_or_more(milestone):
    concerned = Counter(name for bug in milestone_content.bugs(milestone) for name in bug.concerns)
    of_code = {check.name for check in milestone_content.checks(milestone) if not check.needs_images}
    assert set(concerned) == of_code
    assert [name for name in of_code - FEW_BUGS if concerned[name] < 4] == []


@pytest.mark.sandbox
@pytest.mark.parametrize("milestone", WITHOUT_FILES)
def test_release_with_solutions_scores_everything(milestone, tmp_path):
    report = hand_in(tmp_path / milestone.name, milestone.name)
    points = POINTS.get(milestone.name, 40)
    assert (report["verdict"], report["score"], report["max_score"]) == ("graded", points, points)
    assert [c["message"] for c in report["checks"]] == [""] * len(milestone_content.checks(milestone))


@pytest.mark.sandbox
@pytest.mark.parametrize("milestone", UNTOUCHED)
def test_untouched_release_scores_nothing(milestone, tmp_path):
    report = hand_in(tmp_path / milestone.name, milestone.name, solved=False)
    assert (report["verdict"], report["score"]) == ("graded", 0)
    told = (
        "Not written yet",
        *(f"{name} was not handed in" for name in milestone.artifacts),
    )
    assert [c["message"] for c in report["checks"] if not c["message"].startswith(told)] == []
