"""Reading in a process that may be killed."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from autograder.failures import InfrastructureError
from autograder.release.build import Release
from autograder.sources import Sources
from autograder.submission.apart import apart
from autograder.submission.load import SubmissionError, load


@pytest.fixture(scope="module")
def release() -> Release:
    return Release.current(Sources().milestone("dropout"))


def test_what_is_read_apart_is_what_is_read_here(release, tmp_path):
    folder = tmp_path / "submitted"
    release.write(folder)
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("")
    here, there = (
        read(load, folder, release, tmp_path / read.__name__, student="ada") for read in (directly, apart)
    )
    assert there.root.is_dir()
    assert (there.files, there.digest, there.summary()) == (here.files, here.digest, here.summary())
    assert {**vars(there), "tree": there.tree.own} == {**vars(here), "tree": here.tree.own}


def directly(function: Any, *arguments: Any, **options: Any) -> Any:
    return function(*arguments, **options)


def reading(act: Any, release: Any, **options: Any) -> None:
    apart(lambda *arguments, **student: act(), Path(), release, Path(), student="ada", **options)


def test_errors_come_back(release):
    with pytest.raises(SubmissionError, match="refused"):
        reading(lambda: refuse(SubmissionError("refused")), release)
    with pytest.raises(InfrastructureError, match="OSError: disk"):
        reading(lambda: refuse(OSError("disk")), release)


def refuse(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    "stuck", [lambda: time.sleep(60), lambda: re.fullmatch("(a|a?)+b", "a" * 40)], ids=["waits", "backtracks"]
)
def test_what_takes_too_long_is_ended_and_told(stuck, release):
    start = time.monotonic()
    with pytest.raises(SubmissionError, match=r"more than 0\.3 s; it needs to be looked at by hand"):
        reading(stuck, release, seconds=0.3)
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("act", "words"), [(lambda: bytes(1 << 30), "memory"), (lambda: os.kill(os.getpid(), 9), "ended")]
)
def test_what_needs_too_much_or_dies_is_told(act, words, release):
    with pytest.raises(SubmissionError, match=words):
        reading(act, release, memory=256 << 20)
