"""Many submissions → reports, on any ``concurrent.futures`` executor.

By default these are processes on this machine; where one machine is not enough, use
``dask.distributed.Client.get_executor()`` or any other executor.
"""

from __future__ import annotations

import itertools
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nndl.hand_in.copies import without_copy_marks

from ..milestone import Milestone
from ..reports import report as reporting
from . import grade
from .executors import end_now, processes
from .group_reports import leader_of_copy, report_of_leader
from .stopping import Stop

ExecutorFactory = Callable[[int], Executor]


@dataclass(frozen=True)
class Job:
    """One submission to grade and where its report goes."""

    student: str
    folder: Path
    report: Path


_UPLOADED = {".zip", ".ipynb", ".py", ".gz", ".tgz", ".tar", ".7z", ".rar"}


def find_jobs(submitted: Path, output: Path, milestone: Milestone, students: Sequence[str] = ()) -> list[Job]:
    """Return a job for every ``submitted/<student>/<milestone>`` folder, in the students' alphabetical order.

    Symbolic links are left out: what they point to was not handed in here. A student's folder that cannot be
    entered is listed, so that somebody is told: nobody can see whether the milestone lies in it.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no folder of a student in ``students``.
    """
    name = milestone.name
    if not submitted.is_dir():
        raise FileNotFoundError(f"there is no folder {submitted}: give the one that holds <student>/{name}")
    found = {
        entry.name: Job(entry.name, entry / name, output / entry.name / f"{name}.json")
        for entry in sorted(submitted.iterdir())
        if not entry.is_symlink() and may_hold_folder(entry / name)
    }
    missing = [student for student in students if student not in found]
    if missing:
        raise FileNotFoundError(f"no {name} was submitted by: {', '.join(missing)} (looked in {submitted})")
    if not found:
        raise FileNotFoundError(f"{submitted} holds no <student>/{name} folder")
    return [job for student, job in found.items() if not students or student in students]


def overlooked(submitted: Path, milestone: Milestone) -> list[Path]:
    """Return what students handed in beside the place where it is looked for: nobody is left out in silence.

    That is ``<student>/<milestone>`` in other capitals, as an archive, a file or a link, the notebook right in
    ``<student>``, and files, archives and links where the students' folders are.
    """
    name = milestone.name.casefold()
    found = []
    for entry in sorted(submitted.iterdir()):
        if entry.is_symlink() or not entry.is_dir():
            found += [entry] if entry.is_symlink() or entry.suffix.casefold() in _UPLOADED else []
            continue
        try:
            children = sorted(entry.iterdir())
        except OSError:  # is listed as a job
            continue
        asked = [child for child in children if child.name == milestone.name]
        if asked:
            found += [] if may_hold_folder(asked[0]) else asked
        else:
            found += [child for child in children if _stem(child) == name][:1]
    return found


def _stem(path: Path) -> str:
    """Return a name without its suffix, and without what is added to that of a copy."""
    stem = path.stem if path.suffix.casefold() in _UPLOADED else path.name
    return without_copy_marks(f"{stem.casefold()}.x").removesuffix(".x")


