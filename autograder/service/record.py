"""From the service to nbgrader: the hand-in that counts in ``submitted/``, its report, and the one gradebook writer.

The student's notebook is not run for its outputs, as ``nbgrader autograde`` does, so that the gradebook has a score
seconds after the student. Who grades answers by hand sees the student's own outputs, bounded and harmless.

Runs as a program of its own, ``python -m autograder.service.record COURSE``, so that nbgrader's memory goes with it. It
ends when nothing came for a while.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from filelock import FileLock, Timeout

from ..lms.groups import LEADER
from ..lms.unpack import FROM_THE_SERVICE, TIMESTAMP
from ..nbgrader_plugin.autograde import read_timestamp
from ..nbgrader_plugin.course import Course
from ..reports import report as reporting
from ..submission.rest import listed
from ..submission.safe_files import RefusedFile, open_folder, read_file
from . import uploads
from .groups import counting_for
from .queue import Queue
from .settings import Service
from .store import DONE, NOT_GRADED, Admission, HandIn

_log = logging.getLogger("autograder.service")
_NICE = 5
"""Results go before what is written to the gradebook."""
_LINGER = 20.0
"""Seconds without anything to record after which the program ends."""
_LOOK_EVERY = 1.0
_PATIENCE = 120.0
"""Seconds that a result may wait for the gradebook while hand-ins wait for a grader: students go first."""
REPLACED, TAKEN_IN = "replaced", "taken in"
"""What the audit log says of files from elsewhere: a hand-in has come in their place, and they are one now, too."""
_OURS = (TIMESTAMP, FROM_THE_SERVICE, LEADER)


def record(service: Service, end: threading.Event | None = None) -> list[str]:
    """Write to the gradebook what follows from the hand-ins that were finished; return what went wrong.

    Parameters
    ----------
    service : Service
    end : Event, optional
        Set to stop after the student whose turn it is; the others are recorded another time.
    """
    pending: dict[tuple[str, str], list[HandIn]] = defaultdict(list)
    for one in service.store.hand_ins(state=[DONE, NOT_GRADED], recorded=False):
        for student in (one.student, *one.members):
            pending[student, one.milestone].append(one)
    # of a group's hand-in each member is recorded before it counts as recorded
    left = {one.id: 1 + len(one.members) for new in pending.values() for one in new}
    failed = []
    for (student, milestone), new in pending.items():
        if end is not None:
            _give_way(service, end, max(one.finished or 0.0 for one in new) + _PATIENCE)
            if end.is_set():
                break
        try:
            said = _record_one(service, student, milestone, {one.id for one in new})
        except Exception as error:  # the others are recorded; this one again, later
            _log.exception("%s of %s could not be recorded", milestone, student)
            said = f"{type(error).__name__}: {error}"
        if said:
            failed.append(f"{student}, {milestone}: {said}")
            _note_once(service, failed[-1])
        else:
            for one in new:
                left[one.id] -= 1
            service.store.set_recorded([one.id for one in new if not left[one.id]])
    return failed


def _note_once(service: Service, why: str) -> None:
    """Note why something could not be recorded, unless that was said last: it is tried again and again."""
    about = why.partition(": ")[0]
    said = [note["detail"] for note in service.store.audit.notes("operator", "not recorded")]
    if [line for line in said if line.partition(": ")[0] == about][-1:] != [why]:
        service.store.audit.note("operator", "not recorded", why)


def _give_way(service: Service, end: threading.Event, until: float) -> None:
    """Wait while hand-ins wait for a grader, but not for longer than until a time: here nobody looks at the result."""
    while not end.is_set() and time.time() < until and service.store.times.waiting():
        end.wait(_LOOK_EVERY)


def record_until_idle(service: Service, end: threading.Event, linger: float = _LINGER) -> list[str]:
    """Record what there is and what comes, until nothing came for some seconds; return what went wrong.

    What could not be recorded is left to the next program, so that a mistake is not tried without a pause.
    """
    failed: list[str] = []
    until = time.monotonic() + linger
    while not failed and time.monotonic() < until and not end.is_set():
        correct_lateness(service)
        if service.store.not_recorded():
            failed = record(service, end)
            until = time.monotonic() + linger
        end.wait(_LOOK_EVERY)
    return failed


def correct_lateness(service: Service) -> None:
    """Hold hand-ins against the deadlines of now: an extension, or another due date, counts for earlier ones, too."""
    wrong = {}
    for one in service.store.lateness():
        late = service.deadlines.is_late(one.student, one.milestone, one.received)
        if late != one.late:
            wrong[one.id] = late
    if wrong:
        service.store.set_late(wrong)
        service.store.audit.note("operator", "deadline changed", f"{len(wrong)} hand-ins")


def _record_one(service: Service, student: str, milestone: str, new: Collection[str]) -> str:
    """Record one student's milestone; return what went wrong, or nothing.

    ``new`` are the hand-ins that the gradebook does not know.
    """
    tries = service.store.hand_ins(of=student, milestone=milestone)
    counts = counting_for(service.policies[milestone], student, tries)
    ungraded = [one for one in tries if one.state == NOT_GRADED]
    chosen = counts or (ungraded[-1] if ungraded else None)
    if chosen is None:
        return ""
    directory = service.course.directory
    submitted = Path(directory.format_path(directory.submitted_directory, student, milestone))
    if not submitted.is_absolute():
        submitted = service.root / submitted
    named = student != chosen.student and not chosen.agreed
    if named and submitted.is_dir() and _landed(service, student, milestone, submitted) is None:
        return (
            ""  # what somebody else writes in a file does not take the place of what this student handed in
        )
    if _landed(service, student, milestone, submitted) != chosen.id:
        land(service, chosen, submitted, student)
    elif chosen.id not in new:  # the one that counts is still the one that was recorded
        return ""
    report = reporting.read(service.report_of(chosen))
    if counts is None and (report is None or report["verdict"] != "graded"):  # for a human to look at
        return ""
    folder = service.config.RecordScores.get("reports_directory", "reports")
    if report is None or not folder:
        return f"the report on {chosen.id} cannot be read"
    report |= {"student": student}  # of a group each member has it in their own name
    reporting.write(service.root / folder / student / f"{milestone}.json", report)
    return _autograde(service, student, milestone)


def land(service: Service, hand_in: HandIn, submitted: Path, student: str) -> None:
    """Put a hand-in where nbgrader looks for it, in one step.

    What was there from elsewhere is kept beside it, and taken in: where it counts, it comes back.
    """
    submitted.parent.mkdir(parents=True, exist_ok=True)
    new = submitted.with_name(f".{submitted.name}.new")
    old = submitted.with_name(f".{submitted.name}.old")
    shutil.rmtree(new, ignore_errors=True)
    for line in uploads.unpack(service.folder_of(hand_in.student, hand_in.digest), new, _OURS):
        _log.warning("%s: left out: %s", hand_in.id, line)
    at = datetime.datetime.fromtimestamp(hand_in.received, datetime.UTC)
    (new / TIMESTAMP).write_text(at.strftime("%Y-%m-%d %H:%M:%S.%f UTC") + "\n")
    (new / FROM_THE_SERVICE).write_text(json.dumps({"id": hand_in.id, "digest": hand_in.digest}) + "\n")
    if student != hand_in.student:
        (new / LEADER).write_text(f"{hand_in.student}\n", encoding="utf-8")
    if submitted.is_dir():
        if _landed(service, student, hand_in.milestone, submitted) is None:
            said = _take_in(service, student, hand_in.milestone, submitted)
            elsewhere = service.folder / "handed-in-elsewhere" / student / hand_in.milestone
            elsewhere.parent.mkdir(parents=True, exist_ok=True)
            free = next(
                path
                for path in (elsewhere.with_name(f"{hand_in.milestone}-{n}") for n in range(1_000_000))
                if not path.exists()
            )
            shutil.move(submitted, free)
            kept = free.relative_to(service.root) if free.is_relative_to(service.root) else free
            _log.warning(
                "%s of %s came in another way before; it is kept in %s%s",
                hand_in.milestone, student, kept, said,
            )  # fmt: skip
            detail = f"{hand_in.milestone} from elsewhere, kept in {kept}{said}"
            service.store.audit.note(student, REPLACED, detail)
        else:
            shutil.rmtree(old, ignore_errors=True)
            os.rename(submitted, old)
    os.rename(new, submitted)
    shutil.rmtree(old, ignore_errors=True)


def _take_in(service: Service, student: str, milestone: str, submitted: Path) -> str:
    """Have files from elsewhere graded as a hand-in that uses no attempt: which one counts is one rule for all ways.

    Returns what is to be said of files that are not graded.
    """
    try:
        path, digest, size, left_out = uploads.pack(submitted, service.folder, _OURS)
    except (uploads.RefusedUpload, RefusedFile, OSError, ValueError) as error:
        return f"; not graded: {error}"
    at = read_timestamp(service.course.directory, str(submitted))
    written = submitted.stat().st_mtime if at is None else at.replace(tzinfo=datetime.UTC).timestamp()
    received = min(written, time.time())  # a time that is still to come would count as the last one for ever
    late = service.deadlines.is_late(student, milestone, received)
    try:
        uploads.keep(path, service.folder_of(student, digest))
    finally:
        path.unlink(missing_ok=True)  # it was moved, unless the disk is full
    decide = lambda _: Admission(late, 0, None)  # noqa: E731
    one, new = service.store.accept(student, milestone, digest, size, received, decide)
    if new:
        service.store.audit.note(student, TAKEN_IN, f"{one.id} {milestone} sha256={digest}")
        Queue(service.queue).send(one)
    return f"; left out of what is graded: {listed(left_out)}" if left_out else ""


def _landed(service: Service, student: str, milestone: str, submitted: Path) -> str | None:
    """Return which hand-in of the service lies in a student's folder; None if none does."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError, RefusedFile):
        with open_folder(submitted) as opened:
            id = json.loads(read_file(opened, FROM_THE_SERVICE, 1000))["id"]
        # anybody can write such a file
        one = service.store.hand_in(id) if isinstance(id, str) and id.isascii() and id.isalnum() else None
        if one is not None and one.is_of(student) and one.milestone == milestone:
            return one.id
    return None


