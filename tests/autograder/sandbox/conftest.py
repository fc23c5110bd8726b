"""A submission for the sandbox, and whether there are sandboxes here."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from autograder.sandbox import forked
from autograder.sandbox.availability import sandbox_availability


@pytest.fixture
def works():
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)


@pytest.fixture(params=["forked", "fresh"])
def kind(request, works):
    """Both ways to start a sandbox."""
    with forked.never() if request.param == "fresh" else contextlib.nullcontext():
        yield request.param


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    root = tmp_path / "submission"
    (root / "nndl").mkdir(parents=True)
    (root / "nndl" / "__init__.py").write_text("")
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return root


@pytest.fixture
def namespace():
    """Open the process namespace of a process; while it is open, no other one gets its number."""
    opened: list[int] = []

    def look(pid: int) -> int:
        opened.append(os.open(f"/proc/{pid}/ns/pid", os.O_RDONLY))
        return os.fstat(opened[-1]).st_ino

    yield look
    for descriptor in opened:
        os.close(descriptor)
