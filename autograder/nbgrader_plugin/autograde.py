"""``nbgrader autograde``, on the same grading path as ``autograder grade``.

nbgrader copies a submission before any preprocessor runs, following links and reading devices, and lets the course's
own files be copied over it. This subclass runs `submission.load` first: nbgrader then converts the clean tree, and
nothing else reads the folder that a student filled.
"""

from __future__ import annotations

import contextlib
import fcntl
import fnmatch
import glob
import json
import logging
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter, NbGraderException
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from ..grading.grade import new_seed
from ..grading.regrade import mixture
from ..grading.run import may_hold_folder
from ..release.build import Release
from ..reports import report as reporting
from ..reports.report import needs_human
from ..submission import load as submission
from ..submission.apart import apart
from ..submission.safe_files import RefusedFile, open_folder, read_file
from .course import sources_of
from .earlier_copy import EarlierCopy
from .hand_graded import HandGraded, settled_cells
from .late_penalty import settle
from .record import DIGEST, REPORT, NotGraded, RecordScores, forget_scores, mark_of

_EXPECTED = (submission.SubmissionError, NotGraded, OSError, OperationalError)
"""What goes wrong without a mistake in our code: a line says it, and a traceback would say nothing more."""

NOT_ALL_READ = 3
"""Exit status where everything was graded that could be, and something is left to a human."""

_PATIENCE = 5.0
"""Seconds that another program may go on writing to the gradebook."""

_NEEDED = 1 << 20
"""Bytes that one autograded copy may take."""


def release_of(converter: Any, assignment: str) -> Release:
    """Return the release of one assignment of a converter's course.

    Raises
    ------
    KeyError
        If the course has no such milestone.
    """
    sources = sources_of(converter.coursedir)
    return Release.current(sources.milestone(assignment), sources)


class _CopiesNothing(BaseConverter):
    """Stands between Autograde and BaseConverter, and does not copy what was submitted."""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Write the files that were taken from the submission, and the two that nbgrader's exchange needs."""
        dest = Path(self._format_dest(assignment_id, student_id))
        dest.mkdir(parents=True, exist_ok=True)
        with open_folder(Path(self._format_source(assignment_id, student_id))) as folder:
            for name in ("timestamp.txt", "submission_secret.txt"):
                with contextlib.suppress(FileNotFoundError, RefusedFile):
                    content = read_file(folder, name, 1000)
                    (dest / name).unlink(missing_ok=True)
                    (dest / name).write_bytes(content)
        taken: submission.Submission = self.submission
        for file in taken.files:
            if not file.path.endswith(".ipynb"):
                path = dest / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                path.write_bytes(taken.tree.read(file.path) or b"")


