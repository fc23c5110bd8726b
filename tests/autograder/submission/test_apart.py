"""Reading in a process that may be killed."""

from __future__ import annotations

import os
import re
import time

import pytest

from autograder.submission.apart import apart
from autograder.submission.load import SubmissionError


def test_what_a_function_returns_and_raises_comes_back():
    assert apart(divmod, 7, 2) == (3, 1)
    assert apart(os.getpid) != os.getpid()
    with pytest.raises(SubmissionError, match="refused"):
        apart(refuse)
    with pytest.raises(RuntimeError, match="Odd: 3"):
        apart(be_odd)


def refuse() -> None:
    raise SubmissionError("refused")


class Odd(Exception):
    def __init__(self, number: int, other: int) -> None:
        super().__init__(number)


def be_odd() -> None:
    raise Odd(3, 4)


@pytest.mark.parametrize(
    "stuck", [lambda: time.sleep(60), lambda: re.fullmatch("(a|a?)+b", "a" * 40)], ids=["waits", "backtracks"]
)
def test_what_takes_too_long_is_ended_and_told(stuck):
    start = time.monotonic()
    with pytest.raises(SubmissionError, match=r"more than 0\.3 s; it needs to be looked at by hand"):
        apart(stuck, seconds=0.3)
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("call", "words"), [(lambda: len(bytes(1 << 30)), "memory"), (lambda: os.kill(os.getpid(), 9), "ended")]
)
def test_what_needs_too_much_or_dies_is_told(call, words):
    with pytest.raises(SubmissionError, match=words):
        apart(call, memory=256 << 20)
