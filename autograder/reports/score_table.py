"""What a terminal shows of a class: its scores as a table, and with which versions students worked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from .report import needs_human

_NAME = 30
_SHOWN_NAMES = 10
_MARK = {"passed": "[green]✓[/]", "not graded": "[yellow]?[/]"}


def scores(reports: Sequence[dict[str, Any]], width: int = 1000) -> Table:
    """Return a table with a row for each student and a column for each check, with points where it is partly passed.

    Where the headings do not fit into ``width`` columns side by side, there is one column for all that is not passed.
    """
    names = next((tuple(c["name"] for c in r["checks"]) for r in reports if r["checks"]), ())
    table = Table(title="Scores", title_justify="left")
    table.add_column("student", no_wrap=True, max_width=_NAME + 1)
    table.add_column("score", justify="right", no_wrap=True)
    if _width(reports, names) > width:
        return _listed(table, reports)
    for name in names:
        table.add_column(name.replace("_", " "), justify="center")
    for report in reports:
        by_name = {check["name"]: check for check in report["checks"]}
        cells = [_cell(by_name[name]) if name in by_name else "[yellow]?[/]" for name in names]
        table.add_row(
            plain(_short(report["student"])),
            _total(report),
            *cells,
        )
    return table


def _width(reports: Sequence[dict[str, Any]], names: Sequence[str]) -> int:
    """Return how many columns of text the table takes at least, with no word of a heading broken."""
    students = max([len("student"), *(len(_short(report["student"])) for report in reports)])
    totals = max([len("score"), *(len(Text.from_markup(_total(report)).plain) for report in reports)])
    headings = [max(len(word) for word in name.split("_")) for name in names]
    return sum(3 + columns for columns in (students, totals, *headings)) + 1


def _listed(table: Table, reports: Sequence[dict[str, Any]]) -> Table:
    table.add_column("not passed")
    for report in reports:
        left = [check for check in report["checks"] if check["verdict"] != "passed" or check.get("review")]
        said = ", ".join(f"{check['name']} {_cell(check)}" for check in left)
        table.add_row(plain(_short(report["student"])), _total(report), said)
    return table


def slim(report: dict[str, Any]) -> dict[str, Any]:
    """Return what a score table and `needs_human` look at of a report: that of a whole class fits in memory."""
    entries = ("name", "verdict", "score", "review")
    return {
        **{name: report[name] for name in ("student", "verdict", "reason", "score", "max_score")},
        "seed": report.get("seed", ""),
        "checks": [{name: check.get(name) for name in entries} for check in report["checks"]],
        "submission": {"unread": report["submission"].get("unread", [])},
        "versions": report.get("versions", {}),
    }


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


def other_versions(report: dict[str, Any]) -> dict[str, str]:
    """Return with which Python and NumPy a student worked, where the grader has others; each by its name."""
    names = (("Python", "python"), ("NumPy", "numpy"))
    versions = report["versions"]
    pairs = [(name, versions.get(f"student_{key}", ""), versions.get(key, "")) for name, key in names]
    return {name: there for name, there, here in pairs if there and here and differ(there, here)}


def differ(one: str, other: str) -> bool:
    """Return whether two versions differ in more than their last number."""
    return one.split(".")[:2] != other.split(".")[:2]


def of_students(reports: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Return, for each version that is not the grader's, the students who worked with it."""
    found: dict[str, list[str]] = {}
    for report in reports:
        for name, version in other_versions(report).items():
            found.setdefault(f"{name} {version}", []).append(report["student"])
    return dict(sorted(found.items()))


def versions_in_words(reports: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for each version that students worked with and that is not the grader's."""
    here = reports[0]["versions"] if reports else {}
    return [
        f"{listed(students)} worked with {version}, and the grader has {here[version.split()[0].lower()]}"
        for version, students in of_students(reports).items()
    ]


def listed(students: Sequence[str]) -> str:
    """Return names with commas between them, cut if they are many."""
    more = f" and {len(students) - _SHOWN_NAMES} more" if len(students) > _SHOWN_NAMES else ""
    return ", ".join(students[:_SHOWN_NAMES]) + more
