"""What a check, a case, a finding and a result are, and how one check is run.

A check is a generator function over *one case*: it draws inputs, asks the student's library and the reference
for values, and yields findings.  Everything else, that is seeds, limits, failures, partial credit and the
recognition of known mistakes, happens here, once for all checks.
"""

from __future__ import annotations

import hashlib
import inspect
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nndl.diagnosis import compare

from .bugs import NamedBug
from .data import DataUnavailable, HiddenImages
from .library import Failure, Library, LimitExceeded, ProtocolViolation, StudentError, WorkerDied

_ENDS_THE_CHECK = (LimitExceeded, WorkerDied, ProtocolViolation)
_UNREADABLE = {"SyntaxError", "IndentationError", "TabError", "ImportError", "ModuleNotFoundError"}
_LABEL_RANGE = 2**31


class Draw:
    """The source of one case's inputs, reproducible from the run's seed, the check and the case.

    The parts of the seed pass through SHA-256, so that knowing one case's generator tells nothing about
    another's.
    """

    def __init__(self, run_seed: int, *path: str | int) -> None:
        text = "/".join(map(str, (run_seed, *path)))
        digest = hashlib.sha256(text.encode()).digest()
        self._generator = np.random.default_rng(np.random.SeedSequence(int.from_bytes(digest, "big")))

    def normal(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        """Return a float64 array of independent normal numbers with standard deviation ``scale``."""
        return scale * self._generator.standard_normal(shape)

    def labels(self, n: int, classes: int) -> np.ndarray:
        """Return ``n`` class indices in which neighbouring rows differ wherever that is possible."""
        start = int(self._generator.integers(classes))
        steps = self._generator.integers(1, max(classes, 2), size=n)
        return np.asarray((start + np.cumsum(steps)) % classes, dtype=np.int64)

    def integer(self, low: int, high: int) -> int:
        """Return an integer ``low <= i < high``."""
        return int(self._generator.integers(low, high))

    def uniform(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``."""
        return float(self._generator.uniform(low, high))

    def seed(self) -> int:
        """Return a number to hand to ``library.seed``; it says nothing about this generator's own seed."""
        return self.integer(0, _LABEL_RANGE)


@dataclass(frozen=True)
class Finding:
    """What one case showed about one part of a check.

    Attributes
    ----------
    part : str
        The part of the check, one of ``Check.parts``.
    label : str
        What was compared, e.g. ``"grads['W1']"``.
    credit : float
        1 if right, 0 if wrong; in between for graded claims such as an accuracy.
    message : str
        For the student: what is wrong and where to look.  Empty when right.
    expected, actual : object
        The two values; :func:`nndl.diagnosis.describe` makes the text of the report.
    error : float or None
        How far off, relative to the largest expected entry.
    """

    part: str
    label: str
    credit: float
    message: str = ""
    expected: Any = None
    actual: Any = None
    error: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the claim holds in full."""
        return self.credit >= 1.0


Body = Callable[..., Iterator[Finding]]


@dataclass(frozen=True)
class Check:
    """One gradable claim about a function or class.

    Attributes
    ----------
    name : str
        The nbgrader grade id.
    points : float
        Points for a right solution.
    title : str
        First line of the docstring: what the student reads.
    body : generator function
        ``body(student, reference, draw, **case)``; one case.
    parts : tuple of str
        Shares of the points, equal in weight; each is earned by being right in every case.
    cases : tuple of dict
        Keyword arguments of the body, one dict a case.
    wall : float
        Seconds of wall time that student code may use for all cases together.
    needs_images : bool
        Whether the body takes ``images``, the hidden images.
    """

    name: str
    points: float
    title: str
    body: Body
    parts: tuple[str, ...]
    cases: tuple[dict[str, Any], ...]
    wall: float
    needs_images: bool


@dataclass
class CaseRecord:
    """One case as it was played: what was found, or how it ended early.

    Attributes
    ----------
    index : int
        Its place in ``Check.cases``.
    case : dict
        Its arguments.
    findings : list of Finding
        In the order in which the check yielded them.
    failure : Failure or None
        What ended the case before its time.
    unjudged : set of str
        The parts with claims that were not reached because of ``failure``.
    """

    index: int
    case: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    failure: Failure | None = None
    unjudged: set[str] = field(default_factory=set)

    def failed_parts(self) -> set[str]:
        """Return the parts that this case shows wrong or never judged to the end."""
        return {f.part for f in self.findings if not f.passed} | self.unjudged


@dataclass
class CheckResult:
    """A check's outcome for one submission."""

    check: Check
    verdict: str
    score: float
    message: str
    records: list[CaseRecord] = field(default_factory=list)
    credits: dict[str, float] = field(default_factory=dict)
    bugs: list[tuple[NamedBug, list[str]]] = field(default_factory=list)
    seconds: float = 0.0


def check(
    points: float,
    *,
    parts: Sequence[str] = ("result",),
    cases: Iterable[dict[str, Any]] = ({},),
    wall: float = 10.0,
    needs_images: bool = False,
) -> Callable[[Body], Check]:
    """Turn a generator function over one case into a :class:`Check`; its docstring is the claim."""

    def decorate(body: Body) -> Check:
        title = (inspect.getdoc(body) or "").partition("\n")[0]
        if not title:
            raise ValueError(f"check {body.__name__} needs a docstring: it is what the student reads")
        name = body.__name__
        return Check(name, points, title, body, tuple(parts), tuple(cases), wall, needs_images)

    return decorate


def run_check(
    check: Check,
    student: Library,
    reference: Library,
    *,
    run_seed: int,
    milestone: str,
    bugs: Sequence[NamedBug] = (),
    images: HiddenImages | None = None,
) -> CheckResult:
    """Run one check against one library.

    A failure of the student's code counts against the check.  Anything else that goes wrong is ours: the
    verdict is then ``not graded``, never a zero.
    """
    start = time.perf_counter()
    records: list[CaseRecord] = []
    try:
        with student.limits(wall=check.wall):
            for index, case in enumerate(check.cases):
                record = _play(check, student, reference, run_seed, milestone, index, case, images)
                records.append(record)
                if isinstance(record.failure, _ENDS_THE_CHECK):
                    break
        result = _judge(check, records)
        if result.verdict == "failed":
            result.bugs = _recognise(check, records, reference, run_seed, milestone, bugs, images)
            result.message = _message(result)
    except DataUnavailable as reason:
        result = CheckResult(
            check, "not graded", 0.0, f"The hidden images are not available: {reason}", records
        )
    except Exception as error:  # ours, whatever it is: it must not cost the student points
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__} in {where.name} (line {where.lineno}): {error}"
        result = CheckResult(check, "not graded", 0.0, f"The check itself could not be run: {text}", records)
    result.seconds = time.perf_counter() - start
    return result


def _play(
    check: Check,
    student: Library,
    reference: Library,
    run_seed: int,
    milestone: str,
    index: int,
    case: dict[str, Any],
    images: HiddenImages | None,
) -> CaseRecord:
    record = CaseRecord(index, case)
    draw = Draw(run_seed, milestone, check.name, index)
    extra = {"images": images} if check.needs_images else {}
    try:
        for finding in check.body(student, reference, draw, **case, **extra):
            if finding.part not in check.parts:
                raise AssertionError(f"check {check.name} has no part {finding.part!r}")
            record.findings.append(finding)
    except Failure as failure:
        record.failure = failure
        record.unjudged = _unjudged(check, record, reference, run_seed, milestone, images)
    return record


def _unjudged(
    check: Check,
    record: CaseRecord,
    reference: Library,
    run_seed: int,
    milestone: str,
    images: HiddenImages | None,
) -> set[str]:
    """Return the parts that the reference has more findings for: a failure must not skip a claim."""
    if check.needs_images:  # the reference hands in no files, so it cannot be asked
        return set(check.parts)
    whole = _play(check, reference, reference, run_seed, milestone, record.index, record.case, images)
    seen, there = Counter(f.part for f in record.findings), Counter(f.part for f in whole.findings)
    return {part for part in check.parts if seen[part] < there[part]}


def _judge(check: Check, records: list[CaseRecord]) -> CheckResult:
    credits: dict[str, float] = {}
    for record in records:
        for finding in record.findings:
            credit = max(0.0, min(1.0, finding.credit))
            credits[finding.part] = min(credits.get(finding.part, 1.0), credit)
        credits.update(dict.fromkeys(record.unjudged, 0.0))
    missing = [part for part in check.parts if part not in credits]
    if missing:
        raise AssertionError(f"check {check.name} never judged: {', '.join(missing)}")
    credits = {part: credits[part] for part in check.parts}
    score = round(check.points * sum(credits.values()) / len(credits), 6)
    verdict = "passed" if all(credit >= 1.0 for credit in credits.values()) else "failed"
    return CheckResult(check, verdict, score, "", records, credits)


def _recognise(
    check: Check,
    records: list[CaseRecord],
    reference: Library,
    run_seed: int,
    milestone: str,
    bugs: Sequence[NamedBug],
    images: HiddenImages | None,
) -> list[tuple[NamedBug, list[str]]]:
    """Replay the check with every named bug in place of the student; return those that give the same answers."""
    if any(_says_nothing(record.failure) for record in records):
        return []
    failed = set().union(*(record.failed_parts() for record in records))
    candidates = [
        (bug, _explained(check, records, failed, bug, reference, run_seed, milestone, images))
        for bug in bugs
        if check.name in bug.concerns
    ]
    # The mistake that explains most comes first: two mistakes may agree in a part that shows little of either.
    found: list[tuple[NamedBug, list[str]]] = []
    while candidates:
        bug, parts = max(candidates, key=lambda candidate: len(candidate[1]))
        if not parts:
            break
        found.append((bug, [part for part in check.parts if part in parts]))
        candidates = [(other, explained - parts) for other, explained in candidates if other is not bug]
    return found


def _explained(
    check: Check,
    records: list[CaseRecord],
    failed: set[str],
    bug: NamedBug,
    reference: Library,
    run_seed: int,
    milestone: str,
    images: HiddenImages | None,
) -> set[str]:
    """Return the failed parts in which the bug gives the student's answers in every case."""
    library = bug.library()
    parts = set(failed)
    # Failed cases first: they tell most bugs apart at once.
    for record in sorted(records, key=lambda record: not record.failed_parts()):
        if not parts:
            break
        replay = _play(check, library, reference, run_seed, milestone, record.index, record.case, images)
        parts = {part for part in parts if _same(record, replay, part)}
    return parts


def _says_nothing(failure: Failure | None) -> bool:
    """Whether a failure carries no trace of a mistake: a stub, code that cannot be read, a killed process."""
    if isinstance(failure, StudentError):
        return failure.not_implemented or failure.type_name in _UNREADABLE
    return failure is not None


def _same(student: CaseRecord, bug: CaseRecord, part: str) -> bool:
    """Whether the bug's answers for ``part`` are the student's answers in this case."""
    mine = [f for f in student.findings if f.part == part]
    other = [f for f in bug.findings if f.part == part]
    if len(mine) != len(other) or any(a.label != b.label for a, b in zip(mine, other, strict=True)):
        return False
    if type(student.failure) is not type(bug.failure):
        return False
    if isinstance(student.failure, StudentError) and isinstance(bug.failure, StudentError):
        if student.failure.type_name != bug.failure.type_name:
            return False
        if not mine:
            return student.failure.message == bug.failure.message
    if (part in student.failed_parts()) != (part in bug.failed_parts()):
        return False
    return all(_same_value(a.actual, b.actual) for a, b in zip(mine, other, strict=True))


def _same_value(a: Any, b: Any) -> bool:
    if isinstance(a, (np.ndarray, np.generic, int, float)) and isinstance(
        b, (np.ndarray, np.generic, int, float)
    ):
        return compare(a, np.asarray(b), rtol=1e-7) is None
    return type(a) is type(b) and bool(a == b)


def _told(failure: Failure) -> str:
    """Say what a failure means to the student."""
    if isinstance(failure, StudentError) and failure.not_implemented:
        what = failure.message.partition(": write this part")[0] or "a part of the code"
        where = f" ({failure.file}, line {failure.line})" if failure.file else ""
        return f"Not written yet: {what}{where}"
    if isinstance(failure, StudentError) and failure.file:
        return f"Your code stopped with {failure}"
    text = str(failure)
    return text[:1].upper() + text[1:]


def _message(result: CheckResult) -> str:
    """Say what is wrong, a sentence a part, the recognised mistakes first."""
    sentences: list[str] = []
    named = {part for _, parts in result.bugs for part in parts}
    for bug, parts in result.bugs:
        what = ", ".join(parts) if parts != ["result"] else ""
        sentences.append(f"{what + ': ' if what else ''}{bug.explanation} {bug.hint}")
    told: set[str] = set()
    for record in result.records:
        for finding in record.findings:
            if finding.passed or finding.part in named or finding.message in told:
                continue
            named.add(finding.part)
            told.add(finding.message)
            sentences.append(finding.message)
        failure = record.failure
        if failure is not None and record.unjudged - named:
            text = _told(failure)
            named |= record.unjudged
            if text not in told:
                told.add(text)
                sentences.append(text)
    return " ".join(s if s.endswith((".", "?", "!")) else s + "." for s in sentences)
