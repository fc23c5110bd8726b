"""What a worker must have in common with whoever asks it: checks, reference, release and libraries of one version."""

from __future__ import annotations

from typing import Any

from ..grading import grade
from ..release.build import Release
from ..reports import report as reporting
from ..sources import Sources


class WrongVersion(Exception):
    """A worker has other checks, another reference or another release than the one that asks it."""


def differences(one: dict[str, Any], other: dict[str, Any]) -> str:
    """Return the names of what differs between two sides; empty if nothing does."""
    return ", ".join(name for name in sorted(one | other) if one.get(name) != other.get(name))


def versions_here(milestone: str) -> dict[str, Any]:
    """Return `versions` of a milestone of this name, in this process."""
    sources = Sources()
    return versions(grade.Settings(sources.milestone(milestone), sources=sources))


def versions(settings: grade.Settings) -> dict[str, Any]:
    """Return what both sides must have in common for their reports to be the same."""
    release = Release.current(settings.milestone, settings.sources)
    return {**reporting.versions(settings.milestone), "release": release.version}
