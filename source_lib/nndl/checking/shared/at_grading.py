"""Say at home what is not there when code is graded: libraries that a file imports, and newer Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...hand_in.libraries import problems

_ROOT = Path(__file__).resolve().parents[3]
Stamp = tuple[int, int]


class AtGrading:
    """Looks at the files to hand in, and tells each thing once.

    Parameters
    ----------
    root : Path
        The folder of the assignment. Without an ``assignment.json`` in it, nothing is said.
    """

    def __init__(self, root: Path = _ROOT) -> None:
        self._root = root
        self._seen: dict[Path, Stamp] = {}
        self._said: set[str] = set()

    def news(self) -> list[str]:
        """Return what has not been said yet of files that have changed; nothing if a file cannot be read."""
        try:
            assignment = json.loads((self._root / "assignment.json").read_text(encoding="utf-8"))
            found = [line for entry in assignment["files"] for line in self._look(entry["name"], assignment)]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        news = [line for line in found if line not in self._said]
        self._said.update(news)
        return news

    def _look(self, name: str, assignment: dict[str, Any]) -> list[str]:
        path = self._root / name
        if not name.endswith(".py") or not path.is_file():
            return []
        status = path.stat()
        stamp = status.st_mtime_ns, status.st_size
        if self._seen.get(path) == stamp:
            return []
        self._seen[path] = stamp
        # a file that is not valid is told by whoever loads it
        found = problems(name, path.read_text(encoding="utf-8"), assignment)
        return [line for line in found if "not valid Python" not in line]
