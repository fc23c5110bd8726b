"""From a check to its result: the cases, the points of its parts, and what the student reads."""

from __future__ import annotations

import contextlib
import math
import re
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np

from ..failures import Failure, LimitExceeded, ProtocolViolation, StudentError, WorkerDied
from ..library.interface import Library
from ..messages.across_cases import Case, arguments, entries, what_separates
from ..messages.arguments import relation, relation_of_another_shape
from ..messages.factors import factor
from ..messages.single_numbers import common_rule
from ..messages.stopped import in_words
from ..messages.telling import UNCLEAR, most_telling
from ..milestone import Milestone
from .check import SHARE_OF_DEMANDS, CaseRecord, Check, CheckResult, Finding
from .edited_reference import NamedBug
from .hidden_images import DataUnavailable, HiddenImages
from .recognise import Replay, names, replay_case, shows_numbers, suspects
from .run_case import CaseMemory, CheckRun

_ENDS_THE_CHECK = (LimitExceeded, WorkerDied, ProtocolViolation)
_MOST_LISTED = 2
"""So many parts are named that have no points yet; a longer list hides what is wrong."""
_IN_TIME = "all before it came in time"
_TOO_MANY = ". A whole pass for every single number takes too long here"
_MUCH_LARGER = 10
_NUMBER = re.compile(r"(?<![\w\[])-?\d[\d.]*(?:e[-+]?\d+)?(?!\w)")
_CIRCUMSTANCES = re.compile(r" \([^()]*(?:\([^()]*\)[^()]*)*\)$")
_MOST_SLIPS = 2
"""If more of them give the same answers, none of them is worth telling."""
Slips = Callable[[Check], Iterable[NamedBug]]
"""Gives the small slips that may be what a check has failed for; each is explained in words."""
_CASES_LOOKED_AT = 8
"""How many cases are searched for one that shows how a wrong value is made."""


def run_check(
    check: Check,
    student: Library,
    reference: Library,
    *,
    run_seed: int,
    milestone: Milestone,
    bugs: Sequence[NamedBug] = (),
    images: HiddenImages | None = None,
    memory: CaseMemory | None = None,
) -> CheckResult:
    """Run one check against one library.

    A failure of the student's code counts against the check.  Anything else that goes wrong is ours: the
    verdict is then ``not graded``, never a zero.
    """
    start = time.perf_counter()
    check_run = CheckRun(check, reference, run_seed, milestone, images, memory=memory)
    records: list[CaseRecord] = []
    try:
        with student.limits(wall=check.wall, call=check.longest_call):
            for index in range(len(check.cases)):
                records.append(check_run.run_case(student, index))
                if isinstance(records[-1].failure, _ENDS_THE_CHECK):
                    # A part that a later case would have judged is not earned by the cases before it.
                    records[-1].unjudged |= check_run.parts_of_later_cases(index)
                    break
        result = _judge(check, records)
        if result.verdict == "failed":
            _explain(result, check_run, bugs)
    except DataUnavailable as reason:
        result = CheckResult(
            check, "not graded", 0.0, f"The hidden images are not available: {reason}", records
        )
    except Exception as error:  # ours, whatever it is: it must not cost the student points
        result = _not_graded(check, records, error)
    result.seconds = time.perf_counter() - start
    return result


def name_bugs(
    result: CheckResult,
    reference: Library,
    *,
    run_seed: int,
    milestone: Milestone,
    bugs: Sequence[NamedBug] = (),
    images: HiddenImages | None = None,
    passed: Collection[str] = (),
    replay: Replay = replay_case,
    deadline: float = math.inf,
    slips: Slips | None = None,
    memory: CaseMemory | None = None,
) -> CheckResult:
    """Return a result with the known mistakes named; for one of `run_check` without ``bugs``.

    ``passed`` and ``replay`` are those of `recognise`. After ``deadline``, of `time.process_time`, nothing is named;
    the message says what is wrong all the same. Where nothing is named, ``slips`` are tried: the message then tells
    which of them the answers look like.
    """
    if result.verdict != "failed":
        return result
    start = time.perf_counter()
    check_run = CheckRun(result.check, reference, run_seed, milestone, images, deadline, memory)
    _explain(result, check_run, bugs, passed, replay, slips)
    result.seconds += time.perf_counter() - start
    return result


