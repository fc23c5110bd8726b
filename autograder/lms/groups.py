"""Group hand-ins: graded once, recorded for each member.

Who is in a group says the file ``group.txt`` in a hand-in, a line for each member with an id or an e-mail address, or a
table of groups with the columns ``group`` and ``student``. The hand-in that was made last counts for all of a group; it
is copied into the folders of the others, and what lay there is kept.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nndl.hand_in.copies import without_copy_marks

from ..gradebook.scores import Person
from ..submission.safe_files import RefusedFile, list_entries, open_folder, read_file
from ..submission.upload import look_into
from .roster import Roster
from .table import Table, TableError, printable, text_of
from .unpack import TIMESTAMP, aside, content

MEMBERS = "group.txt"
LEADER = "handed_in_by.txt"
"""In a member's folder: whose hand-in this is a copy of."""
_LARGEST = 60_000_000
_LARGEST_TEXT = 10_000
_MOST_MEMBERS = 12
_GROUP = ("group", "group name", "groups", "team", "team name")
_STUDENT = (
    "student",
    "id",
    "login",
    "login id",
    "username",
    "user id",
    "id number",
    "email",
    "email address",
)
_NAME = ("name", "full name", "student name")


@dataclass
class Shared:
    """What was done.

    Attributes
    ----------
    groups : dict of str to list of str
        Whose hand-in counts → the other members.
    notes : list of str
        What somebody should look at.
    """

    groups: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def groups_of(table: Table, people: Iterable[Person]) -> dict[str, list[str]]:
    """Return group → students, of a table.

    Raises
    ------
    TableError
        If a column is missing.
    """
    return read_groups(table, people)[0]


