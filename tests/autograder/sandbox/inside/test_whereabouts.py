"""Where a worker is when its time is over: a line of the submission's files, or none."""

from __future__ import annotations

import time

import pytest

from autograder.failures import LimitExceeded
from autograder.library.remote.library import RemoteLibrary
from autograder.messages.stopped import at_own_line, in_words
from autograder.milestone import Milestone, values
from autograder.sandbox.inside import whereabouts
from autograder.sandbox.tree import Tree

CODE = """
import faulthandler
import itertools
import os
import signal
import time

def loop(n):
    while True:
        pass

def slow(n):
    total = 0.0
    for _ in range(10**9):
        total += helper(n)
    return total

def helper(n):
    return sum(i * i for i in range(n))  # where it is

def in_c(n):
    return sum(itertools.repeat(0))

def catches(n):
    while True:
        try:
            loop(n)
        except BaseException:
            pass

def silent(n):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    time.sleep(60)

def unregistered(n):
    faulthandler.unregister(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, lambda *_: None)
    while True:
        pass

def forges(n):
    channel = next(int(fd) for fd in os.listdir("/proc/self/fd") if is_socket(fd))
    faulthandler.unregister(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, lambda *_: os.write(channel, FORGED))
    while True:
        pass

def exits(n):
    signal.signal(signal.SIGUSR1, lambda *_: os._exit(0))
    faulthandler.unregister(signal.SIGUSR1)
    time.sleep(60)

def recursion(n):
    return recursion(n) if n < 0 else deep(n, 900)

def deep(n, more):
    return loop(n) if more == 0 else deep(n, more - 1)

def is_socket(fd):
    try:
        return os.readlink(f"/proc/self/fd/{fd}").startswith("socket")
    except OSError:
        return False

def fine(n):
    return n
"""
NAMES = ["loop", "slow", "in_c", "catches", "silent", "unregistered", "forges", "exits", "recursion", "fine"]
MILESTONE = Milestone("m", "M", api=values("nndl.small", *NAMES))


def line_of(text):
    return next(number for number, line in enumerate(CODE.splitlines(), 1) if text in line)


def ended(name, forged="b''", argument=10):
    tree = Tree({"nndl/__init__.py": b"", "nndl/small.py": f"{CODE}\nFORGED = {forged}\n".encode()})
    with RemoteLibrary(tree, MILESTONE) as library:
        assert library.fine(1) == 1
        begun = time.monotonic()
        with library.limits(wall=0.3), pytest.raises(LimitExceeded) as caught:
            getattr(library, name)(argument)
        assert time.monotonic() - begun < 10
        assert str(caught.value) == "the code took longer than 0.3 s"
        assert library.fine(2) == 2  # by another worker
    return caught.value.traceback_tail.splitlines()


def require_line(told, text):
    number = int(told[-1].split(":")[1])
    assert told[-1].startswith(f"nndl/small.py:{number}: ")
    assert number == line_of(text)
    assert told[-1].endswith(CODE.splitlines()[number - 1].strip())


@pytest.mark.sandbox
def test_the_line_is_told(kind):
    require_line(ended("loop"), "while True")


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("name", "line"),
    [("catches", "while True"), ("in_c", "return sum(iter")],  # no line of Python ends the second
)
def test_whatever_is_done_there(works, name, line):
    require_line(ended(name), line)


@pytest.mark.sandbox
def test_all_calls_are_told_the_innermost_last(works):
    told = ended("slow", argument=300000)
    assert told[-1].startswith(f"nndl/small.py:{line_of('where it is')}: ")
    assert any(frame.endswith(": for _ in range(10**9):") for frame in told)  # around the call
    assert len(ended("recursion")) == 20


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ["silent", "unregistered", "exits"])
def test_who_does_not_say_it_is_ended_all_the_same(works, name):
    assert ended(name) == []


