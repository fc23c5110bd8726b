"""Does once more what has gone wrong, while somebody looks at each call."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any


def once_more(again: Callable[[], object], look: Callable[[FrameType, str, Any], None]) -> None:
    """Call ``again``, which may stop with an error, with ``look`` as the profile function (see `sys.setprofile`)."""
    before = sys.getprofile()
    sys.setprofile(look)
    try:
        with suppress(Exception):
            again()
    finally:
        sys.setprofile(before)
