"""Releases of the past: each version that students were given is kept, so that hand-ins are held against their own.

A course corrects a typo or a number of points after the release. Students who have the old version have then changed
nothing, and a grader must be able to tell.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ..milestone import Milestone
from . import assignment
from .build import Release
from .fences import ReleaseError

_VERSION = re.compile(r"[0-9a-f]{12}")
_TIME = (1980, 1, 1, 0, 0, 0)
"""Of all files in an archive, so that the same release gives the same bytes."""


@dataclass(frozen=True)
class KeptRelease(assignment.Described):
    """One version of a release, as students were given it.

    Attributes
    ----------
    milestone : Milestone
    files : dict of str to bytes
        As in `Release.files`.
    """

    milestone: Milestone
    files: Mapping[str, bytes] = field(hash=False)

    @property
    def editable(self) -> tuple[str, ...]:
        """What a student hands in."""
        return tuple(entry["name"] for entry in self.assignment["files"])

    @property
    def editable_code(self) -> tuple[str, ...]:
        """The files of the library among them."""
        return tuple(name for name in self.editable if name.endswith(".py"))


def keep(release: Release) -> Path:
    """Store a release under its version, unless it is there already; return the path of the archive.

    Raises
    ------
    ReleaseError
        If a line of a solution is left in it; see `Release.checked`.
    """
    path = _archive(release.sources.kept_releases, release.milestone.name, release.version)
    if not path.is_file():
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in release.checked.items():
                archive.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(content.getvalue())
        unfinished.replace(path)
    return path


def kept_versions(release: Release) -> tuple[str, ...]:
    """Return the versions of a release's milestone that are kept, the one that was stored last first."""
    folder = _archive(release.sources.kept_releases, release.milestone.name, "any").parent
    found = [path for path in folder.glob("*.zip") if _VERSION.fullmatch(path.stem)]
    return tuple(path.stem for path in sorted(found, key=lambda p: (-p.stat().st_mtime_ns, p.stem)))


def kept(release: Release, version: str) -> Release | KeptRelease | None:
    """Return one version of a release: itself, or a kept one; None if there is no such version.

    Parameters
    ----------
    release : Release
        The current one.
    version : str
        Any text: what a hand-in says may be nonsense.
    """
    if version == release.version:
        return release
    if not _VERSION.fullmatch(version):
        return None
    path = _archive(release.sources.kept_releases, release.milestone.name, version)
    return _read(path, release.milestone) if path.is_file() else None


@lru_cache(maxsize=16)
def _read(path: Path, milestone: Milestone) -> KeptRelease:
    try:
        with zipfile.ZipFile(path) as archive:
            found = KeptRelease(milestone, {name: archive.read(name) for name in archive.namelist()})
        if found.version != path.stem or found.assignment["milestone"] != milestone.name:
            raise ValueError("it holds another version")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ReleaseError(f"this kept release cannot be used ({error}); delete it", str(path)) from error
    return found


def _archive(folder: Path, milestone: str, version: str) -> Path:
    return folder / milestone / f"{version}.zip"
