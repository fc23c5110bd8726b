"""Reports of a class are the same, but for times, whoever has answered the same before."""

from __future__ import annotations

import pytest

from autograder.grading import grade
from autograder.grading.case_memory import CaseMemory
from autograder.grading.class_memory import class_memory
from autograder.library.remote.library import RemoteLibrary
from autograder.proofs import simulated_class
from autograder.sources import Sources

from .test_class_memory import HOSTILE, SEED
from .test_forked_sandboxes import members

pytestmark = pytest.mark.sandbox


def differing(name, chosen, folder):
    """Return the hand-ins whose reports differ, and how many cases of the second round were judged from memory."""
    milestone = Sources().milestone(name)
    settings = grade.Settings(milestone, seed=SEED, data="offline")
    for what, member in chosen.items():
        simulated_class.hand_in(folder / what / name, milestone, member, {})

    def graded(what):
        report = grade.grade_folder(folder / what / name, what, settings)
        assert report is not None
        report |= {"seconds": {}, "created": ""}
        for check in report["checks"]:
            check["seconds"] = 0
        return report

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CaseMemory, "about", lambda *_: None)
        alone = {what: graded(what) for what in chosen}
    class_memory.cache_clear()
    found = {what for what in chosen if graded(what) != alone[what]}
    known, ask_again = [], RemoteLibrary.ask_again

    def noted(lib, said):
        known.append(ask_again(lib, said))
        return known[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RemoteLibrary, "ask_again", noted)
        found |= {what for what in chosen if graded(what) != alone[what]}
    return sorted(found), sum(outcome is not None for outcome in known)


def test_reports_are_the_same_with_and_without_memory(tmp_path):
    every = members("two_layer_net")
    bugs = [what for what in every if what not in HOSTILE and what not in ("right", "untouched")]
    chosen = {what: every[what] for what in ("right", "untouched", "changes numpy", bugs[3], bugs[-1])}
    found, known = differing("two_layer_net", chosen, tmp_path)
    assert found == []
    assert known > 80


@pytest.mark.slow
@pytest.mark.parametrize("name", ["two_layer_net", "fc_net"])
def test_every_report_is_the_same_with_and_without_memory(name, tmp_path):
    found, _ = differing(name, members(name), tmp_path)
    assert found == []
