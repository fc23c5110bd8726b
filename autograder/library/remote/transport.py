"""Carries the requests of a submission's library to a worker in a sandbox; at most one at a time."""

from __future__ import annotations

import functools
import itertools
import math
import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from ...failures import Failure, LimitExceeded, ProtocolViolation, StudentError
from ...milestone import Milestone
from ...sandbox.inside.protocol import ProtocolError, TooLarge, decode, encode
from ...sandbox.limits import SandboxLimits
from ...sandbox.tree import Tree
from ...sandbox.worker_sandbox import Sandbox
from ..conversations import LARGEST_CASE, AskedOtherwise, Conversation, Said, Turn, given
from ..loans import Loan, is_request
from ..replies import check_reply, holds_handle, told_of_puts
from .put_off import PutOff, may_wait
from .time_limits import TimeBudget, TimeLimits
from .what_was_put import WhatWasPut

_RUNS_CODE = ("call", "method", "make")

_SHORT = 0.01
"""Seconds of a request that are counted as they are, without asking how many of them others had the processor."""

_Read = TypeVar("_Read")


class WorkerTransport:
    """A worker that starts when it is first asked, and again when it is asked after its end.

    Parameters
    ----------
    root, milestone, limits, loan
        As for `library.RemoteLibrary`.
    budget : TimeBudget

    Attributes
    ----------
    times : TimeLimits
    workers : int
        How many were started.
    generation : int
        See `interface.Transport`.
    """

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
        self._loan = loan
        self._worker_with_stand_ins = 0
        self._sandbox: Sandbox | None = None
        self.times = TimeLimits(budget, limits.wall)
        self.workers = 0
        self.generation = 0
        self._waited: float | None = None
        self._output_tail = ""
        self._begins = False
        self._said: list[Said] | None = None
        self._bytes_said = 0
        self._count_anew()

    def _count_anew(self) -> None:
        self._numbers = itertools.count(1)
        self._dropped: list[int] = []
        self._put_off = PutOff()
        self._answered: deque[tuple[Turn, bytes | Failure]] = deque()
        self._put = WhatWasPut()

    @property
    def output_tail(self) -> str:
        """See `library.RemoteLibrary.output_tail`."""
        return self._sandbox.output_tail if self._sandbox is not None else self._output_tail

    def start(self) -> Sandbox:
        """Return the worker, a new one if it has ended."""
        if self._sandbox is None or not self._sandbox.alive:
            self.close()
            self._sandbox = Sandbox(
                self._root,
                package=self._milestone.package,
                libraries=self._milestone.imported,
                limits=self._limits,
            )
            self._dropped = []
            self._waited = None
            self._put = WhatWasPut()
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
            self.times.budget.has_answered |= answer.is_error or turn.op in _RUNS_CODE
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
        """See `interface.Transport`."""
        if self._loan is not None and op != "borrow":
            self._put_stand_ins(self._loan)
        if (known := self._put.reply(op, fields)) is not None:
            return known
        function = str(fields["name"]) if op == "call" else ""
        needs_the_same = self._needs_the_same(fields)
        if may_wait(op, fields):
            if not self._answered:
                self.times.allowed(function)
                self._worker(needs_the_same)
            return self._until_later(op, fields)
        if not self._put_off.goes_with(fields):
            self.settle()
        number = next(self._numbers)
        before, outcome = self._answered.popleft() if self._answered else (None, None)
        dropped, self._dropped = self._dropped, []
        if before is not None:
            # what is not needed any more is told early or late, and is no part of a question
            dropped = before.dropped
        asked = {"id": number, "op": op, "drop": dropped, "before": self._put_off.take(), **fields}
        if number == 1 and self._begins:
            asked["begins"] = True
        turn = Turn(op, function, needs_the_same, dropped, encode(asked))
        self._put.code_runs()
        if before is not None and before.message != turn.message:
            raise AskedOtherwise(f"{op} {function}: not what was asked before")
        if isinstance(outcome, Failure):
            raise outcome
        read = functools.partial(self._read, turn, number, fields)
        return (
            self._exchanged(turn, read) if outcome is None else self._heard(functools.partial(read, outcome))
        )

    def _read(
        self,
        turn: Turn,
        number: int,
        fields: dict[str, Any],
        data: bytes,
        sandbox: Sandbox | None = None,
        deadline: float = math.inf,
    ) -> dict[str, Any]:
        """Return the checked reply to a request; what a worker asks on the way of a loan is answered."""
        reply = decode(data, self._limits.message, handles=self._loan is not None)
        while sandbox is not None and self._loan is not None and is_request(reply):
            lent = self._loan.answer(reply, len(data), number, deadline - time.monotonic())
            data = sandbox.exchange(lent, deadline, self._waited)
            reply = decode(data, self._limits.message)
        still, held = told_of_puts(reply)
        try:
            answer = check_reply(reply, number, turn.op, fields)
        except StudentError:
            self._note(turn, data, is_error=True)
            raise
        self._note(turn, data, is_error=False)
        self._put.told(still, held)
        if turn.op == "put":
            self._put.put(int(answer["handle"]), turn.message)
        return answer

    def _exchanged(self, turn: Turn, read: Callable[[bytes, Sandbox, float], _Read]) -> _Read:
        """Send a request and return what is read in its reply; the time of both counts."""
        allowed = self.times.allowed(turn.function)
        sandbox = self._worker(turn.needs_the_same)
        sandbox.wait_until_ready()
        if self._waited is None:
            self._waited = sandbox.waited()
        start = time.monotonic()
        deadline = start + allowed.seconds
        spent: float | None = None

        def exchange() -> _Read:
            nonlocal spent
            try:
                return read(sandbox.exchange(turn.message, deadline, self._waited), sandbox, deadline)
            except TimeoutError:
                # before the worker is asked where it is, which takes our time
                spent = max(allowed.seconds, self._counted(time.monotonic() - start, sandbox))
                exceeded = self.times.exceeded(turn.function, allowed)
                if exceeded.kind == "wall":
                    exceeded.traceback_tail = _where(sandbox)
                raise exceeded from None

        try:
            return self._heard(exchange)
        finally:
            self.times.spend(self._counted(time.monotonic() - start, sandbox) if spent is None else spent)

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
        self.times.budget.has_answered |= is_error or turn.op in _RUNS_CODE
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

    def _needs_the_same(self, fields: dict[str, Any]) -> bool:
        """Whether a request is about what a worker holds: if that has died unnoticed, this says so, and not another."""
        return (
            bool(self._put_off.messages) or "target" in fields or "targets" in fields or holds_handle(fields)
        )

    def _until_later(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Put a request off and answer it."""
        handle, message = self._put_off.add(op, fields)
        if op == "put":
            self._put.put(handle, message)
        elif op != "seed":
            self._put.code_runs()
        if self._put_off.is_full:
            self.settle()
        return {"handle": handle} if handle else {"value": None}

    def settle(self) -> None:
        """Have done what was put off."""
        if self._put_off.messages:
            self.request("settle", {})

    def _put_stand_ins(self, loan: Loan) -> None:
        """Make sure that the worker has stand-ins, also if it has replaced another worker."""
        if not self._is_alive or self._worker_with_stand_ins != self.workers:
            self.request("borrow", {"names": loan.modules, "methods": loan.methods})
            self._worker_with_stand_ins = self.workers

    def _counted(self, seconds: float, sandbox: Sandbox) -> float:
        """Return how many of a request's seconds count: not those in which it waited while others had the processor."""
        if seconds > _SHORT and self._waited is not None and (waited := sandbox.waited()):
            seconds = max(0.0, seconds - max(0.0, waited - self._waited))
            self._waited = waited
        return seconds

    def drop(self, generation: int, number: int) -> None:
        """See `interface.Transport`."""
        if generation == self.generation:
            self._dropped.append(number)
            self._put.drop(number)

    def close(self) -> None:
        """End the worker."""
        sandbox, self._sandbox = self._sandbox, None
        self._put_off.take()
        if sandbox is not None:
            sandbox.close()
            self._output_tail = sandbox.output_tail


def _where(sandbox: Sandbox) -> str:
    """Return where a worker is whose time is over, a line for each frame."""
    return "\n".join(f"{file}:{line}: {text}" for file, line, text in sandbox.whereabouts())
