"""Deadlines are the gradebook's, with each student's extension."""

from __future__ import annotations

from nbgrader.api import Gradebook

from autograder.gradebook.deadlines import Deadlines
from autograder.gradebook.extensions import FILE, Extension, write_extensions


def test_deadlines_extensions_and_roster(tmp_path, gradebook_url):
    with Gradebook(gradebook_url) as gradebook:
        gradebook.add_assignment("m1", duedate="1970-01-02 00:00:00 UTC")
        gradebook.add_assignment("m2")
        gradebook.add_notebook("n", "m2")
        gradebook.add_student("ada")
    write_extensions(tmp_path / FILE, [Extension("ada", "m1", 2.0, "ill")])
    now = [0.0]
    deadlines = Deadlines(gradebook_url, tmp_path, keep=10.0, clock=lambda: now[0])
    assert deadlines.of("ben", "m1") == 86400.0
    assert deadlines.of("ada", "m1") == 3 * 86400.0
    assert deadlines.of("ada", "m2") is None
    assert deadlines.roster() == {"ada"}
    assert deadlines.released() == {"m2"}
    with Gradebook(gradebook_url) as gradebook:
        gradebook.add_student("ben")
    assert deadlines.roster() == {"ada"}  # not read for each request
    now[0] = 11.0
    assert deadlines.roster() == {"ada", "ben"}