@pytest.mark.sandbox
def test_a_forged_place_is_a_line_of_the_own_files_or_none(works):
    def said(text):
        return ended("forges", repr(text.encode()))

    elsewhere = '  File "/etc/passwd", line 1 in f\n  File "/submission/nndl/../../etc/passwd", line 1 in f\n'
    beyond = (
        '  File "/submission/nndl/small.py", line 999999 in f\n  File "/submission/other.py", line 1 in f\n'
    )
    own = '  File "/submission/nndl/small.py", line 2 in f\n'
    assert [said(text) for text in (elsewhere, beyond, own)] == [
        [],
        [],
        ["nndl/small.py:2: import faulthandler"],
    ]


def frames(written, files):
    return whereabouts.frames(written, "/submission", files.get)


def test_what_was_written_is_read_within_bounds():
    one = b'Current thread 0x1 (most recent call first):\n  File "/submission/nndl/a.py", line 2 in inner\n'
    both = (
        one
        + b'  File "/submission/nndl/b.py", line 1 in outer\n  File "/libraries/worker.py", line 9 in main\n'
    )
    files = {
        "nndl/a.py": b"x = 1\n  y = 2 \x1b[31m\n",
        "nndl/b.py": b"a()\r\n",
        "large.py": b"\n" * (1 << 21),
    }
    assert frames(both, files) == [("nndl/b.py", 1, "a()"), ("nndl/a.py", 2, "y = 2 [31m")]
    assert frames(one.replace(b"line 2", b"line 3"), files) == []
    assert frames(one.replace(b"line 2", b"line 0"), files) == []
    assert frames(one.replace(b"line 2", b"line 99999999999"), files) == []
    assert frames(one.replace(b"/nndl/a.py", b"/large.py"), files) == []
    assert frames(b"\xff" * 100 + one.replace(b"a.py", b"b\xff.py"), files) == []
    assert frames(b" " * whereabouts.MOST_BYTES + one, files) == []
    assert len(frames(one * 10000, files)) == 20
    assert frames(one, {"nndl/a.py": b"\n" * 5001}) == []
    read: list[str] = []
    many = b"".join(b'  File "/submission/%d.py", line 1 in f\n' % i for i in range(500))
    assert whereabouts.frames(many, "/submission", read.append) == []
    assert len(read) == 20
    long = {"nndl/a.py": b"\n" + b"x" * 10000}
    assert len(frames(one, long)[0][2]) == 200


LOOPS = b"""for _ in range(3):
    pass

def outer(n):
    first = n
    for i in range(n):

        while first:
            first = inner(
                i
            )
    return first

def inner(n):
    if n:
        return n
    return 1
"""


@pytest.mark.parametrize(
    ("line", "told"),
    [(1, 1), (2, 1), (5, 5), (6, 6), (8, 6), (9, 6), (10, 6), (11, 6), (12, 12), (16, 16), (17, 17)],
)
def test_a_loop_is_told_by_the_line_where_it_begins(line, told):
    written = f'  File "/submission/a.py", line {line} in f\n'.encode()
    assert frames(written, {"a.py": LOOPS}) == [("a.py", told, LOOPS.decode().splitlines()[told - 1].strip())]


def test_what_is_called_in_a_loop_does_not_hide_it():
    tail = "nndl/a.py:6: for i in range(n):\nnndl/a.py:17: return 1"
    failure = at_own_line(LimitExceeded("wall", 3, traceback_tail=tail), "nndl")
    assert in_words(failure, "nndl").endswith("was then in nndl/a.py, line 6: `for i in range(n):`")


def test_it_is_told_by_a_line_of_the_students_own():
    tail = (
        "nndl/solver.py:10: self._step()\nnndl/layers/affine.py:40: for i in range(n):\n"
        "nndl/_support/validate.py:3: return x"
    )
    failure = at_own_line(LimitExceeded("wall", 3, traceback_tail=tail), "nndl")
    assert in_words(failure, "nndl") == (
        "The code took longer than 3 s, and was then in nndl/layers/affine.py, line 40: `for i in range(n):`"
    )
    given = at_own_line(
        LimitExceeded("wall", 3, traceback_tail="nndl/_support/validate.py:3: return x"), "nndl"
    )
    assert in_words(given, "nndl") == "The code took longer than 3 s"
    again = LimitExceeded.from_values(failure.values())
    assert in_words(again, "nndl") == in_words(failure, "nndl")