def read_groups(table: Table, people: Iterable[Person]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the same, and a line for each row whose student is nobody's, or not one alone.

    Canvas's export of groups and Moodle's list of participants with groups are read, too.
    """
    if table.column(*_GROUP) is None or all(table.column(name) is None for name in _STUDENT):
        raise TableError("a table of groups has the columns group and student")
    roster = Roster(people)
    found: dict[str, list[str]] = {}
    notes = []
    for number, row in enumerate(table.rows, 2):
        if not (group := table.get(row, *_GROUP)):
            continue
        ids = [text for name in _STUDENT if (text := table.get(row, name))]
        name = table.get(row, *_NAME) or table.get(row, "student")
        person = roster.find(*ids, lms_id=table.get(row, "canvas_user_id"), name=name)
        if person is None:
            who = name or ", ".join(ids) or "no name"
            notes.append(f"row {number} ({printable(who)}): nobody in the roster, or not one alone; left out")
        elif person.id not in found.setdefault(group, []):
            found[group].append(person.id)
    return found, notes


def share(
    submitted: Path,
    milestone: str,
    people: Iterable[Person],
    groups: Mapping[str, Iterable[str]] | None = None,
) -> Shared:
    """Give every member of a group the hand-in that counts.

    Parameters
    ----------
    submitted : Path
        The folder with ``<student>/<milestone>``.
    milestone : str
    people : iterable of Person
        The roster.
    groups : mapping of str to iterable of str, optional
        Group → students, from a table; else hand-ins say it themselves.
    """
    roster, done = Roster(people), Shared()
    made = {p.id: submitted / p.id / milestone for p in roster.people}
    made = {
        student: folder for student, folder in made.items() if folder.is_dir() and not folder.is_symlink()
    }
    given = [set(members) for members in (groups or {}).values()]
    if groups is None:
        given = _joined(_said(made, roster, done))
    for members in given:
        _share_one(members, made, submitted, milestone, done)
    return done


def _said(made: Mapping[str, Path], roster: Roster, done: Shared) -> list[set[str]]:
    """Return the groups that hand-ins name, each with the student who handed in."""
    found = []
    for student, folder in made.items():
        try:
            text = _members_file(folder)
        except (RefusedFile, TableError) as error:
            done.notes.append(f"{student}: {MEMBERS} was not read: {error}")
            continue
        if text is None:
            continue
        members, notes = named_in(text, roster)
        done.notes += [f"{student}: {note}" for note in notes]
        found.append({student} | members)
    return found


def _members_file(folder: Path) -> str | None:
    """Return the text of a hand-in's ``group.txt``, also in a folder or an archive; None if there is none.

    Raises
    ------
    RefusedFile, TableError
        If it cannot be read.
    """
    with open_folder(folder) as opened:
        files = [file for file in look_into(opened).files if _is_members(file.parts[-1])]
        if not files:
            return None
        nearest = min(files, key=lambda file: (len(file.parts), file.name))
        return text_of(nearest.read(_LARGEST_TEXT))


def _is_members(name: str) -> bool:
    return without_copy_marks(name) in (MEMBERS, "groups.txt")


def named_in(text: str, roster: Roster) -> tuple[set[str], list[str]]:
    """Return whom of the roster a ``group.txt`` names, and what in it could not be read."""
    members, notes = set(), []
    lines = [line.strip(" \t-*,;") for line in text.splitlines() if line.strip(" \t-*,;")]
    for line in lines[:_MOST_MEMBERS]:
        person = roster.find(*line.replace(",", " ").split(), name=line)
        if person is None:
            notes.append(f"{MEMBERS} names {printable(line[:80])!r}, nobody of the roster")
        else:
            members.add(person.id)
    if len(lines) > _MOST_MEMBERS:
        notes.append(f"{MEMBERS} has more than {_MOST_MEMBERS} lines; the rest was not read")
    return members, notes


def leader_of(folder: Path) -> str | None:
    """Return whose hand-in a student's folder holds a copy of; None if it is their own."""
    try:
        with open_folder(folder) as opened:
            return read_file(opened, LEADER, 1000).decode("utf-8", errors="replace").strip() or None
    except (FileNotFoundError, RefusedFile):
        return None


def _joined(groups: list[set[str]]) -> list[set[str]]:
    """Return the same groups; two that share a member are one."""
    joined: list[set[str]] = []
    for group in groups:
        touching = [other for other in joined if other & group]
        joined = [other for other in joined if not other & group]
        joined.append(group.union(*touching))
    return joined


def _share_one(
    members: set[str], made: Mapping[str, Path], submitted: Path, milestone: str, done: Shared
) -> None:
    own = [m for m in sorted(members) if m in made and not (made[m] / LEADER).exists()]
    if not own:
        return
    leader = max(own, key=lambda student: (_stamp(made[student]), student))
    others = sorted(members - {leader})
    done.groups[leader] = others
    for student in others:
        target = submitted / student / milestone
        target.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{milestone}."))
        try:
            _copy(made[leader], new, done)
            (new / LEADER).write_text(f"{leader}\n", encoding="utf-8")
            new.chmod(0o755)
            if target.is_dir() and not target.is_symlink() and content(target) == content(new):
                continue
            if target.is_symlink() or target.exists():
                was_own = student in own
                kept = aside(target, submitted, student, milestone)
                if was_own:
                    done.notes.append(
                        f"{student}: {leader}'s later hand-in counts; their own is kept in {kept}"
                    )
            new.rename(target)
        finally:
            shutil.rmtree(new, ignore_errors=True)


def _stamp(folder: Path) -> str:
    try:
        with open_folder(folder) as opened:
            return read_file(opened, TIMESTAMP, 1000).decode("utf-8", errors="replace").strip()
    except (FileNotFoundError, RefusedFile):
        return ""


def _copy(source: Path, target: Path, done: Shared) -> None:
    """Copy the regular files of a hand-in; links are not followed."""
    with open_folder(source) as opened:
        entries, _ = list_entries(opened)
        for entry in entries:
            if entry.kind != "file":
                continue
            try:
                data = read_file(opened, entry.name, _LARGEST)
            except (RefusedFile, FileNotFoundError) as error:
                done.notes.append(f"{source}: {printable(entry.name)} was not copied: {error}")
                continue
            path = target / entry.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
