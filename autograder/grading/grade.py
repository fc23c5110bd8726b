"""One submission → one report: the only grading path.

``autograder grade``, ``nbgrader autograde`` and the formgrader page all end here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import secrets
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from threadpoolctl import ThreadpoolController

from ..judging import milestone_content
from ..judging.check import CheckResult, Draw
from ..judging.hidden_images import HiddenImages
from ..judging.second_judgement import run_checks
from ..library.forbidden_modules import with_modules_removed
from ..library.memory import give_back_now_and_then
from ..library.remote.library import RemoteLibrary, sandboxed_reference
from ..library.remote.time_limits import TimeBudget
from ..milestone import Milestone
from ..release.build import Release
from ..reports import report as reporting
from ..slips.search import slips_of
from ..sources import Sources
from ..submission.apart import apart
from ..submission.load import Submission, SubmissionError, load
from . import given_code
from .class_memory import class_memory

SEED_BITS = 128


def new_seed() -> int:
    """Return a fresh seed for a run, too long to be guessed."""
    return secrets.randbits(SEED_BITS)


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that determines a grading run.

    Attributes
    ----------
    milestone : Milestone
    sources : Sources
        Where the release comes from that students were given; by default this repository.
    seed : int
        Every case of every check is drawn from it.
    data : str or None
        Source of the hidden images: a folder with CIFAR-10, ``"offline"``, or None for ``$NNDL_DATA``.
    total_wall : float
        Seconds of wall time that one submission's code may use in all.
    """

    milestone: Milestone
    sources: Sources = dataclasses.field(default_factory=Sources, kw_only=True)
    seed: int = dataclasses.field(default_factory=new_seed)
    data: str | None = None
    total_wall: float = 120.0


def grade(submission: Submission, settings: Settings) -> dict[str, Any]:
    """Grade a loaded submission.

    Parameters
    ----------
    submission : Submission
        A student's folder as read by :func:`submission.load.load`.
    settings : Settings
        The run's milestone, seed and data.

    Returns
    -------
    dict
        A report that validates against ``reports/report.schema.json``. Except for its times, it depends only on the
        arguments.
    """
    start = time.perf_counter()
    milestone = settings.milestone
    if submission.not_gradable:
        return not_graded(submission.student, settings, submission.not_gradable, submission.summary())
    known = milestone_content.known_mistakes(milestone)
    images = HiddenImages(settings.data)
    shared = class_memory(milestone, settings.seed, settings.data)
    shared.cases.begin()
    budget = TimeBudget(settings.total_wall)
    libraries = frozenset(sys.modules) & _HAVE_PRODUCTS
    with contextlib.ExitStack() as stack, _products(libraries).limit(limits=1, user_api="blas"):

        @functools.cache
        def without(forbidden: tuple[str, ...]) -> RemoteLibrary:
            tree = with_modules_removed(submission.tree, forbidden)
            return stack.enter_context(RemoteLibrary(tree, milestone, budget=budget))

        results = run_checks(
            milestone_content.checks(milestone),
            lambda check: without(check.forbidden),
            shared.reference(),
            functools.cache(lambda: stack.enter_context(sandboxed_reference(milestone))),
            run_seed=settings.seed,
            milestone=milestone,
            bugs=known,
            images=images,
            replay=shared.replay,
            memory=shared.cases,
            slips=functools.partial(slips_of, milestone, written=functools.partial(_text, submission)),
        )
    report = reporting.new_report(
        milestone, submission.student, seed=settings.seed, submission=submission.summary()
    )
    report["versions"] |= submission.made_with
    _fill(report, results, submission.milestone.extra_credit)
    _tell_copied(report, submission)
    _tell_elsewhere(report, submission)
    if any(check.needs_images for check in milestone_content.checks(milestone)):
        report["data"] = images.name
    report["seconds"] = {"total": round(time.perf_counter() - start, 4)}
    return report


def _text(submission: Submission, file: str) -> str:
    """Return a file of the package as it was handed in."""
    content = submission.tree.read(f"{submission.milestone.package}/{file}") or b""
    return content.decode("utf-8", errors="replace")


_HAVE_PRODUCTS = frozenset({"numpy", "scipy.linalg", "scipy.special", "sklearn", "torch"})
"""Libraries that bring one of their own for products of matrices."""


@functools.cache
def _products(libraries: frozenset[str]) -> ThreadpoolController:
    """Return what sets how many threads a product of matrices has in a process that has imported these libraries.

    Idle ones wait for the next product by spinning, which took a third of the grader's time. With one, as in a sandbox,
    results do not depend on the machine's cores, either.
    """
    return ThreadpoolController()


