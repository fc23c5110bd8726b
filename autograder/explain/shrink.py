"""The search for the smallest case that still fails, as property-based testing does it.

A case has two sides: its arguments (sizes, switches) and the numbers that its body draws. Both are made simpler step by
step: sizes towards 1, drawn numbers towards small integers. A step is kept if the case still fails in the same way.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..judging.check import Check, Draw
from ..sandbox.inside.protocol import encode


@dataclass(frozen=True)
class Drawn:
    """One thing that a case drew: by which method of `Draw`, what, and how small and how large it may be."""

    method: str
    value: Any
    low: float = -np.inf
    high: float = np.inf


class ScriptedDraw(Draw):
    """The source of a case's inputs, with some of them prescribed.

    Parameters
    ----------
    path : tuple
        Arguments of `Draw`: the run's seed, the milestone's name, the check's name, the case.
    choices : dict of int to object
        Number of a draw, in order → the value that replaces what would be drawn. An array is cut to the shape that is
        requested; if it is too small, or out of range, the drawn value stays.

    Attributes
    ----------
    drawn : list of Drawn
        All draws so far.
    """

    def __init__(self, path: tuple[int, str, str, int], choices: dict[int, Any]):
        super().__init__(*path)
        self._choices = choices
        self.drawn: list[Drawn] = []

    def normal(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        """As `Draw.normal`, or what was prescribed."""
        return self._chosen(Drawn("normal", super().normal(*shape, scale=scale)))

    def labels(self, n: int, classes: int) -> np.ndarray:
        """As `Draw.labels`, or what was prescribed."""
        return self._chosen(Drawn("labels", super().labels(n, classes), 0, classes - 1))

    def integer(self, low: int, high: int) -> int:
        """As `Draw.integer`, or what was prescribed."""
        return self._chosen(Drawn("integer", super().integer(low, high), low, high - 1))

    def uniform(self, low: float, high: float) -> float:
        """As `Draw.uniform`, or what was prescribed."""
        return self._chosen(Drawn("uniform", super().uniform(low, high), low, high))

    def _chosen(self, drawn: Drawn) -> Any:
        choice = self._choices.get(len(self.drawn))
        if choice is not None:
            drawn = replace(drawn, value=_fitted(choice, drawn))
        self.drawn.append(drawn)
        value = drawn.value
        return value.copy() if isinstance(value, np.ndarray) else value


def _fitted(choice: Any, drawn: Drawn) -> Any:
    if isinstance(drawn.value, np.ndarray):
        if not isinstance(choice, np.ndarray) or choice.ndim != drawn.value.ndim:
            return drawn.value
        if any(mine < asked for mine, asked in zip(choice.shape, drawn.value.shape, strict=True)):
            return drawn.value
        value = choice[tuple(slice(n) for n in drawn.value.shape)].astype(drawn.value.dtype)
        fits = bool(((value >= drawn.low) & (value <= drawn.high)).all())
        return value if fits else drawn.value
    fits = isinstance(choice, int | float) and drawn.low <= choice <= drawn.high
    return type(drawn.value)(choice) if fits else drawn.value


@dataclass(frozen=True)
class CaseInput:
    """An input for a check: the case's arguments, and what is prescribed of its draws."""

    case: dict[str, Any]
    choices: dict[int, Any] = field(default_factory=dict)


@dataclass
class SearchBudget:
    """How long to look for a smaller input.

    Attributes
    ----------
    replays : int, default 400
        How many inputs may be run.
    seconds : float, default 20
        How long that may take, from `start` on.
    used : int
        Inputs run so far.
    """

    replays: int = 400
    seconds: float = 20.0
    used: int = 0
    _started: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Begin anew: nothing has been run, and all of the time is left."""
        self.used, self._started = 0, time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since `start`."""
        return time.monotonic() - self._started

    def spend(self) -> bool:
        """Take one replay if there is one left, and return whether there was."""
        if self.used >= self.replays or self.elapsed >= self.seconds:
            return False
        self.used += 1
        return True


_MOST_DRAWN = 40
"""An input that draws more is no simpler one: where a size is too small to tell mistakes, a check draws again."""


def shrink(
    start: CaseInput,
    drawn: list[Drawn],
    fails: Callable[[CaseInput], list[Drawn] | None],
    check: Check,
    budget: SearchBudget,
) -> CaseInput:
    """Return the simplest input found that still fails.

    Parameters
    ----------
    start : CaseInput
        One that fails.
    drawn : list of Drawn
        What it draws.
    fails : callable
        Runs an input; returns what it drew if it fails in the same way, else None.
    check : Check
        Whose case it is.
    budget : SearchBudget
        How many inputs may be run.
    """
    best, most = start, max(len(drawn), _MOST_DRAWN)
    tried = {encode([start.case, start.choices])}

    def better(candidates: Iterator[CaseInput]) -> bool:
        nonlocal best, drawn
        for candidate in candidates:
            key = encode([candidate.case, candidate.choices])
            if key in tried:
                continue
            tried.add(key)
            if not budget.spend():
                return False
            found = fails(candidate)
            if found is not None and len(found) <= most:
                best, drawn = candidate, found
                return True
        return False

    def simpler() -> bool:
        before = best
        while better(_smaller_cases(best, check)):
            pass
        while better(_rounded_all(best, drawn)):
            pass
        number = 0
        while number < len(drawn):
            while number < len(drawn) and better(_simpler_draws(best, number, drawn[number])):
                pass
            number += 1
        return best is not before

    while simpler():
        pass
    return best