def may_hold_folder(path: Path) -> bool:
    """Return whether ``path`` is a folder and no link, or lies where that cannot be seen."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def run(
    jobs: Sequence[Job],
    settings: grade.Settings,
    *,
    workers: int = 1,
    force: bool = False,
    resumed: bool = False,
    executor: ExecutorFactory = processes,
    stop: Stop | None = None,
) -> Iterator[tuple[Job, dict[str, Any], bool]]:
    """Grade submissions and write their reports; yield each as it is done.

    A process that dies takes no other submission with it: what it was grading is tried once more by itself, and
    reported as not graded if that process dies too. A report that cannot be written, because a disk is full, counts as
    not graded, and the run goes on; the report that was there before is left as it is.

    The members of a group come last: who has a copy of a hand-in gets its report, and nothing is graded twice.

    Parameters
    ----------
    jobs : sequence of Job
    settings : Settings
    workers : int, default 1
        How many are graded at once.
    force : bool, default False
        Whether to grade again what already has a report on the same files.
    resumed : bool, default False
        Whether this goes on with a run that was ended early: what that has graded is not graded again.
    executor : callable, optional
        Makes an executor of so many workers.
    stop : Stop, optional
        Ends the run early. What is graded by then is written and yielded, and what is not is left.

    Yields
    ------
    job : Job
    report : dict
    fresh : bool
        False if the report existed already.
    """
    return _Run(settings, max(1, workers), force, resumed, executor, stop or Stop()).reports(jobs)


_AHEAD = 2
"""How many submissions are under way or wait for each worker: memory does not grow with the class."""

Graded = tuple[Job, dict[str, Any], bool]


@dataclass
class _Run:
    """A run under way; the attributes are the arguments of `run`."""

    settings: grade.Settings
    workers: int
    force: bool
    resumed: bool
    executor: ExecutorFactory
    stop: Stop
    of_groups: bool = False
    """Whether copies of a group's hand-in are graded now."""

    def reports(self, jobs: Sequence[Job]) -> Iterator[Graded]:
        copies = {job for job in jobs if leader_of_copy(job.folder)}
        yield from self._round(iter([job for job in jobs if job not in copies]))
        if copies:
            self.of_groups = True
            yield from self._round(iter([job for job in jobs if job in copies]))

    def _round(self, waiting: Iterator[Job]) -> Iterator[Graded]:
        while not self.stop.requested:
            died: list[Job] = []
            yield from self._together(waiting, self.workers, died)
            if not died:
                return
            for job in died:
                again: list[Job] = []
                yield from self._together(iter([job]), 1, again)
                if again:
                    reason = (
                        "the grading process died twice on this submission; it needs to be looked at by hand"
                    )
                    outcome = grade.not_graded(job.student, self.settings, reason)
                    yield _finish(job, outcome, None)

    def _together(self, waiting: Iterator[Job], workers: int, died: list[Job]) -> Iterator[Graded]:
        """Grade submissions in one pool; if it breaks, those that were under way are added to ``died``."""
        pool = self.executor(workers)
        under_way: dict[Future[dict[str, Any] | None], tuple[Job, dict[str, Any] | None]] = {}
        try:
            while not self.stop.requested and not died:
                for job in itertools.islice(waiting, _AHEAD * workers - len(under_way)):
                    before = self._before(job)
                    try:
                        future = _submit(pool, job, self.settings, before)
                    except BrokenExecutor:
                        died.append(job)
                        break
                    under_way[future] = job, before
                    future.add_done_callback(self.stop.events.put)
                if not under_way:
                    return
                future = self.stop.events.get()
                if future not in under_way:  # the wish to stop, or a future of a pool that is gone
                    continue
                job, before = under_way.pop(future)
                try:
                    outcome = future.result()
                except BrokenExecutor:
                    died.append(job)
                else:
                    yield _finish(job, outcome, before)
            for future, (job, before) in under_way.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    yield _finish(job, future.result(), before)
                elif died:
                    died.append(job)
        finally:
            if under_way:
                end_now(pool)
            else:
                pool.shutdown()

    def _before(self, job: Job) -> dict[str, Any] | None:
        """Return the report that is there, if it may stand; of a copy that on the hand-in it is a copy of."""
        before = reporting.read(job.report)
        same_run = self.resumed and before is not None and before["seed"] == str(self.settings.seed)
        may_stand = before if same_run or not self.force else None
        if not self.of_groups:
            return may_stand
        of_group = report_of_leader(job.folder, job.student, job.report.parents[1], self.settings.milestone)
        if may_stand is None or of_group is None:
            return of_group or may_stand
        # One that was made after the group's is on files that differ from the group's, unless these have changed since.
        same = may_stand["submission"]["digest"] == of_group["submission"]["digest"]
        return of_group if same or may_stand["created"] < of_group["created"] else may_stand


def _submit(
    pool: Executor, job: Job, settings: grade.Settings, before: dict[str, Any] | None
) -> Future[dict[str, Any] | None]:
    graded = (
        before is not None
        and before["verdict"] == "graded"
        and before["milestone"] == settings.milestone.name
    )
    digest = before["submission"]["digest"] if before is not None and graded else ""
    return pool.submit(grade.grade_folder, job.folder, job.student, settings, digest)


def _finish(
    job: Job, outcome: dict[str, Any] | None, before: dict[str, Any] | None
) -> tuple[Job, dict[str, Any], bool]:
    if outcome is None:
        assert before is not None  # only a known digest makes grade_folder answer None
        if reporting.read(job.report) == before:
            return job, before, False
        outcome = before  # of the group
    try:
        reporting.write(job.report, outcome)
    except OSError as error:
        reason = f"its report could not be written to {job.report}: {error.strerror or error}"
        outcome |= {"verdict": "not graded", "reason": reason, "score": None}
    return job, outcome, True
