"""Many submissions → reports, on any ``concurrent.futures`` executor.

By default these are processes on this machine; where one machine is not enough, use
``dask.distributed.Client.get_executor()`` or any other executor.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nndl.hand_in.copies import without_copy_marks

from ..milestone import Milestone
from ..reports import report as reporting
from . import grade

ExecutorFactory = Callable[[int], Executor]


@dataclass(frozen=True)
class Job:
    """One submission to grade and where its report goes."""

    student: str
    folder: Path
    report: Path


def processes(workers: int) -> Executor:
    """Return an executor of ``workers`` fresh processes, which end when this process does, however it ends.

    They are spawned, not forked: a forked process would inherit the locks of whatever threads run here.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(
        workers, mp_context=context, initializer=_end_with_parent, initargs=(os.getpid(),)
    )


_PR_SET_PDEATHSIG = 1


def _end_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent ends: also one that is killed takes its workers along."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before that
        os._exit(1)


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
    executor: ExecutorFactory = processes,
) -> Iterator[tuple[Job, dict[str, Any], bool]]:
    """Grade submissions and write their reports; yield each as it is done.

    A process that dies takes no other submission with it: what it was grading is tried once more by itself, and
    reported as not graded if that process dies too. A report that cannot be written, because a disk is full, counts as
    not graded, and the run goes on; the report that was there before is left as it is.

    Parameters
    ----------
    jobs : sequence of Job
    settings : Settings
    workers : int, default 1
        How many are graded at once.
    force : bool, default False
        Whether to grade again what already has a report on the same files.
    executor : callable, optional
        Makes an executor of so many workers.

    Yields
    ------
    job : Job
    report : dict
    fresh : bool
        False if the report existed already.
    """
    before = {job.student: None if force else reporting.read(job.report) for job in jobs}
    left = list(jobs)
    with executor(max(1, workers)) as pool:
        futures = {_submit(pool, job, settings, before[job.student]): job for job in jobs}
        for future in as_completed(futures):
            try:
                outcome = future.result()
            except BrokenExecutor:
                continue
            job = futures[future]
            left.remove(job)
            yield _finish(job, outcome, before[job.student])
    for job in left:
        with executor(1) as pool:
            try:
                outcome = _submit(pool, job, settings, before[job.student]).result()
            except BrokenExecutor:
                reason = "the grading process died twice on this submission; it needs to be looked at by hand"
                outcome = grade.not_graded(job.student, settings, reason)
        yield _finish(job, outcome, before[job.student])


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
        return job, before, False
    try:
        reporting.write(job.report, outcome)
    except OSError as error:
        reason = f"its report could not be written to {job.report}: {error.strerror or error}"
        outcome |= {"verdict": "not graded", "reason": reason, "score": None}
    return job, outcome, True
