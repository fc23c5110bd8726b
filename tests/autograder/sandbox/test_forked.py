"""Sandboxes forked from a process with Python and NumPy started: as clean as others, and as apart from each other."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import pytest

from autograder.failures import SandboxUnavailable, WorkerDied
from autograder.library.remote.library import RemoteLibrary
from autograder.milestone import Milestone, values
from autograder.sandbox import forked
from autograder.sandbox.bubblewrap import build_command
from autograder.sandbox.forked import Forked
from autograder.sandbox.inside import fork_server, kernel_calls
from autograder.sandbox.tree import Base, Tree
from autograder.sandbox.worker_sandbox import Sandbox

pytestmark = pytest.mark.sandbox

ASKED = """
import os

def run(code, **given):
    names = dict(given)
    exec(code, names)
    return names["found"]
"""
MILESTONE = Milestone("forked", "Forked", api=values("nndl", "run"))


@contextlib.contextmanager
def library(extra=None, base=None):
    own = {"nndl/__init__.py": ASKED.encode(), **(extra or {})}
    with RemoteLibrary(Tree(own, base or Base({})), MILESTONE) as opened:
        yield opened


def test_sandboxes_are_forked_where_that_can_be(works, submission):
    with Sandbox(submission) as box:
        assert isinstance(box._process, Forked), forked._servers.refused


def test_a_sandbox_is_new_and_nothing_in_it_can_be_changed(works):
    base = Base({"nndl/other.py": b"x = 1\n", "README.md": b"release\n"})
    code = """
import glob
written = []
folders = "/submission", "/scratch/base", "/libraries", "", "/etc"
for path in ("/submission/nndl/other.py", *(f"{folder}/new.py" for folder in folders)):
    try:
        open(path, "w").close()
        written.append(path)
    except OSError:
        pass
found = [
    sorted(glob.glob("/submission/**", recursive=True)), glob.glob("/base*"), glob.glob("/scratch/*"), written,
    open("/submission/README.md").read(), open("/submission/nndl/other.py").read(),
]
open("/scratch/left.txt", "w").write("left")
"""
    for extra in ({"nndl/other.py": b"x = 2\n"}, {}):
        with library(extra, base) as opened:
            files, beneath, scratch, written, readme, other = opened.run(code)
        assert [name for name in files if name.endswith(("py", "md"))] == [
            "/submission/README.md",
            "/submission/nndl/__init__.py",
            "/submission/nndl/other.py",
        ]
        assert (beneath, scratch, written, readme) == ([], [], [], "release\n")
        assert other == extra.get("nndl/other.py", b"x = 1\n").decode()


def test_nothing_of_an_earlier_submission_is_in_memory(works):
    """The later one searches all of its memory, which also holds what it was forked from."""
    code = """
mark = bytes([65 + (7 * i) % 26 for i in range(int(length))])  # made here, so that no text is found
found = 0
for line in open("/proc/self/maps"):
    first, last = (int(part, 16) for part in line.split()[0].split("-"))
    if "r" in line.split()[1] and "[v" not in line:
        with open("/proc/self/mem", "rb") as memory:
            memory.seek(first)
            found += memory.read(last - first).count(mark)
"""
    mark = bytes(65 + (7 * i) % 26 for i in range(40))
    with library({"nndl/secret.py": b"text = '" + mark + b"'\n"}) as opened:
        seen = opened.run("import nndl.secret\nkept = nndl.secret.text" + code, length=40)
        assert seen >= 1, "the search finds what is there"
    with library() as opened:
        # the mark that it has made itself, in a few places at most
        assert opened.run(code + "found -= 1", length=40) < 1


def test_workers_share_no_descriptor_no_namespace_and_no_chance(works):
    code = """
