"""Replaying a failed case of a report, and the smallest input on which the same thing still fails.

Only the seed, the names and the digest are taken from the report: the expected values and the student's are computed
again, in the sandbox. Whatever a student's code chose is treated as text.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..failures import InfrastructureError, LimitExceeded
from ..judging import milestone_content
from ..judging.check import CaseRecord, Check
from ..judging.hidden_images import OFFLINE, HiddenImages
from ..judging.run_case import CheckRun
from ..library.forbidden_modules import with_modules_removed
from ..library.interface import Library
from ..library.loans import Loan, LoanLimits
from ..library.local import reference_library
from ..library.remote.library import RemoteLibrary, sandboxed_reference
from ..milestone import Milestone
from ..release.build import Release
from ..reports import report as reporting
from ..sources import Sources
from ..submission.apart import apart
from ..submission.load import Submission, SubmissionError, load
from .replay import fails_alike, first_failed, run_input, smallest
from .shrink import SearchBudget
from .transcript import Transcript

_REPORT_BYTES = 50_000_000
_PATIENCE = LoanLimits(calls=10**7, exchanged=1 << 40)


class ExplainError(Exception):
    """The request cannot be answered; the message says what is missing."""


@dataclass
class ReplayedCase:
    """One input that was run again, and the calls of the student's code that it made."""

    case: dict[str, Any]
    record: CaseRecord
    calls: list[str] = field(default_factory=list)


@dataclass
class Explanation:
    """What a replay has shown.

    Attributes
    ----------
    report : dict
        The report.
    entry : dict
        The check in the report.
    check : Check
    notes : list of str
        What the reader should know: other files, other versions, a case that does not fail again.
    original : ReplayedCase or None
        The first case that fails; None if none fails any more.
    smallest : ReplayedCase or None
        The smallest input found on which the same thing fails, if it is smaller.
    replays : int
        Inputs that were run to find it.
    seconds : float
        How long that took.
    """

    report: dict[str, Any]
    entry: dict[str, Any]
    check: Check
    notes: list[str] = field(default_factory=list)
    original: ReplayedCase | None = None
    smallest: ReplayedCase | None = None
    replays: int = 0
    seconds: float = 0.0


def read_report(path: Path) -> dict[str, Any]:
    """Return the report stored at ``path``.

    Raises
    ------
    ExplainError
        If there is none, or it does not have the published form.
    """
    try:
        if path.stat().st_size > _REPORT_BYTES:
            raise ExplainError(f"{path} is too large to be a report")
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        reporting.validate(report)
    except (OSError, RecursionError, ValueError) as error:
        raise ExplainError(
            f"{path} is not a report of the form {reporting.SCHEMA_VERSION}: {error}"
        ) from None
    return report


def default_folder(report: dict[str, Any]) -> Path:
    """Return where the submission lies if nobody has moved it: ``submitted/<student>/<milestone>``.

    Raises
    ------
    ExplainError
        If the names in the report cannot be names of folders.
    """
    parts = report["student"], report["milestone"]
    if any(part in ("", ".", "..") or Path(part).name != part or "\0" in part for part in parts):
        raise ExplainError(
            "the student name in the report is not a valid folder name: say where the submission lies"
        )
    return Path("submitted", *parts)


def explain(
    report: dict[str, Any],
    folder: Path,
    *,
    name: str | None = None,
    data: str | None = None,
    budget: SearchBudget | None = None,
    sources: Sources | None = None,
) -> Explanation:
    """Replay a check of a report on the submission, and look for a smaller input that fails in the same way.

    Parameters
    ----------
    report : dict
        A report of the published form.
    folder : Path
        The submission.
    name : str, optional
        Of the check; by default the first that failed.
    data : str, optional
        Source of the hidden images, where the check needs them.
    budget : SearchBudget, optional
        How long to look for a smaller input.
    sources : Sources, optional
        The course; by default this repository.

    Raises
    ------
    ExplainError
        If report, check and folder do not belong together.
    InfrastructureError
        If nothing can be sandboxed here.
    """
    sources = sources or Sources()
    milestone, entry, check = _named(report, name, sources)
    found = Explanation(report, entry, check)
    if not folder.is_dir():
        raise ExplainError(
            f"the submission is missing: there is no folder {folder}; name the one that was graded with --submission"
        )
    versions = reporting.versions(milestone)
    ours = (milestone.package, reporting.DISTRIBUTION, reporting.CONTENT)
    changed = [n for n in ours if n in report["versions"] and report["versions"][n] != versions[n]]
    if changed:
        found.notes.append(f"The submission was graded with another version of {' and '.join(changed)}.")
    release = Release.current(milestone, sources)
    with tempfile.TemporaryDirectory(prefix="autograder-") as workdir:
        try:
            submission = apart(load, folder, release, Path(workdir), student=report["student"])
        except SubmissionError as error:
            raise ExplainError(str(error)) from None
        if submission.digest != report["submission"]["digest"]:
            found.notes.append(
                "The files in the folder are NOT those that were graded: their digest differs from that in the report."
            )
        source = data or (OFFLINE if report["data"] == OFFLINE else None)
        _replay(found, milestone, submission, HiddenImages(source), budget or SearchBudget())
    return found