def prepare(settings: Settings, *, here: bool = False) -> None:
    """Make what all submissions of a run need, before the processes start that are to share it.

    What goes wrong here goes wrong again for each submission, and is told there.

    Parameters
    ----------
    settings : Settings
        Of the run.
    here : bool, default False
        Whether those processes are forked from this one, for a run with this very seed: then the run's hidden images
        are drawn, too, in a process of their own, and the libraries of the milestone are imported.
    """
    with contextlib.suppress(Exception):
        with_images = [check for check in milestone_content.checks(settings.milestone) if check.needs_images]
        if with_images:
            # That a check draws its images first is a guess: what is not there when it is needed is drawn then.
            name = settings.milestone.name
            asked = [
                (Draw(settings.seed, name, check.name, 0).seed(), check.pixels)
                for check in with_images
                if here
            ]
            HiddenImages(settings.data).prepare(asked)
        if here:
            for library in settings.milestone.imported:
                importlib.import_module(library)
        release = Release.current(settings.milestone, settings.sources)
        _ = release.assignment
        _ = release.base.compiled
        milestone_content.known_mistakes(settings.milestone)


def grade_folder(
    folder: Path, student: str, settings: Settings, known_digest: str = ""
) -> dict[str, Any] | None:
    """Load and grade one folder; anything that goes wrong becomes a report that says so.

    Parameters
    ----------
    folder : Path
        ``submitted/<student>/<milestone>``.
    student : str
        Name for the report.
    settings : Settings
        As for :func:`grade`.
    known_digest : str, optional
        Digest of a submission that is graded already; if the folder's is the same, None is returned.
    """
    try:
        _ = (
            settings.sources.milestones
        )  # makes a course's own rooms importable, in a process that has just started
        release = Release.current(settings.milestone, settings.sources)
        _ = release.assignment  # made here, once, and not in each process that reads
        with tempfile.TemporaryDirectory(prefix="autograder-") as workdir:
            submission = apart(load, folder, release, Path(workdir), student=student)
            if known_digest and submission.digest == known_digest:
                return None
            return grade(submission, settings)
    except SubmissionError as error:
        return not_graded(student, settings, str(error))
    except Exception as error:  # our fault: the run goes on, and the student loses nothing
        return not_graded(student, settings, f"{type(error).__name__}: {error}")
    finally:
        give_back_now_and_then()


def not_graded(
    student: str, settings: Settings, reason: str, submission: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the report on a submission that could not be judged."""
    return reporting.new_report(
        settings.milestone,
        student,
        seed=settings.seed,
        reason=reason,
        submission=submission,
    )


def _tell_copied(report: dict[str, Any], submission: Submission) -> None:
    """Say which checks were answered with the course's own finished code; their scores wait for a human."""
    checks = milestone_content.checks(submission.milestone)
    written = [file.path for file in submission.files]
    found = given_code.copied(submission.tree, written, checks)
    for entry in report["checks"]:
        if entry["name"] in found:
            entry["review"] = found[entry["name"]]
    report["submission"]["warnings"] += [f"{name}: {what}" for name, what in found.items()]


def _tell_elsewhere(report: dict[str, Any], submission: Submission) -> None:
    """Leave checks to a human whose functions are unwritten in their files and written somewhere else.

    Where no check has the name of what was found, as with the methods of a class, these are all checks that have no
    public function's name.
    """
    functions = submission.milestone.api
    checks = milestone_content.checks(submission.milestone)
    tests = {check.name: {name.partition(".")[0] for name in check.tests} for check in checks}
    named = {name for names in tests.values() for name in names}
    others = [said for name, said in submission.elsewhere.items() if name not in named]
    for entry in report["checks"]:
        names = tests[entry["name"]]
        said = [text for name, text in submission.elsewhere.items() if name in names]
        said += [] if names & functions.keys() else others
        if said and entry["score"] is not None and entry["score"] < entry["points"]:
            entry["review"] = " ".join(dict.fromkeys((*filter(None, [entry.get("review")]), *said)))


def _fill(report: dict[str, Any], results: Sequence[CheckResult], extra: Mapping[str, float]) -> None:
    report["checks"] = [reporting.check_entry(result, extra.get(result.check.name)) for result in results]
    open_checks = [result for result in results if result.verdict == "not graded"]
    if open_checks:
        report["reason"] = " ".join(f"{r.check.name}: {r.message.rstrip('.')}." for r in open_checks)
        return
    report["verdict"] = "graded"
    report["score"] = round(sum(entry["score"] for entry in report["checks"]), 6)
