"""A backward pass that is right, beside a forward pass that has put something else into its cache than is described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class HandedOn:
    """What a forward pass hands on to its backward pass.

    Attributes
    ----------
    forward, backward : str
        Names of the two functions.
    made : callable
        Gives a cache of the student's own forward pass.
    parts : mapping
        Name of each part of the cache that is described → what it holds.
    right : callable
        Says whether the backward pass is right with a cache.
    others : mapping
        Name of what somebody might have put there → what that holds.
    """

    forward: str
    backward: str
    made: Callable[[], Any]
    parts: Mapping[str, Any]
    right: Callable[[Any], bool]
    others: Mapping[str, Any] = field(default_factory=dict)

    def problem(self) -> str:
        """Return what is wrong with the cache if all that the backward pass lacks is a right one; nothing otherwise."""
        names, parts = list(self.parts), tuple(self.parts.values())
        try:
            own = self.made()
            held = own if isinstance(own, tuple | list) else (own,)
            wrong = [place for place, (a, b) in enumerate(zip(held, parts, strict=False)) if not _same(a, b)]
            if len(held) == len(parts) and not wrong:
                return ""
            if not self.right(parts if len(parts) > 1 else parts[0]) or self._is_right_with(own):
                return ""
        except Exception:
            return ""
        layout = f"({', '.join(names)})" if len(names) > 1 else names[0]
        says = f"`{self.backward}` gives right gradients with the cache {layout}"
        says += f", but `{self.forward}` puts together another one"
        if len(held) != len(parts):
            return f"{says}, of {len(held)} part{'s' * (len(held) != 1)}"
        return f"{says}: {', and '.join(self._instead(names[place], held[place]) for place in wrong)}"

    def _is_right_with(self, cache: Any) -> bool:
        """Return whether another cache does no harm: what the check has found then lies elsewhere."""
        try:
            return self.right(cache)
        except Exception:
            return False

    def _instead(self, name: str, value: Any) -> str:
        same = (other for other, known in {**self.parts, **self.others}.items() if _same(value, known))
        found = "None" if value is None else next(same, "something else")
        return f"in the place of {name} stands {found}"


def _same(one: Any, other: Any) -> bool:
    """Return whether two parts of a cache hold the same, up to rounding and axes of length 1."""
    if isinstance(other, np.ndarray):
        if not isinstance(one, np.ndarray | np.generic | float):
            return False
        array = np.asarray(one)
        if array.size != other.size or [n for n in array.shape if n > 1] != [n for n in other.shape if n > 1]:
            return False
        return bool(np.allclose(array.ravel(), other.ravel(), rtol=1e-9, atol=1e-12))
    return type(one) is type(other) and one == other
