"""The gradebook in PostgreSQL, on a real server of its own: the same answers as in SQLite."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder.cli.main import main
from autograder.gradebook import roster
from autograder.gradebook.comments import add_comment
from autograder.gradebook.scores import Person, people, results

from ..lms import big_class
from ..postgresql import server

__all__ = ["server"]  # a fixture
pytestmark = pytest.mark.slow
MILESTONE = "two_layer_net"


def use(url: str, folder: Path) -> tuple[Any, ...]:
    """Change a gradebook in every way that we do, and return what it says then."""
    run = CliRunner().invoke
    folder.mkdir()
    back = Path.cwd()
    os.chdir(folder)  # where the list of extensions lies
    try:
        outcome = run(main, ["extend", MILESTONE, "s017", "--days", "2", "--reason", "ill", "--db", url])
    finally:
        os.chdir(back)
    assert outcome.exit_code == 0, outcome.output
    with Gradebook(url) as gradebook:
        named = [Person("s003", "Ada", "Lovelace", "ada@example.org"), Person("new", "Grace", "Hopper")]
        change = roster.change_of(gradebook, named)
        assert len(change.added) == len(change.changed) == 1
        roster.apply(gradebook, change)
        missing = add_comment(gradebook, MILESTONE, ["s001", "s019"], "why", "See the lecture.")
    with Gradebook(url) as gradebook:
        found = results(gradebook, [MILESTONE])
        return missing, sorted(people(gradebook), key=lambda one: one.id), sorted(found, key=str)


def test_a_gradebook_in_postgresql_says_and_keeps_what_one_in_sqlite_does(server, tmp_path):
    in_file = use(big_class.make(tmp_path / "gradebook.db", size=40), tmp_path / "file")
    in_server = use(big_class.fill(server, size=40), tmp_path / "server")
    assert in_server == in_file
    assert in_server[0] == ["s019"]
    late = next(one for one in in_server[2] if one.student.id == "s017")
    assert late.seconds_late == 0
