"""What the visible checks of the milestone cnn share: the list of checks, small images, differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..shared.common import Results, numeric_gradient
from ..shared.known_mistakes import compare
from ..shared.progress import Progress
from ..shared.steps import remark_on_float64

progress = Progress("Convolutional nets")


def image(*rows: tuple[float, ...]) -> np.ndarray:
    """Return one image of one channel."""
    return np.array(rows, dtype=np.float64)[None, None]


def spaced(start: float, stop: float, *shape: int) -> np.ndarray:
    """Return evenly spaced numbers in this shape."""
    return np.linspace(start, stop, int(np.prod(shape))).reshape(shape)


def keeps_float32(names: Sequence[str], function: Callable[..., Any], *arguments: Any) -> Results:
    """Yield what is wrong if one of the named results of a function is not a float32 array."""
    results = function(*arguments)
    for name, value in zip(names, results if isinstance(results, tuple) else (results,), strict=False):
        dtype = getattr(value, "dtype", type(value).__name__)
        if dtype != np.float32:
            yield f"{name} must be float32 where the arguments are, but it is {dtype}"
            yield remark_on_float64(function, *arguments)


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
