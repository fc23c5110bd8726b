"""Caches that come into the backward pass of another layer: seen in what is called when a check runs once more."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType

from ..errors.once_more import once_more

_FORWARD, _BACKWARD = "_forward", "_backward"


def mixed_caches(again: Callable[[], object]) -> list[str]:
    """Return a sentence for each backward pass that is handed what the forward pass of another layer has returned.

    Parameters
    ----------
    again : callable
        Runs the check.
    """
    layers: dict[
        int, set[str]
    ] = {}  # by identity: a cache, and the layers whose forward pass has returned it
    kept: list[object] = []  # so that no other object gets the identity of one that is gone
    found: dict[str, None] = {}

    def look(frame: FrameType, event: str, argument: object) -> None:
        name = frame.f_code.co_name
        if event == "return" and _FORWARD in name and isinstance(argument, tuple) and len(argument) == 2:
            cache = argument[1]
            if isinstance(cache, tuple | list | dict):
                kept.append(cache)
                layers.setdefault(id(cache), set()).add(_layer(name, _FORWARD))
        if event == "call" and _BACKWARD in name and not name.startswith("_") and frame.f_back is not None:
            own, caller = _layer(name, _BACKWARD), _layer(frame.f_back.f_code.co_name, _BACKWARD)
            for value in frame.f_locals.values():
                made = layers.get(id(value), {own})
                if not made & {own, caller} and f"{own}{_FORWARD}" in frame.f_globals:
                    other = " and ".join(f"`{layer}{_FORWARD}`" for layer in sorted(made))
                    found[
                        f"line {frame.f_back.f_lineno}: `{name}` is handed a cache that {other} has returned"
                    ] = None

    once_more(again, look)
    return list(found)


def _layer(name: str, way: str) -> str:
    return name.partition(way)[0]
