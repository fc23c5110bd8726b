"""Submissions that attack, and what it takes to watch them fail."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.library.remote import transport
from autograder.library.remote.library import RemoteLibrary
from autograder.milestone import Milestone, classes, values
from autograder.sandbox.availability import sandbox_availability
from autograder.sandbox.inside.protocol import Limits
from autograder.sandbox.limits import SandboxLimits
from autograder.sandbox.worker_sandbox import Sandbox

ATTACKS = Path(__file__).parent / "attacks"

MILESTONE = Milestone("attacked", "Attacked", api=classes("nndl.neural_net", "TwoLayerNet"))

TIGHT = SandboxLimits(
    wall=2.0,
    lifetime=30.0,
    cpu=3.0,
    memory=256 << 20,
    address_space=1 << 30,
    processes=16,
    open_files=64,
    scratch_bytes=8 << 20,
    scratch_files=500,
    output_bytes=1 << 20,
    message=Limits(message_bytes=1 << 20, items=10_000),
)
"""Small enough that a test is short, and that an attack that passed them would do no harm here."""


def survivors(namespace: int) -> list[int]:
    """Return the processes that live in a process namespace, given by a descriptor.

    The open descriptor keeps the kernel from giving the namespace's number to another one. The dead that nobody
    has waited for yet do not count.
    """
    number = os.fstat(namespace).st_ino
    found = []
    for process in psutil.process_iter():
        try:
            inside = os.stat(f"/proc/{process.pid}/ns/pid").st_ino == number
            if inside and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (OSError, psutil.Error):
            continue
    return found


@pytest.fixture(scope="session")
def sandboxed() -> None:
    """Skip, with the advice, where no sandbox can run."""
    state = sandbox_availability()
    if not state.ok:
        pytest.skip(state.advice)


@pytest.fixture(scope="session")
def tight() -> SandboxLimits:
    """The limits that attacks are played under."""
    return TIGHT


@pytest.fixture(scope="session")
def brief() -> SandboxLimits:
    """The same for attacks that only wait: they need not wait long."""
    return replace(TIGHT, wall=0.7)


@pytest.fixture(scope="session")
def limits_in_force(sandboxed: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that bombs is started before every limit has been seen to be set."""
    root = tmp_path_factory.mktemp("limits")
    _write_submission(root, LIMITS_INSIDE)
    with RemoteLibrary(
        root, Milestone("limits", "Limits", api=values("nndl.neural_net", "f")), limits=TIGHT
    ) as library:
        found = library.f()
    assert found == {
        "NPROC": (TIGHT.processes,) * 2,
        "AS": (TIGHT.address_space,) * 2,
        "FSIZE": (TIGHT.scratch_bytes,) * 2,
        "NOFILE": (TIGHT.open_files,) * 2,
        "CORE": (0, 0),
        "CPU": (int(TIGHT.cpu) + 2,) * 2,
    }


LIMITS_INSIDE = """
import resource

def f():
    names = ("NPROC", "AS", "FSIZE", "NOFILE", "CORE", "CPU")
    return {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in names}
"""


@pytest.fixture
def raw_reply() -> Callable[[str], str]:
    """Make the source of an attack that writes to the channel by hand."""

    def make(statements: str) -> str:
        template = (ATTACKS / "_raw_reply.py").read_text()
        body = textwrap.indent(statements, " " * 8).lstrip()
        assert template.count('_send(b"")  # PAYLOAD') == 1
        return template.replace('_send(b"")  # PAYLOAD', body)

    return make


def _write_submission(root: Path, source: str) -> None:
    package = root / "nndl"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "neural_net.py").write_text(source)
    for path in (root, package, *package.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)


Attack = Callable[..., RemoteLibrary]


@pytest.fixture
def attack(tmp_path: Path, sandboxed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attack]:
    """Start a library from an attack's source; afterwards, nothing of any of its workers may be alive."""
    started: list[RemoteLibrary] = []
    namespaces: list[int] = []

    class Recorded(Sandbox):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            namespaces.append(os.open(f"/proc/{self.init}/ns/pid", os.O_RDONLY))

    monkeypatch.setattr(transport, "Sandbox", Recorded)

    def start(
        name: str, *, source: str | None = None, limits: SandboxLimits = TIGHT, total_wall: float = 30.0
    ) -> RemoteLibrary:
        root = tmp_path / f"submission-{len(started)}"
        _write_submission(root, source or (ATTACKS / f"{name}.py").read_text())
        library = RemoteLibrary(root, MILESTONE, total_wall=total_wall, limits=limits)
        started.append(library)
        return library

    yield start
    for library in started:
        library.close()
    assert namespaces, "no worker was started, so nothing was attacked"
    left = [pid for namespace in namespaces for pid in survivors(namespace)]
    for namespace in namespaces:
        os.close(namespace)
    assert not left, f"processes of the sandbox survived it: {left}"
    shutil.rmtree(tmp_path, ignore_errors=True)
