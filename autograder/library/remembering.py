"""Remembering what a library is given, by the names that its functions have for it."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..sandbox.inside.protocol import Handle
from .interface import Library, Transport

_MOST = 40


@contextlib.contextmanager
def remembering(library: Library) -> Iterator[dict[str, np.ndarray]]:
    """Give what a library is given in the block: the name of an argument or the key of a dict → the last such array."""
    own = library._transport
    library._transport = remembering = _Remembering(own)
    try:
        yield remembering.given
    finally:
        library._transport = own


class _Remembering:
    """Carries requests as another transport does, and remembers the arrays in them."""

    def __init__(self, transport: Transport):
        self._transport = transport
        self._kept: dict[int, Any] = {}
        self._classes: dict[int, Any] = {}
        self.given: dict[str, np.ndarray] = {}

    @property
    def generation(self) -> int:
        return self._transport.generation

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        function = None
        if op == "call":
            function = _reference(fields["module"], fields["name"])
        elif op == "method":
            function = getattr(self._classes.get(fields["target"]), fields["name"], None)
        if op in ("call", "method"):
            self._note_arguments(function, op == "method", fields["args"], fields["kwargs"])
        elif op in ("set", "set_item"):
            self._note(str(fields.get("key", fields["name"])), fields["value"])
        reply = self._transport.request(op, fields)
        if op == "put":
            self._kept[reply["handle"]] = fields["value"]
        if op == "call" and inspect.isclass(function) and "handle" in reply:
            self._classes[reply["handle"]] = function
        return reply

    def settle(self) -> None:
        self._transport.settle()

    def drop(self, generation: int, number: int) -> None:
        self._kept.pop(number, None)
        self._transport.drop(generation, number)

    def _note_arguments(
        self, function: Any, is_method: bool, args: list[Any], kwargs: dict[str, Any]
    ) -> None:
        names = _parameters(function)[is_method:]
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            self._note(name, value)

    def _note(self, name: str, value: Any) -> None:
        if isinstance(value, Handle):
            value = self._kept.get(value.id)
        if isinstance(value, dict):
            for key, item in value.items():
                self._note(str(key), item)
        elif isinstance(value, np.ndarray) and (name in self.given or len(self.given) < _MOST):
            self.given[name] = value


@functools.cache
def _reference(module: str, name: str) -> Any:
    """Return the reference's own function or class of a name, for what it calls its arguments."""
    try:
        return getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None


@functools.cache
def _parameters(function: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()
