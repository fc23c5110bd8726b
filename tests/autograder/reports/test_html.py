"""Pages made from reports: whatever a student chose is text on them."""

from __future__ import annotations

import re

from autograder.failures import StudentError
from autograder.judging.check import CaseRecord, CheckResult
from autograder.reports import feedback
from autograder.reports.html import code

from .sample import CHECK, MILESTONE, OTHER, failed, graded, passed


def test_backticks_become_code_and_everything_else_stays_text():
    assert code("use `a<b` <i>now</i>") == "use <code>a&lt;b</code> &lt;i&gt;now&lt;/i&gt;"


def test_feedback_names_every_check_and_escapes_messages(tmp_path):
    path = tmp_path / "ada.html"
    feedback.write(path, graded("<b>ada", failed("<script>alert(1)</script>"), passed()), MILESTONE)
    page = path.read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<b>ada" not in page
    assert "&lt;script&gt;" in page
    assert MILESTONE.title in page
    assert all(entry.check.title.split("`")[0] in page for entry in (failed(), passed()))


def test_an_outcome_fits_on_a_line():
    wrong, right = graded("ada", failed("the sign is wrong"), passed())["checks"]
    assert feedback.line(wrong).startswith("✗ ")
    assert feedback.line(wrong).endswith("the sign is wrong")
    assert feedback.line(right).endswith(right["title"])


def test_what_stops_several_checks_is_told_once_and_first_with_what_it_is_worth(tmp_path):
    error = "SyntaxError: invalid syntax (nndl/neural_net.py, line 30)"
    records = [
        CaseRecord(0, {}, failure=StudentError("SyntaxError", "invalid syntax", "nndl/neural_net.py", 30))
    ]
    message = f"Your code stopped with {error}."
    stopped = [CheckResult(check, "failed", 0.0, message, records, {}) for check in (CHECK, OTHER)]
    path = tmp_path / "ada.html"
    feedback.write(path, graded("ada", *stopped), MILESTONE)
    page = path.read_text(encoding="utf-8")
    assert page.count("invalid syntax") == 1
    points = f"{CHECK.points + OTHER.points:g}"
    told = re.sub("<[^>]*>", "", page)
    assert f"Begin here: {message} This stopped 2 checks, which are worth {points} points together" in told
    assert "points to win" not in page
    feedback.write(path, graded("ada", stopped[0]), MILESTONE)
    page = path.read_text(encoding="utf-8")
    assert "points to win" in page
    assert "StudentError" not in page
    assert "your code stopped" in page
