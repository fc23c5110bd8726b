"""What a comparison says of a wrong value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnosis:
    """How a value differs from what it should be.

    Attributes
    ----------
    kind : str
        One of ``type``, ``shape``, ``dtype``, ``nonfinite``, ``zeros``, ``sign``, ``factor``, ``transpose``,
        ``order``, ``shift``, ``offset``, ``function``, ``precision``, ``place``, ``entries``, ``value``. The last
        two say only that numbers are wrong; all others say how.
    message : str
        One sentence that starts with the value's name.
    error : float
        Largest absolute difference divided by the largest expected magnitude; ``inf`` where undefined.
    """

    kind: str
    message: str
    error: float = float("inf")
