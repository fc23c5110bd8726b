"""The sandbox itself: what it shows, how it ends, and what it says where it cannot run."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from autograder.failures import InfrastructureError, SandboxUnavailable
from autograder.sandbox import bubblewrap, mounts, seccomp, watchdog
from autograder.sandbox import worker_sandbox as sandbox
from autograder.sandbox.availability import SandboxAvailability, sandbox_availability
from autograder.sandbox.bubblewrap import build_command
from autograder.sandbox.launch import spawn
from autograder.sandbox.limits import SandboxLimits
from autograder.sandbox.mounts import (
    PYTHON_PATH,
    Bind,
    library_binds,
    masked_folders,
    python_binds,
    python_executable,
    within,
)
from autograder.sandbox.worker_sandbox import Sandbox

ROOT = Path(sandbox.__file__).parents[3]
PYTHON = [python_executable(), "-I", "-S", "-B"]


@pytest.fixture
def works():
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    root = tmp_path / "submission"
    (root / "nndl").mkdir(parents=True)
    (root / "nndl" / "__init__.py").write_text("")
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return root


@pytest.fixture
def nothing_known():
    """Let the availability be found out anew, before and after the test."""
    sandbox_availability.cache_clear()
    yield
    sandbox_availability.cache_clear()


def run(argv, **options) -> subprocess.CompletedProcess[str]:
    with build_command(argv, **options) as spec:
        return subprocess.run(
            spec.argv,
            pass_fds=spec.pass_fds,
            env=spec.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def inside(code: str, **options):
    """Run Python code in a sandbox and return what it prints as JSON."""
    done = run([*PYTHON, "-c", "import json, os\n" + textwrap.dedent(code)], **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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


def living(number: int) -> list[int]:
    """Return the processes in the process namespace of that number that are not dead."""
    found = []
    for process in psutil.process_iter():
        try:
            inside = os.stat(f"/proc/{process.pid}/ns/pid").st_ino == number
            if inside and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (OSError, psutil.Error):
            continue
    return found


def wait_until(condition, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# what a command sees


@pytest.mark.sandbox
def test_a_command_gets_only_the_environment_it_is_given(works, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_GRADER", "x")
    environment = inside("print(json.dumps(dict(os.environ)))", env={"GIVEN": "1"})
    assert environment["GIVEN"] == "1"
    assert environment["HOME"] == "/scratch"
    assert "SECRET_OF_THE_GRADER" not in environment
    assert set(environment) <= {*bubblewrap._ENVIRONMENT, "GIVEN", "PWD", "LC_CTYPE"}


@pytest.mark.sandbox
def test_a_command_inherits_only_the_descriptors_it_is_given(works, tmp_path):
    with open(tmp_path / "secret", "w") as secret, open(tmp_path / "given", "w") as given:
        os.set_inheritable(secret.fileno(), True)
        found = inside(
            "print(json.dumps(sorted(map(int, os.listdir('/proc/self/fd')))))", pass_fds=[given.fileno()]
        )
        number = given.fileno()
    # one more for the listing itself
    assert set(found) - {0, 1, 2} - {number} <= {min(set(range(3, 99)) - {number})}
    assert number in found


@pytest.mark.sandbox
def test_binds_are_shown_and_only_writable_ones_take_writes(works, tmp_path):
    for name in ("open", "closed"):
        (tmp_path / name).mkdir(mode=0o777)
        (tmp_path / name).chmod(0o777)
        (tmp_path / name / "there").write_text("x")
    binds = [
        Bind(str(tmp_path / "open"), "/deep/below/open", writable=True),
        Bind(str(tmp_path / "closed"), "/deep/closed"),
    ]
    code = """
        seen = [os.listdir("/deep/below/open"), os.listdir("/deep/closed")]
        open("/deep/below/open/new", "w").close()
        try:
            open("/deep/closed/new", "w").close()
        except OSError as error:
            seen.append(error.strerror)
        print(json.dumps(seen))
    """
    assert inside(code, binds=binds) == [["there"], ["there"], "Read-only file system"]
    assert (tmp_path / "open" / "new").exists()


@pytest.mark.sandbox
def test_scratch_is_the_working_directory_and_tmp(works):
    code = """
        import tempfile
        open("made", "w").close()
        print(json.dumps([os.getcwd(), os.listdir("/tmp"), tempfile.gettempdir(), os.path.expanduser("~")]))
    """
    assert inside(code) == ["/scratch", ["made"], "/scratch", "/scratch"]


@pytest.mark.sandbox
def test_installed_packages_look_empty(works):
    folders = masked_folders(("nndl",))
    assert os.path.join(mounts.standard_library(), "site-packages") in folders
    assert inside(f"print(json.dumps([os.listdir(f) for f in {folders!r}]))") == [[] for _ in folders]


@pytest.mark.sandbox
def test_libraries_are_importable_with_what_they_require_and_nothing_else(works):
    pytest.importorskip("matplotlib")
    code = f"""
        import sys
        sys.path.insert(0, {PYTHON_PATH!r})
        import matplotlib, numpy
        found = []
        for name in ("nbgrader", "pytest", "autograder", "nndl", "psutil"):
            try:
                __import__(name)
                found.append(name)
            except ImportError:
                pass
        print(json.dumps([matplotlib.__version__, found]))
    """
    import matplotlib

    assert inside(code, binds=library_binds(("matplotlib",))) == [matplotlib.__version__, []]


@pytest.mark.sandbox
def test_the_command_has_no_rights(works):
    code = """
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        sizes = {k: int(status[k], 16) for k in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
        print(json.dumps([sizes, status["NoNewPrivs"].strip(), status["Seccomp"].strip(), os.getuid(), os.getgroups()]))
    """
    sizes, no_new, filtered, uid, groups = inside(code)
    assert set(sizes.values()) == {0}
    assert (no_new, filtered) == ("1", "2")
    if bubblewrap.slot_uid() is not None:
        assert uid >= bubblewrap._FIRST_SLOT_UID
        assert groups in ([], [uid])


def test_slots_have_user_ids_of_their_own():
    ids = [bubblewrap.slot_uid() for _ in range(bubblewrap._SLOTS)]
    if ids[0] is None:
        assert set(ids) == {None}
        return
    assert len(set(ids)) == len(ids)
    assert all(uid is not None and bubblewrap._FIRST_SLOT_UID <= uid < 2**31 for uid in ids)


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


# the kernel profile, for Jupyter

SOCKETS = """
    import socket

    def opens(*arguments):
        try:
            socket.socket(*arguments).close()
            return True
        except OSError:
            return False

    families = {"unix": 1, "inet": 2, "inet6": 10, "netlink": 16, "packet": 17, "alg": 38, "vsock": 40}
    result = {name: opens(number, 3 if number == 16 else 1) for name, number in families.items()}
    result["netlink audit"] = opens(16, 3, 9)
    try:
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname(), 5)
        client.sendall(b"x")
        result["loopback"] = server.accept()[0].recv(1) == b"x"
    except OSError as error:
        result["loopback"] = str(error)
    print(json.dumps(result))