def _named(
    report: dict[str, Any], name: str | None, sources: Sources
) -> tuple[Milestone, dict[str, Any], Check]:
    try:
        milestone = sources.milestone(report["milestone"])
        known = {check.name: check for check in milestone_content.checks(milestone)}
    except (KeyError, LookupError) as error:
        raise ExplainError(str(error.args[0])) from None
    entries = {entry["name"]: entry for entry in report["checks"]}
    failed = [key for key, entry in entries.items() if entry["verdict"] == "failed"]
    if name is None and not failed:
        what = report["reason"] if report["verdict"] != "graded" else "every check was passed"
        raise ExplainError(f"the report has no failed check: {what}")
    name = name or failed[0]
    if name not in entries:
        raise ExplainError(f"the report has no check {name!r}; it has: {', '.join(entries) or 'none'}")
    if name not in known:
        raise ExplainError(f"this version of the autograder has no check {name!r} in {milestone.name}")
    return milestone, entries[name], known[name]


@contextlib.contextmanager
def _library(
    submission: Submission, milestone: Milestone, check: Check, entry: dict[str, Any], seconds: float
) -> Iterator[Library]:
    """Give the submission's library as the check had it: without forbidden modules, with what it borrowed."""
    lent = [name for name in check.borrows if name in entry.get("borrowed", ())]
    with contextlib.ExitStack() as stack:
        library = RemoteLibrary(
            with_modules_removed(submission.tree, check.forbidden), milestone, total_wall=seconds
        )
        if lent:
            lender = stack.enter_context(sandboxed_reference(milestone))
            yield stack.enter_context(library.borrowing(Loan(lent, lender, _PATIENCE)))
        else:
            yield stack.enter_context(library)


def _replay(
    found: Explanation,
    milestone: Milestone,
    submission: Submission,
    images: HiddenImages,
    budget: SearchBudget,
) -> None:
    check = found.check
    budget.start()
    reference = reference_library(milestone)
    check_run = CheckRun(check, reference, int(found.report["seed"]), milestone, images)
    allowed = budget.seconds + 4 * check.wall
    with _library(submission, milestone, check, found.entry, allowed) as library:
        try:
            with library.limits(wall=check.wall, call=check.longest_call):
                original = first_failed(check_run, library)
        except InfrastructureError:
            raise
        except Exception as error:  # ours: it was not graded for this reason, or would not be
            raise ExplainError(f"the check cannot be run: {type(error).__name__}: {error}") from error
        if original is None:
            found.notes.append(
                "No case fails again. Does the code draw random numbers of its own, keep something from call to call, "
                "or come close to a time limit?"
            )
            return
        found.original = ReplayedCase(original.case, original)
        if check.needs_images or isinstance(original.failure, LimitExceeded):
            return
        right = reference_library(milestone, is_reference=False)
        best = smallest(check_run, library, right, original, budget)
    found.replays, found.seconds = budget.used, budget.elapsed
    # In a fresh process, as the reader would try it: what fails only after other calls is not a small input.
    with _library(submission, milestone, check, found.entry, 2 * check.wall) as library:
        transcript = Transcript(library)
        record, _ = run_input(check_run, transcript, original, best)
    if fails_alike(original, record):
        found.smallest = ReplayedCase(best.case, record, transcript.lines)
    else:
        found.notes.append(
            "In a fresh process this does not fail: the code keeps something from call to call."
        )
