"""One mistake costs once: each check keeps its points whatever is broken that it is not about."""

from __future__ import annotations

import ast

import pytest

from autograder.judging import milestone_content
from autograder.proofs import breaking, strength
from autograder.proofs.breaking import Broken
from autograder.sources import Sources

MILESTONES = [milestone.name for milestone in Sources().milestones]
TORCH = ("pytorch", "network_visualization")
DROPOUT = Sources().milestone("dropout")


def _with_torch(name):
    if name in TORCH:
        pytest.importorskip("torch")


@pytest.mark.parametrize("name", [name for name in MILESTONES if name not in TORCH])
def test_each_check_is_spared_by_something_that_is_broken(name):
    milestone = Sources().milestone(name)
    lost = [loss for broken in breaking.a_few(milestone) for loss in breaking.losses(milestone, broken)[1]]
    assert lost == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MILESTONES)
def test_each_check_is_spared_by_everything_that_it_is_not_about(name):
    _with_torch(name)
    milestone = Sources().milestone(name)
    lost = [
        loss for broken in breaking.everything(milestone) for loss in breaking.losses(milestone, broken)[1]
    ]
    assert lost == []


@pytest.mark.parametrize("way", breaking.FUNCTION_WAYS)
def test_what_is_broken_costs_its_own_check(way):
    edited = Broken("layers/dropout.py", "dropout_backward", way).edited("nndl")
    results = strength.grade_in_process(edited.library(DROPOUT), DROPOUT, name_bugs=False)
    edited.forget()
    assert {name for name, result in results.items() if result.verdict == "failed"} == {"backward"}


def test_a_check_that_builds_on_another_function_is_found(monkeypatch):
    checks = [check for check in milestone_content.checks(DROPOUT) if check.name != "backward"]
    monkeypatch.setattr(
        milestone_content, "checks", lambda milestone: checks
    )  # nothing is lent without this one
    broken = Broken("layers/dropout.py", "dropout_backward", "raises")
    spared, lost = breaking.losses(DROPOUT, broken)
    assert spared == 6
    assert {loss.check for loss in lost} == {"net_scores", "net_loss", "net_gradients"}


def test_what_a_check_is_about():
    about = {c.name: breaking.subjects(c, DROPOUT) for c in milestone_content.checks(DROPOUT)}
    assert about["backward"] == {"dropout_backward"}
    assert {"FullyConnectedNet.loss", "FullyConnectedNet._drop_out"} <= about["net_loss"]
    assert not {"FullyConnectedNet.__init__", "dropout_forward"} & about["net_loss"]


def test_every_way_to_break_something_leaves_the_rest_of_the_file_as_it_is():
    for broken in breaking.everything(DROPOUT):
        text = broken.edited("nndl").sources()[broken.file]
        if broken.way != "syntax error":
            ast.parse(text)
    assert (
        "def _right_loss("
        in Broken("fc_net.py", "FullyConnectedNet.loss", "wrong").edited("nndl").sources()["fc_net.py"]
    )
