"""Matching passages of code, found by compare50, which takes starter code and an archive into account."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import driver
from .compared_code import Compared

PASSES = ("structure", "nocomments", "text", "exact")
"""What of a difference counts; ``structure`` sees through other names, numbers and spaces."""
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
    """

    first: str
    second: str
    score: float
    passages: tuple[tuple[tuple[Passage, ...], tuple[Passage, ...]], ...]
    in_archive: bool


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
        "python3 -m venv .compare50 && .compare50/bin/pip install compare50"
    )


def _beside(program: str) -> str:
    """Return the Python beside an installed program, as pipx and uv install them."""
    found = shutil.which(program)
    return str(Path(os.path.realpath(found)).with_name("python")) if found else ""


def compare(code: Compared, python: str, *, kind: str = PASSES[0], most: int = 50) -> list[CodePair]:
    """Return the pairs that share most, the first most.

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
    found = [_pair(pair, names, archive) for pair in json.loads(done.stdout)]
    return _best_of_archive(sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second)))[:most]


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
