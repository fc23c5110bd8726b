"""Matching passages of code, found by compare50, which takes starter code and an archive into account."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import driver
from .compared_code import Compared

PASSES = ("structure", "nocomments", "text", "exact")
"""What of a difference counts; ``structure`` sees through other names, numbers and spaces."""
MUCH = 0.85
"""The share of what was written from which a pair is pointed out; measured, see the instructor guide."""
_SECONDS = 3600.0
_MORE = 8
"""So many times more pairs are asked for than are shown, because most of those with the archive are not."""


class Compare50Missing(Exception):
    """There is no environment with compare50; the message says how to make one."""


@dataclass(frozen=True)
class Passage:
    """A place in one file."""

    file: str
    begin: int
    end: int


@dataclass(frozen=True)
class CodePair:
    """Two submissions, or one and something of the archive, with the passages that they share.

    Attributes
    ----------
    first, second : str
        Names; ``second`` may be of the archive.
    score : float
        compare50's: it grows with what is shared and rare in this class. It is no probability.
    passages : tuple of tuple of Passage
        Each a place in the first and the places in the second that have the same code.
    in_archive : bool
    share : float
        How much of what was written lies in these passages, from 0 to 1: the larger share of the two; of a submission
        and the archive, that of the submission. Nearly 1 for a copy, also with other names and comments.
    """

    first: str
    second: str
    score: float
    passages: tuple[tuple[tuple[Passage, ...], tuple[Passage, ...]], ...]
    in_archive: bool
    share: float = 0.0


def compare50_python(given: str = "") -> str:
    """Return the Python of an environment with compare50.

    Raises
    ------
    Compare50Missing
        If there is none.
    """
    candidates = [given] if given else [".compare50/bin/python", _beside("compare50")]
    for path in candidates:
        if path and shutil.which(path):
            return path
    raise Compare50Missing(
        "compare50 is not here. It needs older libraries than the grader, so give it an environment of its own: "
        'python3 -m venv .compare50 && .compare50/bin/pip install compare50 "setuptools<81"'
    )


def _beside(program: str) -> str:
    """Return the Python beside an installed program, as pipx and uv install them."""
    found = shutil.which(program)
    return str(Path(os.path.realpath(found)).with_name("python")) if found else ""


def compare(code: Compared, python: str, *, kind: str = PASSES[0], most: int = 50) -> list[CodePair]:
    """Return the pairs that share most, the first most.

    They are in the order of `CodePair.share`: compare50's score alone puts two who chose the same rare way to write one
    long function before a whole copy of short ones.

    Raises
    ------
    Compare50Missing
        If compare50 does not run.
    """
    asked = {
        name: {str(folder): _files(folder) for folder in getattr(code, name).values()}
        for name in ("submissions", "archive", "starter")
    }
    done = subprocess.run(
        [python, driver.__file__],
        input=json.dumps(asked | {"pass": kind, "most": most * _MORE}),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise Compare50Missing(f"compare50 did not run with {python}: {last}")
    names = {str(folder): name for name, folder in (*code.submissions.items(), *code.archive.items())}
    archive = {str(folder) for folder in code.archive.values()}
    found = _with_shares([_pair(pair, names, archive) for pair in json.loads(done.stdout)], code)
    found.sort(key=lambda pair: (-pair.share, -pair.score, pair.first, pair.second))
    return _best_of_archive(found)[:most]


def _best_of_archive(pairs: list[CodePair]) -> list[CodePair]:
    """Return the pairs with no more than one of the archive for each student: many of it are alike."""
    seen: set[str] = set()
    kept = []
    for pair in pairs:
        if pair.in_archive and pair.first in seen:
            continue
        if pair.in_archive:
            seen.add(pair.first)
        kept.append(pair)
    return kept


def _with_shares(pairs: Iterable[CodePair], code: Compared) -> list[CodePair]:
    """Return the pairs with how much of what was written they share."""
    starter = [Path(path) for folder in code.starter.values() for path in _files(folder)]
    given = {line for path in starter for line, _ in _lines(path)}
    folders = code.submissions | code.archive
    of: dict[str, _Written] = {}

    def share(name: str, places: Iterable[Passage]) -> float:
        if name not in of:
            of[name] = _Written.read(folders[name], given)
        return of[name].share(places)

    made = []
    for pair in pairs:
        shares = [share(pair.first, [place for places, _ in pair.passages for place in places])]
        if not pair.in_archive:
            shares.append(share(pair.second, [place for _, places in pair.passages for place in places]))
        made.append(replace(pair, share=round(max(shares), 3)))
    return made


@dataclass(frozen=True)
class _Written:
    """Where lines begin in each file of somebody, and which lines were not given."""

    begins: dict[str, list[int]]
    own: set[tuple[str, int]]

    @classmethod
    def read(cls, folder: Path, given: Collection[str]) -> _Written:
        begins, own = {}, set()
        for path in map(Path, _files(folder)):
            lines, name = _lines(path), str(path.relative_to(folder))
            begins[name] = [begin for _, begin in lines]
            own |= {(name, number) for number, (line, _) in enumerate(lines) if line and line not in given}
        return cls(begins, own)

    def share(self, places: Iterable[Passage]) -> float:
        seen: set[tuple[str, int]] = set()
        for place in places:
            begins = self.begins[place.file]
            first, last = bisect_right(begins, place.begin) - 1, bisect_left(begins, place.end)
            seen |= {(place.file, number) for number in range(first, last)}
        return len(self.own & seen) / len(self.own) if self.own else 0.0


def _lines(path: Path) -> list[tuple[str, int]]:
    """Return each line of a file as code without spaces, empty where it has none, and where it begins."""
    found, begin = [], 0
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        found.append(("" if line.lstrip().startswith("#") else "".join(line.split()), begin))
        begin += len(line)
    return found


def _files(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.rglob("*.py"))]


def _pair(found: dict[str, Any], names: dict[str, str], archive: set[str]) -> CodePair:
    first, second = found["a"], found["b"]
    if first in archive or (second not in archive and names[second] < names[first]):
        first, second = second, first

    def places(spans: list[list[Any]], folder: str) -> tuple[Passage, ...]:
        return tuple(
            Passage(os.path.relpath(path, folder), begin, end)
            for path, begin, end in spans
            if Path(path).is_relative_to(folder)
        )

    passages = tuple((places(spans, first), places(spans, second)) for spans in found["passages"])
    passages = tuple((a, b) for a, b in passages if a and b)
    return CodePair(names[first], names[second], found["score"], passages, second in archive)