def _explain(
    result: CheckResult,
    check_run: CheckRun,
    bugs: Sequence[NamedBug],
    passed: Collection[str] = (),
    replay: Replay = replay_case,
    slips: Slips | None = None,
) -> None:
    """Name the known mistakes of a failed check and write its message.

    The points are settled by then: an answer so odd that it cannot be compared with a known mistake has no name.
    """
    with contextlib.suppress(Exception):
        found = suspects(check_run, result.records, bugs, passed=passed, replay=replay)
        result.bugs = names(check_run, found or ())
        named_here = {bug.name for bug, _ in result.bugs}
        # what is seen only beside another mistake speaks for itself, and for no other check
        result.suspects = frozenset(named_here | {s.bug.name for s in found or () if s.is_explained})
        failed = set().union(*(record.failed_parts() for record in result.records))
        unexplained = failed - {part for _, parts in result.bugs for part in parts}
        if slips is not None and unexplained and shows_numbers(result.records):
            result.slips = _alike(check_run, result.records, slips(result.check), unexplained, replay)
    result.message = _message(result, check_run.milestone.reference)


def _alike(
    check_run: CheckRun,
    records: Sequence[CaseRecord],
    slips: Iterable[NamedBug],
    unexplained: Collection[str],
    replay: Replay,
) -> tuple[str, ...]:
    """Return what was done, in words, by the slips that give the student's answers; empty if that is too vague."""
    found = names(check_run, suspects(check_run, records, slips, replay=replay) or ())
    words = tuple(
        dict.fromkeys(slip.explanation for slip, parts in found if not set(parts).isdisjoint(unexplained))
    )
    return words if len(words) <= _MOST_SLIPS else ()


def keep_bugs(result: CheckResult, kept: Collection[str], milestone: Milestone) -> None:
    """Name no other mistakes in a result than those of these names, and write its message anew."""
    result.bugs = [(bug, parts) for bug, parts in result.bugs if bug.name in kept]
    result.message = _message(result, milestone.reference)


def _not_graded(check: Check, records: list[CaseRecord], error: Exception) -> CheckResult:
    where = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__} in {where.name} (line {where.lineno}): {error}"
    return CheckResult(check, "not graded", 0.0, f"The check itself could not be run: {text}", records)


def _judge(check: Check, records: list[CaseRecord]) -> CheckResult:
    credits = _credits(check, records)
    points = check.points_of_parts
    score = round(sum(points[part] * credit for part, credit in credits.items()), 6)
    verdict = "passed" if all(credit >= 1.0 for credit in credits.values()) else "failed"
    return CheckResult(check, verdict, score, "", records, credits)


def _credits(check: Check, records: list[CaseRecord]) -> dict[str, float]:
    """Return what each part with points has earned, from 0 to 1."""
    credits: dict[str, float] = {}

    def count(findings: Iterable[Finding]) -> None:
        for finding in findings:
            said_before = finding.form_only and finding.stands_for in of_another_form
            credit = 1.0 if said_before else max(0.0, min(1.0, finding.credit))
            credits[finding.part] = min(credits.get(finding.part, 1.0), credit)

    found = [finding for record in records for finding in record.findings]
    of_another_form = _of_another_form(found)
    count(finding for finding in found if not finding.stands_for)
    wrong = {part for part, credit in credits.items() if credit < 1} - of_another_form
    # What ordinary inputs have shown wrong does not cost the demand of a further case, too.
    of_demands = [finding for finding in found if finding.stands_for]
    count(finding for finding in of_demands if finding.stands_for not in wrong)
    for part in {finding.part for finding in of_demands} - credits.keys():
        credits[part] = 0.0
    judged = set(credits)
    for record in records:
        lost, demand = record.unjudged, record.case.get("demand")
        if (
            demand in lost
        ):  # code that stops in the case of a demand has not met that one; others have other cases
            lost = {part for part in lost if part == demand or part not in judged}
        credits.update(dict.fromkeys(lost, 0.0))
    missing = [part for part in check.all_parts if part not in credits]
    if missing:
        raise AssertionError(f"check {check.name} never judged: {', '.join(missing)}")
    if not has_a_basis(check, records):
        credits = {part: credit if part in check.basis else 0.0 for part, credit in credits.items()}
    return _with_forms_and_demands(
        check, {part: credits[part] for part in check.points_of_parts}, of_another_form
    )


