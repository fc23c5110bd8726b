"""Names are true: known mistakes two at a time, and beside other trouble."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import types

import pytest

from autograder.judging import milestone_content
from autograder.judging.recognise import names
from autograder.proofs import pairs, reached, strength
from autograder.sources import Sources

MILESTONES = [
    pytest.param(m, id=m.name, marks=[pytest.mark.torch] if m.libraries else []) for m in Sources().milestones
]
MILESTONE = Sources().milestone("two_layer_net")


def test_plantings_are_the_same_for_the_same_seed_and_of_every_kind():
    some = [str(plant) for plant in pairs.planted(MILESTONE, 40, seed=1)]
    assert some == [str(plant) for plant in pairs.planted(MILESTONE, 40, seed=1)]
    assert some != [str(plant) for plant in pairs.planted(MILESTONE, 40, seed=2)]
    assert len(set(some)) == 40
    for kind in ("unwritten", "stops", "in float32", "in float64", "gives_back_its_input"):
        assert any(name.endswith(kind) for name in some), kind
    bugs = {bug.name for bug in milestone_content.bugs(MILESTONE)}
    assert any(set(name.split(" + ")) <= bugs for name in some)


def test_two_mistakes_in_the_same_lines_are_not_planted_together():
    for plant in pairs.planted(MILESTONE, 40):
        assert plant.edited.sources()


@pytest.mark.parametrize("name", ["linear_classifier", "two_layer_net"])
def test_every_name_of_a_few_is_true(name):
    milestone = Sources().milestone(name)
    found = pairs.judge(milestone, pairs.planted(milestone, 5, seed=3))
    assert found.false == []
    assert found.given > 0
    assert found.given == found.planted + found.alike


def test_a_name_with_the_values_of_the_trouble_beside_a_mistake_counts_as_planted():
    milestone = Sources().milestone("dropout")
    bug = next(bug for bug in milestone_content.bugs(milestone) if bug.name == "generator_of_its_own")
    troubles = itertools.chain.from_iterable(pairs._troubles(milestone).values())
    plant = pairs._together(bug, next(one for one in troubles if one.name == "dropout_forward in float64"))
    found = pairs.judge(milestone, [plant])
    assert (found.false, found.given, found.alike) == ([], 2, 1)
    assert pairs.judge(milestone, [dataclasses.replace(plant, alone=None)]).false


def test_a_layer_that_gives_its_input_back_both_ways_is_not_named_for_its_way_back_alone():
    """The way forward lacks its bias: it is wrong as well, and gives other numbers than its input."""
    milestone = Sources().milestone("fc_net")
    bug = next(bug for bug in milestone_content.bugs(milestone) if bug.name == "affine_without_bias")
    back = "affine_backward_gives_back_its_input"
    trouble = next(one for one in pairs._troubles(milestone)["gives back its input"] if one.name == back)
    found = pairs.judge(milestone, [pairs._together(bug, trouble)])
    assert found.false == []
    assert found.planted > 0


def test_a_check_that_runs_nothing_that_is_edited_has_the_references_result():
    milestone = Sources().milestone("linear_classifier")
    bug = next(bug for bug in milestone_content.bugs(milestone) if bug.name == "batch_uphill")
    untouched = reached.untouched(milestone, bug.edited, 1)
    assert "softmax" in untouched
    assert not {"batch_steps", "batch_history"} & set(untouched)
    assert all(result.verdict == "passed" for result in untouched.values())
    for result in strength.grade_in_process(
        bug.edited.library(milestone), milestone, name_bugs=False
    ).values():
        assert result.check.name not in untouched or result.verdict == "passed"


@pytest.mark.slow
@pytest.mark.parametrize("milestone", MILESTONES)
def test_of_many_names_at_least_995_of_1000_are_true(milestone):
    found = pairs.judge(milestone, pairs.planted(milestone, 100, seed=4))
    assert found.given > 50
    assert len(found.false) <= 0.005 * found.given, found.false


def test_a_false_name_is_found(monkeypatch):
    """A recognition that names the first bug of the check, whatever the values are."""
    judge = importlib.import_module("autograder.judging.judge")

    def careless(check_run, found):
        mine = [bug for bug in milestone_content.bugs(MILESTONE) if check_run.check.name in bug.concerns]
        return [(mine[0], list(check_run.check.parts))]

    monkeypatch.setattr(judge, "names", careless)
    everything = [
        types.SimpleNamespace(bug=bug, is_whole=True, is_explained=True)
        for bug in milestone_content.bugs(MILESTONE)
    ]
    monkeypatch.setattr(judge, "suspects", lambda *arguments, **options: everything)
    found = pairs.judge(MILESTONE, pairs.planted(MILESTONE, 2, seed=3))
    assert found.false
    assert judge.names is not names
    assert dataclasses.asdict(found)["given"] == found.planted + found.alike + len(found.false)