class SandboxedAutograde(Autograde, _CopiesNothing):
    """Autograde from a clean tree.

    Attributes
    ----------
    submission : Submission
        The one that is being converted.
    report : dict or None
        Its report, once it has one.
    hand_graded : HandGraded
        The points that a human gave it before.
    run_seed : int
        Draws the cases of all submissions of this run.
    graded_now : dict of str to Path
        Who handed a group's work in → the report on it that this run has made for another member.
    for_a_human : sequence of str
        What in the submissions of this run could not be read, or only a human can settle.
    """

    submission: Any = None
    report: dict[str, Any] | None = None
    hand_graded = HandGraded()
    for_a_human: Sequence[str] = ()
    graded_now: Mapping[str, Path] = MappingProxyType({})
    run_seed = 0
    _stage: Any = None
    _staged = ""
    _unchanged: Sequence[str] = ()
    _recorded: Sequence[dict[str, Any]] = ()
    _earlier: EarlierCopy | None = None
    _forgotten = False

    @property
    def _input_directory(self) -> str:
        if self._staged and self._sanitizing:
            return self._staged
        return str(super()._input_directory)

    def start(self) -> None:
        """Autograde, unless another run is working on the same course, or its results could not be kept."""
        try:
            with _alone(self.coursedir.root):
                self._require_writable()
                super().start()
        except BlockingIOError:
            message = "another autograde run is working on this course; wait for it to finish"
            raise self._failure(message) from None

    def _require_writable(self) -> None:
        """Raise an error if the gradebook or the folders cannot be written to, before anything is changed."""
        path = Path(self.coursedir.root, self.coursedir.autograded_directory)
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path) as file:
                file.write(bytes(_NEEDED))
        except OSError as error:
            raise self._failure(f"cannot write to {path}: {error.strerror or error}") from error
        url = make_url(self.coursedir.db_url)
        if url.get_backend_name() != "sqlite" or not os.path.isfile(url.database or ""):
            return
        try:
            connection = sqlite3.connect(url.database or "", timeout=_PATIENCE, isolation_level=None)
            with contextlib.closing(connection) as gradebook:
                gradebook.execute("BEGIN IMMEDIATE")
                gradebook.execute("ROLLBACK")
        except sqlite3.Error as error:
            message = f"the gradebook {url.database} cannot be written to: {error}. Nothing was changed"
            raise self._failure(f"{message}; end the program that is using it, and try again") from error

    def init_notebooks(self) -> None:
        """List the submissions; one without a notebook is graded too, for its code.

        A student's folder that cannot be entered is listed, so that somebody is told.
        """
        try:
            release = release_of(self, self.coursedir.assignment_id)
        except KeyError as error:
            raise self._failure(str(error.args[0])) from error
        names = fnmatch.filter(release.files, f"{self.coursedir.notebook_id}.ipynb")
        pattern = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        folders = {
            os.path.join(above, os.path.basename(pattern)) for above in glob.glob(os.path.dirname(pattern))
        }
        hidden = {path for path in folders if not os.path.lexists(path) and may_hold_folder(Path(path))}
        found = sorted({*glob.glob(pattern), *hidden})
        if not found or not names:
            super().init_notebooks()  # for its messages
            return
        self.assignments = {folder: [os.path.join(folder, name) for name in names] for folder in found}
        self.notebooks: list[str] = []

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Say whether a submission is to be graded, and set aside what an earlier run made of it."""
        self._settle()
        self._clear()
        if self.coursedir.notebook_id != "*":
            return bool(super().init_destination(assignment_id, student_id))
        if student_id in (self.coursedir.student_id_exclude or "").split(","):
            return False
        earlier = EarlierCopy(Path(self._format_dest(assignment_id, student_id)))
        done = earlier.folder.is_dir() and not earlier.unfinished
        again = self.force or self._is_newer(assignment_id, student_id)
        if done and not again and not self._is_other(assignment_id, student_id, earlier.folder):
            self.log.info("Skipping existing assignment: %s", earlier.folder)
            self._unchanged = [*self._unchanged, student_id]
            return False
        try:
            earlier.set_aside()
        except OSError as error:  # raised from here, it would have nbgrader delete the folder
            self._stopped.append(f"{student_id}: {earlier.folder} cannot be replaced: {error.strerror}")
            return False
        self._earlier, self._forgotten = earlier, False
        return True

    def _is_newer(self, assignment_id: str, student_id: str) -> bool:
        """Return whether a submission came after the one that was graded."""
        submitted = self._format_source(assignment_id, student_id)
        new, old = (
            read_timestamp(self.coursedir, path)
            for path in (submitted, self._format_dest(assignment_id, student_id))
        )
        return new is not None and old is not None and new > old

    def _is_other(self, assignment_id: str, student_id: str, graded: Path) -> bool:
        """Return whether what was handed in is not what was graded, whatever its time says."""
        before = graded_digest(graded)
        if not before:  # graded by an earlier version, which did not write it down
            return False
        with contextlib.suppress(submission.SubmissionError):  # to be raised when it is graded
            self._load(assignment_id, student_id)
        if self.submission is None or self.submission.digest != before:
            return True
        recorded, made = _said_of(graded, REPORT), self._report_to_use(assignment_id, student_id)
        if not recorded or made is None or made["submission"]["digest"] != before:
            return False
        return mark_of(made) != recorded

    def _report_to_use(self, assignment_id: str, student_id: str) -> dict[str, Any] | None:
        """Return the report that `autograder grade` or `autograder regrade` has made, if it is to be recorded."""
        settings = RecordScores(config=self.config)
        if not (settings.reuse_reports and settings.reports_directory):
            return None
        folder = Path(self.coursedir.root) / settings.reports_directory / student_id
        found = reporting.read(folder / f"{assignment_id}.json")
        return found if found is not None and found["verdict"] == "graded" else None

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Finish a submission: its new copy is complete, so the earlier one may go."""
        super().set_permissions(assignment_id, student_id)
        lines = needs_human(self.report) if self.report is not None else self.submission.unread
        if self.report is not None:
            made = {"seed": self.report.get("seed", ""), "versions": self.report.get("versions", {})}
            self._recorded = [*self._recorded, {"student": student_id, **made}]
        self.for_a_human = [*self.for_a_human, *(f"{student_id}: {line}" for line in lines)]
        earlier, self._earlier = self._earlier, None
        if earlier is not None:
            earlier.discard()

    def _settle(self) -> None:
        """Save the earlier copy of a submission whose run did not come to its end, if there is one."""
        earlier, self._earlier = self._earlier, None
        if earlier is None or not earlier.unfinished:
            return
        if not self._forgotten:
            earlier.put_back()
        elif earlier.keep():
            self.log.warning("The copy of the run before is kept in %s until a run succeeds", earlier.aside)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Load the submission, and let nbgrader prepare its database rows."""
        by_hand = settled_cells(self.coursedir.db_url, assignment_id, student_id)
        forget_scores(self.coursedir.db_url, assignment_id, student_id, self.log, keep=by_hand)
        self._forgotten = True
        self._load(assignment_id, student_id)
        before = self._earlier.aside if self._earlier is not None else None
        same = before is not None and graded_digest(before) == self.submission.digest
        self.hand_graded = HandGraded(by_hand, same, before)
        for line in (*self.submission.repairs, *self.submission.warnings):
            self.log.warning("%s: %s", student_id, line)
        # nbgrader would copy the course's own files over the student's: solutions, which feedback would then show
        folder = sources_of(self.coursedir).assignments / assignment_id
        own = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
        self.exclude_overwriting: dict[str, list[str]] = {assignment_id: own}
        super().init_assignment(assignment_id, student_id)
        forget_scores(self.coursedir.db_url, assignment_id, student_id, self.log, answers=True, keep=by_hand)

    def _load(self, assignment_id: str, student_id: str) -> None:
        """Read what was handed in, unless it is read already."""
        if self.submission is not None:
            return
        self._stage = tempfile.TemporaryDirectory(prefix="autograde-")
        release = release_of(self, assignment_id)
        _ = release.assignment  # made here, once, and not in each process that reads
        self.submission = apart(
            submission.load,
            Path(self._format_source(assignment_id, student_id)),
            release,
            Path(self._stage.name) / "load",
            student=student_id,
        )

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Convert the repaired notebook instead of the submitted one."""
        resources = self.init_single_notebook_resources(notebook_filename)["nbgrader"]
        name = os.path.basename(notebook_filename)
        self._staged = os.path.join(self._stage.name, "course")
        try:
            folder = Path(self._format_source(resources["assignment"], resources["student"]))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(self.submission.tree.read(name))
            super().convert_single_notebook(str(folder / name))
        finally:
            self._staged = ""

    def convert_notebooks(self) -> None:
        """Convert everything and leave no copies behind."""
        self._stopped: list[str] = []
        self.run_seed = new_seed()  # one for all, so that what does not depend on a student is computed once
        self.for_a_human = []
        self.graded_now = {}
        self._unchanged, self._recorded = [], []
        self.log.addFilter(_in_one_line)
        try:
            super().convert_notebooks()
        finally:
            self.log.removeFilter(_in_one_line)
            self._settle()
            self._clear()
            if self._unchanged:  # but points given by hand, or an extension, may be new
                for line in settle(self.coursedir, [self.coursedir.assignment_id], self._unchanged):
                    self.log.warning(line)
            if self._recorded:
                milestone = sources_of(self.coursedir).milestone(self.coursedir.assignment_id)
                if mixed := mixture(self._recorded, milestone):
                    self.log.warning(mixed)
            for line in self.for_a_human:
                self.log.warning("Needs a human: %s", line)
            for message in self._stopped:
                self.log.error("There was an error processing %s", message)
        if self._stopped:
            raise NbGraderException("; ".join(self._stopped))

    def _clear(self) -> None:
        if self._stage is not None:
            self._stage.cleanup()
        self._stage = self.submission = self.report = None

    def _failure(self, message: str) -> NbGraderException:
        self.log.error(message)
        return NbGraderException(message)


