"""Attacks through borrowed functions: each ends with the check, in bounded time, and the next borrower is served."""

from __future__ import annotations

import contextlib
import os
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest

from autograder.failures import Failure, LimitExceeded, ProtocolViolation, StudentError
from autograder.library.loans import Loan, LoanLimits
from autograder.library.remote import transport
from autograder.library.remote.library import RemoteLibrary, sandboxed_reference
from autograder.milestone import Milestone, values, with_cache
from autograder.sandbox.limits import SandboxLimits
from autograder.sandbox.worker_sandbox import Sandbox

from .conftest import survivors

pytestmark = pytest.mark.sandbox

CONVOLUTION = ("conv_forward_naive", "conv_backward_naive")
NAMES = ("affine_forward", "affine_backward", "relu_forward", "relu_backward", *CONVOLUTION)
LENT = NAMES[:2] + NAMES[4:]
API = {
    **with_cache("nndl.layers", "affine_forward", "affine_backward"),
    **with_cache("nndl.layers", "relu_forward", "relu_backward"),
    **with_cache("nndl.layers", *CONVOLUTION),
    **values("nndl.neural_net", "attack"),
}
MILESTONE = Milestone("borrowed", "Borrowed", api=API)
LAYERS = "".join(f"def {name}(*args):\n    return 'mine', 'mine'\n\n" for name in NAMES)
HEAD = """
import os, struct, threading, time
import numpy as np
from autograder.sandbox.inside.protocol import Handle, decode, encode
from . import layers

ONE = np.ones((1, 1))

def channel():
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                return int(name)
        except OSError:
            continue

def send(value):
    data = value if isinstance(value, bytes) else encode(value)
    data = struct.pack(">Q", len(data)) + data
    while data:
        data = data[os.write(channel(), data):]

def receive():
    size = struct.unpack(">Q", os.read(channel(), 8))[0]
    data = b""
    while len(data) < size:
        data += os.read(channel(), size - len(data))
    return decode(data)

def request(number, name="affine_forward", args=(ONE, ONE, np.ones(1)), **fields):
    whole = {"id": number, "borrow": name, "args": list(args), "kwargs": {}, "random": None, "drop": []}
    return {**whole, **fields}

def attack(number):
"""


@pytest.fixture(scope="module")
def lender(sandboxed):
    with sandboxed_reference(MILESTONE) as reference:
        yield reference


@pytest.fixture
def play(lender, tight, tmp_path, monkeypatch):
    """Run the body of an attack in a borrower's worker, and return what came: a value or a failure."""
    namespaces = []

    class Recorded(Sandbox):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            namespaces.append(os.open(f"/proc/{self.init}/ns/pid", os.O_RDONLY))

    def run(body, *, loan=True, limits=None, lender=lender, wall=tight.wall):
        root = tmp_path / f"submission-{len(namespaces)}"
        (root / "nndl").mkdir(parents=True)
        source = HEAD + textwrap.indent(textwrap.dedent(body), "    ")
        for name, text in {"__init__": "", "layers": LAYERS, "neural_net": source}.items():
            (root / "nndl" / f"{name}.py").write_text(text)
        for path in (root, *root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        library = RemoteLibrary(root, MILESTONE, limits=replace(tight, wall=wall))
        lender.get("relu_forward", result="handle")  # its worker starts outside of what is recorded
        with monkeypatch.context() as patched:
            patched.setattr(transport, "Sandbox", Recorded)
            borrower = library.borrowing(Loan(LENT, lender, limits)) if loan else contextlib.closing(library)
            try:
                with borrower as lib:
                    # The number of the request is no secret: it counts up from the one that puts in the stand-ins.
                    return lib.attack(2 if loan else 1)
            except Failure as failure:
                return failure

    yield run
    assert namespaces, "no worker was started, so nothing was attacked"
    left = [pid for namespace in namespaces for pid in survivors(namespace)]
    for namespace in namespaces:
        os.close(namespace)
    assert not left


HONEST = "return layers.affine_forward(ONE, ONE, 2 * np.ones(1))[0]"


def assert_next_is_served(play):
    np.testing.assert_array_equal(play(HONEST), [[3.0]])


def test_by_hand_a_request_gives_no_more_than_a_stand_in(play):
    assert play("send(request(number)); return receive()['value']") == [[2.0]]


FORGED = {
    "another request": "send(request(number + 1))",
    "what is not lent": "send(request(number, 'relu_forward'))",
    "no public name": "send(request(number, 'attack'))",
    "a module": "send(request(number, 'os.system', ['true']))",
    "a handle out of nothing": "send(request(number, 'affine_backward', [ONE, Handle(1)]))",
    "a handle of another function": """
        send(request(number, 'conv_forward_naive',
             [np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), np.ones(1), {'stride': 1, 'pad': 0}]))
        send(request(number, 'affine_backward', [ONE, Handle(receive()['handle'])]))
    """,
    "a handle deep inside": "send(request(number, args=[[{'a': [Handle(1)]}]]))",
    "a handle as an answer": "send({'id': number, 'value': Handle(1)})",
    "a state that points outside": """
        state = np.random.get_state(legacy=False)
        state['state']['pos'] = 10**9
        send(request(number, random=state))
    """,
    "junk that is given back": "send(request(number, drop=[[1] * 99, 'x', None, -1])); receive(); send(b'junk')",
    "junk": "send(b'junk')",
}
OUT_OF_TURN = {
    # Sent early, these are seen; sent a moment later, they are requests and answers like others.
    "two requests at once": "send(request(number)); send(request(number)); receive()",
    "an answer while one is awaited": "send(request(number)); send({'id': number, 'value': 40}); receive()",
    "a request after the answer": "send({'id': number, 'value': 40}); send(request(number))",
}


QUICK = ("what is not lent", "a handle of another function", "junk", "an answer while one is awaited")


@pytest.mark.parametrize(
    "name",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in (*FORGED, *OUT_OF_TURN)],
)
def test_a_forged_message_ends_the_check(play, name):
    end = play(textwrap.dedent({**FORGED, **OUT_OF_TURN}[name]).strip() + "\ntime.sleep(60)")
    kinds: tuple[type, ...] = (ProtocolViolation,)
    if name in OUT_OF_TURN:
        kinds = (ProtocolViolation, LimitExceeded, int)
    assert isinstance(end, kinds), end
    assert_next_is_served(play)


