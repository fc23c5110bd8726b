"""Text on pages: Markdown, formulas and pictures without a network; nothing of a student's runs or leads away."""

from __future__ import annotations

import base64
import json

import pytest

from autograder.reports import typeset
from autograder.reports.lesson import read_answers, read_lesson

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n picture").decode()


def test_formulas_become_mathml():
    assert "<math" in typeset.line("the loss $L = \\frac{1}{N}\\sum_i L_i$ of a batch")
    assert 'display="block"' in typeset.markdown("Then\n\n$$W \\leftarrow W - \\eta\\, dW$$\n")
    assert "<mfrac>" in typeset.line(r"$\frac{a}{b}$")


@pytest.mark.parametrize("text", ["it costs $5 and $6", "`$x$` is code", "\\$x\\$ is text", "$ x $"])
def test_a_dollar_sign_is_no_formula(text):
    assert "<math" not in typeset.line(text)


def test_code_and_everything_else_stay_text():
    assert typeset.line("`a<b` <i>x</i>") == "<code>a&lt;b</code> &lt;i&gt;x&lt;/i&gt;"
    assert "<code>$x$</code>" in typeset.markdown("see `$x$`")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "![x](https://elsewhere.example/spy.png)",
        "[home](file:///etc/passwd)",
        "[up](../../secret.md)",
        "$\\text{<script>alert(1)</script>}$",
        "$" + "{" * 400 + "$",
    ],
)
def test_nothing_of_a_students_runs_or_leads_away(text):
    made = typeset.markdown(text)
    assert "<script" not in made
    assert "<img" not in made
    assert "href" not in made
    assert "onerror=" not in made or "&lt;img" in made


def test_links_to_the_web_stay_and_headings_go_below_those_of_the_page():
    made = typeset.markdown(
        "# Title\n\n[paper](https://arxiv.org/abs/1)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    assert "<h4>Title</h4>" in made
    assert 'href="https://arxiv.org/abs/1"' in made
    assert 'rel="noreferrer"' in made
    assert "<table>" in made


def test_pictures_come_into_the_page_from_the_folder_and_from_attachments(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "goal.png").write_bytes(base64.b64decode(PNG))
    (tmp_path.parent / "outside.png").write_bytes(b"x")
    picture = typeset.pictures_of(tmp_path, {"mine.png": {"image/png": PNG}, "bad.png": {"image/png": "%%%"}})
    made = typeset.markdown("![goal](images/goal.png) ![mine](attachment:mine.png)", picture)
    assert made.count(f"data:image/png;base64,{PNG}") == 2
    for name in (
        "../outside.png",
        "attachment:bad.png",
        "attachment:none.png",
        "images/none.png",
        "/etc/x.png",
    ):
        made = typeset.markdown(f"![words]({name})", picture)
        assert "<img" not in made
        assert "[picture: words]" in made


def cell(kind, source, **about):
    return {"cell_type": kind, "source": source, "metadata": {"nbgrader": about} if about else {}}


def test_a_lesson_says_where_to_read_and_what_was_asked(tmp_path):
    cells = [
        cell("markdown", "# The course"),
        cell("markdown", "## 3 Backpropagation\n\ntext"),
        cell("markdown", "### Task 4: `_gradients`"),
        cell("code", "check.gradients()", grade=True, solution=False, grade_id="gradients"),
        cell("markdown", "### Question 1\n\nWhy is $x$ small?"),
        cell("markdown", "**Model answer.** secret", grade=True, solution=True, grade_id="why"),
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    lesson = read_lesson(tmp_path)
    assert lesson.sections["gradients"] == "3 Backpropagation › Task 4: <code>_gradients</code>"
    assert "<math" in lesson.questions["why"]
    assert "secret" not in lesson.questions["why"]
    assert "Question 1" not in lesson.questions["why"]
    answers = read_answers(tmp_path)
    assert answers == {"why": "<p><strong>Model answer.</strong> secret</p>\n"}
    (tmp_path / "b.ipynb").write_text("no json")
    (tmp_path / "c.ipynb").symlink_to(tmp_path / "a.ipynb")
    assert read_answers(tmp_path) == answers
    assert read_answers(tmp_path / "none") == {}
