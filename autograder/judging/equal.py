"""Values that are more than numbers, such as texts, lists and dicts: are they equal, and if not, where they differ."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nndl.diagnosis import compare, describe

OTHER_VALUE = "other value"
"""The kind of a finding about a value of the right form that is not the right one: it may show a known mistake."""

_ROUNDING = 1e-9
_SHOWN = 60


def first_difference(got: Any, want: Any, name: str) -> str:
    """Return where a value first differs from the right one, in words; an empty text if it does not.

    Numbers, also those inside of lists and dicts, may differ by rounding. Everything else is compared exactly, types
    included, whatever the value is.

    Parameters
    ----------
    got, want : object
    name : str
        What to call the value.
    """
    if isinstance(want, np.ndarray):
        diagnosis = compare(got, want, name)
        return "" if diagnosis is None else diagnosis.message
    if _is_number(want):
        same = _is_number(got) and math.isclose(got, want, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
        return "" if same or (same_nan(got, want)) else f"{name} is {_short(got)}, but must be {_short(want)}"
    if type(got) is not type(want):
        return f"{name} is {_short(got)} ({_kind(got)}), but must be {_kind(want)}"
    if isinstance(want, (list, tuple)):
        if len(got) != len(want):
            return f"{name} has {len(got)} entries, but must have {len(want)}"
        places = [(got[i], want[i], f"{name}[{i}]") for i in range(len(want))]
    elif isinstance(want, dict):
        if missing := [key for key in want if key not in got]:
            return f"{name} has no entry {_short(missing[0])}"
        if more := [key for key in got if key not in want]:
            return f"{name} has an entry {_short(more[0])}, which does not belong there"
        places = [(got[key], want[key], f"{name}[{_short(key)}]") for key in want]
    else:
        return "" if got == want else f"{name} is {_short(got)}, but must be {_short(want)}"
    return next(filter(None, (first_difference(*place) for place in places)), "")


def may_show_a_mistake(got: Any, want: Any) -> bool:
    """Return whether a wrong value says so much that an equal one of a known mistake is no accident."""
    return type(got) is type(want) and isinstance(want, (str, list, tuple, dict)) and bool(got)


def same_nan(got: Any, want: Any) -> bool:
    """Return whether both are the number that equals nothing."""
    return isinstance(got, float) and isinstance(want, float) and math.isnan(got) and math.isnan(want)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, (str, int, float, bool, type(None))) else describe(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