def test_a_worker_without_a_loan_gets_none(play):
    assert isinstance(play("send(request(number)); return receive()", loan=False), ProtocolViolation)
    assert play("return layers.affine_forward(ONE, ONE, ONE)", loan=False) == ("mine", "mine")


def test_a_flood_of_calls_ends(play):
    flood = "while True:\n    layers.affine_forward(ONE, ONE, np.ones(1))"
    end = play(flood, limits=LoanLimits(calls=20), wall=60.0)
    assert isinstance(end, LimitExceeded)
    assert end.kind == "borrowed calls"
    start = time.monotonic()
    end = play(flood)
    assert isinstance(end, LimitExceeded)
    assert end.kind in ("wall", "cpu")
    assert time.monotonic() - start < 60
    assert_next_is_served(play)


def test_a_call_inside_a_call_ends(play):
    end = play("""
        class Again(dict):
            def items(self):
                layers.affine_forward(ONE, ONE, Again())
                return super().items()
        return layers.affine_forward(ONE, ONE, Again())
    """)
    assert isinstance(end, StudentError)
    assert end.type_name == "RecursionError"
    assert_next_is_served(play)


def test_threads_take_turns_and_cannot_stay(play):
    values = play("""
        found = []
        threads = [threading.Thread(target=lambda k: found.append(
            float(layers.affine_forward(k * ONE, ONE, np.zeros(1))[0][0, 0])), args=(k,)) for k in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        return sorted(found)
    """)
    assert values == [float(k) for k in range(8)]
    end = play("""
        def later():
            while True:
                try:
                    layers.affine_forward(ONE, ONE, np.zeros(1))
                except RuntimeError:
                    pass
        threading.Thread(target=later, daemon=True).start()
        return 1
    """)
    assert end == 1 or isinstance(end, ProtocolViolation)
    assert_next_is_served(play)


HUGE = {
    "too much to send": ("return layers.affine_forward(np.ones((1, 10**6)), ONE, ONE)", "TypeError"),
    "too much to return": (
        "return layers.affine_forward(np.ones((9000, 1)), np.ones((1, 9000)), np.ones(9000))[0].size",
        "ValueError",
    ),
    "too much to compute": (
        "return layers.affine_forward(np.ones((40000, 1)), np.ones((1, 40000)), np.ones(40000))[0].size",
        "MemoryError",
    ),
    "a shape that lies": (
        "send(request(number, args=[np.ones((0, 2**40 - 1)), ONE, ONE])); raise ValueError(receive()['error']['type'])",
        "ValueError",
    ),
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_arrays_are_errors_of_the_student(play, name):
    body, type_name = HUGE[name]
    end = play(body)
    assert isinstance(end, (StudentError, LimitExceeded)), end
    assert getattr(end, "type_name", type_name) == type_name
    assert_next_is_served(play)


def test_a_slow_call_ends_with_the_students_time(play):
    start = time.monotonic()
    end = play("""
        x = np.ones((1, 1, 250, 250))
        while True:
            layers.conv_forward_naive(x, np.ones((1, 1, 1, 1)), np.ones(1), {"stride": 1, "pad": 0})
    """)
    assert isinstance(end, LimitExceeded)
    assert end.kind == "wall"
    assert (end.limit, str(end)) == (2.0, "the code took longer than 2 s")
    assert time.monotonic() - start < 60
    assert_next_is_served(play)


def test_caches_that_are_never_given_back_fill_the_lender_and_not_the_grader(play):
    body = """
        kept = []
        for _ in range(150):
            kept.append(layers.affine_forward(np.ones((1, 50_000)), np.ones((50_000, 1)), np.ones(1)))
            {}
        return len(kept)
    """
    with sandboxed_reference(MILESTONE, SandboxLimits(memory=100 << 20)) as small:
        end = play(body.format(""), lender=small, wall=30.0)
        assert isinstance(end, LimitExceeded)
        assert end.kind == "memory"
        assert str(end).startswith("a call of the borrowed affine_forward")
        assert play(body.format("kept[-1] = None"), lender=small, wall=30.0) == 150
    assert_next_is_served(play)


def test_what_was_borrowed_does_not_stay_with_the_submission(play):
    assert play("""
        layers.kept = layers.affine_forward
        with open("/scratch/kept", "w") as file:
            file.write("2.0")
        return layers.kept(ONE, ONE, np.ones(1))[0]
    """) == [[2.0]]
    end = play("return os.path.exists('/scratch/kept'), hasattr(layers, 'kept'), layers.relu_forward(ONE)")
    assert end == (False, False, ("mine", "mine"))
