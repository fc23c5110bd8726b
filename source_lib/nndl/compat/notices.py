"""What the courses' names say to their user: one line, once, on standard error; and what errors advise."""

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


def not_in_stand_in(what: str) -> str:
    """Return the message for something of torchvision that the stand-in does not have."""
    return (
        f"{what} is not in the stand-in that nndl.compat has for the calls of CS231n's notebooks. "
        "Install torchvision itself: pip install torchvision --index-url https://download.pytorch.org/whl/cpu"
    )
