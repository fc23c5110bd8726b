"""From a bulk download to ``submitted/<student>/<milestone>/``, as nbgrader collects it.

Whose a file is comes from its name (`upload_names`) and the gradebook's roster. What is nobody's is named. Of several
attempts the last one counts. What was submitted before is moved aside and kept.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..gradebook.scores import Person
from ..submission.archives import Budget
from ..submission.safe_files import RefusedFile
from .bulk_download import DownloadedFile, DownloadError, opened
from .roster import Roster
from .table import TableError, printable
from .upload_names import UploadName, read_name
from .worksheet import Participant, gradescope_participants

_LARGEST = 60_000_000
"""Bytes of one file."""
_LONGEST = 120
"""Characters of one part of a path."""
TIMESTAMP = "timestamp.txt"
METADATA = "submission_metadata.yml"
FROM_THE_SERVICE = ".from-the-service.json"
"""In what the grading service has put there: which hand-in it is."""
_OURS = {TIMESTAMP, "submission_secret.txt", FROM_THE_SERVICE}
"""Names of files that are not the student's, so that nothing from an upload gets one."""


@dataclass
class Unpacked:
    """What came of a download.

    Attributes
    ----------
    placed : dict of str to Path
        Student → their folder.
    unchanged : list of str
        Students whose folder has these files already.
    unmatched : list of str
        What is nobody's, a line each, with the reason.
    notes : list of str
        What else somebody should know.
    """

    placed: dict[str, Path] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class _HandIn:
    """What one student handed in, before it is written."""

    person: Person
    files: list[tuple[UploadName, DownloadedFile]] = field(default_factory=list)


def unpack(
    downloads: Iterable[Path],
    people: Iterable[Person],
    milestone: str,
    submitted: Path,
    *,
    due: datetime.datetime | None = None,
    participants: Mapping[str, Participant] | None = None,
) -> Unpacked:
    """Put what students uploaded where nbgrader and ``autograder grade`` look for it.

    Parameters
    ----------
    downloads : iterable of Path
        Zip archives, or folders into which they were unpacked.
    people : iterable of Person
        The roster.
    milestone : str
    submitted : Path
        The folder with a folder for each student.
    due : datetime, optional
        The due date, in UTC: Canvas marks what is late and does not say when it came.
    participants : mapping of str to Participant, optional
        Of a grading worksheet of Moodle: participant's number → who that is, and when they handed in.

    Raises
    ------
    DownloadError
        If a download cannot be read.
    """
    roster, done = Roster(people), Unpacked()
    with contextlib.ExitStack() as stack:
        named, known = [], dict(participants or {})
        for download in downloads:
            files, notes = stack.enter_context(opened(download))
            done.notes += notes
            files, found = _gradescopes(files)
            known |= found
            named += _without_common_folder(files, roster)
        for hand_in in _by_student(named, roster, known, done):
            _place(hand_in, milestone, submitted, due, known, done)
    return done


def _gradescopes(files: list[DownloadedFile]) -> tuple[list[DownloadedFile], dict[str, Participant]]:
    """Return a download's files without Gradescope's metadata, and what these say of who handed in."""
    about = [file for file in files if file.name.rpartition("/")[2] == METADATA]
    known: dict[str, Participant] = {}
    for file in about:
        try:
            text = file.read(Budget(), _LARGEST).decode("utf-8", errors="replace")
            known |= gradescope_participants(text)
        except (RefusedFile, TableError) as error:
            raise DownloadError(str(error)) from error
    return [file for file in files if file not in about], known


def _without_common_folder(files: list[DownloadedFile], roster: Roster) -> list[tuple[str, DownloadedFile]]:
    """Return names and files; a folder around everything, as some archives have it, is taken off if it is nobody's."""
    names = [(file.name, file) for file in files]
    tops = {name.partition("/")[0] for name, _ in names}
    if len(tops) != 1 or not all("/" in name for name, _ in names):
        return names
    outside = read_name(names[0][0])
    if outside is None or outside.system != "folders" or _who(outside, roster, {}) is not None:
        return names
    return [(name.partition("/")[2], file) for name, file in names]


