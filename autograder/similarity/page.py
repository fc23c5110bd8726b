"""The page with the evidence: two submissions side by side, what they share marked, and shared wrong values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup, escape

from ..milestone import Milestone
from ..reports import report as reporting
from ..reports.html import render
from .compared_code import Compared
from .passages import CodePair, Passage
from .rare_values import ValuePair


def write(
    path: Path,
    milestone: Milestone,
    code: Compared,
    pairs: Sequence[CodePair],
    values: Sequence[ValuePair],
    not_compared: Mapping[str, Sequence[str]],
) -> None:
    """Write the page."""
    folders = code.submissions | code.archive
    shown = [
        {
            "pair": pair,
            "files": [
                {
                    "name": name,
                    "first": _marked(folders[pair.first] / name, [a for a, _ in _of_file(pair, name)]),
                    "others": [
                        {
                            "name": other,
                            "text": _marked(folders[pair.second] / other, [b for _, b in matches]),
                        }
                        for other, matches in _others(pair, name).items()
                    ],
                }
                for name in dict.fromkeys(place.file for first, _ in pair.passages for place in first)
            ],
        }
        for pair in pairs
    ]
    page = render(
        "similarity.html",
        milestone=milestone,
        size=len(code.submissions),
        left_out=code.left_out,
        pairs=shown,
        values=values,
        not_compared=not_compared,
    )
    reporting.write_text(path, page)


def _of_file(pair: CodePair, name: str) -> list[tuple[Passage, Passage]]:
    """Return the matching places of a file of the first submission, each with one in the second."""
    return [(place, second[0]) for first, second in pair.passages for place in first if place.file == name]


def _others(pair: CodePair, name: str) -> dict[str, list[tuple[Passage, Passage]]]:
    found: dict[str, list[tuple[Passage, Passage]]] = {}
    for places in _of_file(pair, name):
        found.setdefault(places[1].file, []).append(places)
    return found


def _marked(file: Path, places: Sequence[Passage]) -> Markup:
    """Return the text of a file around these places, with the places marked and the rest left out."""
    text = file.read_text(encoding="utf-8", errors="replace")
    merged: list[list[int]] = []
    for begin, end in sorted((place.begin, place.end) for place in places):
        if merged and begin <= merged[-1][1]:
            merged[-1][1] = max(end, merged[-1][1])
        else:
            merged.append([begin, end])
    parts, at = [], 0
    for begin, end in merged:
        start = max(at, text.rfind("\n", 0, begin) + 1)
        if start > at:
            parts.append(Markup("<span class=small>…</span>\n"))
        parts += [escape(text[start:begin]), Markup("<mark>"), escape(text[begin:end]), Markup("</mark>")]
        at = end
    line = text.find("\n", at)
    parts.append(escape(text[at : line if line >= 0 else len(text)]))
    return Markup("").join(parts)
