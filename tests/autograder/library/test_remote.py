"""One submission's library behind its worker: the same answers as locally, and failures that stay failures."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nndl
from autograder.failures import Failure, LimitExceeded, SandboxUnavailable, StudentError, WorkerDied
from autograder.library.interface import fetched
from autograder.library.local import LocalLibrary
from autograder.library.remote import put_off, transport
from autograder.library.remote.library import RemoteLibrary
from autograder.milestone import Milestone, classes, values, with_cache
from autograder.sandbox import worker_sandbox
from autograder.sandbox.availability import sandbox_availability
from autograder.sandbox.inside.protocol import NotAValue
from autograder.sandbox.limits import SandboxLimits
from autograder.sources import Sources

pytestmark = pytest.mark.sandbox

CODE = """
import os
import sys
import time

import numpy as np

class Net:
    def __init__(self, n):
        self.params = {"W": np.random.randn(n, n).astype(np.float32)}

    def loss(self, x, y=None):
        if x.shape[1] != len(self.params["W"]):
            raise ValueError("shapes differ")
        scores = x @ self.params["W"]
        return scores if y is None else (scores.mean(), {"W": np.ones_like(self.params["W"])})

def scale_forward(x, by):
    return x * by, (by, x.shape)

def scale_backward(dout, cache):
    return dout * cache[0]

def wait(seconds):
    time.sleep(seconds)
    return seconds