def _by_student(
    files: list[tuple[str, DownloadedFile]],
    roster: Roster,
    participants: Mapping[str, Participant],
    done: Unpacked,
) -> list[_HandIn]:
    hand_ins: dict[str, _HandIn] = {}
    nobody: dict[str, list[str]] = defaultdict(list)
    for name, file in files:
        read = read_name(name)
        person = None if read is None else _who(read, roster, participants)
        if read is None or person is None:
            nobody[name if read is None else f"{read.system}: {read.who}"].append(name)
        elif read.file:
            hand_ins.setdefault(person.id, _HandIn(person)).files.append((read, file))
    for who, names in nobody.items():
        few = ", ".join(printable(name) for name in names[:3]) + (", …" if len(names) > 3 else "")
        done.unmatched.append(f"{printable(who)}: nobody in the roster, or not one alone ({few})")
    return list(hand_ins.values())


def _participant(read: UploadName, participants: Mapping[str, Participant]) -> Participant | None:
    """Return what a worksheet says of who handed in a file; None if it says nothing."""
    if (known := participants.get(read.participant)) is not None or read.system != "folders":
        return known
    logins = (read.who, *_ends_of(read.who))  # GitHub Classroom: the assignment's name, then the login
    return next((participants[key] for login in logins if (key := login.casefold()) in participants), None)


def _who(read: UploadName, roster: Roster, participants: Mapping[str, Participant]) -> Person | None:
    if (known := _participant(read, participants)) is not None:
        return roster.find(*known.ids, name=known.name)
    if read.system == "folders":
        return roster.find(*read.ids, name=read.name) or roster.find(*_ends_of(read.who))
    person = roster.find(*read.ids, lms_id=read.lms_id, name=read.name)
    if person is None and read.system == "Moodle":  # of a group: its name, and a hyphen
        places = [at + 1 for at, char in enumerate(read.name) if char == "-"]
        found = {roster.find(name=read.name[at:]) for at in places} - {None}
        person = found.pop() if len(found) == 1 else None
    return person


def _ends_of(folder: str) -> list[str]:
    """Return what may be an id at the end of a folder's name, as in ``assignment-1-login``."""
    parts = re.split(r"[-_ ]", folder)
    return [folder[len("-".join(parts[:i])) + 1 :] for i in range(1, len(parts))][:6]


def _place(
    hand_in: _HandIn,
    milestone: str,
    submitted: Path,
    due: datetime.datetime | None,
    participants: Mapping[str, Participant],
    done: Unpacked,
) -> None:
    """Write one student's files into a new folder, and put it in the place of the one that is there."""
    student = hand_in.person.id
    if not is_folder_name(student):
        done.unmatched.append(f"{printable(student)}: this id cannot be the name of a folder")
        return
    chosen = _last_attempt(hand_in, done)
    stamp = _when(chosen, due, participants, student, done)
    target = submitted / student / milestone
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{milestone}."))
    try:
        budget, written = Budget(), 0
        for read, file in chosen:
            try:
                data = file.read(budget, _LARGEST)
            except (RefusedFile, FileNotFoundError) as error:
                done.notes.append(f"{student}: {printable(read.file)} was left out: {error}")
                continue
            _write(new, read.plain_file, data)
            written += 1
        if not written:
            done.unmatched.append(f"{student}: none of their files could be read")
            return
        together = {
            other for read, _ in chosen if (p := _participant(read, participants)) for other in p.others
        }
        if together and not (new / "group.txt").exists():
            (new / "group.txt").write_text(
                "".join(f"{other}\n" for other in sorted(together)), encoding="utf-8"
            )
            done.notes.append(
                f"{student}: handed in with {', '.join(sorted(together))}; `autograder groups` gives it to all"
            )
        if stamp is not None:
            (new / TIMESTAMP).write_text(f"{stamp:%Y-%m-%d %H:%M:%S} UTC", encoding="utf-8")
        os.chmod(new, 0o755)
        if _same(new, target):
            done.unchanged.append(student)
            return
        if os.path.lexists(target):
            kept = aside(target, submitted, student, milestone)
            done.notes.append(f"{student}: what was there before is kept in {kept}")
        os.replace(new, target)
        done.placed[student] = target
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _last_attempt(hand_in: _HandIn, done: Unpacked) -> list[tuple[UploadName, DownloadedFile]]:
    """Return the files of the last attempt; of two files of one name, the one that was handed in later."""
    student = hand_in.person.id
    attempts = {read.attempt for read, _ in hand_in.files if read.attempt is not None}
    files = hand_in.files
    if len(attempts) > 1:
        last = max(attempts)
        files = [(read, file) for read, file in files if read.attempt == last]
        done.notes.append(f"{student}: {len(attempts)} attempts; the one of {last} counts")
    newest: dict[str, tuple[UploadName, DownloadedFile]] = {}
    for read, file in sorted(files, key=lambda item: item[0].order):
        key = read.plain_file.casefold()
        if key in newest:
            before = newest[key][0]
            done.notes.append(
                f"{student}: {printable(before.file)} was handed in again; {printable(read.file)} counts"
            )
            if before.file.casefold() != key:  # or it is another file, whose own name ends in a number
                newest[before.file.casefold()] = replace(before, as_it_is=True), newest[key][1]
        newest[key] = (read, file)
    return list(newest.values())


