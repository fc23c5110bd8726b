"""The options of :mod:`nndl.fc_net` that have two names, because two courses named them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .validate import check_choice, check_number


def one_of_two_names(name: str, value: Any, other_name: str, other: Any, default: Any) -> Any:
    """Return the value of a setting that has two names; ``None`` means that a name is not given.

    Raises
    ------
    ValueError
        If both are given and differ.
    """
    if value is not None and other is not None and value != other:
        raise ValueError(
            f"{name} and {other_name} are two names for one setting, but they disagree: {value!r} and {other!r}"
        )
    given = value if value is not None else other
    return default if given is None else given


def keep_ratio(dropout_keep_ratio: Any, dropout: Any) -> float:
    """Return the probability of keeping a unit that the two dropout arguments ask for."""
    if dropout is not None:
        dropout = check_number("dropout", dropout, minimum=0, maximum=1)
        dropout = 1.0 if dropout == 0 else dropout
    if dropout_keep_ratio is not None:
        check_number("dropout_keep_ratio", dropout_keep_ratio, above=0, maximum=1)
    return one_of_two_names(
        "dropout_keep_ratio", dropout_keep_ratio, "dropout (0 means keep all)", dropout, 1
    )


def normalization_kind(normalization: Any, use_batchnorm: Any) -> str | None:
    """Return ``None``, ``"batchnorm"`` or ``"layernorm"`` as the two normalization arguments ask for."""
    check_choice("normalization", normalization, (None, "batchnorm", "layernorm"))
    if use_batchnorm is None:
        return normalization
    # normalization=None says nothing: it is also what an untouched argument looks like
    if normalization == ("layernorm" if use_batchnorm else "batchnorm"):
        raise ValueError(f"use_batchnorm={use_batchnorm!r} and normalization={normalization!r} disagree")
    return "batchnorm" if use_batchnorm else normalization


def float_dtype(dtype: DTypeLike) -> np.dtype:
    """Return ``dtype`` as a NumPy dtype; raise ``ValueError`` if it is not one of floating-point numbers."""
    found = np.dtype(dtype)
    if found.kind != "f":
        raise ValueError(f"dtype must be a floating-point type such as np.float32, but got {dtype!r}")
    return found
