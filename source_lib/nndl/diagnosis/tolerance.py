"""How far two right answers may lie apart."""

from __future__ import annotations

from typing import Any

import numpy as np


def tolerance(dtype: Any, terms: int = 1000, condition: float = 30.0) -> float:
    r"""Return how far two right answers may lie apart, relative to the largest entry.

    Rounding errors of a sum of ``terms`` products grow like :math:`\sqrt{\text{terms}}\,\epsilon` when they
    are independent (Higham, 2002, section 2.8); ``condition`` allows for the function's own amplification.

    Parameters
    ----------
    dtype : dtype
        Floating dtype of the computation; its machine epsilon is used.  Anything else counts as float64.
    terms : int, default 1000
        Length of the longest sum behind an entry.
    condition : float, default 30
        How much the function may amplify an error of its input.
    """
    kind = np.dtype(dtype)
    eps = np.finfo(kind).eps if kind.kind == "f" else np.finfo(np.float64).eps
    return float(4 * condition * np.sqrt(max(terms, 1)) * eps)