def _of_another_form(found: Iterable[Finding]) -> set[str]:
    """Return the parts whose numbers are right in all ordinary cases, with axes too many or missing in some."""
    wrong = [finding for finding in found if not finding.passed and not finding.stands_for]
    return {f.part for f in wrong if f.form_only} - {f.part for f in wrong if not f.form_only}


def _with_forms_and_demands(
    check: Check, credits: dict[str, float], of_another_form: Collection[str]
) -> dict[str, float]:
    """Return credits in which axes too many and demands together cost no more than demands may."""
    points = check.points_of_parts
    lost = {part: points[part] * (1 - credit) for part, credit in credits.items()}
    left = SHARE_OF_DEMANDS * check.points - sum(lost[part] for part in check.demands)
    of_forms = [part for part in check.parts if part in of_another_form and credits[part]]
    too_much = sum(lost[part] for part in of_forms) > left
    for part in of_forms if too_much else ():
        share = max(left, 0.0) / sum(lost[other] for other in of_forms)
        credits[part] = 1 - share * (1 - credits[part])
    return credits


def has_a_basis(check: Check, records: list[CaseRecord]) -> bool:
    """Whether anything was right on which claims can build that hold without any work."""
    return any(f.credit > 0 for record in records for f in record.findings if f.part in check.basis)


def _message(result: CheckResult, package: str) -> str:
    """Say what is wrong, a sentence a part, the recognised mistakes first."""
    sentences: list[str] = []
    named = {part for _, parts in result.bugs for part in parts}
    before: list[str] = []
    for bug, parts in result.bugs:
        # a part without points is only evidence, and not a thing that is asked for
        what = ", ".join(part for part in parts if part in result.credits and part != "result")
        said_of = f"{what}: " if what else ""
        if parts == before:  # two mistakes with the same values
            said_of = "Or: "
        sentences.append(f"{said_of}{bug.explanation} {bug.hint}")
        before = parts
    clear = len(sentences)  # what is known how it comes about stands before what is only known to be wrong
    said: set[str] = set()  # without the numbers: once is enough for what differs in them alone
    founded = has_a_basis(result.check, result.records)
    if founded:  # a part without points is only evidence: what it shows wrong is told where it is needed
        named |= set(result.check.all_parts) - set(result.credits)
    found = [finding for record in result.records for finding in record.findings]
    named |= {part for part, credit in result.credits.items() if credit >= 1} - _of_another_form(found)
    for record in result.records:
        for part in dict.fromkeys(finding.part for finding in record.findings if not finding.passed):
            shown = [f for r in result.records for f in r.findings if f.part == part and not f.passed]
            finding = most_telling(shown)
            if part in named:
                continue
            named.add(part)
            no_type = isinstance(finding.actual, str) and finding.actual == "NoneType"
            if sentences and no_type:  # that nothing came back has been said
                continue
            if _without_numbers(finding.message) in said:
                continue
            said.add(_without_numbers(finding.message))
            finding, made_how = _made_how(result.records, finding, shown)
            by_chance = part in result.check.demands and _is_not_finite(finding.actual)
            cases = "" if by_chance else _in_which_cases(result.records, finding)
            sentence = finding.message + cases
            if made_how and made_how not in said:
                sentences.insert(clear, f"{sentence}. {made_how}")
                clear += 1
            else:
                sentences.append(sentence)
            said.add(made_how)
        failure = record.failure
        if failure is not None and record.unjudged - named:
            text = in_words(failure, package)
            named |= record.unjudged
            if not _stops_as_before(failure, text) & said:
                sentences.append(text + _where_it_stops(result.records, failure))
            said |= _stops_as_before(failure, text)
    if result.slips:
        sentences.append(f"Exactly this comes out of a right solution in which {', or '.join(result.slips)}")
    if not founded and (held := _held_without_basis(result)):
        listed = ", ".join(held) if len(held) <= _MOST_LISTED else "everything else"
        sentences.append(f"Judged only once that is right: {listed}")
    return " ".join(s if s.endswith((".", "?", "!")) else s + "." for s in sentences if s)


def _without_numbers(text: str) -> str:
    """Return what a sentence says, without its numbers and without the circumstances in brackets at its end."""
    return _NUMBER.sub("#", _CIRCUMSTANCES.sub("", text))