import os, random
import numpy as np
spaces = sorted(os.readlink(f"/proc/self/ns/{name}") for name in ("mnt", "pid", "net", "ipc", "uts", "cgroup"))
found = [
    [os.readlink(f"/proc/self/fd/{n}").split(":")[0] for n in range(3, 999) if os.path.lexists(f"/proc/self/fd/{n}")],
    spaces, [random.random(), float(np.random.random())], sorted(p for p in os.listdir("/proc") if p.isdigit()),
    os.listdir("/dev/pts"),
]
"""
    with library() as one, library() as other:
        first, second = one.run(code), other.run(code)
    server = next(iter(forked._servers.running.values()))
    for descriptors, spaces, _, processes, terminals in (first, second):
        assert descriptors == ["socket"]
        assert len(spaces) == 6
        assert processes == ["1", "2"]
        assert terminals == ["ptmx"]
    assert not {*first[1]} & {*second[1]}
    assert not {*first[2]} & {*second[2]}
    assert server._process.poll() is None


def test_a_sandbox_tells_how_it_ended(works):
    for code, said in (("os._exit(7)", "exit status 7"), ("os.kill(os.getpid(), 9)", "SIGKILL")):
        with library() as opened, pytest.raises(WorkerDied, match=said):
            opened.run(f"import os\n{code}")
    with library() as opened:
        opened.run("found = 1")
        box = opened._remote.start()
        os.kill(box.init, signal.SIGKILL)
        with pytest.raises(WorkerDied) as ended:
            box.exchange(b"", time.monotonic() + 5)
        assert ended.value.killed


def test_another_server_is_started_when_one_has_died(works, submission):
    for _ in range(2):
        with Sandbox(submission) as box:
            box.wait_until_ready()
            server = next(reversed(forked._servers.running.values()))
            server._process.kill()
            server._process.wait()
            with contextlib.suppress(SandboxUnavailable, WorkerDied):
                box.exchange(b"", time.monotonic() + 5)
            assert not box.alive
    with Sandbox(submission) as box:  # an interpreter of its own, or forked from a new one
        box.wait_until_ready()
    with Sandbox(submission) as box:
        assert isinstance(box._process, Forked)


def test_a_server_is_not_ended_for_another_while_it_has_a_living_sandbox(works, monkeypatch):
    monkeypatch.setattr(forked, "_MOST", 1)
    monkeypatch.setattr(forked, "_servers", forked._Servers())
    with library(base=Base({"nndl/first.py": b""})) as first:
        assert first.call("run", ("found = 1",)) == 1
        with library(base=Base({"nndl/second.py": b""})) as second:
            assert second.call("run", ("found = 2",)) == 2
            assert first.call("run", ("found = 3",)) == 3
            assert len(forked._servers.running) == 2
    with library(base=Base({"nndl/third.py": b""})) as third:
        assert third.call("run", ("found = 4",)) == 4
        assert len(forked._servers.running) == 1


def test_where_nothing_can_be_forked_an_interpreter_is_started(works, submission, monkeypatch):
    def without_rights(argv, *, folders, **options):
        return build_command(argv, **options)

    monkeypatch.setattr(forked, "_servers", forked._Servers())
    monkeypatch.setattr(forked, "build_server", without_rights)
    for _ in range(2):
        with Sandbox(submission) as box:
            box.wait_until_ready()
            assert not isinstance(box._process, Forked)
    assert "not permitted" in forked._servers.refused
    assert not forked._servers.running


def test_large_submissions_and_a_wish_are_reasons_not_to_fork(works, submission, monkeypatch):
    monkeypatch.setattr(fork_server, "LARGEST_TREE", 1)
    with Sandbox(Tree({"nndl/__init__.py": b"# more than a byte"})) as box:
        box.wait_until_ready()
        assert not isinstance(box._process, Forked)
    monkeypatch.undo()
    monkeypatch.setenv(forked.FRESH, "1")
    with Sandbox(submission) as box:
        box.wait_until_ready()
        assert not isinstance(box._process, Forked)


def test_a_process_that_is_not_confined_does_not_work():
    ours = {name: fork_server._namespace(name) for name in fork_server._NAMESPACES}
    with pytest.raises(RuntimeError, match="not closed"):
        fork_server._verify(ours, None)


def test_files_lie_below_their_folder(tmp_path):
    fork_server._write(str(tmp_path), {"a/b.py": b"x", "c.py": b"y"})
    assert (tmp_path / "a" / "b.py").read_bytes() == b"x"
    for name in ("../d.py", "/d.py", "a/../../d.py", "a//d.py", ""):
        with pytest.raises(ValueError, match="no name for a file"):
            fork_server._write(str(tmp_path), {name: b"z"})


def test_what_lies_beneath_is_out_of_sight_before_a_worker_starts(monkeypatch, tmp_path):
    done: list[tuple] = []
    monkeypatch.setattr(kernel_calls, "mount", lambda *arguments: done.append(arguments[1:4]))
    monkeypatch.setattr(kernel_calls, "unmount", lambda target: done.append((target, None, 0)))
    monkeypatch.setattr(fork_server, "SUBMISSION", str(tmp_path))
    for has_base in (True, False):
        done.clear()
        fork_server._mount({"f.py": b""} if has_base else {}, has_base, 1 << 20)
        targets = [target for target, *_ in done]
        assert done[0] == ("/", None, kernel_calls.RECURSIVE | kernel_calls.PRIVATE)
        assert fork_server.BASE.startswith(f"{fork_server.SCRATCH}/")
        old, new = (kind for target, kind, _ in done if target == fork_server.SCRATCH)
        assert (old, new) == (None, "tmpfs")  # first the one with the base goes
        assert ("overlay" in [kind for _, kind, _ in done]) == has_base
        assert {str(tmp_path), "/scratch", "/dev/pts", "/proc"} <= {*targets}
        submission = [flags for target, _, flags in done if target == str(tmp_path)]
        assert submission[-1] & kernel_calls.READ_ONLY


def test_a_call_that_the_kernel_refuses_is_an_error(tmp_path):
    with pytest.raises(OSError, match="mounting"):
        kernel_calls.mount("nothing", str(tmp_path / "missing"), "tmpfs", 0)
    with pytest.raises(OSError, match="setns"):
        kernel_calls.enter(-1, kernel_calls.NEW_PROCESSES)