def work(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return seconds

def die():
    os._exit(3)

def say(text):
    print(text)
    print(text.upper(), file=sys.stderr)

def noise(n):
    return np.random.choice(100, n)

def pid():
    return os.getpid(), os.getuid()

def empty():
    return [], (), {}, None, np.zeros((0, 3)), ""
"""
API = {
    **classes("nndl.small", "Net"),
    **with_cache("nndl.small", "scale_forward", "scale_backward"),
    **values("nndl.small", "wait", "work", "die", "say", "noise", "pid", "empty", "missing"),
}
MILESTONE = Milestone("small", "Small", api=API)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)
    root = tmp_path / "submission"
    (root / "nndl").mkdir(parents=True)
    (root / "nndl" / "__init__.py").write_text("")
    (root / "nndl" / "small.py").write_text(CODE)
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return root


@pytest.fixture
def lib(root: Path):
    with RemoteLibrary(root, MILESTONE) as library:
        yield library


def play(lib) -> list:
    """A sequence of requests; what came of each, failures included."""

    def attempt(function):
        try:
            return function()
        except StudentError as error:
            return (error.type_name, error.message, error.file, error.line, error.not_implemented)

    x = np.arange(6.0).reshape(2, 3)
    lib.seed(11)
    net = lib.Net(3)
    out, cache = lib.scale_forward(x, 3)
    return [
        net.get("params"),
        net.loss(x),
        net.loss(x, y=np.array([0, 1])),
        attempt(lambda: net.loss(x[:, :2])),
        net.set_item("params", "W", np.eye(3)),
        net.loss(x),
        out,
        lib.fetch(cache),
        lib.scale_backward(np.ones((2, 3)), cache),
        attempt(lambda: lib.missing()),
        attempt(lambda: net.loss()),
        attempt(lambda: lib.load_arrays("missing.npz"))[0],
        lib.noise(5),
        lib.noise(5),
        lib.empty(),
    ]


def assert_same(a, b):
    assert type(a) is type(b)
    if isinstance(a, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, np.ndarray | np.generic):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    else:
        assert a == b


def test_remote_and_local_answer_alike(lib, root, monkeypatch):
    monkeypatch.syspath_prepend(str(root.parent))
    (root.parent / "nndl_here").symlink_to(root / "nndl")
    import nndl_here

    here, there = play(LocalLibrary(nndl_here, MILESTONE.api)), play(lib)
    for mine, theirs in zip(here, there, strict=True):
        if isinstance(mine, tuple) and len(mine) == 5 and isinstance(mine[0], str):
            # the package has another name here; everything else about the error is the same
            def neutral(entry):
                return tuple(str(field).replace("nndl_here", "nndl") for field in entry)

            assert neutral(mine) == neutral(theirs)
        else:
            assert_same(mine, theirs)


def test_the_reference_itself_is_served(root):
    package = Path(nndl.__file__).parent
    milestone = Milestone("m", "M", api=classes("nndl.neural_net", "TwoLayerNet"))
    if not all(path.stat().st_mode & 0o005 for path in (package.parent, package)):
        pytest.skip("the library is installed where only its owner may read it")
    x, y = np.ones((2, 4)), np.array([0, 2])
    with RemoteLibrary(package.parent, milestone) as remote:
        results = []
        for lib in (remote, LocalLibrary(nndl, milestone.api)):
            lib.seed(3)
            results.append(lib.TwoLayerNet(4, 5, 3, std=0.1).loss(x, y, reg=0.1))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-12)


SERVED = [pytest.param(m, id=m.name) for m in Sources().milestones if m.api]


@pytest.mark.parametrize("milestone", SERVED)
def test_every_public_name_can_be_reached_with_the_libraries_of_its_milestone(milestone):
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)
    for name in milestone.libraries:
        pytest.importorskip(name)
    limits = SandboxLimits(wall=120.0, memory=4 << 30, address_space=None)
    with RemoteLibrary(Path(nndl.__file__).parents[1], milestone, limits=limits) as library:
        for name in milestone.api:
            library.get(name, result="handle")


def test_it_starts_late_and_once(root):
    library = RemoteLibrary(root, MILESTONE)
    assert library.workers == 0
    library.warm()
    library.warm()
    first = library.pid()
    assert library.pid() == first
    assert library.workers == 1
    library.close()
    library.close()


def test_a_worker_that_died_is_replaced_and_its_objects_are_gone(lib):
    net = lib.Net(2)
    _, cache = lib.scale_forward(np.ones(2), 2)
    with pytest.raises(WorkerDied, match="exit status 3"):
        lib.die()
    assert lib.wait(0) == 0
    assert lib.workers == 2
    for use in (
        lambda: net.loss(np.ones((1, 2))),
        lambda: net.get("params"),
        lambda: lib.fetch(cache),
        lambda: lib.scale_backward(np.ones(2), cache),
    ):
        with pytest.raises(WorkerDied, match="has ended"):
            use()
    assert lib.workers == 2


def test_an_error_of_the_student_keeps_the_worker(lib):
    net = lib.Net(2)
    with pytest.raises(StudentError, match="shapes differ"):
        net.loss(np.ones((1, 3)))
    assert net.loss(np.ones((1, 2))).shape == (1, 2)
    assert lib.workers == 1


def test_a_block_shares_its_time(lib):
    lib.pid()
    with lib.limits(wall=0.5), pytest.raises(LimitExceeded) as caught:  # noqa: PT012
        for _ in range(4):
            lib.wait(0.2)
    assert (caught.value.kind, caught.value.limit) == ("wall", 0.5)
    # time is up for the block only
    assert lib.wait(0.01) == 0.01


def test_an_exhausted_block_starts_no_further_request(lib):
    with lib.limits(wall=0.2):
        for _ in range(2):
            with pytest.raises(LimitExceeded):
                lib.wait(30)
    assert lib.workers == 1


def test_what_came_to_no_end_has_less_time_in_the_next_blocks(lib):
    lib.pid()
    for expected in (3.0, 1.0):
        with lib.limits(wall=3.0), pytest.raises(LimitExceeded) as caught:
            lib.wait(30)
        assert (caught.value.kind, caught.value.limit) == ("wall", expected)
    with lib.limits(wall=3.0):
        assert lib.pid()
        assert lib.wait(0.1) == 0.1  # what comes to its end in that time is judged as ever


def test_a_call_has_a_limit_of_its_own(lib):
    lib.pid()
    with lib.limits(wall=3.0, call=0.5):
        for _ in range(2):
            assert lib.wait(0.3) == 0.3  # together longer than one may take
        with pytest.raises(LimitExceeded) as caught:
            lib.wait(30)
    assert (caught.value.kind, caught.value.limit) == ("wall", 0.5)


def test_a_loop_outside_of_all_functions_is_not_waited_for_in_each(root):
    (root / "nndl" / "small.py").write_text("while True:\n    pass\n")
    with RemoteLibrary(root, MILESTONE) as library:
        limits = []
        for call in (library.pid, lambda: library.wait(1), lambda: library.say("x")):
            with library.limits(wall=9.0, call=2.0), pytest.raises(LimitExceeded) as caught:
                call()
            limits.append(caught.value.limit)
    assert limits == [2.0, 2.0, 1.0]


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this kernel does not say who waits")
def test_a_busy_machine_takes_no_time_from_a_call(lib, monkeypatch):
    monkeypatch.setattr(worker_sandbox, "_MOST_TIMES", 100)  # however busy it is
    lib.pid()
    core = {min(os.sched_getaffinity(0))}
    os.sched_setaffinity(lib._remote._sandbox._worker, core)
    # each in a session of its own: sessions share a core, and not processes, where the kernel groups by them
    endless = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(endless, start_new_session=True) for _ in range(3)]
    try:
        for other in others:
            os.sched_setaffinity(other.pid, core)
        time.sleep(0.2)  # until they are busy
        start = time.monotonic()
        with lib.limits(wall=1.0):
            assert lib.work(0.6) == 0.6
        assert time.monotonic() - start > 1.0  # longer than its limit: it had a part of the core
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_time_is_counted_and_limited_in_all(root):
    with RemoteLibrary(root, MILESTONE, total_wall=0.5) as library:
        library.wait(0.2)
        assert 0.2 <= library.seconds < 0.5
        with pytest.raises(LimitExceeded) as caught:
            library.wait(30)
        assert caught.value.kind == "total"
        start = time.monotonic()
        with pytest.raises(LimitExceeded):
            library.pid()
        assert time.monotonic() - start < 0.2


def test_what_was_printed_is_kept_for_messages(lib):
    lib.say("a word")
    lib.close()
    assert "a word" in lib.output_tail
    assert "A WORD" in lib.output_tail


def test_mistakes_and_machines_are_no_failures(lib, monkeypatch):
    with pytest.raises(NotAValue) as caught:
        lib.scale_forward(object(), 1)
    assert not isinstance(caught.value, Failure)

    def unavailable(*args, **kwargs):
        raise SandboxUnavailable("no sandbox today")

    lib.close()
    monkeypatch.setattr(transport, "Sandbox", unavailable)
    with pytest.raises(SandboxUnavailable) as unavailable_error:
        lib.pid()
    assert not isinstance(unavailable_error.value, Failure)


def test_dropped_objects_are_forgotten_inside(root):
    block = np.zeros(1 << 19)  # 4 MiB each, 60 of them: more than the sandbox may hold
    with RemoteLibrary(root, MILESTONE, limits=SandboxLimits(memory=160 << 20)) as library:
        for _ in range(60):
            library.put(block)
        assert library.workers == 1
        with pytest.raises(LimitExceeded, match="memory"):  # noqa: PT012
            kept = [library.put(block) for _ in range(60)]
            library.wait(len(kept))


def test_the_package_may_have_any_name(tmp_path):
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)
    package = tmp_path / "robots"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "arm.py").write_text(
        "def lift(weight):\n    return 2 * weight\n\ndef drop():\n    return 1 / 0\n"
    )
    for path in (tmp_path, package, *package.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    milestone = Milestone("arms", "Arms", api=values("robots.arm", "lift", "drop"), package="robots")
    with RemoteLibrary(tmp_path, milestone) as library:
        assert library.lift(3) == 6
        with pytest.raises(StudentError, match="ZeroDivisionError") as caught:
            library.drop()
    assert (caught.value.file, caught.value.line) == ("robots/arm.py", 5)


def test_what_answers_nothing_is_sent_with_the_next_request(lib, monkeypatch):
    sent = []
    exchange = transport.Sandbox.exchange

    def counted(box, *message):
        sent.append(message)
        return exchange(box, *message)

    monkeypatch.setattr(transport.Sandbox, "exchange", counted)
    x = np.arange(6.0).reshape(2, 3)
    lib.seed(5)
    assert lib._transport.request("put", {"value": 1}).keys() == {"handle"}
    assert lib._transport.request("seed", {"value": 5}) == {"value": None}
    kept = lib.put(x)
    x[:] = 7  # what was put is what it was then
    net = lib.make("Net", 3)
    net.set_item("params", "W", np.eye(3))
    assert sent == []
    assert np.array_equal(net.loss(kept), np.arange(6.0).reshape(2, 3))
    assert len(sent) == 1
    lib.settle()
    assert len(sent) == 1
    net.set("params", {})
    lib.settle()
    assert (len(sent), net.get("params")) == (2, {})


def test_what_was_put_off_fails_before_what_follows(lib):
    missing = Milestone("small", "Small", api={**API, **classes("nndl.small", "Nothing")})
    with RemoteLibrary(lib._arguments[0], missing) as other:
        for settle in (other.settle, lambda: other.wait(0)):
            net = other.make("Nothing", 3)
            net.set("params", {})
            with pytest.raises(StudentError, match="Nothing is missing"):
                settle()
            assert other.wait(0) == 0
    net = lib.make("Net", 3)
    net.set_item("missing", "W", np.eye(3))
    with pytest.raises(StudentError, match="has no attribute 'missing'"):
        lib.settle()


def test_a_worker_that_dies_unnoticed_is_told_and_not_another_asked(lib):
    for use in (lambda net: net.get("params"), lambda net: (lib.seed(1), lib.wait(0))):
        net = lib.Net(3)
        box = lib._remote._sandbox
        if use(net) is None:
            raise AssertionError
        lib.seed(2)
        box._process.kill()
        box._process.wait()
        with pytest.raises(WorkerDied, match=r"SIGKILL|exit status|ended") as died:
            use(net)
        assert died.value.killed
    assert lib.wait(0) == 0


def test_large_and_many_requests_wait_for_nothing(lib, monkeypatch):
    large = lib.put(np.zeros(put_off.LARGEST_PUT_OFF))
    assert not lib._remote._put_off.messages
    small = [lib.put(number) for number in range(put_off.MOST_PUT_OFF + 3)]
    assert len(lib._remote._put_off.messages) == 3
    assert [one.fetch() for one in small] == [*range(len(small))]
    monkeypatch.setattr(put_off, "LARGEST_TOGETHER", 1000)
    lib.seed(1)
    assert lib.scale_forward(np.ones(1000), 2)[0][0] == 2
    assert large.fetch().shape == (put_off.LARGEST_PUT_OFF,)


def test_several_values_come_back_together_or_each_with_its_own_error(lib):
    kept = [lib.put(np.arange(number)) for number in range(3)]
    assert [value.tolist() for value in fetched(kept)] == [[], [0], [0, 1]]
    kept[1] = lib.get("scale_forward", result="handle")  # no value
    values = fetched(kept)
    assert next(values).tolist() == []
    with pytest.raises(StudentError, match="cannot be used"):
        next(values)
