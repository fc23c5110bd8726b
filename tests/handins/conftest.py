"""Courses for nbgrader, as for the cases that were handed over."""

from __future__ import annotations

from ..cases.conftest import generated, new_course, sandboxed

__all__ = ["generated", "new_course", "sandboxed"]
