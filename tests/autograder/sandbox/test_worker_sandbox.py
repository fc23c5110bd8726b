"""One worker: apart from all others, ended completely, and our own failures are not the submission's."""

from __future__ import annotations

import os
import threading

import psutil
import pytest

from autograder.failures import InfrastructureError, SandboxUnavailable
from autograder.sandbox import bubblewrap, forked, watchdog
from autograder.sandbox import worker_sandbox as sandbox
from autograder.sandbox.mounts import (
    PYTHON_PATH,
    Bind,
)
from autograder.sandbox.worker_sandbox import Sandbox

from .processes import living


@pytest.mark.sandbox
def test_two_workers_do_not_see_each_other(kind, submission, namespace):
    (submission / "nndl" / "f.py").write_text("")
    with Sandbox(submission) as one, Sandbox(submission) as other:
        one.wait_until_ready()
        other.wait_until_ready()
        spaces = {namespace(one.init), namespace(other.init), namespace(os.getpid())}
        assert len(spaces) == 3
        if bubblewrap.slot_uid() is not None:
            users = [
                {psutil.Process(pid).uids().real for pid in watchdog.process_tree(box.init)}
                for box in (one, other)
            ]
            assert users[0] & users[1] <= {0}


@pytest.mark.sandbox
def test_closing_ends_everything_and_can_be_repeated(kind, submission, namespace):
    box = Sandbox(submission)
    box.wait_until_ready()
    space = namespace(box.init)
    assert box.alive
    box.close()
    box.close()
    assert not box.alive
    assert living(space) == []


@pytest.mark.sandbox
def test_nothing_leaks_here(kind, submission):
    def held():
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    Sandbox(submission).close()
    before = held()
    for wait in (True, False, True):
        box = Sandbox(submission)
        if wait:
            box.wait_until_ready()
        box.close()
    assert held() == before


@pytest.mark.skipif(bubblewrap.slot_uid() is None, reason="only root's workers run under another user id")
@pytest.mark.sandbox
def test_unreadable_submissions_are_refused(works, submission):
    (submission / "nndl" / "__init__.py").chmod(0o600)
    with pytest.raises(InfrastructureError, match="mode 644"):
        Sandbox(submission)
    submission.chmod(0o700)
    with pytest.raises(InfrastructureError, match="mode 755"):
        Sandbox(submission)


def test_a_missing_folder_is_infrastructure(tmp_path):
    with pytest.raises(InfrastructureError, match="no folder"):
        Sandbox(tmp_path / "missing")


@pytest.mark.sandbox
def test_a_worker_that_does_not_start_is_infrastructure(works, submission, tmp_path, monkeypatch):
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('numpy is broken here')\n")
    broken.chmod(0o644)
    monkeypatch.setattr(sandbox, "_own_files", lambda: [Bind(str(broken), f"{PYTHON_PATH}/__main__.py")])
    with (
        forked.never(),
        Sandbox(submission) as box,
        pytest.raises(SandboxUnavailable, match="numpy is broken here"),
    ):
        box.wait_until_ready()


@pytest.mark.sandbox
def test_a_worker_of_another_version_is_infrastructure(kind, submission, monkeypatch):
    monkeypatch.setattr(sandbox.worker, "VERSION", 99)
    with Sandbox(submission) as box, pytest.raises(SandboxUnavailable, match="another version"):
        box.wait_until_ready()


def test_a_library_that_is_not_installed_is_infrastructure(submission):
    with pytest.raises(SandboxUnavailable, match="no_such_library is not installed"):
        Sandbox(submission, libraries=("no_such_library",))