class AutogradeCommand(SandboxedAutograde):
    """``nbgrader autograde``: its exit status is 3, as that of ``autograder grade``, where something needs a human."""

    def start(self) -> None:
        """Autograde, and end the program with this status if it is so."""
        super().start()
        if self.for_a_human:
            sys.exit(NOT_ALL_READ)


def graded_digest(folder: Path) -> str:
    """Return the digest of the submission that an autograded folder was made from, or an empty text."""
    return _said_of(folder, DIGEST)


def _said_of(folder: Path, name: str) -> str:
    """Return what the metadata of an autograded notebook say of how it was made."""
    for path in sorted(folder.glob("*.ipynb")):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            found = json.loads(path.read_text(encoding="utf-8"))["metadata"].get(name)
            if isinstance(found, str):
                return found
    return ""


@contextlib.contextmanager
def _alone(root: str) -> Iterator[None]:
    """Hold a lock on the course's folder: two runs would delete each other's folders and scores.

    Raises
    ------
    BlockingIOError
        If another run holds it.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _in_one_line(record: logging.LogRecord) -> bool:
    """Replace the traceback that nbgrader logs by the error's own line, where that says everything.

    What nbgrader says of a notebook that is not in its place is left out: the submission's warnings say whether it is
    missing, or was read from a file of another name or an archive.
    """
    if record.getMessage().startswith("No submitted file: "):
        return False
    error = sys.exc_info()[1]
    if isinstance(error, _EXPECTED) and record.getMessage().startswith("Traceback"):
        record.msg, record.args = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}", ()
    return True


def read_timestamp(coursedir: Any, dest_path: str) -> Any:
    """Read ``timestamp.txt`` of a submission without following links or waiting on pipes.

    Replaces `CourseDirectory.get_existing_timestamp`, which opens whatever has that name. A text that is not a time
    is reported and ignored.
    """
    from nbgrader.utils import parse_utc

    try:
        with open_folder(Path(dest_path)) as folder:
            text = read_file(folder, "timestamp.txt", 1000).decode("utf-8", errors="replace").strip()
        return parse_utc(text) if text else None
    except (FileNotFoundError, RefusedFile, ValueError, OverflowError) as error:
        if not isinstance(error, FileNotFoundError) and os.path.isdir(dest_path):
            coursedir.log.warning("The timestamp in %s was ignored: %s", dest_path, error)
        return None
