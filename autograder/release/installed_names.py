"""Which names can be imported where a ``requirements.txt`` has been installed."""

from __future__ import annotations

import contextlib
import csv
import functools
import os
import platform
import re
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from ..made_before import made_before

_OF_AN_EXTRA = re.compile(r"(;| and )\s*extra\s*==\s*(['\"])[\w.-]+\2\s*$")


def installed_names(requirements: str) -> tuple[str, ...]:
    """Return the names of the packages that a ``requirements.txt`` installs, with all that they require.

    What is not installed here counts with its own name only.

    Parameters
    ----------
    requirements : str
        The file's text.
    """
    lines = (line.partition("#")[0].strip() for line in requirements.splitlines())
    return _names_of_all(tuple(sorted(name for line in lines if (name := _name(line)))))


@functools.cache
def distribution_of(library: str) -> str:
    """Return the distribution to install for a library that is imported by this name: ``Pillow`` for ``PIL``."""
    owners = metadata.packages_distributions().get(library)
    return owners[0] if owners else library


def _name(line: str) -> str:
    try:
        return Requirement(line).name
    except InvalidRequirement:  # an option such as --index-url, or an empty line
        return ""


@functools.cache
def _names_of_all(distributions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names, kept from run to run for as long as nothing is installed or removed."""
    ours = Path(__file__).read_text(encoding="utf-8")
    made_of = (distributions, sys.version, platform.platform(), _installed(), ours)
    names = made_before("installed-names", made_of, lambda: " ".join(_read_names(distributions)))
    return tuple(names.split())


def _installed() -> list[tuple[str, int]]:
    """Return where the records of what is installed lie, and when each was written."""
    found = []
    for place in dict.fromkeys(sys.path):
        with contextlib.suppress(OSError), os.scandir(place or ".") as listed:
            records = (entry for entry in listed if entry.name.endswith((".dist-info", ".egg-info")))
            found += sorted((entry.path, entry.stat().st_mtime_ns) for entry in records)
    return found


def _read_names(distributions: tuple[str, ...]) -> tuple[str, ...]:
    found: set[str] = set()
    seen: set[str] = set()
    wanted = list(distributions)
    while wanted:
        name = wanted.pop()
        canonical = re.sub(r"[-_.]+", "-", name).lower()
        if canonical in seen:
            continue
        seen.add(canonical)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            found.add(canonical.replace("-", "_"))
            continue
        found.update(_top_level(distribution))
        wanted += _required(distribution)
    return tuple(sorted(name for name in found if name.isidentifier() and not name.startswith("_")))


def _top_level(distribution: metadata.Distribution) -> Iterable[str]:
    if listed := distribution.read_text("top_level.txt"):
        return listed.split()
    # `distribution.files` would make a path of each of thousands
    files = [row[0] for row in csv.reader((distribution.read_text("RECORD") or "").splitlines()) if row]
    parts = [file.partition("/") for file in files or map(str, distribution.files or ())]
    return {first if more else first.partition(".")[0] for first, more, _ in parts}


def _required(distribution: metadata.Distribution) -> Iterable[str]:
    for line in distribution.requires or ():
        if _OF_AN_EXTRA.search(line) and " or " not in line:
            continue  # most are; to read them properly takes most of the time
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
