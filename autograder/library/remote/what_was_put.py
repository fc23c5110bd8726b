"""What is known of the values that were put into a worker, so that nobody has to ask for them."""

from __future__ import annotations

from typing import Any

from ...sandbox.inside.protocol import decode


class WhatWasPut:
    """The values of one worker.

    As long as no code has run since the worker told which of them are as they were put, and what others hold now,
    that is what it would answer.
    """

    def __init__(self) -> None:
        self._messages: dict[int, bytes] = {}
        self.code_runs()

    def put(self, handle: int, message: bytes) -> None:
        """Say with which message a value was put."""
        self._messages[handle] = message

    def drop(self, handle: int) -> None:
        """Say that a value is not needed any more."""
        self._messages.pop(handle, None)

    def code_runs(self) -> None:
        """Take nothing for granted from here on."""
        self._still: frozenset[int] = frozenset()
        self._held: dict[int, Any] = {}

    def told(self, still: frozenset[int], held: dict[int, Any]) -> None:
        """Say what a reply tells: which values are as they were put, and what others hold now."""
        self._still, self._held = still, held

    def reply(self, op: str, fields: dict[str, Any]) -> dict[str, Any] | None:
        """Return what the worker would reply to a request, or None if that is not known."""
        if op not in ("fetch", "fetch_all"):
            return None
        if op == "fetch" and fields["target"] in self._held:
            return {"value": self._held.pop(fields["target"])}
        targets = fields["targets"] if op == "fetch_all" else [fields["target"]]
        if not all(target in self._still and target in self._messages for target in targets):
            return None
        values = [decode(self._messages[target])["value"] for target in targets]
        return {"value": values if op == "fetch_all" else values[0]}
