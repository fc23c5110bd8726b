"""A submission's library: requests go to a worker in a sandbox."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..failures import Failure, LimitExceeded, ProtocolViolation, StudentError
from ..milestone import Milestone
from ..sandbox.inside.protocol import ProtocolError, TooLarge, decode, encode
from ..sandbox.limits import SandboxLimits
from ..sandbox.tree import Base, Tree
from ..sandbox.worker_sandbox import Sandbox
from .conversations import LARGEST_CASE, AskedOtherwise, Conversation, Said, Turn, given
from .interface import Library
from .kept import size
from .loans import Borrower, Loan, is_request
from .local import reference_folder
from .replies import check_reply, holds_handle, told_of_puts

_PATIENCE = 3600.0
"""Seconds that the reference in a sandbox may take; the loan of a submission ends long before."""


_MAY_WAIT = {"put": "handle", "make": "handle", "seed": "value", "set": "value", "set_item": "value"}
"""Requests that answer nothing, or a handle: they are sent with the next one. Each exchange takes 0.2 ms."""

_RUNS_CODE = ("call", "method", "make")

LARGEST_PUT_OFF, MOST_PUT_OFF, LARGEST_TOGETHER = 1 << 20, 50, 8 << 20
"""Bytes of a request that may wait, how many may, and bytes of what may be sent with others: far below any limit."""

_FIRST_OWN_HANDLE = 1 << 62
"""The worker counts its own from 1."""

_Read = TypeVar("_Read")


@dataclass
class TimeBudget:
    """How long the code of one submission may run, in all of its processes together, and how long it has run.

    Attributes
    ----------
    total, spent : float
        In seconds.
    endless : set of str
        Functions that came to no end in the time of a call.
    has_answered : bool
        Whether anything came to its end.
    """

    total: float
    spent: float = 0.0
    endless: set[str] = field(default_factory=set)
    has_answered: bool = False

    @property
    def left(self) -> float:
        """What remains; negative once the budget is exceeded."""
        return self.total - self.spent


_ALMOST = 0.9
_DIVIDED_BY = 3
"""A function that used up nearly all the time of a call has this part of it in the next blocks."""

_SHORT = 0.01
"""Seconds of a request that are counted as they are, without asking how many of them others had the processor."""


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
        self._remote = _RemoteTransport(root, milestone, self._budget, limits, loan)
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
        remote = self._remote
        outer = remote.block_budget, remote.longest_call
        remote.block_budget, remote.longest_call = TimeBudget(wall), wall if call is None else call
        try:
            yield
        finally:
            remote.block_budget, remote.longest_call = outer

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


class _RemoteTransport:
    """Carries requests to a worker in a sandbox; at most one at a time."""

    def __init__(
        self,
        root: str | os.PathLike[str] | Tree,
        milestone: Milestone,
        budget: TimeBudget,
        limits: SandboxLimits,
        loan: Loan | None,
    ):
        self._root = root
        self._milestone = milestone
        self._limits = limits
        self._budget = budget
        self._loan = loan
        self._worker_with_stand_ins = 0
        self._sandbox: Sandbox | None = None
        self.workers = 0
        self.generation = 0
        self._waited: float | None = None
        self.block_budget: TimeBudget | None = None
        self.longest_call = limits.wall
        self._output_tail = ""
        self._begins = False
        self._said: list[Said] | None = None
        self._bytes_said = 0
        self._count_anew()

    def _count_anew(self) -> None:
        self._numbers = itertools.count(1)
        self._own_handles = itertools.count(_FIRST_OWN_HANDLE)
        self._dropped: list[int] = []
        self._put_off: list[bytes] = []
        self._answered: deque[tuple[Turn, bytes | Failure]] = deque()
        self._forget_puts()

    def _forget_puts(self) -> None:
        self._as_put: dict[int, bytes] = {}
        self._know_nothing()

    def _know_nothing(self) -> None:
        """Take nothing for granted of what was put: code runs."""
        self._still: frozenset[int] = frozenset()
        self._held: dict[int, Any] = {}

    @property
    def output_tail(self) -> str:
        return self._sandbox.output_tail if self._sandbox is not None else self._output_tail

    def start(self) -> Sandbox:
        if self._sandbox is None or not self._sandbox.alive:
            self.close()
            self._sandbox = Sandbox(
                self._root,
                package=self._milestone.package,
                libraries=self._milestone.imported,
                limits=self._limits,
            )
            self._dropped = []
            self._put_off = []
            self._waited = None
            self._forget_puts()
            self.workers += 1
            self.generation += 1
        return self._sandbox

    def begin_case(self) -> None:
        """Have the worker forget what it holds, and count as in any other case that begins."""
        self.generation += 1
        self._begins, self._said, self._bytes_said = True, [], 0
        self._count_anew()

    def ask_again(self, conversation: Conversation) -> Any:
        """See `Library.ask_again`."""
        turn = conversation.first
        if turn is not None and not self._is_alive:
            self.start()  # as whoever asks first in a case does
        while turn is not None:
            if self._answered and not turn.needs_the_same and not self._is_alive:
                break  # whoever asks now starts another worker, to which what is kept means nothing
            try:
                reply = self._exchanged(turn, lambda data, *_: data)
            except Failure as failure:
                self._answered.append((turn, failure))
                break
            self._answered.append((turn, reply))
            answer = given(turn, reply)
            if answer is None:
                break
            self._budget.has_answered |= answer.is_error or turn.op in _RUNS_CODE
            if answer.outcome is not None:
                self._answered.clear()
                return answer.outcome
            turn = answer.then
        return None

    def said(self) -> list[Said] | None:
        """See `Library.said`."""
        if self._answered:
            raise AskedOtherwise("less was asked than before")
        return self._said

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        if self._loan is not None and op != "borrow":
            self._put_stand_ins(self._loan)
        if op in ("fetch", "fetch_all") and (foreseen := self._foreseen(op, fields)) is not None:
            return foreseen
        function = str(fields["name"]) if op == "call" else ""
        needs_the_same = self._needs_the_same(fields)
        if op in _MAY_WAIT and size(fields, LARGEST_PUT_OFF) <= LARGEST_PUT_OFF:
            if not self._answered:
                self._time_for(function)
                self._worker(needs_the_same)
            return self._until_later(op, fields)
        if self._put_off and size(fields, LARGEST_TOGETHER) > LARGEST_TOGETHER:
            self.settle()
        number = next(self._numbers)
        known, outcome = self._answered.popleft() if self._answered else (None, None)
        (dropped, self._dropped), (before, self._put_off) = (self._dropped, []), (self._put_off, [])
        if known is not None:
            # what is not needed any more is told early or late, and is no part of a question
            dropped = known.dropped
        asked = {"id": number, "op": op, "drop": dropped, "before": before, **fields}
        if number == 1 and self._begins:
            asked["begins"] = True
        turn = Turn(op, function, needs_the_same, dropped, encode(asked))
        self._know_nothing()
        if known is not None and known.message != turn.message:
            raise AskedOtherwise(f"{op} {function}: not what was asked before")
        if isinstance(outcome, Failure):
            raise outcome

        def read(data: bytes, sandbox: Sandbox | None = None, deadline: float = math.inf) -> dict[str, Any]:
            reply = decode(data, self._limits.message, handles=self._loan is not None)
            while sandbox is not None and self._loan is not None and is_request(reply):
                lent = self._loan.answer(reply, len(data), number, deadline - time.monotonic())
                data = sandbox.exchange(lent, deadline, self._waited)
                reply = decode(data, self._limits.message)
            still, held = told_of_puts(reply)
            try:
                answer = check_reply(reply, number, op, fields)
            except StudentError:
                self._note(turn, data, is_error=True)
                raise
            self._note(turn, data, is_error=False)
            self._still, self._held = still, held
            if op == "put":
                self._as_put[int(answer["handle"])] = turn.message
            return answer

        return (
            self._exchanged(turn, read) if outcome is None else self._heard(functools.partial(read, outcome))
        )

    def _exchanged(self, turn: Turn, read: Callable[[bytes, Sandbox, float], _Read]) -> _Read:
        """Send a request and return what is read in its reply; the time of both counts."""
        kind, limit, allowed, had_it_all = self._time_for(turn.function)
        sandbox = self._worker(turn.needs_the_same)
        sandbox.wait_until_ready()
        if self._waited is None:
            self._waited = sandbox.waited()
        start = time.monotonic()
        deadline, at_least = start + allowed, 0.0

        def exchange() -> _Read:
            nonlocal at_least
            try:
                return read(sandbox.exchange(turn.message, deadline, self._waited), sandbox, deadline)
            except TimeoutError:
                at_least = allowed
                if turn.function and kind == "wall" and had_it_all:
                    self._budget.endless.add(turn.function)
                raise LimitExceeded(kind, limit) from None

        try:
            return self._heard(exchange)
        finally:
            self._spend(max(at_least, self._counted(time.monotonic() - start, sandbox)))

    def _heard(self, reply: Callable[[], _Read]) -> _Read:
        """Return a reply; what is wrong with it ends the worker, unless it tells of an exception."""
        try:
            return reply()
        except StudentError:
            raise
        except TooLarge as error:
            failure: Failure = LimitExceeded("reply", error.limit, f"the reply is too large: {error}")
        except ProtocolError as error:
            failure = ProtocolViolation(str(error))
        except Failure as error:
            failure = error
        self._said = None
        self.close()
        raise failure

    def _note(self, turn: Turn, reply: bytes, *, is_error: bool) -> None:
        """Note what was said, unless it is much more than is remembered."""
        self._budget.has_answered |= is_error or turn.op in _RUNS_CODE
        if self._said is not None:
            self._said.append(Said(turn, reply, is_error))
            self._bytes_said += len(turn.message) + len(reply)
            if self._bytes_said > LARGEST_CASE:
                self._said = None

    def _worker(self, needs_the_same: bool) -> Sandbox:
        """Return the worker that is asked: if the one that holds something has died unnoticed, asking it says so."""
        return self._sandbox if self._sandbox is not None and needs_the_same else self.start()

    @property
    def _is_alive(self) -> bool:
        return self._sandbox is not None and self._sandbox.alive

    def _time_for(self, function: str) -> tuple[str, float, float, bool]:
        """Return what `_tightest` does, less where there was no end before, and whether the limit was left whole.

        Raises
        ------
        LimitExceeded
            If no time is left.
        """
        kind, limit, allowed = self._tightest()
        had_it_all = allowed > _ALMOST * limit
        if function and kind == "wall" and (function in self._budget.endless or self._nothing_ends):
            # a loop without an end would hold up everybody behind it for the time of each check that calls it, and one
            # outside of all functions for that of every check
            limit = float(max(1, round(limit / _DIVIDED_BY)))
            allowed = min(allowed, limit)
        if allowed <= 0:
            raise LimitExceeded(kind, limit)
        return kind, limit, allowed, had_it_all

    @property
    def _nothing_ends(self) -> bool:
        """Whether code that belongs to no function may be what came to no end."""
        return len(self._budget.endless) > 1 and not self._budget.has_answered

    def _needs_the_same(self, fields: dict[str, Any]) -> bool:
        """Whether a request is about what a worker holds: if that has died unnoticed, this says so, and not another."""
        return bool(self._put_off) or "target" in fields or "targets" in fields or holds_handle(fields)

    def _until_later(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Put a request off, as it is now, and answer it: where it gives a handle, this side chooses the number."""
        handle = next(self._own_handles) if _MAY_WAIT[op] == "handle" else 0
        sent = encode({"op": op, **fields, "handle": handle})
        self._put_off.append(sent)
        if op == "put":
            self._as_put[handle] = sent
        elif op != "seed":
            self._know_nothing()
        if len(self._put_off) >= MOST_PUT_OFF or sum(map(len, self._put_off)) > LARGEST_TOGETHER:
            self.settle()
        return {"handle": handle} if handle else {"value": None}

    def _foreseen(self, op: str, fields: dict[str, Any]) -> dict[str, Any] | None:
        """Return the reply that would come if it is known, as no code has run since the worker told of it."""
        if op == "fetch" and fields["target"] in self._held:
            return {"value": self._held.pop(fields["target"])}
        targets = fields["targets"] if op == "fetch_all" else [fields["target"]]
        if not all(target in self._still and target in self._as_put for target in targets):
            return None
        values = [decode(self._as_put[target])["value"] for target in targets]
        return {"value": values if op == "fetch_all" else values[0]}

    def settle(self) -> None:
        """Have done what was put off."""
        if self._put_off:
            self.request("settle", {})

    def _put_stand_ins(self, loan: Loan) -> None:
        """Make sure that the worker has stand-ins, also if it has replaced another worker."""
        if not self._is_alive or self._worker_with_stand_ins != self.workers:
            self.request("borrow", {"names": loan.modules, "methods": loan.methods})
            self._worker_with_stand_ins = self.workers

    def _tightest(self) -> tuple[str, float, float]:
        """Return the time limit with the least time left: its kind, its size and what is left of it."""
        limits = [
            ("wall", self.longest_call, self.longest_call),
            ("total", self._budget.total, self._budget.left),
        ]
        if self.block_budget is not None:
            limits.append(("wall", self.block_budget.total, self.block_budget.left))
        return min(limits, key=lambda entry: entry[2])

    def _counted(self, seconds: float, sandbox: Sandbox) -> float:
        """Return how many of a request's seconds count: not those in which it waited while others had the processor."""
        if seconds > _SHORT and self._waited is not None and (waited := sandbox.waited()):
            seconds = max(0.0, seconds - max(0.0, waited - self._waited))
            self._waited = waited
        return seconds

    def _spend(self, seconds: float) -> None:
        self._budget.spent += seconds
        if self.block_budget is not None:
            self.block_budget.spent += seconds

    def drop(self, generation: int, number: int) -> None:
        if generation == self.generation:
            self._dropped.append(number)
            self._as_put.pop(number, None)

    def close(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        self._put_off = []
        if sandbox is not None:
            sandbox.close()
            self._output_tail = sandbox.output_tail


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
