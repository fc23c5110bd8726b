"""Run a milestone's visible checks, remember how they went, and say what is left to do."""

from __future__ import annotations

import functools
import inspect
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from ...diagnosis import Diagnosis
from .at_grading import AtGrading
from .before_cells import watch_cells
from .code.caches import mixed_caches
from .code.facts import lost_in_the_code, seen_in_the_code
from .code.places import repeated_places
from .display import failure_lines, note_lines, overview_html, overview_text, status_line
from .errors.explained import came_back, explain_exception, explain_stop, failing_operation
from .known_mistakes import Findings, known_mistake, listening
from .limit import Stopped, time_limit
from .model import CHANGED, LIMIT, Check, Note, Outcome, Remark, Status
from .reload import NotLoaded, Reloader
from .trials.search import tried_out
from .unwritten import explain_in_cells
from .verdict import Question, once_more, passes

_MOST_PROBLEMS = 4  # more would not be read; they are usually the same mistake
_MOST_BESIDE_A_NAME = 2
_NONE = ("NoneType", " is None", "gives back None")
"""How it is said that something was None."""

_code = Reloader(__name__.partition(".")[0], given=["checking"])
watch_cells(_code)
explain_in_cells()
_at_grading = AtGrading()

AnyBody = TypeVar("AnyBody", bound=Callable[..., Any])


class CheckFailed(Exception):
    """A visible check has not passed; the message says why. Notebooks show it without a traceback."""

    def __init__(self, lines: Sequence[str]):
        super().__init__("\n".join(lines))
        self.lines = list(lines)

    def _render_traceback_(self) -> list[str]:
        return self.lines


