"""The grader's hold on one submission: a library that answers from a sandboxed worker."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..failures import Failure, LimitExceeded, ProtocolViolation, StudentError
from ..milestone import Milestone
from ..sandbox.inside.protocol import ProtocolError, TooLarge, decode, encode
from ..sandbox.worker_sandbox import Sandbox, SandboxLimits
from .interface import Library
from .loans import Borrower, Loan
from .replies import check_reply


@dataclass
class Account:
    """Time that the code of a submission may take, in all of its processes together, and has taken; in seconds."""

    total: float
    seconds: float = 0.0


class RemoteLibrary(Borrower):
    """A submission's library behind the interface that checks use.

    The worker starts when it is first needed, or on entering the ``with`` block. A failure other than
    `StudentError` ends it, and the next request starts another one.

    Parameters
    ----------
    root : path
        Folder with the submission's files; see `sandbox.Sandbox`.
    milestone : Milestone
        Its public names and the libraries it allows.
    total_wall : float, default 120
        Seconds that all requests may take together.
    account : Account, optional
        In place of ``total_wall``: what requests to several libraries may take together.
    limits : SandboxLimits, optional
        Of one worker.
    loan : Loan, optional
        Functions of the reference that the submission's code uses in place of its own.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        milestone: Milestone,
        *,
        total_wall: float = 120.0,
        account: Account | None = None,
        limits: SandboxLimits | None = None,
        loan: Loan | None = None,
    ):
        limits = limits or SandboxLimits()
        self._account = account or Account(total_wall)
        self._remote = _Remote(root, milestone, self._account, limits, loan)
        self._arguments = root, milestone, limits
        super().__init__(self._remote, milestone.api)

    @contextlib.contextmanager
    def borrowing(self, loan: Loan) -> Iterator[Library]:
        """Give the submission's library in a sandbox of its own, in which it uses borrowed functions."""
        root, milestone, limits = self._arguments
        with RemoteLibrary(root, milestone, account=self._account, limits=limits, loan=loan) as borrower:
            loan.prepare()  # while the borrower's worker starts
            yield borrower

    @contextlib.contextmanager
    def limits(self, *, wall: float) -> Iterator[None]:
        """Allow all requests in the block ``wall`` seconds together, in place of the limit for each."""
        outer = self._remote.allowance
        self._remote.allowance = [wall, wall]
        try:
            yield
        finally:
            self._remote.allowance = outer

    def warm(self) -> None:
        """Start the worker now, without waiting for it."""
        self._remote.start()

    @property
    def seconds(self) -> float:
        """Time that requests have taken so far."""
        return self._account.seconds

    @property
    def workers(self) -> int:
        """Number of workers started so far."""
        return self._remote.generation

    @property
    def output_tail(self) -> str:
        """The last of what the submission's code printed; untrusted text."""
        return self._remote.output_tail

    def close(self) -> None:
        """End the worker."""
        self._remote.close()

    def __enter__(self) -> RemoteLibrary:
        self.warm()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _Remote:
    """Carries requests to a worker in a sandbox; at most one at a time."""

    def __init__(
        self,
        root: str | os.PathLike[str],
        milestone: Milestone,
        account: Account,
        limits: SandboxLimits,
        loan: Loan | None,
    ):
        self._root = root
        self._milestone = milestone
        self._limits = limits
        self._account = account
        self._loan = loan
        self._borrowed_by = 0  # the last generation that has its stand-ins
        self._sandbox: Sandbox | None = None
        self._numbers = itertools.count(1)
        self._dropped: list[int] = []
        self.generation = 0
        self.allowance: list[float] | None = None
        self._output_tail = ""

    @property
    def output_tail(self) -> str:
        return self._sandbox.output_tail if self._sandbox is not None else self._output_tail

    def start(self) -> Sandbox:
        if self._sandbox is None or not self._sandbox.alive:
            self.close()
            self._sandbox = Sandbox(
                self._root,
                package=self._milestone.package,
                libraries=self._milestone.libraries,
                limits=self._limits,
            )
            self._dropped = []
            self.generation += 1
        return self._sandbox

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        if self._loan is not None and op != "borrow":
            self._borrow(self._loan)
        kind, limit, allowed = self._tightest()
        if allowed <= 0:
            raise LimitExceeded(kind, limit)
        sandbox = self.start()
        sandbox.wait_until_ready()
        number = next(self._numbers)
        dropped, self._dropped = self._dropped, []
        message = encode({"id": number, "op": op, "drop": dropped, **fields})
        start = time.monotonic()
        try:
            data = sandbox.exchange(message, start + allowed)
            while (asked := self._asked(data)) is not None and self._loan is not None:
                left = start + allowed - time.monotonic()
                data = sandbox.exchange(self._loan.answer(asked, number, left), start + allowed)
            return check_reply(decode(data, self._limits.message, handles=False), number, op, fields)
        except StudentError:
            raise
        except TimeoutError:
            failure: Failure = LimitExceeded(kind, limit)
        except TooLarge as error:
            failure = LimitExceeded("reply", error.limit, f"the reply is too large: {error}")
        except ProtocolError as error:
            failure = ProtocolViolation(str(error))
        except Failure as error:
            failure = error
        finally:
            self._spend(time.monotonic() - start)
        self.close()
        raise failure

    def _borrow(self, loan: Loan) -> None:
        """Have stand-ins in the worker, also in one that takes the place of another."""
        alive = self._sandbox is not None and self._sandbox.alive
        if not alive or self._borrowed_by != self.generation:
            self.request("borrow", {"names": loan.modules})
            self._borrowed_by = self.generation

    def _asked(self, data: bytes) -> dict[str, Any] | None:
        """Return what the worker wants to borrow, if that is what it sent."""
        return None if self._loan is None else self._loan.request(data, self._limits.message)

    def _tightest(self) -> tuple[str, float, float]:
        """Return the time limit that ends next: its kind, its size and what is left of it."""
        total = ("total", self._account.total, self._account.total - self._account.seconds)
        if self.allowance is None:
            wall = ("wall", self._limits.wall, self._limits.wall)
        else:
            wall = ("wall", self.allowance[0], self.allowance[1])
        return min(wall, total, key=lambda entry: entry[2])

    def _spend(self, seconds: float) -> None:
        self._account.seconds += seconds
        if self.allowance is not None:
            self.allowance[1] -= seconds

    def drop(self, generation: int, number: int) -> None:
        if generation == self.generation:
            self._dropped.append(number)

    def close(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()
            self._output_tail = sandbox.output_tail
