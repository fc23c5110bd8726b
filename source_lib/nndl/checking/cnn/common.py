"""What the visible checks of the milestone cnn share: the list of checks, small images, differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..shared.common import Results, numeric_gradient
from ..shared.known_mistakes import compare
from ..shared.progress import Progress

progress = Progress("Convolutional nets")


def image(*rows: tuple[float, ...]) -> np.ndarray:
    """Return one image of one channel."""
    return np.array(rows, dtype=np.float64)[None, None]


def spaced(start: float, stop: float, *shape: int) -> np.ndarray:
    """Return evenly spaced numbers in this shape."""
    return np.linspace(start, stop, int(np.prod(shape))).reshape(shape)


def float32_problem(value: Any, name: str) -> str | None:
    """Return what is wrong if ``value`` is not a float32 array."""
    dtype = getattr(value, "dtype", type(value).__name__)
    return (
        None if dtype == np.float32 else f"{name} must be float32 where the arguments are, but it is {dtype}"
    )


def differences(
    forward: Callable[..., Any],
    settings: tuple[Any, ...],
    dout: np.ndarray,
    pairs: Mapping[str, tuple[Any, np.ndarray]],
    context: str,
) -> Results:
    """Compare gradients with centred differences of ``sum(out * dout)``.

    Parameters
    ----------
    forward : callable
        Called with the arguments of ``pairs`` and with ``settings``; the first thing it returns is ``out``.
    settings : tuple
        Its further arguments.
    dout : array
        The upstream gradient.
    pairs : mapping
        Name of a gradient → its value, and the argument that it belongs to; in the forward's order.
    context : str
        Put behind the name in messages.
    """
    arguments = [argument for _, argument in pairs.values()]
    for name, (gradient, argument) in pairs.items():
        numeric = numeric_gradient(lambda: float(np.sum(forward(*arguments, *settings)[0] * dout)), argument)
        label = f"{name} {context}"
        yield compare(gradient, numeric, label, rtol=1e-7, scale=1.0, sizes={"N": len(dout)})