"""


@pytest.mark.sandbox
def test_a_worker_opens_no_socket(works):
    result = inside(SOCKETS)
    assert result.pop("loopback") == "[Errno 1] Operation not permitted"
    assert not any(result.values())


@pytest.mark.sandbox
def test_a_kernel_has_a_loopback_of_its_own(works):
    result = inside(SOCKETS, profile="kernel")
    assert result["loopback"] is True
    assert result["unix"]
    assert result["netlink"]
    for name in ("packet", "alg", "vsock", "netlink audit"):
        assert not result[name], name


@pytest.mark.sandbox
def test_a_kernel_does_not_reach_this_machines_loopback(works):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""
            import socket
            try:
                socket.create_connection(("127.0.0.1", {port}), 2)
                print(json.dumps("connected"))
            except OSError as error:
                print(json.dumps(type(error).__name__))
        """
        assert inside(code, profile="kernel") == "ConnectionRefusedError"


def test_profiles_are_known_by_name():
    with pytest.raises(ValueError, match="profile must be one of worker, kernel"):
        seccomp.program("root")
    assert seccomp.program("worker") != seccomp.program("kernel")


# binds


def test_library_binds_follow_requirements():
    targets = {bind.target for bind in library_binds(("numpy", "msgpack"))}
    assert {f"{PYTHON_PATH}/numpy", f"{PYTHON_PATH}/msgpack"} <= targets
    assert not any(bind.writable for bind in library_binds(("numpy",)))
    assert not any("pytest" in target or "__editable__" in target for target in targets)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        library_binds(("no_such_library",))