@dataclass
class Progress:
    """The checks of one milestone and how each of them went last.

    Parameters
    ----------
    title : str
        What the overview is headed with.
    """

    title: str
    checks: dict[str, Check] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    asides: dict[str, Check] = field(default_factory=dict)

    def check(
        self, *, points: float, where: str, needs: Sequence[str] = (), limit: float = LIMIT
    ) -> Callable[[AnyBody], AnyBody]:
        """Turn a generator function into a check, which then is called like any function.

        It is stopped after ``limit`` seconds.

        Raises
        ------
        ValueError
            If the function has no docstring, or ``needs`` names a check that is not defined before it.
        """

        def decorate(body: AnyBody) -> AnyBody:
            name, title = self._described(body, needs)
            self.checks[name] = Check(name, points, title, where, tuple(needs), body, limit)

            @functools.wraps(body)
            def run(*args: Any, **kwargs: Any) -> None:
                self.run(name, *args, **kwargs)

            return run  # type: ignore[return-value]

        return decorate

    def aside(
        self, *, where: str, needs: Sequence[str] = (), limit: float = LIMIT
    ) -> Callable[[AnyBody], AnyBody]:
        """Turn a generator function into a check that nobody has to run: it does not count, and has no points."""

        def decorate(body: AnyBody) -> AnyBody:
            name, title = self._described(body, needs)
            self.asides[name] = Check(name, 0, title, where, tuple(needs), body, limit)

            @functools.wraps(body)
            def run(*args: Any, **kwargs: Any) -> None:
                self.run(name, *args, **kwargs)

            return run  # type: ignore[return-value]

        return decorate

    def _described(self, body: Callable[..., Any], needs: Sequence[str]) -> tuple[str, str]:
        """Return name and title of a check."""
        name = body.__name__
        title = (inspect.getdoc(body) or "").partition("\n")[0]
        if not title:
            raise ValueError(f"check {name} needs a docstring: it is what the student reads")
        unknown = [n for n in needs if n not in self.checks]
        if unknown:
            raise ValueError(f"check {name} needs {', '.join(unknown)}, which must be defined before it")
        return name, title

    def run(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Run one check on the code as it is on disk, and print one line if it passes.

        Raises
        ------
        CheckFailed
            If it does not; a notebook shows a few lines that say what is wrong and where to look. If a file does
            not load, or the check is stopped, nothing is judged, and one line says why.
        """
        check = self.checks.get(name) or self.asides[name]
        self.outcomes.pop(name, None)
        try:
            with time_limit(LIMIT):
                _code.refresh()
            for line in note_lines(_at_grading.news()):
                print(line)
            outcome = self._outcome(check, args, kwargs)
        except NotLoaded as error:
            raise CheckFailed([f"✗ {name} was not run: {error}"]) from None
        except Stopped as error:
            raise CheckFailed([f"✗ {name} {error}"]) from None
        if name in self.checks:
            self.outcomes[name] = outcome
        if outcome.status in (Status.PASSED, Status.PARTIAL):
            print(status_line(check, outcome))
            for line in outcome.lines:
                print(f"  {line}")
            print(f"  {self.standing()}")
            return
        raise CheckFailed(failure_lines(check, outcome, self.standing()))

    def reset(self) -> None:
        """Forget how the checks went."""
        self.outcomes.clear()

    def points(self) -> tuple[float, float]:
        """Return the points in reach with what passes now, and those of all checks."""
        reached = sum(self.checks[n].points * o.credit for n, o in self.outcomes.items())
        return reached, sum(c.points for c in self.checks.values())

    def standing(self) -> str:
        """Return one line: how many checks pass, points in reach, what is next."""
        passing = [n for n in self.checks if self._status(n) in (Status.PASSED, Status.PARTIAL)]
        reached, total = self.points()
        text = f"{len(passing)} of {len(self.checks)} checks pass, {reached:.3g} of {total:g} points in reach"
        following = next((n for n, c in self.checks.items() if n not in passing and c.points), None)
        return f"{text}; next: {following}" if following else text

    def _status(self, name: str) -> Status:
        return self.outcomes[name].status if name in self.outcomes else Status.OPEN

    def _outcome(self, check: Check, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
        # What a check needs is looked at afresh: the code may have changed since, in either direction.
        for needed in map(self.checks.__getitem__, self._prerequisites(check)):
            before = _evaluate(needed, (), {})
            if before.status != Status.PASSED:
                reason = f"it needs `{needed.name}` ({needed.where}), which does not pass"
                return Outcome(Status.BLOCKED, 0.0, (reason,))
        outcome = _evaluate(check, args, kwargs)
        if outcome.status != Status.FAILED or outcome.named or args or kwargs or check.name in self.asides:
            return outcome
        if any("NameError" in line for line in outcome.lines):
            return outcome  # a name is misspelt: a change that does without it would lead away from that
        needs = [self.checks[name] for name in self._prerequisites(check)]
        found = tried_out(Question(check, needs, self._beside(check), print))
        return replace(outcome, lines=(*outcome.lines, *found))

    def _beside(self, check: Check) -> list[Check]:
        """Return the checks that need ``check``, and those of the same place that pass."""
        alike = (c for c in self.checks.values() if c.where == check.where and c is not check)
        later = (c for c in self.checks.values() if check.name in self._prerequisites(c))
        return [c for c in (*later, *filter(passes, alike)) if not _wants_arguments(c)]

    def _prerequisites(self, check: Check) -> list[str]:
        """Return all that ``check`` needs, directly or not, in the order of definition."""
        wanted: set[str] = set()
        stack = list(check.needs)
        while stack:
            name = stack.pop()
            if name not in wanted:
                wanted.add(name)
                stack.extend(self.checks[name].needs)
        return [name for name in self.checks if name in wanted]

    def _rows(self) -> list[tuple[Check, Status]]:
        return [(check, self._status(name)) for name, check in self.checks.items()]

    def __str__(self) -> str:
        return overview_text(self.title, self._rows(), self.standing())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return overview_html(self.title, self._rows(), self.standing())


def _wants_arguments(check: Check) -> bool:
    """Return whether a check wants something from the notebook."""
    return any(p.default is p.empty for p in inspect.signature(check.body).parameters.values())


def _evaluate(check: Check, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
    """Run a check's body within its limit of time; leave the notebook's stream of random numbers as it was."""
    with time_limit(check.limit), listening() as findings:
        return _outcome_of(check, args, kwargs, findings)


def _outcome_of(check: Check, args: tuple[Any, ...], kwargs: dict[str, Any], findings: Findings) -> Outcome:
    problems: list[str] = []
    notes: list[Note] = []
    remarks: list[str] = []
    state = np.random.get_state()
    begin = time.monotonic()
    results = 0  # how far the check came: the same error elsewhere is another mistake

    def again() -> None:
        if time.monotonic() - begin < check.limit / 4:
            np.random.set_state(state)
            once_more(check, args, kwargs)

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for result in check.body(*args, **kwargs):
                results += 1
                if isinstance(result, Note):
                    notes.append(result)
                elif isinstance(result, Remark):
                    remarks.append(result)
                elif isinstance(result, Diagnosis):
                    problems.append(result.message)
                elif result is not None:
                    findings.add_text(result)
                    problems.append(result)
    except SystemExit as error:
        why = f"exit() ends the program in {explain_stop(error) or 'your code'}"
        return Outcome(Status.FAILED, 0.0, (why,), named=True)
    except Exception as error:
        unwritten, said = explain_exception(error)
        if unwritten:
            return Outcome(Status.UNWRITTEN, 0.0, (*_few(problems, findings), *said))
        came = came_back(error, again)
        if came is not None:
            said.append(came.sentence())
        findings.add_text(f"{said[0]} {failing_operation(error)} {came} after {results}")
        return _failed(check, findings, problems, [*said, *remarks], again)
    else:
        if problems:
            return _failed(check, findings, problems, remarks, again)
    finally:
        np.random.set_state(state)
    heard = tuple(dict.fromkeys(f"a warning on the way: {w.message}" for w in caught))[:1]
    credit = min((n.credit for n in notes), default=1.0)
    lines = (*(n.text for n in notes), *heard)
    if credit <= 0:
        return Outcome(Status.FAILED, 0.0, lines)
    return Outcome(Status.PASSED if credit >= 1 else Status.PARTIAL, min(credit, 1.0), lines)


def _failed(
    check: Check,
    findings: Findings,
    problems: list[str],
    besides: Sequence[str],
    again: Callable[[], object],
) -> Outcome:
    """Return what is known of the mistake that gives these findings, the first of them, and what the code shows."""
    known = known_mistake(check.name, check.body.__module__, findings)
    few = _few(problems, findings, _MOST_BESIDE_A_NAME if known else _MOST_PROBLEMS)
    if known:
        seen = lost_in_the_code(check.where)
    else:
        said = " ".join((*problems, *besides))
        changed, none = CHANGED in said, any(words in said for words in _NONE)
        ran = [*repeated_places(check.where, again), *mixed_caches(again)]
        seen = [*ran, *seen_in_the_code(check.where, changed, none)]
    lines = (*known, *few, *dict.fromkeys(besides), *seen)
    return Outcome(Status.FAILED, 0.0, lines, named=bool(known))


def _few(problems: list[str], findings: Findings, most: int = _MOST_PROBLEMS) -> list[str]:
    """Return the first problems; what is wrong in the same way with several values is said once."""
    names: dict[str, list[str]] = {}
    for problem in problems:
        name = max((n for n in findings.names if problem.startswith(f"{n} ")), key=len, default="")
        same = names.setdefault(problem.removeprefix(name), [])
        if name not in same:
            same.append(name)
    lines = [
        f"{first}{what}" + (f" (so {'are' if len(rest) > 1 else 'is'} {', '.join(rest)})" if rest else "")
        for what, (first, *rest) in names.items()
    ]
    left = len(lines) - most
    return lines[:most] + ([f"and {left} more finding{'s' * (left > 1)}"] if left > 0 else [])
