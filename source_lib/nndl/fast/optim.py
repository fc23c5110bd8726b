"""Adam in one pass through memory.

The rule counts as registered, so :class:`nndl.solver.Solver` takes ``update_rule="fused_adam"``.
"""

from __future__ import annotations

import numpy as np

from .._support.update_rules import Config, prepare, register
from ..optim import adam

try:
    from . import cython_layers
except ImportError:
    cython_layers = None  # type: ignore[assignment]

__all__ = ["fused_adam"]


@register
def fused_adam(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    r"""Take the step of :func:`nndl.optim.adam` in one pass, up to rounding.

    A formula in NumPy reads and writes its arrays once for every operation; a parameter of some million entries
    does not fit into the cache and comes from main memory each time. The compiled kernel does all operations on
    an entry while it is in a register, with as many threads as the fast layers. Where the kernels are not built,
    and for arrays that are not all float32 or all float64, :func:`nndl.optim.adam` takes the step.

    Parameters
    ----------
    w, dw : ndarray of float, same shape
        Parameter and gradient; neither is changed.
    config : dict, optional
        As :func:`nndl.optim.adam`, with the same defaults. Where possible, the arrays ``m`` and ``v`` in it are
        overwritten.

    Returns
    -------
    next_w : ndarray
        A new array.
    config : dict
        The dict that was passed, completed, with the new ``m``, ``v`` and ``t``.

    Raises
    ------
    TypeError, ValueError
        As :func:`nndl.optim.adam`.
    """
    state = ("m", "v")
    config = prepare(w, dw, config, state, ("t",), learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8)
    dtypes = {np.asarray(array).dtype for array in (w, dw, config["m"], config["v"])}
    if cython_layers is None or len(dtypes) > 1 or not dtypes <= {np.dtype(np.float32), np.dtype(np.float64)}:
        return adam(w, dw, config)
    m, v = (_exclusive(config[name], w, dw) for name in state)
    if np.may_share_memory(m, v):
        v = v.copy()
    t = config.get("t", 0) + 1
    hyperparameters = {name: config[name] for name in ("learning_rate", "beta1", "beta2", "epsilon")}
    next_w = cython_layers.adam_step(
        np.ascontiguousarray(w), np.ascontiguousarray(dw), m, v, t=t, **hyperparameters
    )
    config.update(m=m, v=v, t=t)
    return next_w, config


def _exclusive(array: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """Return a contiguous array that may be overwritten: the one that came, or a copy."""
    array = np.ascontiguousarray(array)
    shared = any(np.may_share_memory(array, other) for other in others)
    return array.copy() if shared or not array.flags.writeable else array