def test_a_prefix_elsewhere_is_shown_without_its_surroundings():
    for bind in python_binds():
        assert not within(bind.source, "/usr")
        assert bind.source in (python_executable(), os.path.dirname(mounts.standard_library()))


def test_a_project_inside_a_shown_folder_is_masked(monkeypatch):
    class Spec:
        submodule_search_locations = ("/usr/share/course/autograder",)

    monkeypatch.setattr(mounts, "find_spec", lambda name: Spec)
    monkeypatch.setattr(os.path, "isdir", lambda path: True)
    assert "/usr/share/course" in masked_folders(())


def test_folders_are_within_by_component():
    assert within("/usr/lib", "/usr")
    assert within("/usr", "/usr")
    assert not within("/usrlocal", "/usr")


# one worker


@pytest.mark.sandbox
def test_two_workers_do_not_see_each_other(works, submission, namespace):
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
def test_closing_ends_everything_and_can_be_repeated(works, submission, namespace):
    box = Sandbox(submission)
    box.wait_until_ready()
    space = namespace(box.init)
    assert box.alive
    box.close()
    box.close()
    assert not box.alive
    assert living(space) == []


@pytest.mark.sandbox
def test_nothing_leaks_here(works, submission):
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


@pytest.mark.sandbox
def test_a_sandbox_outlives_the_thread_that_made_it(works, submission):
    made = []
    thread = threading.Thread(target=lambda: made.append(Sandbox(submission)))
    thread.start()
    thread.join()
    with made[0] as box:
        box.wait_until_ready()
        time.sleep(0.2)
        assert box.alive


@pytest.mark.sandbox
def test_killing_the_grader_ends_its_sandboxes(works, submission, namespace):
    code = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from autograder.sandbox.worker_sandbox import Sandbox
box = Sandbox({str(submission)!r})
box.wait_until_ready()
print(box.init, flush=True)
time.sleep(60)
"""
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert grader.stdout is not None
    space = namespace(int(grader.stdout.readline()))
    assert living(space)
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    assert wait_until(lambda: not living(space))


@pytest.mark.sandbox
def test_lifetime_is_limited(works, submission):
    with Sandbox(submission, limits=SandboxLimits(lifetime=0.5)) as box:
        assert wait_until(lambda: not box.alive)
        assert box._watchdog.verdict is not None
        assert box._watchdog.verdict.kind == "lifetime"


# what is not the submission's fault


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
    with Sandbox(submission) as box, pytest.raises(SandboxUnavailable, match="numpy is broken here"):
        box.wait_until_ready()


@pytest.mark.sandbox
def test_a_worker_of_another_version_is_infrastructure(works, submission, monkeypatch):
    monkeypatch.setattr(sandbox.worker, "VERSION", 99)
    with Sandbox(submission) as box, pytest.raises(SandboxUnavailable, match="another version"):
        box.wait_until_ready()


def test_a_library_that_is_not_installed_is_infrastructure(submission):
    with pytest.raises(SandboxUnavailable, match="no_such_library is not installed"):
        Sandbox(submission, libraries=("no_such_library",))


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


def test_on_other_systems_a_linux_machine_is_needed(nothing_known, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    state = sandbox_availability()
    assert not state.ok
    assert "needs Linux" in state.advice


def test_a_program_that_is_not_there_is_infrastructure(tmp_path):
    spec = bubblewrap.LaunchSpec([str(tmp_path / "missing")], (), {})
    with pytest.raises(SandboxUnavailable):
        spawn(spec)


# measuring


def test_the_tree_and_its_use_are_measured():
    code = "import os, time\nos.fork()\nblock = b'x' * (32 << 20)\nprint(1, flush=True)\ntime.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    try:
        parent.stdout.readline()
        parent.stdout.readline()
        members = watchdog.process_tree(parent.pid)
        assert len(members) == 2
        assert members[0] == parent.pid
        assert watchdog.proportional_bytes(members) > 64 << 20
        assert watchdog.resident_bytes(members) >= watchdog.proportional_bytes(members)
        assert watchdog.cpu_seconds(members) > 0
    finally:
        for pid in watchdog.process_tree(parent.pid):
            os.kill(pid, signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    assert watchdog.process_tree(parent.pid) == [parent.pid]
    assert watchdog.resident_bytes([parent.pid]) == 0