def _when(
    files: list[tuple[UploadName, DownloadedFile]],
    due: datetime.datetime | None,
    participants: Mapping[str, Participant],
    student: str,
    done: Unpacked,
) -> datetime.datetime | None:
    """Return when a student handed in, in UTC as far as the download says; None if it says nothing."""
    for read, _ in files:
        if (known := _participant(read, participants)) is not None and known.handed_in is not None:
            return _utc(known.handed_in)
    attempts = [read.attempt for read, _ in files if read.attempt is not None]
    if attempts:
        return _utc(max(attempts))
    late = any(read.late for read, _ in files)
    if late and due is not None:
        done.notes.append(
            f"{student}: marked as late; the download does not say how late. timestamp.txt has one second after the "
            "due date: correct it if a penalty depends on it"
        )
        return due + datetime.timedelta(seconds=1)
    if late:
        done.notes.append(
            f"{student}: marked as late, and the gradebook has no due date; timestamp.txt is missing"
        )
        return None
    stamps = [file.modified for _, file in files if file.modified is not None and file.modified.year > 1980]
    stamp = _utc(max(stamps)) if stamps else None
    if any(read.late is False for read, _ in files):  # in time, whenever the archive was made
        return due if due is not None and (stamp is None or stamp > due) else stamp
    return stamp


def _utc(moment: datetime.datetime) -> datetime.datetime:
    """Return a time of this place as UTC, without a time zone, as nbgrader keeps it."""
    return moment.astimezone(datetime.UTC).replace(tzinfo=None)


def is_folder_name(name: str) -> bool:
    """Return whether a student's id can be the name of a folder."""
    return (
        bool(name)
        and name not in (".", "..")
        and not re.search(r"[/\\\0\n\r]", name)
        and len(name.encode()) < 200
    )


def _write(folder: Path, name: str, data: bytes) -> None:
    """Write a file under a name that a student chose, made plain: it stays in the folder, and replaces nothing."""
    parts = [_plain_part(part) for part in name.split("/")]
    parts = [part for part in parts if part not in ("", ".", "..")][-12:] or ["unnamed"]
    if parts[-1] in _OURS and len(parts) == 1:
        return
    path = folder.joinpath(*parts)
    for parent in reversed(path.parents):
        if parent.is_relative_to(folder) and parent != folder and parent.is_file():
            parent.rename(parent.with_name(parent.name + " (file)"))
    path.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while path.exists():
        path = path.with_name(f"{Path(parts[-1]).stem} ({number}){Path(parts[-1]).suffix}")
        number += 1
    path.write_bytes(data)


def _plain_part(part: str) -> str:
    plain = "".join(c if c.isprintable() else "_" for c in part).strip()
    while len(plain.encode("utf-8", errors="replace")) > _LONGEST:
        stem, suffix = os.path.splitext(plain)
        plain = stem[: len(stem) // 2] + suffix[:20] if stem[1:] else plain[:20]
    return plain.encode("utf-8", errors="replace").decode("utf-8")


def _same(new: Path, old: Path) -> bool:
    """Return whether two folders hold the same files; whose time stamp differs is not the same."""
    if old.is_symlink() or not old.is_dir():
        return False
    return content(new) == content(old)


def content(folder: Path) -> dict[str, bytes | None]:
    """Return the files of a folder by their names; None for what is no regular file."""
    found: dict[str, bytes | None] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            found[str(path.relative_to(folder))] = None
        elif path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def aside(target: Path, submitted: Path, student: str, milestone: str) -> Path:
    """Move a folder out of the way, and return where it is now."""
    place = submitted.parent / f"{submitted.name}_before" / student
    place.mkdir(parents=True, exist_ok=True)
    stamp = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d_%H-%M-%S}"
    kept, number = place / f"{milestone}_{stamp}", 1
    while os.path.lexists(kept):
        kept, number = place / f"{milestone}_{stamp}_{number}", number + 1
    shutil.move(target, kept)
    return kept
