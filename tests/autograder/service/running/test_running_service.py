"""A running service, started by its one command: hand-ins over HTTP, processes killed with -9, and the gradebook."""

from __future__ import annotations

import random
import time

import pytest
from nbgrader.api import Gradebook

from autograder.service import record

from .served import MILESTONE, Running


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    one = Running(tmp_path_factory.mktemp("served"))
    yield one
    one.end()


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_result_within_a_minute_and_in_the_gradebook(running):
    begun = time.monotonic()
    state = running.result(running.hand_in("ada"), "ada")
    assert time.monotonic() - begun < 60
    assert state["state"] == "done"
    assert state["result"]["score"] == state["result"]["counted_score"] > 30
    assert record.record(running.service) == []  # what the graders do every minute, or did already
    submitted = running.root / "submitted" / "ada" / MILESTONE
    assert (submitted / "timestamp.txt").read_text().startswith(state["receipt"]["received"][:10])
    assert (submitted / "nndl" / "linear_classifier.py").is_file()
    with Gradebook(str(running.service.course.directory.db_url)) as gradebook:
        found = gradebook.find_submission(MILESTONE, "ada")
        checks = {check["name"]: check["points"] for check in state["result"]["checks"]}
        cells = {cell.name: cell.auto_score for notebook in found.notebooks for cell in notebook.grades}
    assert {name: cells[name] for name in checks} == checks


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(1500)
def test_whatever_is_killed_every_hand_in_gets_one_result(running):
    moment = random.Random(20)
    ids: list = []
    for kill in range(50):
        ids.append((running.hand_in("ben", f"ben {kill}"), "ben"))
        if kill % 5 == 0:
            ids.append((running.hand_in("ada", f"ada {kill}"), "ada"))
        time.sleep(moment.uniform(0.2, 3.0))
        if found := running.processes():
            moment.choice(found).kill()
    states = {id: running.result(id, student)["state"] for id, student in ids}
    assert len(states) == 60
    assert set(states.values()) <= {"done", "not_graded"}
    # one that was killed twice in a row is told that it does not count; the others have their points
    assert sum(state == "done" for state in states.values()) > 45
    kept = {one.id: one for one in running.service.store.hand_ins()}
    assert set(states) <= set(kept)
    scores = {kept[id].score for id, state in states.items() if state == "done"}
    assert len(scores) == 1
