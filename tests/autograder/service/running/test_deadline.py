"""The clock passes the deadline while the service runs."""

from __future__ import annotations

import datetime
import time
import urllib.error

import pytest
from nbgrader.api import Gradebook

from autograder.gradebook.extensions import FILE, Extension, write_extensions

from .served import MILESTONE, Running

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]


def set_deadline(running, at):
    due = datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    with Gradebook(str(running.service.course.directory.db_url)) as gradebook:
        gradebook.update_or_create_assignment(MILESTONE, duedate=due)


def test_the_clock_passes_the_deadline(tmp_path):
    running = Running(tmp_path)
    try:
        running.ask("/me", "ada")  # it answers
        due = round(time.time()) + 20
        set_deadline(running, due)
        write_extensions(tmp_path / FILE, [Extension("ben", MILESTONE, 1.0, "ill")])
        time.sleep(11)  # for so long what was read of the gradebook is used
        me = running.ask("/me", "ada")["milestones"][MILESTONE]
        assert datetime.datetime.fromisoformat(me["deadline"]).timestamp() == due
        in_time = running.hand_in("ada", "in time")
        assert time.time() < due
        time.sleep(max(0.0, due + 1 - time.time()))
        late = running.hand_in("ada", "late")
        with_extension = running.hand_in("ben", "ill")
        said = [
            running.ask(f"/hand-ins/{id}", student)["receipt"]["late"]
            for id, student in ((in_time, "ada"), (late, "ada"), (with_extension, "ben"))
        ]
        assert said == [False, True, False]
        running.stop()
        config = tmp_path / "nbgrader_config.py"
        config.write_text(config.read_text().replace('"attempts": None', '"accept_late": False'))
        running.start()
        running.ask("/me", "ada")
        with pytest.raises(urllib.error.HTTPError) as refused:
            running.hand_in("ada", "much too late")
        assert refused.value.code == 403
        assert "The deadline was" in refused.value.read().decode()
        assert running.hand_in("ben", "ill, again")
    finally:
        running.end()
