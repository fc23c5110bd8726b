"""`nbgrader export`."""

from __future__ import annotations

from nbgrader.api import Gradebook

from .small_course import export


def test_the_export_has_a_row_for_every_check_and_tells_zero_from_not_graded(released, course):
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
    rows = {(row["student_id"], row["check"]): (row["state"], row["score"]) for row in export(released)}
    assert rows == {
        ("alice", "scores"): ("graded", "0"),
        ("alice", "predict"): ("graded", "2"),
        ("alice", "why"): ("needs a human", ""),
        ("'=bob", "scores"): ("needs a human", ""),
        ("'=bob", "predict"): ("graded", "2"),
        ("'=bob", "why"): ("needs a human", ""),
        ("carol", "scores"): ("not submitted", ""),
        ("carol", "predict"): ("not submitted", ""),
        ("carol", "why"): ("not submitted", ""),
    }
