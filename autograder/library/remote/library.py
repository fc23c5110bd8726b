"""A submission's library: requests go to a worker in a sandbox."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...milestone import Milestone
from ...sandbox.limits import SandboxLimits
from ...sandbox.tree import Base, Tree
from ..conversations import Conversation, Said
from ..interface import Library
from ..loans import Borrower, Loan
from ..local import reference_folder
from .time_limits import TimeBudget
from .transport import WorkerTransport

_PATIENCE = 3600.0
"""Seconds that the reference in a sandbox may take; the loan of a submission ends long before."""


class RemoteLibrary(Borrower):
    """A submission's library behind the interface that checks use.

    The worker starts when it is first needed, or on entering the ``with`` block. A failure other than
    `StudentError` ends it, and the next request starts another one.

    Parameters
    ----------
    root : path or Tree
        The submission's files, or their folder; see `worker_sandbox.Sandbox`.
    milestone : Milestone
        Its public names, its package and the libraries it allows.
    total_wall : float, default 120
        Seconds that all requests may take together.
    budget : TimeBudget, optional
        Replaces ``total_wall`` where several libraries share one budget.
    limits : SandboxLimits, optional
        Of one worker.
    loan : Loan, optional
        Functions of the reference that the submission's code uses instead of its own.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] | Tree,
        milestone: Milestone,
        *,
        total_wall: float = 120.0,
        budget: TimeBudget | None = None,
        limits: SandboxLimits | None = None,
        loan: Loan | None = None,
    ):
        limits = limits or SandboxLimits()
        self._budget = budget or TimeBudget(total_wall)
        self._remote = WorkerTransport(root, milestone, self._budget, limits, loan)
        self._arguments = root, milestone, limits
        self._borrows = loan is not None
        super().__init__(self._remote, milestone.api)

    @contextlib.contextmanager
    def borrowing(self, loan: Loan) -> Iterator[Library]:
        """Give the submission's library in a sandbox of its own, in which it uses borrowed functions."""
        root, milestone, limits = self._arguments
        with RemoteLibrary(root, milestone, budget=self._budget, limits=limits, loan=loan) as borrower:
            loan.prepare()  # while the borrower's worker starts
            yield borrower

    @contextlib.contextmanager
    def limits(self, *, wall: float, call: float | None = None) -> Iterator[None]:
        """Allow all requests in the block ``wall`` seconds together, and each of them ``call`` if that is less."""
        with self._remote.times.block(wall, wall if call is None else call):
            yield

    def begin_case(self) -> None:
        """Say that a case begins: nothing is asked for that was kept before."""
        if self._borrows:
            return  # its answers are not those of the submission alone
        self._remote.begin_case()

    def ask_again(self, conversation: Conversation) -> Any:
        """See `Library.ask_again`."""
        return None if self._borrows else self._remote.ask_again(conversation)

    def said(self) -> Sequence[Said] | None:
        """See `Library.said`."""
        return self._remote.said()

    def begin_anew(self) -> None:
        """Begin a case once more, with another worker."""
        self.close()
        self.begin_case()

    def warm(self) -> None:
        """Start the worker now, without waiting for it."""
        self._remote.start()

    @property
    def seconds(self) -> float:
        """Time that requests have taken so far."""
        return self._budget.spent

    @property
    def workers(self) -> int:
        """Number of workers started so far."""
        return self._remote.workers

    @property
    def output_tail(self) -> str:
        """The end of what the submission's code printed; untrusted text."""
        return self._remote.output_tail

    def close(self) -> None:
        """End the worker."""
        self._remote.close()

    def __enter__(self) -> RemoteLibrary:
        self.warm()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@contextlib.contextmanager
def sandboxed_reference(milestone: Milestone, limits: SandboxLimits | None = None) -> Iterator[Library]:
    """Give the reference in a sandbox of its own, for values that a submission's code has chosen."""
    folder = reference_folder(milestone.reference)
    found = [
        (path.relative_to(folder).as_posix(), path.stat())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(p == "__pycache__" or p.startswith(".") for p in path.parts[len(folder.parts) :])
    ]
    state = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)
    base = _reference_files(folder, milestone.package, state)
    with RemoteLibrary(Tree({}, base), milestone, total_wall=_PATIENCE, limits=limits) as reference:
        yield reference


@functools.lru_cache(maxsize=2)
def _reference_files(folder: Path, package: str, state: tuple[tuple[str, int, int], ...]) -> Base:
    """Return the files of a reference, as ``state`` has their names, times and sizes."""
    return Base({f"{package}/{name}": (folder / name).read_bytes() for name, *_ in state})
