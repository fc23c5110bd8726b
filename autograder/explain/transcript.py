"""The calls that a check makes, written down as lines of Python that a person can read and type in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nndl.diagnosis import describe

from ..failures import Failure
from ..library.interface import Library, Transport
from ..sandbox.inside.protocol import Handle

_FULL = 40
_BRIEF = 8
_DIGITS = 6
_MOST = 12
_WIDTH = 1000


class Transcript(Library):
    """A library whose calls are written down.

    Parameters
    ----------
    library : Library
        What answers.

    Attributes
    ----------
    lines : list of str
        The calls so far; clear it to begin anew. They contain text that the library chose.
    """

    def __init__(self, library: Library):
        self.lines: list[str] = []
        self._library = library
        super().__init__(_RecordingTransport(library._transport, self.lines), library.api)

    @contextlib.contextmanager
    def limits(self, *, wall: float, call: float | None = None) -> Iterator[None]:
        """Limit the wall time of the calls inside."""
        with self._library.limits(wall=wall, call=call):
            yield


class _RecordingTransport:
    """Passes requests on and writes them down."""

    def __init__(self, transport: Transport, lines: list[str]):
        self._transport = transport
        self._lines = lines
        self._names: dict[int, str] = {}

    @property
    def generation(self) -> int:
        return self._transport.generation

    def settle(self) -> None:
        self._transport.settle()

    def drop(self, generation: int, number: int) -> None:
        self._transport.drop(generation, number)

    def request(self, op: str, fields: dict[str, Any]) -> dict[str, Any]:
        call = self._call(op, fields)
        try:
            reply = self._transport.request(op, fields)
        except Failure as failure:
            if call:
                self._lines.append(f"{call}  # {failure}")
            raise
        if op == "put":
            value = fields["value"]
            name = self.shown(value)
            if isinstance(value, dict | list):  # what may be changed needs a name
                name = self._new_name("given", False)
                self._lines.append(f"{name} = {self.shown(value)}")
            self._names[reply["handle"]] = name
        elif "handle" in reply:
            name = self._new_name(fields["name"], "value" in reply)
            self._names[reply["handle"]] = name
            call = f"out, {name} = {call}" if "value" in reply else f"{name} = {call}"
        if call:
            if reply.get("value") is not None:
                call += f"  # {brief(reply['value'])}"
            if not self._lines or call != self._lines[-1]:
                self._lines.append(call)
        return reply

    def _call(self, op: str, fields: dict[str, Any]) -> str:
        """Return the request as an expression; an empty text for what only keeps or fetches the check's arrays."""
        name = fields.get("name", "")
        owner = self._names.get(fields.get("target", 0), "value")
        if op in ("call", "method", "make"):
            given = [*map(self.shown, fields["args"])]
            given += [f"{key}={self.shown(value)}" for key, value in fields["kwargs"].items()]
            return f"{owner + '.' if op == 'method' else ''}{name}({', '.join(given)})"
        return {
            "set": f"{owner}.{name} = {self.shown(fields.get('value'))}",
            "set_item": f"{owner}.{name}[{fields.get('key')!r}] = {self.shown(fields.get('value'))}",
            "get": f"{owner}.{name}",
            "public": name,
            "seed": f"np.random.seed({fields.get('value')})",
            "random": f"np.random.rand({fields.get('count')})",
            "load_arrays": f"np.load({fields.get('path')!r})",
        }.get(op, "")

    def _new_name(self, called: str, is_cache: bool) -> str:
        base = "cache" if is_cache else "net" if called.endswith("Net") else called.lower()
        taken = set(self._names.values())
        return next(name for name in (base, *(f"{base}{n}" for n in range(2, 10_000))) if name not in taken)

    def shown(self, value: Any) -> str:
        """Return a value as an expression, if it is short enough to be read."""
        if isinstance(value, Handle):
            return self._names.get(value.id, "value")
        return expression(value, self.shown)


def brief(value: Any) -> str:
    """Return a value in six digits, or in words where it is long; see `expression`."""
    return expression(value, brief, digits=_DIGITS, most=_BRIEF)


def rounded(value: Any) -> str:
    """Return a value in six digits, or in words where it is longer still; see `expression`."""
    return expression(value, rounded, digits=_DIGITS, most=2 * _BRIEF)


def expression(
    value: Any, inner: Callable[[Any], str] | None = None, *, digits: int | None = None, most: int = _FULL
) -> str:
    """Return a value as a Python expression if it is short enough to be read, else a description of it.

    Parameters
    ----------
    value : object
        What to show.
    inner : callable, optional
        Shows what a container contains.
    digits : int, optional
        Decimals of an array's entries; by default as many as distinguish a number from its neighbours.
    most : int
        Entries of an array that are shown one by one.
    """
    inner = inner or expression
    if isinstance(value, np.ndarray):
        if value.size > most:
            return f"<{describe(value)}>"
        text = np.array2string(
            value,
            separator=", ",
            precision=digits,
            floatmode="maxprec" if digits else "unique",
            suppress_small=digits is not None,
            max_line_width=10**6,
        )
        text = " ".join(text.replace("\n", " ").split())
        dtype = "" if value.dtype in (np.float64, np.int64, np.bool_) else f", dtype=np.{value.dtype}"
        empty = f".reshape({value.shape})" if value.size == 0 and value.ndim > 1 else ""
        return f"np.array({text}{dtype}){empty}"
    if isinstance(value, dict) and len(value) <= _MOST:
        return "{" + ", ".join(f"{key!r}: {inner(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple) and len(value) <= _MOST:
        items = ", ".join(inner(item) for item in value)
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' if len(value) == 1 else ''})"
    if isinstance(value, np.generic):
        return repr(value.item())
    if digits and isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, int | float | str | bool) or value is None:
        return repr(value)[:_WIDTH]
    return f"<{describe(value)}>"
