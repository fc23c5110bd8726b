"""Pages made from reports: whatever a student chose is text on them."""

from __future__ import annotations

from autograder.reports import feedback
from autograder.reports.html import code

from .sample import MILESTONE, failed, graded, passed


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
