"""Attacks on the library path, each played to its end: no loot, no forged success, nothing left running.

The `attack` fixture asserts after every test that no process of any of its sandboxes is alive.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest

from autograder.failures import Failure, LimitExceeded, ProtocolViolation, StudentError, WorkerDied
from autograder.sandbox.bubblewrap import slot_uid

pytestmark = pytest.mark.sandbox

X = np.ones((2, 4))
GOOD = """
import numpy as np

class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        pass

    def loss(self, X):
        return np.full(len(X), 7.0)
"""


def play(library):
    """Ask as a check would, and return what came: a value or a failure."""
    try:
        net = library.TwoLayerNet(4, 10, 3)
        return net.loss(X)
    except Failure as failure:
        return failure


def assert_next_is_served(library, attack=None):
    """A request after the attack still gets a fresh worker, and another submission its answer."""
    if attack is not None:
        np.testing.assert_array_equal(play(attack("good", source=GOOD)), [7.0, 7.0])
    with pytest.raises(StudentError, match="no_such_method"):
        library.TwoLayerNet(4, 10, 3).no_such_method()


READING = (
    "read_files",
    "read_environment",
    "read_memory",
    "open_sockets",
    "import_secrets",
    "escape_scratch",
)


@pytest.mark.parametrize("name", READING)
def test_nothing_is_there_to_take(attack, monkeypatch, name):
    monkeypatch.setenv("HOSTILE_TEST_SECRET", "HOSTILE_TEST_SECRET")
    loot = play(attack(name))
    assert isinstance(loot, list), loot
    if slot_uid() is None and name == "read_memory":
        # an ordinary user's sandbox runs under one user id, its first process (which is as confined) included
        loot = [thing for thing in loot if thing != "wrote /proc/1/mem"]
    assert loot == []


def test_reading_attacks_find_things_where_there_are_some(monkeypatch):
    # a search that can find nothing would pass anywhere
    monkeypatch.setenv("HOSTILE_TEST_SECRET", "HOSTILE_TEST_SECRET")
    monkeypatch.setattr(os, "walk", lambda top: [])  # the whole disk would take long
    for name in ("read_files", "read_environment", "open_sockets"):
        names: dict = {}
        exec((Path(__file__).parent / "attacks" / f"{name}.py").read_text(), names)
        assert names["LOOT"], name


def test_a_listener_on_this_machine_is_out_of_reach(attack):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        source = GOOD.replace(
            "return np.full(len(X), 7.0)",
            f"return __import__('socket').create_connection(('127.0.0.1', {port}), 1)",
        )
        failure = play(attack("connect", source=source))
        assert isinstance(failure, StudentError)
        assert failure.type_name == "PermissionError"


ENDED = {
    "loop": ("wall",),
    "ignore_signals": ("wall",),
    "endless_error": ("wall",),
    "burn_processors": ("wall", "cpu"),
    "endless_output": ("output",),
    "many_files": ("files",),
    "memory_one": ("memory",),
    "memory_many": ("memory",),
}


@pytest.mark.parametrize("name", ENDED)
def test_limits_end_the_attack_and_not_the_run(attack, tight, brief, limits_in_force, name):
    library = attack(name, limits=brief if ENDED[name] == ("wall",) else tight)
    failure = play(library)
    assert isinstance(failure, LimitExceeded), failure
    assert failure.kind in ENDED[name]
    assert_next_is_served(library, attack)


def test_address_space_ends_in_an_ordinary_error(attack):
    source = GOOD.replace("np.full(len(X), 7.0)", "np.zeros(1 << 40)")
    failure = play(attack("huge", source=source))
    assert isinstance(failure, StudentError)
    assert "Memory" in failure.type_name


@pytest.mark.parametrize("name", ["fork_bomb", "thread_bomb"])
def test_bombs_stop_at_the_process_limit(attack, tight, limits_in_force, name):
    library = attack(name)
    made = play(library)
    assert isinstance(made, LimitExceeded) or 0 < made <= tight.processes
    assert_next_is_served(library, attack)


def test_the_disk_is_limited(attack, tight, limits_in_force):
    written = play(attack("fill_disk"))
    assert 0 < written <= tight.scratch_bytes


@pytest.mark.parametrize("name", ["exit_now", "crash", "daemon", "close_channel"])
def test_a_process_that_ends_is_a_failure(attack, name):
    library = attack(name)
    assert isinstance(play(library), WorkerDied)
    assert_next_is_served(library, attack)


def test_killing_everything_does_not_reach_other_submissions(attack):
    library, other = attack("kill_everything"), attack("good", source=GOOD)
    play(other)
    result = play(library)
    assert result == "survived" or isinstance(result, WorkerDied)
    np.testing.assert_array_equal(play(other), [7.0, 7.0])
    assert other.workers == 1


@pytest.mark.parametrize("name", ["exit_politely", "lying_error"])
def test_exceptions_are_errors_of_the_student(attack, name):
    library = attack(name)
    failure = play(library)
    assert isinstance(failure, StudentError)
    assert not failure.not_implemented
    text = failure.type_name + failure.message + failure.traceback_tail + str(failure)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert len(text) < 20_000
    assert failure.file == "nndl/neural_net.py"
    assert library.workers == 1


def test_patched_comparisons_change_no_value(attack):
    library = attack("patch_comparisons")
    try:
        net = library.TwoLayerNet(4, 10, 3)
        scores = net.loss(X)
        loss, grads = net.loss(X, np.array([0, 1]))
    except Failure:
        return  # it broke its own worker
    assert type(scores) is np.ndarray
    assert not np.array_equal(scores, np.ones((2, 3)))
    assert type(loss) is float
    assert type(grads["W1"]) is np.ndarray


def test_patched_worker_cannot_claim_success(attack):
    library = attack("patch_worker")
    assert isinstance(play(library), ProtocolViolation)


def test_an_answer_from_a_thread_is_a_value_or_a_violation(attack):
    library = attack("answer_from_thread")
    results = []
    for _ in range(40):  # the thread and the worker race for each request
        results.append(play(library))
        if isinstance(results[-1], Failure):
            break
    assert isinstance(results[-1], Failure), "the thread never answered"
    for result in results:
        assert isinstance(result, Failure | np.ndarray | str)


RAW = {
    "garbage": ("_send(b'\\xff' * 64)", (LimitExceeded,)),
    "pickle": ("_send(_frame(pickle.dumps(Evil())))", (ProtocolViolation,)),
    "pickle in an extension": (
        "_send(_frame(msgpack.packb({'id': number, 'value': msgpack.ExtType(9, pickle.dumps(Evil()))})))",
        (ProtocolViolation,),
    ),
    "announced, never sent": ("_send(struct.pack('>Q', 1 << 60))", (LimitExceeded,)),
    "announced within the limit, never sent": ("_send(struct.pack('>Q', 1 << 19))", (LimitExceeded,)),
    "longer than allowed": ("_send(_frame(b'\\x00' * (2 << 20)))", (LimitExceeded,)),
    "without end": (
        "data = struct.pack('>Q', 1 << 62)\nwhile True:\n    _send(data)\n    data = b'x' * 65536",
        (LimitExceeded,),
    ),
    "slowly": (
        "data = _frame(b'x' * 1000)\nfor i in range(1000):\n    _send(data[i : i + 1])\n    time.sleep(0.05)",
        (LimitExceeded,),
    ),
    "deeply nested": ("_send(_frame(b'\\x91' * 100_000 + b'\\xc0'))", (LimitExceeded, ProtocolViolation)),
    "many items": ("_send(_frame(b'\\xdd\\x00\\x0f\\x00\\x00' + b'\\x90' * 0xF0000))", (LimitExceeded,)),
    "huge list announced": ("_send(_frame(b'\\xdd\\xff\\xff\\xff\\xff'))", (LimitExceeded,)),
    "huge map announced": ("_send(_frame(b'\\xdf\\xff\\xff\\xff\\xff'))", (LimitExceeded,)),
    "huge string announced": ("_send(_frame(b'\\xdb\\xff\\xff\\xff\\xff'))", (ProtocolViolation,)),
    "array of objects": (
        "_send(_frame(msgpack.packb({'id': number, 'value': msgpack.ExtType(1, b'\\x02|O\\x01' + bytes(16))})))",
        (ProtocolViolation,),
    ),
    "array whose size wraps round": (
        "shape = struct.pack('>2Q', 1 << 62, 4)\n"
        "_send(_frame(msgpack.packb({'id': number, 'value': msgpack.ExtType(1, b'\\x03<f8\\x02' + shape)})))",
        (ProtocolViolation,),
    ),
    "odd booleans": (
        "shape = struct.pack('>Q', 2)\n"
        "value = msgpack.ExtType(1, b'\\x03|b1\\x01' + shape + b'\\x01\\x07')\n"
        "_send(_frame(msgpack.packb({'id': number, 'value': value})))",
        (ProtocolViolation,),
    ),
    "a time stamp": (
        "_send(_frame(msgpack.packb({'id': number, 'value': msgpack.Timestamp(1, 1)})))",
        (ProtocolViolation,),
    ),
    "a handle as value": (
        "_send(_frame(msgpack.packb({'id': number, 'value': msgpack.ExtType(4, bytes(8))})))",
        (ProtocolViolation,),
    ),
    "another request's id": (
        "_send(_frame(msgpack.packb({'id': number + 1, 'value': 1})))",
        (ProtocolViolation,),
    ),
    "an id that only equals": (
        "_send(_frame(msgpack.packb({'id': float(number), 'value': 1})))",
        (ProtocolViolation,),
    ),
    "no reply at all": ("_send(_frame(msgpack.packb([number, 'value', 1])))", (ProtocolViolation,)),
    "a forged error": (
        "_send(_frame(msgpack.packb({'id': number, 'error': {'type': 1, 'message': None}})))",
        (ProtocolViolation,),
    ),
    "a reference to nothing": (
        "_send(_frame(msgpack.packb({'id': number, 'handle': -1})))",
        (ProtocolViolation,),
    ),
    "bytes left over": (
        "_send(_frame(msgpack.packb({'id': number, 'value': 1}) + b'x'))",
        (ProtocolViolation,),
    ),
    "the same key twice": (
        "_send(_frame(b'\\x83\\xa2id' + msgpack.packb(number) + b'\\xa5value\\x00\\xa5value\\x01'))",
        (ProtocolViolation,),
    ),
}


QUICK_RAW = (
    *("garbage", "pickle", "announced, never sent", "longer than allowed", "slowly", "deeply nested"),
    *("a handle as value", "a forged error", "bytes left over"),
)
"""Others differ for the decoder alone, which the quick tests of the protocol try by itself."""


@pytest.mark.parametrize(
    "name", [name if name in QUICK_RAW else pytest.param(name, marks=pytest.mark.slow) for name in RAW]
)
def test_replies_written_by_hand(attack, brief, raw_reply, name):
    statement, expected = RAW[name]
    library = attack("_raw_reply", source=raw_reply(statement), limits=brief)
    failure = play(library)
    assert isinstance(failure, expected), failure
    assert_next_is_served(library)


def test_a_second_reply_is_a_violation(attack, raw_reply):
    source = raw_reply("_send(_frame(msgpack.packb({'id': number, 'value': 1})) * 2)")
    library = attack("_raw_reply", source=source)
    net = library.TwoLayerNet(4, 10, 3)
    assert net.loss(X) == 1  # the first of the two looks like an answer
    with pytest.raises(ProtocolViolation, match="not been asked for"):
        net.get("params")


KINDS = "deep cyclic object class function generator objects strings record dates many keys surrogate set"


def test_odd_values_are_named(attack, limits_in_force):
    # a cyclic list has no end, a deep one no bottom that the limit allows
    library = attack("odd_values")
    net = library.TwoLayerNet(4, 10, 3)
    for kind in KINDS.split():
        with pytest.raises(StudentError) as caught:
            net.loss(X, kind)
        assert "cannot be used" in caught.value.message
        assert caught.value.type_name in ("TypeError", "ValueError"), kind
    with pytest.raises(StudentError):
        net.loss(X, "big integer")
    with pytest.raises(StudentError, match="allowed"):
        net.loss(X, "large")
    assert library.workers == 1


def test_total_time_is_limited_over_all_workers(attack, brief):
    library = attack("loop", limits=brief, total_wall=1.0)
    kinds = []
    for _ in range(4):
        failure = play(library)
        assert isinstance(failure, LimitExceeded)
        kinds.append(failure.kind)
    assert kinds[0] == "wall"
    assert set(kinds[1:]) == {"total"}
    assert library.seconds < 3


def test_import_itself_may_attack(attack, brief):
    for statement, expected in (
        ("while True: pass", LimitExceeded),
        ("import os; os._exit(3)", WorkerDied),
        ("raise SystemExit", StudentError),
        ("raise KeyboardInterrupt", StudentError),
        ("def f(:", StudentError),
        ("import numpy.nothing", StudentError),
    ):
        failure = play(attack("import", source=statement, limits=brief))
        assert isinstance(failure, expected), (statement, failure)
        if isinstance(failure, StudentError) and failure.file is None:
            assert "TwoLayerNet is missing in nndl/neural_net.py" in failure.message
        elif isinstance(failure, StudentError):
            assert (failure.file, failure.line) == ("nndl/neural_net.py", 1)


def test_exit_and_quit_are_what_they_are_at_home(attack, brief):
    for name in ("exit", "quit"):
        body = f"class TwoLayerNet:\n    def __init__(self, *sizes, **options):\n        {name}(1)\n"
        failure = play(attack(name, source=body, limits=brief))
        assert isinstance(failure, StudentError)
        assert failure.type_name == "SystemExit"


def test_shadows_of_our_modules_are_not_imported(attack, tmp_path):
    library = attack("good", source=GOOD)
    root = tmp_path / "submission-0"
    for name in ("numpy", "msgpack", "socket", "json", "struct"):
        (root / f"{name}.py").write_text("raise SystemExit('shadow')\n")
        (root / f"{name}.py").chmod(0o644)
    np.testing.assert_array_equal(play(library), [7.0, 7.0])
