"""Reading in a process that may be killed."""

from __future__ import annotations

import os
import re
import signal
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


def test_one_process_forks_all_that_read_a_release_and_is_replaced_when_it_ends(release):
    def parent_of_reader():
        raise SubmissionError(str(os.getppid()))

    act = lambda *arguments, **student: parent_of_reader()  # noqa: E731

    def forker() -> int:
        with pytest.raises(SubmissionError) as told:
            apart(act, Path(), release, Path(), student="ada")
        return int(str(told.value))

    first = forker()
    assert first == forker() != os.getpid()
    os.kill(first, signal.SIGKILL)
    second = forker()
    assert second not in (first, os.getpid())
    for _ in range(3):  # others take its place
        with pytest.raises(SubmissionError, match="refused"):
            reading(lambda: refuse(SubmissionError("refused")), release)
    assert not Path(f"/proc/{second}").exists()


def test_who_reads_holds_no_file_of_the_grader_open(release, tmp_path):
    with open(tmp_path / "lock", "w") as lock:

        def act():
            open_files = [Path(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]
            held = any(path.exists() and path.samefile(lock.name) for path in open_files)
            raise SubmissionError("held" if held else "let go")

        with pytest.raises(SubmissionError, match="let go"):
            reading(act, release)


def test_a_relative_path_is_one_of_the_grader(release, tmp_path, monkeypatch):
    def tell(folder, *arguments, **student):
        raise SubmissionError(str(folder))

    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        with pytest.raises(SubmissionError, match=str(tmp_path / name / "work")):
            apart(tell, Path("work"), release, Path(), student="ada")
