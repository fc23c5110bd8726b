"""Loans: functions and classes of the reference that a student's worker may call in one check, and how often.

The reference runs in a sandbox of its own, so that no size or value that a student's code sends can hang the
grader or fill its memory. Every request is checked against the loan before anything in it is used.
"""

from __future__ import annotations

import contextlib
import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..failures import LimitExceeded, ProtocolViolation, StudentError
from ..milestone import cache_owner
from ..sandbox.inside.protocol import Handle, encode
from .interface import Library, RemoteObject

_STATE_WORDS = 624


@dataclass(frozen=True)
class LoanLimits:
    """How much one check may ask of borrowed functions; the limits of any code on time and memory apply as well.

    Attributes
    ----------
    calls : int, default 50 000
        Calls of all borrowed functions together.
    exchanged : int, default 2 GiB
        Bytes of all arguments and results together.
    """

    calls: int = 50_000
    exchanged: int = 2 << 30


class Loan:
    """Some functions of the reference, lent to one worker for one check.

    Parameters
    ----------
    names : sequence of str
        Public names of the functions.
    lender : Library
        The reference; see `Library.lend`.
    limits : LoanLimits, optional
    """

    def __init__(self, names: Sequence[str], lender: Library, limits: LoanLimits | None = None):
        self.names = tuple(names)
        self._lender = lender
        self._limits = limits or LoanLimits()
        self._caches: dict[int, tuple[str, RemoteObject]] = {}
        self._last_cache = 0
        self._calls = 0
        self._exchanged = 0

    @property
    def modules(self) -> dict[str, str]:
        """The lent names, each with the module in which the borrower has it."""
        return {name: self._lender.api[name].module for name in self.names}

    @property
    def methods(self) -> dict[str, tuple[str, ...]]:
        """The lent names that are classes, each with the methods that can be called."""
        return {name: self._lender.api[name].methods for name in self.names if self._lender.api[name].methods}

    def prepare(self) -> None:
        """Make the reference ready, so that this does not take the borrower's time."""
        for name in self.names:
            self._lender.get(name, result="handle")

    def answer(self, request: Any, size: int, number: int, seconds: float) -> bytes:
        """Call the function that is asked for and return the reply; an exception of the reference is a reply too.

        Parameters
        ----------
        request : object
            What came; nothing in it has been checked.
        size : int
            Its length on the wire, in bytes.
        number : int
            The request of ours that the borrower is answering meanwhile.
        seconds : float
            How long the call may take.

        Raises
        ------
        ProtocolViolation
            If this loan does not allow the request.
        LimitExceeded
            If the call exceeds a limit.
        TimeoutError
            If it takes longer than ``seconds``.
        """
        self._spend(size)
        name, args, kwargs, random = self._checked(request, number)
        self._calls += 1
        if self._calls > self._limits.calls:
            raise LimitExceeded("borrowed calls", self._limits.calls)
        try:
            with self._lender.limits(wall=seconds):
                value, cache, circumstances = self._lender.lend(name, args, kwargs, random)
                told = {"cache": cache.fetch()} if cache is not None and self._tells_cache(name) else {}
        except StudentError as error:
            reply = encode({"error": {"type": error.type_name, "message": error.message}})
        except LimitExceeded as error:
            if error.kind in ("wall", "total"):
                raise TimeoutError from None
            message = f"a call of the borrowed {name}: {error}"
            raise LimitExceeded(error.kind, error.limit, message) from None
        else:
            fields = {"value": value, **circumstances, **told}
            if cache is not None and not told:
                self._last_cache += 1
                self._caches[self._last_cache] = cache_owner(self._lender.api, name), cache
                fields["handle"] = self._last_cache
            reply = encode(fields)
        self._spend(len(reply))
        return reply

    def _tells_cache(self, name: str) -> bool:
        """Whether a cache is given away as a value, in its documented layout: where no lent function takes it."""
        owner = cache_owner(self._lender.api, name)
        return not any(cache_owner(self._lender.api, other) == owner for other in self.names if other != name)

    def _spend(self, size: int) -> None:
        self._exchanged += size
        if self._exchanged > self._limits.exchanged:
            raise LimitExceeded("borrowed bytes", self._limits.exchanged)

    def _checked(self, request: Any, number: int) -> tuple[str, list, dict, dict | None]:
        kinds: dict[str, Any] = {
            "id": int,
            "borrow": str,
            "args": list,
            "kwargs": dict,
            "random": (dict, type(None)),
            "drop": list,
        }
        complete = type(request) is dict and request.keys() == kinds.keys()
        if not complete or any(not isinstance(request[k], t) for k, t in kinds.items()):
            raise ProtocolViolation("the request for a borrowed function has the wrong fields")
        name, random = request["borrow"], request["random"]
        if request["id"] != number or type(request["id"]) is not int:
            raise ProtocolViolation("a borrowed function was requested outside of the current call")
        if name not in self.names:
            raise ProtocolViolation("a function was requested that is not lent")
        if any(type(key) is not str for key in request["kwargs"]):
            raise ProtocolViolation("an argument name is not a string")
        if name in self.methods and not self._calls_a_method(name, request["args"]):
            raise ProtocolViolation(f"{name} is lent as a class, and this calls no method of it")
        if random is not None and not _is_random_state(random):
            raise ProtocolViolation("invalid random state")
        for given_back in request["drop"]:
            if type(given_back) is int:
                self._caches.pop(given_back, None)
        args, kwargs = self._resolved(request["args"], name), self._resolved(request["kwargs"], name)
        return name, args, kwargs, random

    def _calls_a_method(self, name: str, args: list) -> bool:
        """Whether arguments begin with the attributes of an instance and a method that is lent."""
        if len(args) < 2 or type(args[0]) is not dict or any(type(key) is not str for key in args[0]):
            return False
        return type(args[1]) is str and args[1] in ("__init__", *self.methods[name])

    def _resolved(self, value: Any, name: str) -> Any:
        """Replace the borrower's handles by the caches that they stand for."""
        if isinstance(value, Handle):
            owner, cache = self._caches.get(value.id, ("", None))
            if cache is None or owner != cache_owner(self._lender.api, name):
                raise ProtocolViolation(
                    f"the borrowed {name} was given a handle that is not one of its caches"
                )
            return cache
        if isinstance(value, list | tuple):
            return type(value)(self._resolved(item, name) for item in value)
        if isinstance(value, dict):
            return {key: self._resolved(item, name) for key, item in value.items()}
        return value


class Borrower(Library):
    """A library that can use functions of another library instead of its own."""

    @abstractmethod
    def borrowing(self, loan: Loan) -> contextlib.AbstractContextManager[Library]:
        """Give a fresh copy of this library that uses borrowed functions; nothing is left in it of earlier calls."""


def is_request(message: Any) -> bool:
    """Whether a message asks for a borrowed function; otherwise it is the reply that was expected."""
    return type(message) is dict and "borrow" in message


def _is_random_state(state: dict) -> bool:
    """Whether this is a valid state of NumPy's global generator; a wrong index would crash it."""
    if (
        state.keys() != {"bit_generator", "state", "has_gauss", "gauss"}
        or state["bit_generator"] != "MT19937"
    ):
        return False
    inner, gauss = state["state"], state["gauss"]
    if type(inner) is not dict or inner.keys() != {"key", "pos"} or type(inner["pos"]) is not int:
        return False
    key = inner["key"]
    words = isinstance(key, np.ndarray) and key.dtype == np.uint32 and key.shape == (_STATE_WORDS,)
    normal = type(gauss) is float and math.isfinite(gauss)
    return words and 0 <= inner["pos"] <= _STATE_WORDS and normal and state["has_gauss"] in (0, 1)
