"""How a mistake with gradients of pixels is written down."""

from __future__ import annotations

from ..milestones import get
from .model import NamedBug

_API = tuple(get("network_visualization").api.items())


def bug(
    name: str, concerns: tuple[str, ...], explanation: str, hint: str, *edits: tuple[str, str]
) -> NamedBug:
    """Return a named bug of ``net_visualization.py``."""
    return NamedBug(name, "net_visualization.py", edits, explanation, hint, concerns, _API)
