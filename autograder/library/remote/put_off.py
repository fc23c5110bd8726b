"""Requests that are put off until the next one: an exchange takes 0.2 ms, whatever it is about."""

from __future__ import annotations

import itertools
from typing import Any

from ...sandbox.inside.protocol import encode
from ..kept import size

LARGEST_PUT_OFF, MOST_PUT_OFF, LARGEST_TOGETHER = 1 << 20, 50, 8 << 20
"""Bytes of a request that may wait, how many may, and bytes of what may be sent with others: far below any limit."""

_MAY_WAIT = {"put": "handle", "make": "handle", "seed": "value", "set": "value", "set_item": "value"}
"""Requests that answer nothing, or a handle."""

_FIRST_OWN_HANDLE = 1 << 62
"""The worker counts its own from 1."""


def may_wait(op: str, fields: dict[str, Any]) -> bool:
    """Return whether nobody needs the answer to a request yet, and it is small enough to be kept here."""
    return op in _MAY_WAIT and size(fields, LARGEST_PUT_OFF) <= LARGEST_PUT_OFF


class PutOff:
    """What one worker will be asked with the next request.

    Attributes
    ----------
    messages : list of bytes
    """

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self._handles = itertools.count(_FIRST_OWN_HANDLE)

    def add(self, op: str, fields: dict[str, Any]) -> tuple[int, bytes]:
        """Put a request off, as it is now, and return its message and, where it gives a handle, which one, or else 0.

        Its number is chosen on this side.
        """
        handle = next(self._handles) if _MAY_WAIT[op] == "handle" else 0
        message = encode({"op": op, **fields, "handle": handle})
        self.messages.append(message)
        return handle, message

    def take(self) -> list[bytes]:
        """Return what waits, which is sent now."""
        taken, self.messages = self.messages, []
        return taken

    @property
    def is_full(self) -> bool:
        """Whether no more may wait."""
        return len(self.messages) >= MOST_PUT_OFF or sum(map(len, self.messages)) > LARGEST_TOGETHER

    def goes_with(self, fields: dict[str, Any]) -> bool:
        """Return whether what waits may be sent with a request."""
        return not self.messages or size(fields, LARGEST_TOGETHER) <= LARGEST_TOGETHER