def _smaller_cases(best: CaseInput, check: Check) -> Iterator[CaseInput]:
    parameters = inspect.signature(check.body).parameters
    for name, value in best.case.items():
        if name == "demand":
            continue  # no argument of the check
        rest = {key: other for key, other in best.case.items() if key != name}
        if name in parameters and parameters[name].default is not inspect.Parameter.empty:
            yield replace(best, case=rest)
        for smaller in smaller_arguments(value):
            yield replace(best, case={key: best.case[key] for key in best.case} | {name: smaller})


def smaller_arguments(value: Any) -> Iterator[Any]:
    """Yield simpler values for an argument of a case, the simplest first."""
    if isinstance(value, bool):
        if value:
            yield False
    elif isinstance(value, int):
        yield from sorted({n for n in (1, 2, value // 2, value - 1) if 0 < n < value})
    elif isinstance(value, float):
        yield from (n for n in (0.0, 1.0, 0.5, round(value, 1)) if _cost(n) < _cost(value))
    elif isinstance(value, tuple | list):
        for i in range(len(value)):
            yield type(value)((*value[:i], *value[i + 1 :]))
        for i, item in enumerate(value):
            for smaller in smaller_arguments(item):
                yield type(value)((*value[:i], smaller, *value[i + 1 :]))


def _rounded_all(best: CaseInput, drawn: list[Drawn]) -> Iterator[CaseInput]:
    for ways in zip(*(list(_simpler(d)) for d in drawn if d.method == "normal"), strict=False):
        normals = (n for n, d in enumerate(drawn) if d.method == "normal")
        choices = dict(zip(normals, ways, strict=True))
        if all(_cost(choices[n]) <= _cost(drawn[n].value) for n in choices):
            yield replace(best, choices=best.choices | choices)


def _simpler_draws(best: CaseInput, number: int, drawn: Drawn) -> Iterator[CaseInput]:
    for value in _simpler(drawn):
        if _cost(value) < _cost(drawn.value):
            yield replace(best, choices=best.choices | {number: value})


def _simpler(drawn: Drawn) -> Iterator[Any]:
    """Yield simpler values for what was drawn, the simplest first.

    Numbers from a continuous distribution are neither 0 nor equal to each other, and simpler ones must not be either:
    a kink of the ReLU or a tie of a maximum would be a different failure.
    """
    value = drawn.value
    if drawn.method == "normal":
        ranks = np.empty(value.size)
        ranks[np.argsort(np.abs(value), axis=None)] = np.arange(1, value.size + 1)
        signed = np.copysign(ranks.reshape(value.shape), value)
        tenths = np.copysign(np.maximum(np.round(np.abs(value), 1), 0.1), value)
        yield from (np.abs(signed), signed, signed / 2, signed / 10, tenths)
    elif drawn.method == "labels":
        yield np.zeros_like(value)
        yield np.arange(value.size, dtype=value.dtype) % int(drawn.high + 1)
    elif drawn.method == "integer":
        yield from (n for n in (0, 1, int(drawn.low)) if drawn.low <= n <= drawn.high)
    else:
        yield from (n for n in (0.0, 1.0, 0.5, round(value, 1)) if drawn.low <= n <= drawn.high)


def nudged(choices: dict[int, Any]) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return prescribed values twice, moved a little to one side and to the other."""
    generator = np.random.default_rng(0)
    noise = {n: generator.uniform(1e-4, 2e-4, np.shape(v)) for n, v in choices.items() if _continuous(v)}
    noise = {n: value * generator.choice([-1.0, 1.0], value.shape) for n, value in noise.items()}
    above, below = ({n: choices[n] + sign * noise[n] for n in noise} for sign in (1, -1))
    return choices | above, choices | below


def _continuous(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _cost(value: Any) -> float:
    """Return how much there is to read in a number or an array."""
    entries = np.abs(np.asarray(value, dtype=np.float64)).reshape(-1)
    whole = entries == np.round(entries)
    short = entries == np.round(entries, 1)
    costs = np.select([entries == 0, entries == 1, whole, short], [0, 1, 2, 3], 6)
    signs, size = float((np.asarray(value) < 0).sum()), float(np.log1p(entries).sum())
    return float(costs.sum()) + 0.1 * signs + 1e-3 * size
