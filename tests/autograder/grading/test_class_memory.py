"""What a class shares changes no report: with and without it, and whoever was graded before."""

from __future__ import annotations

import pytest

from autograder.grading.class_memory import ClassMemory
from autograder.judging import milestone_content
from autograder.judging.recognise import replay_case
from autograder.judging.second_judgement import run_checks
from autograder.library.local import reference_library
from autograder.proofs import strength
from autograder.reports import report as reporting
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
