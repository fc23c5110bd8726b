"""Where no sandbox can run, the advice says what to do."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.failures import SandboxUnavailable
from autograder.sandbox import forked
from autograder.sandbox.availability import SandboxAvailability, sandbox_availability
from autograder.sandbox.worker_sandbox import Sandbox

from .processes import ROOT


@pytest.fixture
def nothing_known(monkeypatch):
    """Let the availability be found out anew, before and after the test."""
    monkeypatch.setattr(forked, "_servers", forked._Servers())
    sandbox_availability.cache_clear()
    yield
    sandbox_availability.cache_clear()


@pytest.mark.sandbox
def test_root_in_a_user_namespace_counts_as_an_ordinary_user(works):
    code = "from autograder.sandbox.availability import sandbox_availability; print(sandbox_availability())"
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode != 0 and "unshare" in done.stderr:
        pytest.skip("user namespaces are not available here")
    assert done.stdout.strip() == str(SandboxAvailability(True, "user namespace")), done.stderr


def test_without_bubblewrap_the_advice_is_to_install_it(nothing_known, monkeypatch, submission, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    state = sandbox_availability()
    assert not state.ok
    assert "apt-get install bubblewrap" in state.advice
    with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
        Sandbox(submission)


def fake_bubblewrap(folder: Path, script: str) -> str:
    program = folder / "bin" / "bwrap"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program.parent)


def test_an_old_bubblewrap_is_refused(nothing_known, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", fake_bubblewrap(tmp_path, "echo bubblewrap 0.4.1\n"))
    state = sandbox_availability()
    assert not state.ok
    assert "0.8 or newer" in state.advice


def test_a_bubblewrap_that_fails_is_infrastructure_with_its_words(
    nothing_known, monkeypatch, submission, tmp_path
):
    script = (
        'if [ "$1" = --version ]; then echo bubblewrap 0.9.0; else echo no namespaces today >&2; exit 1; fi\n'
    )
    monkeypatch.setenv("PATH", fake_bubblewrap(tmp_path, script))
    state = sandbox_availability()
    assert not state.ok
    assert "no namespaces today" in state.advice
    with pytest.raises(SandboxUnavailable, match="no namespaces today"):
        Sandbox(submission)


@pytest.mark.parametrize("user", [0, 1000])
def test_in_a_container_the_advice_is_how_to_start_it(nothing_known, monkeypatch, tmp_path, user):
    script = 'if [ "$1" = --version ]; then echo bubblewrap 0.9.0; else exit 1; fi\n'
    monkeypatch.setenv("PATH", fake_bubblewrap(tmp_path, script))
    monkeypatch.setenv("container", "podman")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    advice = sandbox_availability().advice
    assert "seccomp=unconfined" in advice
    assert ("--user" in advice) == (user == 0)


def test_on_other_systems_a_linux_machine_is_needed(nothing_known, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    state = sandbox_availability()
    assert not state.ok
    assert "needs Linux" in state.advice
