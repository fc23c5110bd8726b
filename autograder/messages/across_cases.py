"""What separates the cases in which code is right from those in which it is wrong: an argument, a mode, a size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Case = Mapping[str, Any]

_NOT_AN_ARGUMENT = frozenset({"part", "demand", "seed"})
_LETTERS = frozenset("ndhcm")
"""Names of lengths in cases; learners know them as N, D, H, C and M."""
_SIZES = _LETTERS | {"height", "width", "size", "filters", "classes", "hidden"}
_NOT_GIVEN = object()
_MOST = 3


def what_separates(
    right: Sequence[Case], wrong: Sequence[Case], *, good: str = "right", bad: str = "wrong"
) -> str:
    """Say for which arguments code is right and for which it is wrong; an empty text if none tells them apart.

    Parameters
    ----------
    right, wrong : sequence of mapping
        The arguments of the cases in which it is right, and of those in which it is not.
    good, bad : str
        What it is in them: code that does not stop is not yet right.
    """
    if not right or not wrong:
        return ""
    names = list(dict.fromkeys(name for case in (*right, *wrong) for name in case))
    facts = _separating_facts(
        [_facts(case, names) for case in right], [_facts(case, names) for case in wrong], good, bad
    )
    separating = [name for name in names if name not in _NOT_AN_ARGUMENT and _separates(name, right, wrong)]
    settings = [name for name in separating if name not in _SIZES and not _is_shape(name, right, wrong)]
    if len(facts) == 1 and not [name for name in settings if not facts[0][1].startswith(name)]:
        said, fact = facts[0]
        return f"{said} for {fact} only"
    # A setting tells more than a size: cases differ in several sizes at once.
    named = (settings + [name for name in separating if name not in settings])[:_MOST]
    return f"{good} for {_listed(named, right)}, {bad} for {_listed(named, wrong)}" if named else ""


def _separating_facts(
    right: Sequence[Mapping[str, bool]], wrong: Sequence[Mapping[str, bool]], good: str, bad: str
) -> list[tuple[str, str]]:
    found = []
    for fact in dict.fromkeys(name for case in right for name in case):
        values = [{case.get(fact) for case in cases} for cases in (right, wrong)]
        if values == [{True}, {False}]:
            found.append((good, fact))
        if values == [{False}, {True}]:
            found.append((bad, fact))
    return found


def _value(case: Case, name: str) -> Any:
    value = case.get(name, _NOT_GIVEN)
    return tuple(value) if isinstance(value, list) else value


def _separates(name: str, right: Sequence[Case], wrong: Sequence[Case]) -> bool:
    return not any(_value(one, name) == _value(other, name) for one in right for other in wrong)


def _is_shape(name: str, right: Sequence[Case], wrong: Sequence[Case]) -> bool:
    return any(isinstance(_value(case, name), tuple) for case in (*right, *wrong))


def _listed(names: Sequence[str], cases: Sequence[Case]) -> str:
    texts = dict.fromkeys(", ".join(_argument(case, name) for name in names) for case in cases)
    *most, last = texts
    return f"{'; '.join(most)} and {last}" if most else last


def _argument(case: Case, name: str) -> str:
    value = _value(case, name)
    label = name.upper() if name in _LETTERS else name
    if value is _NOT_GIVEN or value is None:
        return f"{label} not given"
    return f"{label} = {value:g}" if isinstance(value, float) else f"{label} = {value!r}"


def _facts(case: Case, names: Sequence[str]) -> dict[str, bool]:
    """Return what is known of a case's sizes beside their values."""
    facts: dict[str, bool] = {}
    images = next(
        (_value(case, n) for n in ("image", "x", "images") if _length(_value(case, n)) in (3, 4)), None
    )
    if "n" in names:
        facts["N = 1"] = _value(case, "n") == 1
    elif images is not None and len(images) == 4:
        facts["N = 1"] = images[0] == 1
    if images is not None:
        facts["square images"] = images[-1] == images[-2]
    filters = _value(case, "w")
    if _length(filters) == 4:
        facts["square filters"] = filters[-1] == filters[-2]
    if "height" in case and "width" in case:
        facts["square windows"] = case["height"] == case["width"]
    if "hidden" in names:
        facts["nets without hidden layers"] = _length(_value(case, "hidden")) == 0
        facts["nets with one hidden layer"] = _length(_value(case, "hidden")) == 1
    if "pad" in names:
        facts["pad = 0"] = _value(case, "pad") == 0
    return facts


def _length(value: Any) -> int:
    """Return the length of a tuple, and -1 for anything else."""
    return len(value) if isinstance(value, tuple) else -1
