"""What a fully connected net stored as plain arrays must look like, and how large it may be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

MOST_LAYERS = 8
MOST_NUMBERS = 4_000_000


@dataclass(frozen=True)
class Layout:
    """The form of a stored net.

    Attributes
    ----------
    hidden_dims : tuple of int
        Units of each hidden layer.
    normalization : None, "batchnorm" or "layernorm"
        Recognised by the names of the arrays: gammas with running statistics, or without.
    """

    hidden_dims: tuple[int, ...]
    normalization: str | None

    def params(self) -> list[str]:
        """Return the names of the arrays that are parameters."""
        layers = len(self.hidden_dims) + 1
        names = [f"{kind}{i}" for i in range(1, layers + 1) for kind in ("W", "b")]
        if self.normalization is not None:
            names += [f"{kind}{i}" for i in range(1, layers) for kind in ("gamma", "beta")]
        return names

    def statistics(self) -> list[str]:
        """Return the names of the arrays that hold running statistics."""
        if self.normalization != "batchnorm":
            return []
        return [
            f"{kind}{i}"
            for i in range(1, len(self.hidden_dims) + 1)
            for kind in ("running_mean", "running_var")
        ]


def layout(arrays: Mapping[str, np.ndarray], features: int, classes: int) -> Layout:
    """Return the form of a stored net, once all its arrays fit together.

    Parameters
    ----------
    arrays : mapping of str to array
        ``W1`` (D, H1), ``b1`` (H1,) and so on; with normalization ``gamma1``, ``beta1`` and so on for the hidden
        layers, and for batch normalization also ``running_mean1``, ``running_var1`` and so on.
    features, classes : int
        What the first layer takes and the last one gives.

    Raises
    ------
    ValueError
        If arrays are missing, superfluous or of a wrong shape, hold something other than finite floating-point
        numbers, or make up a net of more than ``MOST_LAYERS`` layers or ``MOST_NUMBERS`` numbers.
    """
    layers = sum(1 for name in arrays if re.fullmatch(r"W[0-9]+", name))
    if not 1 <= layers <= MOST_LAYERS:
        raise ValueError(f"there must be 1 to {MOST_LAYERS} arrays W1, W2, …, but there are {layers}")
    numbers = sum(array.size for array in arrays.values())
    if numbers > MOST_NUMBERS:
        raise ValueError(f"the arrays hold {numbers:,} numbers, but at most {MOST_NUMBERS:,} are accepted")
    normalized = any(name.startswith("gamma") for name in arrays)
    running = any(name.startswith("running") for name in arrays)
    kind = None if not normalized else "batchnorm" if running else "layernorm"

    widths = [arrays[f"W{i}"].shape if f"W{i}" in arrays else () for i in range(1, layers)]
    found = Layout(tuple(int(shape[1]) if len(shape) == 2 else 0 for shape in widths), kind)
    dims = (features, *found.hidden_dims, classes)
    wanted: dict[str, tuple[int, ...]] = {}
    for name in (*found.params(), *found.statistics()):
        i = int(name[-1])  # there are fewer than ten layers
        wanted[name] = (dims[i - 1], dims[i]) if name[0] == "W" else (dims[i],)
    missing, extra = [n for n in wanted if n not in arrays], [n for n in arrays if n not in wanted]
    if missing or extra:
        odd = ([f"{', '.join(missing[:6])} missing"] if missing else []) + (
            [f"{', '.join(map(repr, extra[:6]))} superfluous"] if extra else []
        )
        raise ValueError(f"a net of {layers} layers has other arrays: {' and '.join(odd)}")
    for name, shape in wanted.items():
        array = arrays[name]
        if array.shape != shape or 0 in shape:
            raise ValueError(f"{name} has shape {array.shape}, but it should be {shape}")
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise ValueError(f"{name} must hold finite floating-point numbers")
        if name.startswith("running_var") and (array < 0).any():
            raise ValueError(f"{name} holds negative numbers, but a variance is never negative")
    return found
