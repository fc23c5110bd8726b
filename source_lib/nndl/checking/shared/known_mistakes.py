"""Name a mistake by what comes out of it.

A check asks for the same things every time, so a mistake gives the same wrong values every time. ``checking/known``
holds such values of mistakes that teachers know, each as a few numbers, with a sentence and a question. What comes out
otherwise has no name: a mistake of another kind, or two at once, must not be given a wrong one.

The files there are generated (``python -m autograder.proofs.visible_checks``).
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ... import diagnosis
from ...diagnosis import Diagnosis

CLOSE = 1e-5
"""How far two of the numbers that stand for one value may lie apart; they are of the size of 1."""

_KNOWN = Path(__file__).parents[1] / "known"
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d*)?(?:e[-+]?\d+)?")

_NOTHING = 1e-13
"""Entries of this size are what rounding leaves of 0; they are other ones on other machines."""

_FORMS = {"type", "shape", "transpose", "dtype"}
"""Kinds of diagnosis that are about the form of a value."""

_ZERO = ", 0"
"""How the description of a value ends that is 0 everywhere."""

Trace = tuple[str, tuple[float, ...]]
"""What is wrong, as a digest of its words and shapes, and numbers that stand for its values."""


class Findings:
    """What one run of a check has found wrong."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._traces: list[Trace] = []
        self._telling = False

    def add_value(self, name: str, value: Any, form: bool = False) -> None:
        """Remember a wrong value; ``form`` says whether its type or shape is wrong."""
        self.names.append(name)
        self._telling |= form
        self.add_evidence(name, value)

    def add_evidence(self, name: str, value: Any) -> None:
        """Remember a value that nothing is said of, but that may tell two mistakes apart."""
        kind, numbers = _trace_of_value(value)
        self._traces.append((f"{name}: {kind}", numbers))

    def add_text(self, text: str) -> None:
        """Remember what a check says in its own words, or an error."""
        numbers = tuple(math.asinh(float(number)) for number in _NUMBER.findall(text))
        self._traces.append((_NUMBER.sub("#", text), numbers))

    def say_little(self) -> bool:
        """Return whether all that was found are values of 0: too many mistakes leave nothing but these."""
        return not self._telling and all(what.endswith(_ZERO) for what, _ in self._traces)

    def words(self) -> str:
        """Return what a trace is a digest of."""
        return " | ".join(what for what, _ in self._traces)

    def trace(self) -> Trace:
        """Return what stands for all of it."""
        digest = hashlib.sha256(self.words().encode()).hexdigest()[:12]
        return digest, tuple(number for _, numbers in self._traces for number in numbers)


_listening: list[Findings] = []


@contextmanager
def listening() -> Iterator[Findings]:
    """Collect what `compare` finds wrong inside the block."""
    findings = Findings()
    _listening.append(findings)
    try:
        yield findings
    finally:
        _listening.remove(findings)


def compare(got: Any, want: Any, name: str = "the result", **options: Any) -> Diagnosis | None:
    """Do what `nndl.diagnosis.compare` does, and let the check that runs know of a wrong value."""
    problem = diagnosis.compare(got, want, name, **options)
    if problem is not None and _listening:
        _listening[-1].add_value(name, got, problem.kind in _FORMS)
    return problem


def evidence(name: str, value: Any) -> None:
    """Let the check that runs know of a value that it says nothing of, but that may tell two mistakes apart."""
    if _listening:
        _listening[-1].add_evidence(name, value)


def evidence_of(name: str, call: Callable[[], Any]) -> None:
    """Let the check that runs know of what a call gives, or of the kind of error that it ends in."""
    try:
        evidence(name, call())
    except Exception as error:
        evidence(f"{name}, {type(error).__name__}", None)


def known_mistake(check: str, module: str, findings: Findings) -> list[str]:
    """Return what is known of the mistake that gives exactly these findings, in sentences; nothing if it is not known.

    Parameters
    ----------
    check : str
        Name of the check.
    module : str
        Name of the module that defines it: ``nndl.checking.cnn.layers``.
    findings : Findings
        All that it has found wrong.
    """
    milestone = module.partition(".checking.")[2].partition(".")[0]
    trace = findings.trace()
    if findings.say_little():
        return []
    for entry in _known(milestone).get(check, ()):
        if same(trace, (entry["what"], tuple(entry["numbers"]))):
            return list(entry["says"])
    return []


def same(one: Trace, other: Trace) -> bool:
    """Return whether two traces are those of one mistake."""
    return (
        one[0] == other[0]
        and len(one[1]) == len(other[1])
        and all(abs(a - b) <= CLOSE for a, b in zip(one[1], other[1], strict=True))
    )


@functools.cache
def _known(milestone: str) -> dict[str, list[dict[str, Any]]]:
    path = _KNOWN / f"{milestone}.json"
    if not path.is_file():
        return {}
    found: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _trace_of_value(value: Any) -> Trace:
    """Return type or shape of a value, and some numbers for all of its entries: size, and two weighted sums."""
    if (
        not isinstance(value, (np.ndarray, np.generic, int, float))
        or np.asarray(value).dtype.kind not in "fiub"
    ):
        return type(value).__name__, ()
    array = np.asarray(value)
    entries = array.astype(np.float64).ravel()
    finite = np.isfinite(entries)
    whole = "" if array.dtype.kind == "f" else "yes or no, " if array.dtype.kind == "b" else "whole, "
    kind = f"{whole}{array.shape}, {np.isnan(entries).sum()} nan, {np.isinf(entries).sum()} inf"
    entries = np.where(finite, entries, 0.0)
    size = float(np.max(np.abs(entries), initial=0.0))
    if size < _NOTHING:
        return kind + _ZERO * bool(finite.all()), ()
    entries = entries / size
    places = np.arange(1, entries.size + 1)
    weighted = (
        entries @ weights / math.sqrt(entries.size) for weights in (np.cos(places), np.cos(2.3 * places + 1))
    )
    return kind, (math.log(size), *map(float, weighted))
