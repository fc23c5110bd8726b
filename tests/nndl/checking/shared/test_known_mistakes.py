"""Mistakes are named by what they give, and by nothing less."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nndl import checking
from nndl.checking.shared import known_mistakes
from nndl.checking.shared.known_mistakes import (
    Findings,
    Trace,
    compare,
    evidence_of,
    known_mistake,
    listening,
    same,
)

KNOWN = sorted(Path(str(checking.__file__)).with_name("known").glob("*.json"))


def trace(*values: object, text: str = "") -> Trace:
    findings = Findings()
    for number, value in enumerate(values):
        findings.add_value(f"value {number}", value)
    if text:
        findings.add_text(text)
    return findings.trace()


def test_rounding_is_no_difference_and_everything_else_is() -> None:
    a = np.random.default_rng(0).normal(size=(3, 4))
    assert same(trace(a), trace(a * (1 + 1e-9)))
    others = (
        a * 1.001,
        -a,
        a.T,
        a[::-1],
        np.roll(a, 1),
        np.where(a == a[1, 2], 0, a),
        a.ravel(),
        None,
        a.tolist(),
        3,
    )
    for other in others:
        assert not same(trace(a), trace(other))
    assert not same(trace(a), trace(a, a))
    assert not same(trace(a), trace(a, text="x has changed"))
    assert not same(trace(a, text="25 % are kept"), trace(a, text="75 % are kept"))
    assert same(trace(np.full(3, 1e-17)), trace(np.zeros(3))), (
        "what rounding leaves of 0 differs from machine to machine"
    )
    assert not same(trace(np.array([1.0, np.nan])), trace(np.array([1.0, 0.0])))


def test_a_name_is_only_given_to_the_whole_of_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    what, numbers = trace(np.ones(3))
    entry = {"what": what, "numbers": list(numbers), "says": ["everything is 1", "why?"]}
    monkeypatch.setattr(known_mistakes, "_known", lambda milestone: {"scores": [entry]})
    findings = Findings()
    findings.add_value("value 0", np.ones(3))
    assert known_mistake("scores", "nndl.checking.cnn.layers", findings) == ["everything is 1", "why?"]
    assert known_mistake("loss", "nndl.checking.cnn.layers", findings) == []
    findings.add_text("x is not the same after the call")
    assert known_mistake("scores", "nndl.checking.cnn.layers", findings) == []


def test_zeros_alone_have_no_name_but_a_wrong_form_may(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, form, named in (
        (np.zeros(3), False, False),  # whatever is not filled, not added or not updated leaves it
        (np.zeros(3), True, True),
        (np.full(3, np.nan), False, True),
        (np.ones(3), False, True),
    ):
        findings = Findings()
        findings.add_value("dx", value, form)
        what, numbers = findings.trace()
        entry = {"what": what, "numbers": list(numbers), "says": ["the mistake"]}
        monkeypatch.setattr(known_mistakes, "_known", lambda milestone, entry=entry: {"scores": [entry]})
        assert known_mistake("scores", "nndl.checking.cnn.layers", findings) == ["the mistake"] * named


def test_numbers_with_a_point_are_no_whole_ones_and_no_masks() -> None:
    ones = np.ones(3)
    assert not same(trace(ones), trace(ones.astype(int)))
    assert not same(trace(ones), trace(ones > 0))
    assert same(trace(ones), trace(ones.astype(np.float32)))


def test_evidence_tells_apart_what_looks_alike_and_survives_an_error() -> None:
    def fails() -> None:
        raise ValueError("no")

    traces = []
    for call in (lambda: 1.0, lambda: 2.0, fails):
        with listening() as findings:
            compare(3.0, 4.0, "the example")
            evidence_of("a larger one", call)
        traces.append(findings.trace())
        assert findings.names == ["the example"]
    assert not any(same(a, b) for i, a in enumerate(traces) for b in traces[:i])


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.stem)
def test_no_two_mistakes_of_a_check_are_taken_for_each_other(path: Path) -> None:
    for entries in json.loads(path.read_text(encoding="utf-8")).values():
        traces = [(entry["what"], tuple(entry["numbers"])) for entry in entries]
        assert not any(same(a, b) for i, a in enumerate(traces) for b in traces[:i])
        assert all(len(entry["says"]) in (1, 2) for entry in entries)


def test_every_milestone_has_its_file() -> None:
    assert len(KNOWN) == 9
