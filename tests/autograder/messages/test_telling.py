"""The finding that shows most is told."""

from __future__ import annotations

import pytest

from autograder.judging.check import Finding
from autograder.messages.telling import most_telling


def finding(label, kind, error):
    return Finding("part", label, 0.0, f"{label} {kind} {error}", kind=kind, error=error)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([("out", "precision", 1e-7), ("out", "value", 0.4)], 1),
        ([("out", "value", 0.1), ("out", "value", 0.4), ("out", "entries", 0.2)], 1),
        ([("out", "value", 0.9), ("out", "factor", 0.4)], 1),
        ([("out", "factor", 0.4), ("out", "factor", 4.0)], 1),
        ([("out", "value", 0.9), ("out", "shape", None)], 1),
        ([("out", "precision", 1e-7), ("dx", "value", 0.4)], 1),
        ([("out", "value", 1e-6), ("dx", "value", 0.4)], 1),
        ([("out", "value", 0.2), ("dx", "value", 0.4)], 0),
        ([("out", "value", 0.2), ("x unchanged", "", None)], 0),
        ([("out", "precision", 1e-7)], 0),
        ([("out", "sign", 2.0), ("out", "offset", 0.5), ("out", "offset", 0.7)], 2),
        ([("out", "factor", 0.7), ("out", "factor", 0.7000001)], 0),
    ],
)
def test_what_is_told(found, told):
    findings = [finding(*one) for one in found]
    assert most_telling(findings) is findings[told]
