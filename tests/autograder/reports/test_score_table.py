"""The score table in the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from autograder.reports import report as reporting
from autograder.reports.score_table import number, plain, scores, slim

from .sample import CHECK, MILESTONE, OTHER, failed, graded, passed


def shown(*reports) -> list[str]:
    file = io.StringIO()
    Console(width=200, file=file).print(scores(reports))
    return file.getvalue().splitlines()


def test_a_row_shows_the_score_and_every_check():
    (row,) = (line for line in shown(graded("ada", failed(), passed())) if "ada" in line)
    assert f" {number(CHECK.points / 2)} " in row
    assert "✓" in row


def test_what_was_not_graded_does_not_look_like_a_zero():
    (row,) = (line for line in shown(reporting.new_report(MILESTONE, "ada", seed=1)) if "ada" in line)
    assert "not graded" in row
    assert "0" not in row


def test_names_of_students_are_only_text():
    (row,) = (line for line in shown(graded("[red]ada[/]\x1b")) if "ada" in line)
    assert "[red]ada[/]" in row
    assert "\x1b" not in row
    assert plain("[bold]") != "[bold]"


def test_a_long_name_takes_no_column_from_anybody():
    rows = [
        line for line in shown(graded("ada", failed()), graded("x" * 255 + "yz", passed())) if "│" in line
    ]
    assert all(len(line) < 150 for line in rows)
    assert any("xyz" in line and "…" in line and number(OTHER.points) in line for line in rows)


@pytest.mark.parametrize(
    ("value", "text"), [(4.0, "4"), (2.5, "2.5"), (1 / 3, "0.33"), (0, "0"), (None, "–")]
)
def test_points_have_no_unnecessary_decimals(value, text):
    assert number(value) == text


def test_headings_that_do_not_fit_become_a_list_of_what_is_not_passed():
    checks = [f"gradient_of_layer_{i}" for i in range(20)]
    report = {
        "student": "ada",
        "verdict": "graded",
        "reason": "",
        "score": 19.0,
        "max_score": 20.0,
        "checks": [
            {"name": name, "verdict": "failed" if i == 3 else "passed", "score": i != 3}
            for i, name in enumerate(checks)
        ],
        "submission": {"unread": []},
    }
    file = io.StringIO()
    console = Console(width=80, file=file, color_system=None)
    console.print(scores([slim(report)], console.width))
    shown = file.getvalue()
    assert "gradient_of_layer_3 ✗" in shown
    assert "layer_4" not in shown
    assert max(map(len, shown.splitlines())) <= 80
    wide = scores([report], 400)
    assert len(wide.columns) == 22
