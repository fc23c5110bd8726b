"""What a class shares changes no report: with and without it, and whoever was graded before."""

from __future__ import annotations

import pytest

from autograder.grading import grade
from autograder.grading.class_memory import ClassMemory
from autograder.judging import milestone_content
from autograder.judging.recognise import replay_case
from autograder.judging.second_judgement import run_checks
from autograder.library.local import reference_library
from autograder.proofs import simulated_class, strength
from autograder.reports import report as reporting
from autograder.sandbox.tree import Base
from autograder.sources import Sources

SEED = 11
MILESTONES = [m.name for m in Sources().milestones]


def reports(milestone, edited, reference, replay):
    """Return the entries of a report, without times, on a copy of the reference with these mistakes."""
    results = run_checks(
        [check for check in milestone_content.checks(milestone) if not check.needs_images],
        lambda check: edited.library(milestone),
        reference,
        lambda: strength.reference(milestone),
        run_seed=SEED,
        milestone=milestone,
        bugs=milestone_content.known_mistakes(milestone),
        replay=replay,
    )
    return [reporting.check_entry(result) | {"seconds": 0} for result in results]


def differences(milestone, some):
    """Return the names of the edited references on which sharing changes the report."""
    memory = ClassMemory(milestone, SEED)
    return [
        edited.name
        for edited in some
        if reports(milestone, edited, reference_library(milestone), replay_case)
        != reports(milestone, edited, memory.reference(), memory.replay)
    ]


def corpus(milestone):
    bugs = [bug.edited for bug in milestone_content.known_mistakes(milestone)]
    return [*bugs, *milestone_content.alternatives(milestone).values()]


def test_a_report_is_the_same_with_what_the_class_shares():
    milestone = Sources().milestone("two_layer_net")
    every = corpus(milestone)
    assert differences(milestone, [*every[:: len(every) // 2], every[0]]) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", MILESTONES)
def test_every_report_is_the_same_with_what_the_class_shares(name):
    milestone = Sources().milestone(name)
    assert differences(milestone, corpus(milestone)) == []


class Unshared:
    """What a class shares where nothing is shared."""

    cases = None

    def __init__(self, milestone, seed, data):
        self.milestone = milestone

    def reference(self):
        return reference_library(self.milestone)

    replay = staticmethod(replay_case)


HOSTILE = {
    "ends": simulated_class._EXIT,
    "hoards": simulated_class._HOARD,
    # in an order of its own: that of the entries of a folder is the file system's
    "looks around": simulated_class._SNOOP.replace("os.listdir(folder)", "sorted(os.listdir(folder))"),
    "half a line": simulated_class._HALF_A_LINE,
    # in one line: in which of two it is when its time is over nobody can tell
    "never ends": "while True: pass\n",
    "kills itself": "import os\nimport signal\n\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "deletes what it was given": "for name in list(globals()):\n    del globals()[name]\n",
    "changes numpy": "np.sum = np.mean\nreturn None\n",
}


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("name", ["two_layer_net", "fc_net"])
def test_hostile_and_broken_hand_ins_have_the_same_reports(name, tmp_path, monkeypatch):
    milestone = Sources().milestone(name)
    settings = grade.Settings(milestone, seed=SEED, data="offline")
    members = {what: simulated_class.Member(what, last_task=code, net=None) for what, code in HOSTILE.items()}
    members["untouched"] = simulated_class.Member("untouched", untouched=True, net=None)
    for what, member in members.items():
        simulated_class.hand_in(tmp_path / what / name, milestone, member, {})
    (tmp_path / "empty" / name).mkdir(parents=True)

    def graded():
        found = {}
        for folder in sorted(tmp_path.iterdir()):
            report = grade.grade_folder(folder / name, folder.name, settings)
            assert report is not None
            report |= {"seconds": {}, "created": ""}
            for check in report["checks"]:
                check["seconds"] = 0
            found[folder.name] = report
        return found

    shared = graded()
    monkeypatch.setattr(grade, "class_memory", Unshared)
    monkeypatch.setattr(Base, "compiled", b"")
    alone = graded()
    for what, report in alone.items():
        assert shared[what] == report, what
