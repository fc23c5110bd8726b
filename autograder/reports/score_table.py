"""The score table of a class, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from .report import needs_human

_NAME = 30
_BESIDE = 40
"""Room for the columns of the student and of the score."""
_MARK = {"passed": "[green]✓[/]", "not graded": "[yellow]?[/]"}


def scores(reports: Sequence[dict[str, Any]], width: int | None = None) -> Table:
    """Return a table with a row for each student and a column for each check, with points where it is partly passed.

    Where the names of the checks do not fit into ``width`` characters they are numbered, and listed below.
    """
    names = next((tuple(c["name"] for c in r["checks"]) for r in reports if r["checks"]), ())
    table = Table(title="Scores", title_justify="left")
    table.add_column("student", no_wrap=True, max_width=_NAME + 1)
    table.add_column("score", justify="right", no_wrap=True)
    titles = [name.replace("_", " ") for name in names]
    # Words that do not fit are cut to letters: numbers, then, and what they stand for below.
    longest = [max(map(len, title.split()), default=0) for title in titles]
    if width is not None and sum(longest) + 3 * len(longest) + _BESIDE > width:
        table.caption = "  ".join(f"{number}\N{NO-BREAK SPACE}{name}" for number, name in enumerate(names, 1))
        table.caption_justify = "left"
        titles = [str(number) for number in range(1, len(names) + 1)]
    for title in titles:
        table.add_column(title, justify="center")
    for report in reports:
        by_name = {check["name"]: check for check in report["checks"]}
        cells = [_cell(by_name[name]) if name in by_name else "[yellow]?[/]" for name in names]
        table.add_row(
            plain(_short(report["student"])),
            _total(report),
            *cells,
        )
    return table


def plain(text: str) -> str:
    """Return a text that students may have influenced without markup and control characters."""
    return escape(printable(text))


def printable(text: str) -> str:
    """Return a text that students may have influenced without control characters, which could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _short(name: str) -> str:
    """Return a name that leaves room for the other columns; both of its ends are kept, to tell names apart."""
    name = " ".join(name.split())
    if len(name) <= _NAME:
        return name
    half = _NAME // 2
    return f"{name[:half]}…{name[-half:]}"


def _total(report: dict[str, Any]) -> str:
    if report["verdict"] != "graded":
        return "[yellow]not graded[/]"
    # the answers of a notebook that could not be read are not in the score: a human has to look
    mark = " [yellow]?[/]" if needs_human(report) else ""
    return f"{number(report['score'])} / {number(report['max_score'])}{mark}"


def _cell(check: dict[str, Any]) -> str:
    if check.get("review"):
        return f"[yellow]{number(check['score'])}?[/]"
    if check["verdict"] in _MARK:
        return _MARK[check["verdict"]]
    return f"[red]{number(check['score'])}[/]" if check["score"] else "[red]✗[/]"


def number(value: float | None) -> str:
    """Return points without unnecessary decimals."""
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
