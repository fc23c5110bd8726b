"""The worker as a program: it speaks first, answers in order, and stops when nobody listens."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox.inside import worker
from autograder.sandbox.inside.protocol import Handle, decode, encode, read_frame, write_frame

ROOT = Path(worker.__file__).parents[3]
CODE = """
import numpy as np
print("imported", flush=True)

def double(x):
    return 2 * x

def own_number():
    class Number(float):
        pass
    return [Number(1), np.float64(2), (np.int8(3), True)]
"""


@pytest.fixture
def start(tmp_path: Path):
    """Start workers without a sandbox, for code of our own."""
    package = tmp_path / "nndl"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "layers.py").write_text(CODE)
    running = []

    def launch(limits: str = "67108864,16,100000"):
        ours, theirs = socket.socketpair()
        path = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
        code = f"{path}; from autograder.sandbox.inside.worker import main; main(sys.argv[1:])"
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(theirs.fileno()), str(tmp_path), "nndl", limits],
            pass_fds=(theirs.fileno(),),
            stdout=subprocess.PIPE,
            cwd=tmp_path,
        )
        theirs.close()
        running.append((process, ours))
        return process, ours

    yield launch
    for process, channel in running:
        channel.close()
        process.kill()
        process.wait()
        process.stdout.close()


def ask(channel: socket.socket, **request):
    write_frame(channel, encode(request), time.monotonic() + 30)
    return decode(read_frame(channel, 1 << 20, time.monotonic() + 30))


def hello(channel: socket.socket):
    return decode(read_frame(channel, 4096, time.monotonic() + 60))


def call(name: str, *args, result: str = "value"):
    return {
        "op": "call",
        "module": "nndl.layers",
        "name": name,
        "args": list(args),
        "kwargs": {},
        "result": result,
    }


def test_it_says_hello_before_it_touches_the_submission(start):
    process, channel = start()
    said = hello(channel)
    assert said["hello"] == worker.VERSION
    assert said["numpy"] == np.__version__
    os.set_blocking(process.stdout.fileno(), False)
    assert process.stdout.read() is None  # the module has not been imported
    assert ask(channel, id=1, **call("double", 4)) == {"id": 1, "value": 8}
    os.set_blocking(process.stdout.fileno(), True)
    assert process.stdout.readline() == b"imported\n"


def test_it_answers_in_order_and_goes_on_after_errors(start):
    _, channel = start()
    hello(channel)
    assert ask(channel, id=5, **call("nothing"))["error"]["type"] == "ImportError"
    reply = ask(channel, id=6, op="put", value=np.ones(2))
    again = ask(channel, id=7, **call("double", Handle(reply["handle"])))
    np.testing.assert_array_equal(again["value"], [2.0, 2.0])
    gone = ask(channel, id=8, op="fetch", target=reply["handle"], drop=[reply["handle"]])
    assert gone["error"]["type"] == "KeyError"
    assert ask(channel, id=9, **call("own_number"))["value"] == [1.0, 2.0, (3, True)]


def test_it_keeps_to_the_limits_it_was_given(start):
    _, channel = start("1000,16,50")
    hello(channel)
    assert ask(channel, id=1, **call("double", [1] * 20))["value"] == [1] * 40
    for value in ([1] * 26, b"x" * 600):
        assert ask(channel, id=2, **call("double", value))["error"]["type"] == "ValueError"


def test_it_ends_with_the_channel(start):
    process, channel = start()
    hello(channel)
    channel.close()
    assert process.wait(30) == 0


def test_unknown_operations_are_errors(start):
    _, channel = start()
    hello(channel)
    assert ask(channel, id=1, op="nothing")["error"]["type"] == "AttributeError"
    assert "error" in ask(channel, id=2, op="fetch", target=99)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python can read it")
def test_a_file_for_a_newer_python_says_so(start, tmp_path: Path):
    _, channel = start()
    hello(channel)
    (tmp_path / "nndl" / "layers.py").write_text(
        CODE + "def named[T](d: dict, x: T):\n    return f'{d['x']}'\n"
    )
    error = ask(channel, id=5, **call("double", 1.0))["error"]
    assert (error["type"], error["file"]) == ("SyntaxError", "nndl/layers.py")
    assert error["message"] == f"needs Python 3.12; this grader runs 3.{sys.version_info[1]}"
