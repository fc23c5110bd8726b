"""What the courses' names say to their user: one line, once, on standard error."""

from __future__ import annotations

import sys

_said: set[str] = set()


def say(text: str) -> None:
    """Print one line, marked as ours."""
    print(f"nndl.compat: {text}", file=sys.stderr)


def say_once(text: str) -> None:
    """Print a line unless it was printed since the last :func:`forget`."""
    if text not in _said:
        _said.add(text)
        say(text)


def forget() -> None:
    """Let every line be said again."""
    _said.clear()
