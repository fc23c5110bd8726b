"""How far a run is."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from autograder.cli import progress
from autograder.cli.progress import RunProgress

REPORT = {"student": "ada", "verdict": "graded", "score": 3.0}


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_without_a_terminal_there_are_lines(capsys, clock):
    with RunProgress("grading dropout", 4, Console(file=io.StringIO()), False) as shown:
        for _ in range(3):
            clock[0] += 6
            shown.advance(REPORT, True)
        clock[0] += 6
        shown.advance({**REPORT, "verdict": "not graded"}, True)
    assert capsys.readouterr().err.splitlines() == [
        "grading dropout: 2 of 4, 10 a minute, about 0:12 min left",
        "grading dropout: 4 of 4, 10 a minute, 1 not graded",
    ]


def test_json_for_programs(capsys, clock):
    with RunProgress("grading dropout", 2, Console(file=io.StringIO()), True) as shown:
        clock[0] += 2
        shown.advance(REPORT, True)
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line) == {
        "student": "ada", "verdict": "graded", "score": 3.0, "fresh": True,
        "done": 1, "total": 2, "not_graded": 0, "per_second": 0.5, "seconds_left": 2,
    }  # fmt: skip


def test_on_a_terminal_there_is_a_bar(clock):
    file = io.StringIO()
    with RunProgress("grading", 2, Console(file=file, force_terminal=True, width=100), False) as shown:
        clock[0] += 2
        shown.advance(REPORT, True)
    assert "1/2" in file.getvalue()
    assert "30 a minute" in file.getvalue()
