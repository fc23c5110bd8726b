"""`nbgrader export`."""

from __future__ import annotations

from nbgrader.api import Gradebook

from .small_course import export


def test_the_export_tells_zero_from_not_graded_and_from_not_submitted(released, course):
    for student in ("alice", "=bob"):
        folder = released.submit(student)
        notebook = (folder / "two_layer_net.ipynb").read_text()
        (folder / "two_layer_net.ipynb").write_text(notebook.replace("YOUR ANSWER HERE", "Because."))
    released.verdicts["scores"] = 0.0
    released.autograde("alice")
    released.verdicts["scores"] = None
    released.autograde("=bob")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        gradebook.update_or_create_student("carol", last_name="C, D")
    rows = {
        row["student_id"]: (row["state"], row["scores"], row["predict"], row["why"], row["total"])
        for row in export(released)
    }
    assert rows == {
        "alice": ("needs a human", "0", "2", "", "2"),
        "'=bob": ("needs a human", "", "2", "", "2"),
        "carol": ("not submitted", "", "", "", ""),
    }
