"""What every worker of a cluster does before it takes work; Dask loads this module when a worker starts."""

from __future__ import annotations

from typing import Any

from ..sandbox.availability import sandbox_availability


def dask_setup(worker: Any) -> None:
    """Refuse to start where submissions cannot be sandboxed.

    Raises
    ------
    RuntimeError
        With what to do.
    """
    state = sandbox_availability()
    if not state.ok:
        raise RuntimeError(f"submissions cannot be sandboxed here: {state.advice}")
