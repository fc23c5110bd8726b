"""Which names can be imported where a ``requirements.txt`` has been installed."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement


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
    files = distribution.files or ()
    return {file.parts[0] if len(file.parts) > 1 else file.name.partition(".")[0] for file in files}


def _required(distribution: metadata.Distribution) -> Iterable[str]:
    for line in distribution.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name
