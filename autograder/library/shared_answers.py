"""Answers of the reference, remembered by what was asked: those to the cases of one class are computed once.

One seed draws the same cases for everybody, so the reference is asked the same for each submission, unless a check
passes it a value of the student's. What is remembered is the answer to a whole *sequence* of requests, from the first
one of a case on: to ask the same again changes nothing, and a value of a student's begins a sequence of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from ..failures import Failure, ReferenceFailure
from ..sandbox.inside.protocol import decode, encode
from .interface import Library, Transport

LARGEST = 4 << 20
"""Bytes of a request or an answer that is remembered; a longer one is computed again."""

CAPACITY = 32 << 20
"""Bytes of all that is remembered; what was asked for longest ago is dropped."""


class Answers:
    """Answers by what was asked, at most so many bytes of them.

    Parameters
    ----------
    capacity, largest : int, optional
        Bytes of all of them, and of one.
    """

    def __init__(self, capacity: int = CAPACITY, largest: int = LARGEST):
        self._capacity = capacity
        self._largest = largest
        self._kept: OrderedDict[Any, tuple[Any, int]] = OrderedDict()
        self.size = 0

    def find(self, asked: Any) -> Any:
        """Return what was kept for this, or None."""
        answer, _ = self._kept.get(asked, (None, 0))
        if answer is not None:
            self._kept.move_to_end(asked)
        return answer

    def keep(self, asked: Any, answer: Any, size: int) -> None:
        """Remember an answer that takes about ``size`` bytes."""
        if size > self._largest or asked in self._kept:
            return
        self._kept[asked] = answer, size
        self.size += size
        while self.size > self._capacity:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.size -= dropped


class SharedLibrary(Library):
    """A library of ours that answers from memory where it can.

    Parameters
    ----------
    make : callable
        Gives the library as it is before anything was asked, its random state included.
    answers : Answers
        Those that the same library gave for earlier submissions; more are added.
    """

    def __init__(self, make: Callable[[], Library], answers: Answers):
        self._shared = _SharedTransport(make, answers)
        super().__init__(self._shared, make().api)

    def begin_case(self) -> None:
        """Say that a case begins: nothing that was asked before counts any more."""
        self._shared.begin()


class _SharedTransport:
    """Carries requests to a library that is made, and asked again what came before, once an answer is missing."""

    def __init__(self, make: Callable[[], Library], answers: Answers):
        self._make = make
        self._answers = answers
        self.generation = 0
        self.begin()

    def begin(self) -> None:
        self.generation += 1
        self._transport: Transport | None = None
        # as they were sent: a check may change its arrays afterwards
        self._asked: list[bytes] = []
        self._sequence: bytes | None = b""

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        if self._sequence is None or _bytes(fields) > LARGEST:
            # To hash it would take as long as to answer it: nothing from here on is remembered in this case.
            self._sequence = None
            return self._ours().request(op, fields)
        message = encode({"op": op, **fields})
        self._sequence = hashlib.sha256(self._sequence + message).digest()
        known = self._answers.find(self._sequence)
        if known is not None and self._transport is None:
            self._asked.append(message)
            reply: dict[str, Any] = decode(known)
            return reply
        reply = self._ours().request(op, fields)
        answer = encode(reply)
        self._answers.keep(self._sequence, answer, len(answer))
        return reply

    def _ours(self) -> Transport:
        """Return the library's own transport, which has been asked all that came before."""
        if self._transport is None:
            self._transport = self._make()._transport
            for earlier in map(decode, self._asked):
                with contextlib.suppress(Failure, ReferenceFailure):
                    self._transport.request(earlier.pop("op"), earlier)
        return self._transport

    def settle(self) -> None:
        """Nothing is put off."""

    def drop(self, generation: int, number: int) -> None:
        """Keep everything until the case ends, so that what is asked again meets the same objects."""


def _bytes(value: Any) -> int:
    """Return about how many bytes of arrays a value holds."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, dict):
        return sum(map(_bytes, value.values()))
    return sum(map(_bytes, value)) if isinstance(value, list | tuple) else 0
