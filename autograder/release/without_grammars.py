"""Importing jsonschema without the grammars of international addresses, which no notebook and no report holds.

It reads 39 of them when it is imported, for a format that is checked only where somebody asks for it. That takes two
seconds, more than everything else that a grading process imports.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

_NAME = "rfc3987_syntax"


@contextlib.contextmanager
def without_grammars() -> Iterator[None]:
    """Have the import of the package with these grammars fail in the block, as where it is not installed."""
    if _NAME in sys.modules:
        yield
        return
    sys.modules[_NAME] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop(_NAME, None)
