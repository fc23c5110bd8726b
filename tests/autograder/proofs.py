"""What the tests of the checks share.

`test_all_checks.py` proves for every milestone what holds for all: the reference and each of
`autograder.alternatives` earn every point, each of `autograder.bugs` costs exactly what it concerns and is named. A
milestone's own file tests what is special to it.
"""

from __future__ import annotations

from collections.abc import Mapping

from autograder.check import CheckResult

GARBAGE = (
    "None", "1", "'text'", "(1, 2, 3)", "[]", "{}", "np.nan", "np.zeros(0)", "True", "np.zeros((3, 3, 3))",
    "np.array(['a'])", "10**18", "np.array(1 + 2j)", "np.zeros((5, 3), dtype=bool)", "float('inf')",
    "np.float32(3)", "(None, None)", "({}, {})", "(np.zeros((5, 3)), None)",
)  # fmt: skip
"""Expressions that a student's function might return; each must be failed, and none may break a check."""


def not_passed(results: Mapping[str, CheckResult]) -> list[str]:
    """Return ``"check: verdict: message"`` for every check that is not passed."""
    return [f"{name}: {r.verdict}: {r.message}" for name, r in results.items() if r.verdict != "passed"]
