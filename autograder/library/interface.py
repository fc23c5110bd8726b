"""What a check may ask of a library, whether it runs in the sandbox or in this process.

A check never sees an object of the student's code: it calls public names, gets values back, and refers to
what stays inside by `RemoteObject`. `Library` is that interface; `local.LocalLibrary` answers it from a package in
this process (the reference, or an edited copy of it), `remote.library.RemoteLibrary` from a sandboxed worker.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..failures import ProtocolViolation, StudentError, WorkerDied
from ..milestone import Public, Result
from ..sandbox.inside.protocol import Handle
from .conversations import Conversation, Said


class Transport(Protocol):
    """Carries requests to a `worker.Server` and brings back its replies."""

    @property
    def generation(self) -> int:
        """Number of the process that answers; handles of another process are invalid."""

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Send one request and return the checked reply, or raise a `Failure`."""

    def drop(self, generation: int, number: int) -> None:
        """Say that a kept object is no longer needed."""

    def settle(self) -> None:
        """Have done what was asked and put off, or raise the `Failure` of it."""


class RemoteObject:
    """Something that stays on the library's side: an instance, a cache, a value put there.

    Methods are called by name (``net.loss(X, y)``) and give values; everything else goes through the methods
    below. Pass it as an argument to hand the object itself back in.
    """

    def __init__(self, transport: Transport, number: int, label: str):
        self._transport = transport
        self._generation = transport.generation
        self._number = number
        self._label = label

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Callable(self, name)

    def __repr__(self) -> str:
        return f"<{self._label} on the library's side>"

    def __del__(self) -> None:
        transport = getattr(self, "_transport", None)
        if transport is not None:
            transport.drop(self._generation, self._number)

    def call(
        self, name: str, args: tuple = (), kwargs: dict | None = None, *, result: Result = "value"
    ) -> Any:
        """Call the method ``name`` and return a value, or what ``result`` says; see `milestone.Public`."""
        fields = {
            "target": self._handle().id,
            "name": name,
            "args": _outward(list(args)),
            "kwargs": _outward(kwargs or {}),
        }
        return _ask(self._transport, "method", name, result, fields)

    def get(self, name: str, *, result: Result = "value") -> Any:
        """Return a copy of the attribute ``name``; with ``result="handle"`` a reference to it."""
        return _ask(self._transport, "get", name, result, {"target": self._handle().id, "name": name})

    def set(self, name: str, value: Any) -> None:
        """Set the attribute ``name``."""
        fields = {"target": self._handle().id, "name": name, "value": _outward(value)}
        self._transport.request("set", fields)

    def set_item(self, name: str, key: str | int, value: Any) -> None:
        """Set the item ``key`` of the attribute ``name``, e.g. one array of ``params``."""
        fields = {"target": self._handle().id, "name": name, "key": key, "value": _outward(value)}
        self._transport.request("set_item", fields)

    def fetch(self) -> Any:
        """Return a copy of the object itself, if it is a value."""
        return self._transport.request("fetch", {"target": self._handle().id})["value"]

    def _handle(self) -> Handle:
        if self._generation != self._transport.generation:
            raise WorkerDied(f"the process that held {self._label} has ended")
        return Handle(self._number)