def _stops_as_before(failure: Failure, text: str) -> set[str]:
    """Return what two failures must not both have in common for both to be told: the line, or what is said of it."""
    if not isinstance(failure, StudentError):
        return {text}
    said = failure.message if failure.not_implemented else f"{failure.type_name}: {failure.message}"
    place = {f"{failure.file}:{failure.line}"} if failure.file else set()
    return place | {re.sub(r"\d+", "#", said)}


def _is_not_finite(value: Any) -> bool:
    """Whether a number overflowed: in which sizes it does where a demand asks for large ones is a matter of chance."""
    numeric = isinstance(value, (np.ndarray, np.generic, int, float)) and np.asarray(value).dtype.kind in "fc"
    return bool(numeric and not np.isfinite(value).all())


def _in_which_cases(records: Sequence[CaseRecord], finding: Finding) -> str:
    """Say for which arguments the same thing is right; an empty text if nothing separates these cases."""
    same = [
        (r.case, [f for f in r.findings if (f.part, f.label) == (finding.part, finding.label)])
        for r in records
    ]
    right = [case for case, found in same if found and all(f.passed for f in found)]
    return _tried(right, [case for case, found in same if not all(f.passed for f in found)])


def _made_how(
    records: Sequence[CaseRecord], finding: Finding, shown: Sequence[Finding]
) -> tuple[Finding, str]:
    """Return the finding to tell, and how its wrong value is made: of what was passed, or in all cases alike.

    Another case of the same thing is told where its value has a cause that can be seen.
    """
    if finding.kind == "factor":
        return finding, factor(finding.actual, finding.expected, finding.given)
    if finding.kind == "shape":
        others = [f for f in shown if f.label == finding.label and f.kind == "shape"]
        made_of = (relation_of_another_shape(f.actual, f.given) for f in others[:_CASES_LOOKED_AT])
        return finding, next(filter(None, made_of), "")
    if finding.kind not in UNCLEAR:
        return finding, ""
    alike = [f for f in shown if f.label == finding.label and f.kind in UNCLEAR]
    for other in (finding, *alike[:_CASES_LOOKED_AT]):
        made = relation(other.actual, other.expected, other.given)
        if made := made or factor(other.actual, other.expected, other.given):
            return other, made
    cases = [
        (record.case, f.actual, f.expected)
        for record in records
        for f in record.findings
        if not f.passed and (f.part, f.label) == (finding.part, finding.label)
    ]
    return finding, common_rule(cases)


def _where_it_stops(records: Sequence[CaseRecord], failure: Failure) -> str:
    """Say for which arguments the code comes to its end, where it stops for others."""
    if isinstance(failure, LimitExceeded):
        *done, last = records
        in_time = failure.kind == "wall" and done and not any(r.failure for r in done)
        if not in_time:
            return ""
        larger = entries(last.case) > _MUCH_LARGER * max(entries(record.case) for record in done)
        return f" (with {arguments(last.case)}; {_IN_TIME}{_TOO_MANY if larger else ''})"
    if not isinstance(failure, StudentError) or failure.not_implemented:
        return ""
    told = _stops_as_before(failure, "")
    ends = [r.case for r in records if r.failure is None]
    stops = [r.case for r in records if r.failure is not None and _stops_as_before(r.failure, "") & told]
    if not failure.from_code:  # nothing stopped: what came back cannot be used
        return _tried(ends, stops, good="this is not so", bad="this is so")
    right = [r.case for r in records if r.failure is None and not r.failed_parts()]
    others = [r.case for r in records if r.failure is not None or r.failed_parts()]
    return _tried(ends, stops, good="it does not stop", bad="it stops") or _tried(
        right, others, good="right", bad="not right"
    )


def _tried(right: Sequence[Case], wrong: Sequence[Case], **words: str) -> str:
    separates = what_separates(right, wrong, **words)
    return f" (of the inputs tried: {separates})" if separates else ""


def _held_without_basis(result: CheckResult) -> list[str]:
    """Return the parts that nothing showed wrong and that earned nothing, as nothing they build on is right."""
    shown = set().union(*(record.failed_parts() for record in result.records))
    return [part for part, credit in result.credits.items() if not credit and part not in shown]
