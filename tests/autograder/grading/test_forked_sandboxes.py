"""Reports from forked sandboxes are those from sandboxes with an interpreter of their own.

And where requests wait for the next one, they are those where each is sent by itself.
"""

from __future__ import annotations

import contextlib

import pytest

from autograder.grading import grade
from autograder.grading.case_memory import CaseMemory
from autograder.judging import milestone_content
from autograder.library.remote import put_off
from autograder.proofs import simulated_class
from autograder.sandbox import forked
from autograder.sources import Sources

from .test_class_memory import HOSTILE, SEED

pytestmark = pytest.mark.sandbox


def members(name):
    """Return hand-ins of every kind: right, in another way, with each known mistake, unwritten, hostile."""
    milestone = Sources().milestone(name)
    edited = {bug.name: bug.edited for bug in milestone_content.bugs(milestone)}
    edited |= milestone_content.alternatives(milestone)
    found = {
        "right": simulated_class.Member("right", net=None),
        "untouched": simulated_class.Member("untouched", untouched=True, net=None),
        **{what: simulated_class.Member(what, last_task=code, net=None) for what, code in HOSTILE.items()},
    }
    return found | {what: simulated_class.Member(what, (one,), net=None) for what, one in edited.items()}


@contextlib.contextmanager
def each_request_by_itself():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(put_off, "_MAY_WAIT", {})
        yield


def differing(name, chosen, folder, otherwise=forked.never):
    """Return the hand-ins whose reports differ, but for times."""
    milestone = Sources().milestone(name)
    settings = grade.Settings(milestone, seed=SEED, data="offline")
    for number, member in enumerate(chosen.values()):
        simulated_class.hand_in(folder / str(number) / name, milestone, member, {})

    def graded(number, way):
        with way, pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                CaseMemory, "about", lambda *_: None
            )  # what the other way has shown counts for nothing
            report = grade.grade_folder(folder / str(number) / name, str(number), settings)
        assert report is not None
        report |= {"seconds": {}, "created": ""}
        for check in report["checks"]:
            check["seconds"] = 0
        return report

    return [
        what
        for number, what in enumerate(chosen)
        if graded(number, contextlib.nullcontext()) != graded(number, otherwise())
    ]


def test_a_report_is_the_same_from_both_kinds_of_sandbox(tmp_path):
    every = members("two_layer_net")
    bug = next(name for name in every if name not in HOSTILE and name not in ("right", "untouched"))
    chosen = {name: every[name] for name in ("right", "untouched", "ends", bug)}
    assert differing("two_layer_net", chosen, tmp_path) == []
    assert forked._servers.running, forked._servers.refused


def test_a_report_is_the_same_where_each_request_is_sent_by_itself(tmp_path):
    every = members("two_layer_net")
    chosen = {name: every[name] for name in ("right", "untouched", "deletes what it was given")}
    assert differing("two_layer_net", chosen, tmp_path, each_request_by_itself) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two_layer_net", "fc_net"])
def test_every_report_is_the_same_from_both_kinds_of_sandbox(name, tmp_path):
    assert differing(name, members(name), tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two_layer_net", "fc_net"])
def test_every_report_is_the_same_where_each_request_is_sent_by_itself(name, tmp_path):
    assert differing(name, members(name), tmp_path, each_request_by_itself) == []