class Library:
    """The library as a check sees it: ``lib.<public name>(...)`` and the methods below.

    Parameters
    ----------
    transport : Transport
        Where requests go.
    api : mapping of str to Public
        What may be asked for, as in `Milestone.api`; also an attribute.

    Raises
    ------
    AttributeError
        If a check asks for a name that is not in ``api``; this is a mistake in the check.
    Failure
        From every call, where the library's code or process fails.
    """

    def __init__(self, transport: Transport, api: Mapping[str, Public]):
        self._transport = transport
        self.api = dict(api)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.api:
            raise AttributeError(self._unknown(name))
        return _Callable(self, name)

    def call(
        self, name: str, args: tuple = (), kwargs: dict | None = None, *, result: Result | None = None
    ) -> Any:
        """Call the public name ``name`` with ``args`` and ``kwargs``.

        Parameters
        ----------
        result : {"value", "pair", "handle"}, optional
            What to make of what comes back; by default what the milestone declares. See `milestone.Public`.
        """
        fields = {**self._named(name), "args": _outward(list(args)), "kwargs": _outward(kwargs or {})}
        return _ask(self._transport, "call", name, result or self.api[name].returns, fields)

    def make(self, name: str, *args: Any, **kwargs: Any) -> RemoteObject:
        """Make an instance of the class ``name`` whose methods are to be judged, not its constructor.

        Where the constructor stops with an error, the instance has what was set up to there. If one of its methods then
        fails for that, the constructor's error is raised.
        """
        fields = {**self._named(name), "args": _outward(list(args)), "kwargs": _outward(kwargs)}
        made: RemoteObject = _ask(self._transport, "make", name, "handle", fields)
        return made

    def get(self, name: str, *, result: Result = "value") -> Any:
        """Return the public name itself, e.g. a constant, or with ``result="handle"`` a reference to it."""
        return _ask(self._transport, "public", name, result, self._named(name))

    def put(self, value: Any) -> RemoteObject:
        """Keep a copy of ``value`` on the library's side, to pass it by reference."""
        reply = self._transport.request("put", {"value": _outward(value)})
        return RemoteObject(self._transport, reply["handle"], "a value")

    def fetch(self, kept: RemoteObject) -> Any:
        """Return a copy of what ``kept`` refers to, as it is now."""
        return kept.fetch()

    def seed(self, number: int) -> None:
        """Seed NumPy's global generator in the process that runs the library."""
        self._transport.request("seed", {"value": int(number)})

    def random_numbers(self, count: int) -> np.ndarray:
        """Return what NumPy's global generator gives next in the process that runs the library.

        Its own code has no part in this. Code that draws nothing leaves the numbers after a seed as they are.
        """
        numbers = self._transport.request("random", {"count": count})["value"]
        if not isinstance(numbers, np.ndarray) or numbers.shape != (count,) or numbers.dtype != np.float64:
            raise ProtocolViolation("the random numbers did not come back as an array")
        return numbers

    def load_arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the arrays of a stored ``.npz`` file of the submission; it is read on the library's side.

        Raises
        ------
        StudentError
            If the file is missing or holds anything but arrays.
        """
        arrays = self._transport.request("load_arrays", {"path": name})["value"]
        named = isinstance(arrays, dict) and all(isinstance(name, str) for name in arrays)
        if not named or not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ProtocolViolation("the stored file did not come back as arrays")
        return arrays

    def lend(
        self, name: str, args: list, kwargs: dict[str, Any], random: dict[str, Any] | None
    ) -> tuple[Any, RemoteObject | None, dict[str, Any]]:
        """Call the public function ``name`` for a borrower; see `stand_ins.lend`.

        Returns
        -------
        value : object
            What the function returns, without its cache if it makes one.
        cache : RemoteObject or None
            A reference to the cache.
        circumstances : dict
            The random state afterwards, and how the dicts among the arguments changed.
        """
        fields = {**self._named(name), "args": _outward(args), "kwargs": _outward(kwargs), "random": random}
        returns = self.api[name].returns
        # the methods of a class that is lent give values
        reply = self._transport.request(
            "lend", {**fields, "result": "value" if returns == "handle" else returns}
        )
        circumstances = reply["value"]
        cache = (
            RemoteObject(self._transport, reply["handle"], f"the cache of {name}")
            if "handle" in reply
            else None
        )
        return circumstances.pop("value"), cache, circumstances

    def settle(self) -> None:
        """Have everything done that was asked: what answers nothing may wait for the next request.

        Raises
        ------
        Failure
            If something of that fails.
        """
        self._transport.settle()

    def begin_case(self) -> None:
        """Say that a case begins, in which nothing from before is asked for; see `shared_answers`."""

    def ask_again(self, conversation: Conversation) -> Any:
        """Ask what was asked in this case before; return what came of it where all answers are the same, else None.

        A check that asks now gets the answers that have been given already, and goes on from there. None is all that
        comes of it where every answer is concluded from anew.
        """
        return None

    def said(self) -> Sequence[Said] | None:
        """Return what was said since the case began; None where it cannot be told, or something else came of it."""
        return None

    def begin_anew(self) -> None:
        """Begin the case once more, as if nothing had been asked."""

    @contextlib.contextmanager
    def limits(self, *, wall: float, call: float | None = None) -> Iterator[None]:
        """Limit the wall time of all calls inside, and of each; a library in this process has no limit."""
        yield

    def _unknown(self, name: str) -> str:
        known = ", ".join(self.api)
        return f"{name!r} is not a public name of this milestone; its api has: {known}"

    def _named(self, name: str) -> dict[str, Any]:
        if name not in self.api:
            raise AttributeError(self._unknown(name))
        return {"module": self.api[name].module, "name": name}


def fetched(kept: Sequence[RemoteObject]) -> Iterator[Any]:
    """Yield a copy of what each of some objects refers to, as `RemoteObject.fetch` gives it, in one request for all."""
    values: Any = None
    if len(kept) > 1:
        with contextlib.suppress(StudentError):  # that one of them cannot be sent is said where its turn is
            fields = {"targets": [one._handle().id for one in kept]}
            values = kept[0]._transport.request("fetch_all", fields)["value"]
    if isinstance(values, list) and len(values) == len(kept):
        yield from values
    else:
        for one in kept:
            yield one.fetch()


class _Callable:
    """A name of a library or of an object on its side, ready to be called."""

    def __init__(self, owner: Library | RemoteObject, name: str):
        self._owner = owner
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._owner.call(self._name, args, kwargs)


def _ask(transport: Transport, op: str, name: str, result: Result, fields: dict[str, Any]) -> Any:
    reply = transport.request(op, {**fields, "result": result})
    if result == "value":
        return reply["value"]
    kept = RemoteObject(transport, reply["handle"], f"the cache of {name}" if result == "pair" else name)
    return (reply["value"], kept) if result == "pair" else kept


def _outward(value: Any) -> Any:
    """Replace references by handles in a value that is sent."""
    if isinstance(value, RemoteObject):
        return value._handle()
    if isinstance(value, list | tuple):
        return type(value)(_outward(item) for item in value)
    if isinstance(value, dict):
        return {key: _outward(item) for key, item in value.items()}
    return value