def _autograde(service: Service, student: str, milestone: str) -> str:
    """Have nbgrader record the report that is there; return what went wrong, or nothing."""
    from nbgrader.apps.api import NbGraderAPI

    config = service.config.copy()
    config.RecordScores.reuse_reports = True
    config.SandboxedExecute.enabled = False
    config.CheckCellMetadata.enabled = False  # cells have the metadata of the release, whatever was handed in
    api = NbGraderAPI(coursedir=service.course.directory, config=config)
    result = api.autograde(milestone, student, force=False, create=False)
    return (
        ""
        if result["success"]
        else str(result.get("error") or result.get("log") or "autograde failed")[-2000:]
    )


def keep_engines() -> None:
    """Have nbgrader use one database engine for all that this process does.

    It makes one for each look at the gradebook, dozens for each student, which compiles each query again.
    """
    import nbgrader.api

    nbgrader.api.create_engine = functools.cache(nbgrader.api.create_engine)


def main() -> int:
    """Record in the course whose folder is the argument."""
    keep_engines()
    logging.basicConfig(level=logging.WARNING)
    os.chdir(sys.argv[1])
    os.nice(_NICE)
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    service = Service(Course.around(Path.cwd()))
    try:
        # one that was begun before the graders were killed may still be at it
        with FileLock(service.folder / "recording.lock", timeout=0):
            failed = record_until_idle(service, end)
    except Timeout:
        return 0
    for line in failed:
        print(line, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
