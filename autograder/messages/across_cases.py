"""What separates the cases in which code is right from those in which it is wrong: an argument, a mode, a size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Case = Mapping[str, Any]

_NOT_AN_ARGUMENT = frozenset({"part", "demand", "seed"})
_LETTERS = frozenset("ndhcm")
"""Names of lengths in cases; learners know them as N, D, H, C and M."""
_SIZES = _LETTERS | {"height", "width", "size", "filters", "classes", "hidden"}
_NOT_GIVEN = object()
_NAMES = 2
"""So many arguments are named at once."""
_VALUES = 2
"""So many values of them are listed for either side: a longer list is a table of cases, and says nothing."""


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
        [_facts(case, names, (*right, *wrong)) for case in right],
        [_facts(case, names, (*right, *wrong)) for case in wrong],
        good,
        bad,
    )
    separating = [
        name
        for name in names
        if name not in _NOT_AN_ARGUMENT
        and not _is_precision(name, (*right, *wrong))
        and _separates(name, right, wrong)
    ]
    settings = [name for name in separating if name not in _SIZES and not _is_shape(name, right, wrong)]
    about = {"nets" if fact.startswith("nets") else fact for _, fact in facts}
    if len(about) == 1 and not [name for name in settings if not facts[0][1].startswith(name)]:
        said, fact = facts[0]
        return f"{said} for {fact} only"
    # A setting tells more than a size: cases differ in several sizes at once.
    named = _shortened([*settings, *(name for name in separating if name not in settings)], right, wrong)
    if named:
        if not any(_is_given(named, case) for case in right):
            return f"{bad} for {_listed(named, wrong)} only"
        if not any(_is_given(named, case) for case in wrong):
            return f"{good} for {_listed(named, right)} only"
        return f"{good} for {_listed(named, right)}, {bad} for {_listed(named, wrong)}"
    return f"{facts[0][0]} for {facts[0][1]} only" if facts else ""


def arguments(case: Case) -> str:
    """Return the arguments of a case as a text."""
    return ", ".join(_argument(case, name) for name in case if name not in _NOT_AN_ARGUMENT)


def entries(case: Case) -> int:
    """Return about how many numbers a case is about: those of its largest shape, or the product of its lengths."""
    shapes = [value for value in case.values() if isinstance(value, tuple)]
    lengths = [value for name, value in case.items() if name.lower() in _SIZES and isinstance(value, int)]
    return max(math.prod(group) for group in [*shapes, lengths] if all(isinstance(n, int) for n in group))


def _is_short(names: Sequence[str], right: Sequence[Case], wrong: Sequence[Case]) -> bool:
    return all(len(set(_texts(names, cases))) <= _VALUES for cases in (right, wrong))


def _shortened(names: Sequence[str], right: Sequence[Case], wrong: Sequence[Case]) -> list[str]:
    """Return the first of these arguments that can be listed in a few values, together."""
    kept: list[str] = []
    for name in names:
        if len(kept) < _NAMES and _is_short([*kept, name], right, wrong):
            kept.append(name)
    return kept


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


def _is_given(names: Sequence[str], case: Case) -> bool:
    return any(_value(case, name) not in (_NOT_GIVEN, None) for name in names)


def _separates(name: str, right: Sequence[Case], wrong: Sequence[Case]) -> bool:
    return not any(_value(one, name) == _value(other, name) for one in right for other in wrong)


def _is_precision(name: str, cases: Sequence[Case]) -> bool:
    """Return whether an argument is a precision: numbers are right or wrong in either, whatever chance makes of it."""
    return all(_value(case, name) in ("float32", "float64") for case in cases)


def _is_shape(name: str, right: Sequence[Case], wrong: Sequence[Case]) -> bool:
    return any(isinstance(_value(case, name), tuple) for case in (*right, *wrong))


def _listed(names: Sequence[str], cases: Sequence[Case]) -> str:
    *most, last = dict.fromkeys(_texts(names, cases))
    return f"{'; '.join(most)} and {last}" if most else last


def _texts(names: Sequence[str], cases: Sequence[Case]) -> list[str]:
    return [", ".join(_argument(case, name) for name in names) for case in cases]


def _argument(case: Case, name: str) -> str:
    value = _value(case, name)
    label = name.upper() if name in _LETTERS else name
    if value is _NOT_GIVEN or value is None:
        return f"{label} not given"
    return f"{label} = {value:g}" if isinstance(value, float) else f"{label} = {value!r}"


def _facts(case: Case, names: Sequence[str], cases: Sequence[Case]) -> dict[str, bool]:
    """Return what is known of a case's sizes and settings beside their values."""
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
    hidden = _hidden_layers(case)
    if hidden is not None:
        facts["nets without hidden layers"] = hidden == 0
        facts["nets with one hidden layer"] = hidden == 1
        facts["nets with more than one hidden layer"] = hidden > 1
    for name in names:
        is_setting = name not in _NOT_AN_ARGUMENT | _SIZES
        if is_setting and (name == "pad" or all(_is_number(_value(other, name)) for other in cases)):
            facts[f"{name} = 0"] = _value(case, name) == 0
    return facts


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _hidden_layers(case: Case) -> int | None:
    """Return how many hidden layers a case's net has; None if it is not about one of any depth."""
    if "hidden" in case:
        layers = _length(_value(case, "hidden"))
        return layers if layers >= 0 else None
    return _length(_value(case, "dims")) - 2 if _length(_value(case, "dims")) >= 2 else None


def _length(value: Any) -> int:
    """Return the length of a tuple, and -1 for anything else."""
    return len(value) if isinstance(value, tuple) else -1
