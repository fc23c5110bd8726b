"""The clock of the running service is set: a second before and after deadlines, where summer time ends and begins."""

from __future__ import annotations

import datetime
import os
import time
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.gradebook.extensions import FILE, Extension, write_extensions

from .served import MILESTONE, Running

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]
# a course in Berlin: half past two is there twice on the one night, and never on the other
DEADLINES = [
    ("2031-10-26 01:30:00 UTC", "2031-10-26T01:30:00+00:00"),
    ("2031-10-26 02:30:00 Europe/Berlin", "2031-10-26T00:30:00+00:00"),
    ("2032-03-28 03:00:00 Europe/Berlin", "2032-03-28T01:00:00+00:00"),
]
DAY = 86400.0
READ_AGAIN = 11
"""For so many seconds what was read of the gradebook is used."""


# `time.time` of each process that is started with this on its path; libfaketime breaks `time.sleep` of Python 3.11
FAKED = """
import time
real = time.time
def faked():
    with open({file!r}) as file:
        return real() + float(file.read())
time.time = faked
"""


class Clock:
    """The clock of all processes that are started in its environment; nobody else's."""

    def __init__(self, folder: Path) -> None:
        self.path, self._file = folder / "path", folder / "clock"
        self.path.mkdir()
        (self.path / "sitecustomize.py").write_text(FAKED.format(file=str(self._file)))
        self.set(time.time())

    def set(self, at: float) -> None:
        part = self._file.with_name("part")
        part.write_text(f"{at - time.time():.3f}")
        os.replace(part, self._file)


def set_deadline(running, due):
    with Gradebook(str(running.service.course.directory.db_url)) as gradebook:
        gradebook.update_or_create_assignment(MILESTONE, duedate=due)


@pytest.mark.timeout(600)
def test_a_second_before_and_after_the_deadline_on_the_nights_when_clocks_are_changed(tmp_path, monkeypatch):
    clock = Clock(tmp_path)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    monkeypatch.syspath_prepend(clock.path)  # which is the path of what `Running` starts

    running = Running(tmp_path / "course")
    try:
        for number, (said, utc) in enumerate(DEADLINES):
            due = datetime.datetime.fromisoformat(utc).timestamp()
            set_deadline(running, said)
            write_extensions(running.root / FILE, [Extension("ben", MILESTONE, 1.0, "ill")])
            clock.set(due - 5000)
            running.ask("/me", "ada")
            time.sleep(READ_AGAIN)
            me = running.ask("/me", "ada")["milestones"][MILESTONE]
            assert datetime.datetime.fromisoformat(me["deadline"]).timestamp() == due
            late = {}
            for who, at in (("ada", due), ("ben", due), ("ben", due + DAY)):
                for after in (-1.5, 1.0):
                    clock.set(at + after)
                    id = running.hand_in(who, f"{number} {who} {at} {after}")
                    receipt = running.ask(f"/hand-ins/{id}", who)["receipt"]
                    received = datetime.datetime.fromisoformat(receipt["received"]).timestamp()
                    assert (received - at < 0) == (after < 0)
                    late[who, at - due, after] = receipt["late"]
            assert late == {
                ("ada", 0.0, -1.5): False, ("ada", 0.0, 1.0): True,
                ("ben", 0.0, -1.5): False, ("ben", 0.0, 1.0): False,
                ("ben", DAY, -1.5): False, ("ben", DAY, 1.0): True,
            }  # fmt: skip
            assert running.result(id, "ben")["state"] == "done"  # and it is graded, whatever the clock does
    finally:
        running.end()
