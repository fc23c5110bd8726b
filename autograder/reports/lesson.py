"""What the notebook says around a check or a question: where to read again, and what was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from .typeset import line, markdown, pictures_of

_LARGEST = 30_000_000
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$", re.MULTILINE)


@dataclass(frozen=True)
class Lesson:
    """What a notebook says, by the ids of its cells with points.

    Attributes
    ----------
    sections : dict of str to Markup
        The headings above a cell: where to read again.
    questions : dict of str to Markup
        What was asked, for answers that a human grades.
    """

    sections: Mapping[str, Markup] = field(default_factory=dict)
    questions: Mapping[str, Markup] = field(default_factory=dict)


def read_lesson(folder: Path) -> Lesson:
    """Return what the notebooks in an assignment's folder say."""
    sections: dict[str, Markup] = {}
    questions: dict[str, Markup] = {}
    for path in sorted(folder.glob("*.ipynb")) if folder.is_dir() else ():
        headings: dict[int, str] = {}
        text: Mapping[str, Any] = {}
        for cell in _cells(path):
            source = "".join(cell.get("source", ""))
            about = cell.get("metadata", {}).get("nbgrader", {})
            if about.get("grade"):
                name = str(about.get("grade_id"))
                sections[name] = Markup(" › ").join(line(headings[level]) for level in sorted(headings))
                if about.get("solution") and text:
                    asked = _HEADING.sub("", "".join(text["source"]), count=1)
                    questions[name] = markdown(asked, pictures_of(folder, text.get("attachments")))
            elif cell.get("cell_type") == "markdown":
                text = cell
                for found in _HEADING.finditer(source):
                    level = len(found[1])
                    headings = {n: title for n, title in headings.items() if n < level}
                    if level > 1:
                        headings[level] = found[2]
    return Lesson(sections, questions)


def read_answers(folder: Path) -> dict[str, Markup]:
    """Return what a student wrote, by the ids of the cells, from the notebooks that were graded."""
    found = {}
    for path in sorted(folder.glob("*.ipynb")) if folder.is_dir() and not folder.is_symlink() else ():
        for cell in _cells(path):
            about = cell.get("metadata", {}).get("nbgrader", {})
            if isinstance(about, dict) and about.get("solution") and cell.get("cell_type") == "markdown":
                text = "".join(cell.get("source", ""))
                attached = cell.get("attachments")
                pictures = pictures_of(folder / "nowhere", attached if isinstance(attached, dict) else None)
                found[str(about.get("grade_id"))] = markdown(text, pictures)
    return found


def _cells(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
        return
    try:
        cells = json.loads(path.read_text(encoding="utf-8")).get("cells", [])
    except (ValueError, AttributeError, RecursionError, OSError):
        return
    yield from (cell for cell in cells if isinstance(cell, dict))
