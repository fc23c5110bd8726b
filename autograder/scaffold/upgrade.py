"""A course in the middle of a term, brought to the installed version: what would change, and then the change.

Files that nobody has edited follow the new version. What the instructor has edited stays, and so does everything of a
milestone that students have been given already.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..judging import milestone_content
from ..milestone import Milestone
from ..release.build import Release, write_files
from ..release.kept import kept_versions
from ..sources import Sources
from .new_course import course_files, read_state, version, write_state

_NEVER = ("roster.csv",)
"""Examples that a course replaces: there is nothing to bring up to date."""


@dataclass
class Plan:
    """What an upgrade would do.

    Attributes
    ----------
    before, now : str
        The version that made the course's files, and the installed one.
    updated, added : dict of str to bytes
        Files that nobody has edited, with their new content; files that there were not.
    edited : list of str
        Files with a new version that the instructor has edited; they stay as they are.
    handed_out : dict of str to int
        Milestone → how many of its files have a new version; they stay as they are.
    notes : list of str
        What the new version means for scores and releases.
    """

    before: str
    now: str
    updated: dict[str, bytes] = field(default_factory=dict)
    added: dict[str, bytes] = field(default_factory=dict)
    edited: list[str] = field(default_factory=list)
    handed_out: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def writes(self) -> dict[str, bytes]:
        """The files that are written."""
        return self.updated | self.added


def plan(root: Path, sources: Sources) -> Plan:
    """Return what an upgrade of a course would do; nothing is changed.

    Parameters
    ----------
    root : Path
        The course's folder.
    sources : Sources
        What the course has.

    Raises
    ------
    CourseError
        If the course's folder was not made by ``autograder new-course``.
    """
    installed = Sources()
    state = read_state(root)
    found = Plan(str(state.get("version", "unknown")), version())
    chosen = _milestones(state["milestones"], installed, found)
    released = [m for m in chosen if _is_handed_out(root, m, sources)]
    for name, new in course_files(root.name, chosen, installed).items():
        path = root / name
        old = path.read_bytes() if path.is_file() else None
        if old == new or name in _NEVER:
            continue
        owner = next((m.name for m in released if name.startswith(f"assignments/{m.name}/")), "")
        if owner:
            found.handed_out[owner] = found.handed_out.get(owner, 0) + 1
        elif old is None and name not in state["files"]:
            found.added[name] = new
        elif old is not None and hashlib.sha256(old).hexdigest() == state["files"].get(name):
            found.updated[name] = new
        else:
            found.edited.append(name)
    for milestone in chosen:
        found.notes += _notes(milestone, state["milestones"], released, sources)
    return found


def carry_out(root: Path, found: Plan) -> None:
    """Write what a plan says, and that the course is of the installed version now."""
    write_files(root, found.writes)
    state, installed = read_state(root), Sources()
    chosen = [installed.milestone(n) for n in state["milestones"] if n in installed.milestone_names]
    write_state(root, found.writes, chosen, known=state["files"])


def differences(root: Path, found: Plan) -> Iterator[str]:
    """Yield, line by line, how the files differ that would be updated or are the instructor's own."""
    chosen = [
        Sources().milestone(n) for n in read_state(root)["milestones"] if n in Sources().milestone_names
    ]
    new = course_files(root.name, chosen, Sources())
    for name in (*found.updated, *found.edited):
        path = root / name
        old = path.read_bytes() if path.is_file() else b""
        try:
            here, there = (data.decode("utf-8").splitlines() for data in (old, new[name]))
        except UnicodeDecodeError:
            yield f"{name}: another picture"
            continue
        names = f"{name} (here)", f"{name} ({found.now})"
        yield from difflib.unified_diff(here, there, *names, n=1, lineterm="")


def _milestones(names: dict[str, str], installed: Sources, found: Plan) -> list[Milestone]:
    chosen = []
    for name in names:
        if name in installed.milestone_names:
            chosen.append(installed.milestone(name))
        else:
            found.notes.append(
                f"{name}: version {found.now} does not have this milestone; the course keeps its files"
            )
    return chosen


def _is_handed_out(root: Path, milestone: Milestone, sources: Sources) -> bool:
    return (root / "release" / milestone.name).is_dir() or bool(kept_versions(Release(milestone, sources)))


def _notes(
    milestone: Milestone, before: dict[str, str], released: list[Milestone], sources: Sources
) -> Iterator[str]:
    """Yield what the new version means for a milestone."""
    if before[milestone.name] != milestone_content.digest(milestone):
        advice = (
            "; new runs may give other scores, so grade a whole class with one version"
            if milestone in released
            else ""
        )
        yield f"{milestone.name}: its checks or its solution have changed{advice}"
    if milestone in released:
        release = Release(milestone, sources)
        given = kept_versions(release)
        if given and release.version not in given:
            yield (
                f"{milestone.name}: students have version {given[0]}; generate_assignment would now make "
                f"{release.version}. Hand-ins are held against the version that they came from"
            )
