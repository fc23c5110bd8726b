"""A backup that is made while hand-ins arrive, and put back by hand as the page says."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time

import pytest

from autograder.nbgrader_plugin.course import Course
from autograder.service.settings import Service

from .served import Running

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]


def test_what_was_in_the_copy_is_graded_and_what_came_later_can_be_sent_again(tmp_path):
    running = Running(tmp_path / "course")
    ids: list = []
    over = threading.Event()

    def pour(student):
        while not over.wait(0.3):
            ids.append((running.hand_in(student, f"{student} {len(ids)}"), time.time()))

    pouring = [threading.Thread(target=pour, args=(student,)) for student in ("ada", "ben")]
    try:
        for thread in pouring:
            thread.start()
        time.sleep(4)
        begun = time.time()
        command = [sys.executable, "-m", "autograder", "serve", "--backup", str(tmp_path / "copy")]
        subprocess.run(command, cwd=running.root, env=running.environment, check=True)
        time.sleep(2)
        over.set()
        for thread in pouring:
            thread.join()
        running.stop()
        running.service.store.close()
        (running.root / "service").rename(running.root / "service-before")
        shutil.copytree(tmp_path / "copy", running.root / "service")
        running.start()
        running.service = Service(Course.around(running.root))
        there = {one.id for one in running.service.store.hand_ins()}
        assert {id for id, at in ids if at < begun} <= there < {id for id, _ in ids}
        last = running.hand_in("ada", "after it")
        until = time.monotonic() + 240
        while any(one.state != "done" for one in running.service.store.hand_ins()):
            assert time.monotonic() < until
            time.sleep(1)
        kept = {one.id: one for one in running.service.store.hand_ins()}
        assert set(kept) == there | {last}
        assert {one.score for one in kept.values()} == {36.0}
    finally:
        over.set()
        running.end()
