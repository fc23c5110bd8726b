"""The visible checks beside the solution: all pass, and say nothing else."""

from __future__ import annotations

import importlib
import inspect

import pytest

from autograder.course import MILESTONES
from nndl.checking.shared.progress import Progress


def alone(milestone: str) -> tuple[Progress, list[str]]:
    """Return the checks of a milestone, and the names of those that want nothing from the notebook."""
    progress = importlib.import_module(f"nndl.checking.{milestone}").progress
    return progress, [
        name
        for name, check in progress.checks.items()
        if all(p.default is not p.empty for p in inspect.signature(check.body).parameters.values())
    ]


@pytest.mark.parametrize("milestone", MILESTONES)
def test_the_solution_passes(milestone, capsys):
    if milestone in ("pytorch", "network_visualization"):
        pytest.importorskip("torch")
    progress, names = alone(milestone)
    assert names
    try:
        for name in names:
            progress.run(name)
            said = capsys.readouterr().out
            assert progress.outcomes[name].credit == 1, said
            assert said.count("\n") <= 2, said  # passed, and how far the student is: nothing else
    finally:
        progress.reset()
