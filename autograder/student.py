"""The grader's hold on one submission: a library that answers from a sandboxed worker."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from typing import Any

from .failures import Failure, LimitExceeded, ProtocolViolation, StudentError
from .library import Library
from .milestones import Milestone
from .protocol import ProtocolError, TooLarge, decode, encode
from .replies import check_reply
from .sandbox import Sandbox, SandboxLimits


class RemoteLibrary(Library):
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
    limits : SandboxLimits, optional
        Of one worker.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        milestone: Milestone,
        *,
        total_wall: float = 120.0,
        limits: SandboxLimits | None = None,
    ):
        self._remote = _Remote(root, milestone.libraries, total_wall, limits or SandboxLimits())
        super().__init__(self._remote, milestone.api)

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
        return self._remote.seconds

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
        self, root: str | os.PathLike[str], libraries: tuple[str, ...], total: float, limits: SandboxLimits
    ):
        self._root = root
        self._libraries = libraries
        self._limits = limits
        self._total = total
        self._sandbox: Sandbox | None = None
        self._numbers = itertools.count(1)
        self._dropped: list[int] = []
        self.generation = 0
        self.seconds = 0.0
        self.allowance: list[float] | None = None
        self._output_tail = ""

    @property
    def output_tail(self) -> str:
        return self._sandbox.output_tail if self._sandbox is not None else self._output_tail

    def start(self) -> Sandbox:
        if self._sandbox is None or not self._sandbox.alive:
            self.close()
            self._sandbox = Sandbox(self._root, libraries=self._libraries, limits=self._limits)
            self._dropped = []
            self.generation += 1
        return self._sandbox

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
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

    def _tightest(self) -> tuple[str, float, float]:
        """Return the time limit that ends next: its kind, its size and what is left of it."""
        total = ("total", self._total, self._total - self.seconds)
        if self.allowance is None:
            wall = ("wall", self._limits.wall, self._limits.wall)
        else:
            wall = ("wall", self.allowance[0], self.allowance[1])
        return min(wall, total, key=lambda entry: entry[2])

    def _spend(self, seconds: float) -> None:
        self.seconds += seconds
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
