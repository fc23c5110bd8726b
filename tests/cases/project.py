"""What the cases need of the project: its commands, its releases, its way of reading a hand-in.

The only module of this folder that imports from `autograder`, so that a change of its layout is followed here alone.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from autograder.cli.main import main
from autograder.release.build import Release
from autograder.reports import report as reporting
from autograder.sandbox.inside.protocol import encode
from autograder.sources import Sources
from autograder.submission.load import load

ROOT = Path(__file__).resolve().parents[2]
SEED = "5"
"""Of all runs: a case that fails today fails the same way tomorrow."""


@functools.cache
def release(milestone: str) -> dict[str, bytes]:
    """Return the release of a milestone: name → content."""
    return Release.current(Sources().milestone(milestone)).files


def autograder(*arguments: str | Path) -> Result:
    """Run a command of the command line in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def grade_arguments(milestone: str, submitted: Path, output: Path) -> list[str]:
    """Return how every case is graded."""
    options = ["--data", "offline", "--jobs", "1", "--seed", SEED]
    return ["grade", milestone, "--submitted", str(submitted), "--output", str(output), *options]


def grade_command(milestone: str, submitted: Path, output: Path) -> list[str]:
    """Return the same as a command for a process of its own."""
    return [sys.executable, "-m", "autograder", *grade_arguments(milestone, submitted, output)]


def grade(milestone: str, submitted: Path, output: Path) -> dict[str, Any]:
    """Grade ``submitted/<student>/<milestone>`` of one student, and return the report."""
    result = autograder(*grade_arguments(milestone, submitted, output))
    (path,) = output.glob(f"*/{milestone}.json") if output.is_dir() else [None]
    if path is None:
        raise RuntimeError(f"nothing was graded: {result.output}") from result.exception
    return read_report(path)


def read_report(path: Path) -> dict[str, Any]:
    """Return a report."""
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


def write_empty_report(path: Path, milestone: str) -> None:
    """Write the report of a submission that was not graded."""
    report = reporting.new_report(
        Sources().milestone(milestone), path.parent.name, seed=0, reason="for a test"
    )
    reporting.write(path, report)


def read_in(folder: Path, milestone: str, workdir: Path) -> Path:
    """Read a submitted folder as every command does, and return the clean tree that was made of it."""
    return load(folder, Release.current(Sources().milestone(milestone)), workdir).root


def size_on_the_wire(message: Any) -> int:
    """Return the bytes of a message between the grader and a worker."""
    return len(encode(message))
