"""How checks and progress look: short lines of text, and one table for the overview."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Sequence

from ..._support.page_style import STYLE
from .model import Check, Outcome, Status

# A sign and a word each, so that nothing hangs on colour.
_SIGNS = {
    Status.PASSED: ("✓", "passes"),
    Status.PARTIAL: ("◐", "passes in part"),
    Status.FAILED: ("✗", "does not pass yet"),
    Status.UNWRITTEN: ("✗", "not written yet"),
    Status.BLOCKED: ("–", "waits"),
    Status.OPEN: ("·", "not run yet"),
}
COLOURS = {
    Status.PASSED: ("#00543c", "#d9f2e6"),
    Status.PARTIAL: ("#5e4300", "#fbeecb"),
    Status.FAILED: ("#862f00", "#fde3d6"),
    Status.UNWRITTEN: ("#862f00", "#fde3d6"),
}
"""Text and background: each brings its own, so that it can be read in light and dark themes alike."""
_WIDTH = 108
_LONGEST = 400  # characters of one line of a failure: an array's text must not fill the screen
_MOST_LINES = 18  # and neither must all of them together


def status_line(check: Check, outcome: Outcome) -> str:
    """Return e.g. ``✓ scores passes (4 of 4 points in reach)``."""
    sign, word = _SIGNS[outcome.status]
    if not check.points:
        return f"{sign} {check.name} {word}"
    points = f"{check.points * outcome.credit:.3g} of {check.points:g} points in reach"
    return f"{sign} {check.name} {word} ({points})"


def failure_lines(check: Check, outcome: Outcome, standing: str) -> list[str]:
    """Return what a student reads when a check does not pass: what, why, where, and how far they are."""
    # the check does not pass; that the function it is named after is not right would be more than is known
    sign, word = _SIGNS[outcome.status]
    points = f" ({check.points:g} points)" if check.points else ""
    lines = [f"{sign} {check.name} {word}: {check.where}{points}"]
    for line in outcome.lines:
        lines += textwrap.wrap(
            line[:_LONGEST], _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    return [*lines[:_MOST_LINES], f"  {standing}"]


def note_lines(notes: Sequence[str]) -> list[str]:
    """Return notes on what is not there at grading, a few lines each."""
    return [
        line
        for note in notes[:_MOST_LINES]
        for line in textwrap.wrap(f"! {note}", _WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    ]


def overview_text(title: str, rows: Sequence[tuple[Check, Status]], standing: str) -> str:
    """Return the overview as aligned text: a line for each check and its status."""
    width = max((len(check.name) for check, _ in rows), default=0)
    lines = [title]
    for check, status in rows:
        sign, word = _SIGNS[status]
        lines.append(f"  {sign} {check.name:{width}}  {check.points:>3g} points  {word:15}  {check.where}")
    return "\n".join([*lines, f"  {standing}"])


def overview_html(title: str, rows: Sequence[tuple[Check, Status]], standing: str) -> str:
    """Return the overview as a table: a row for each check and its status.

    Three columns, the last of which may break: a phone shows them without scrolling sideways. The style of the
    notebook's pictures comes along, since this is the first thing that a notebook shows.
    """
    lines = []
    for check, status in rows:
        sign, word = _SIGNS[status]
        text, background = COLOURS.get(status, ("inherit", "transparent"))
        state = f'<span aria-hidden="true">{sign}</span> {word}'
        cells = [
            f'<td style="text-align:left;white-space:nowrap;color:{text};background:{background}">{state}</td>',
            f'<td style="text-align:right">{check.points:g}</td>',
            '<td style="text-align:left;white-space:normal;overflow-wrap:anywhere">'
            f"<code>{html.escape(check.name)}</code>: {_code(check.where)}</td>",
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(
        f'<th scope="col" style="text-align:left">{h}</th>' for h in ("", "points", "check: what you write")
    )
    caption = f"{html.escape(title)}: {html.escape(standing)}"
    return (
        f'{STYLE}<table><caption style="text-align:left;caption-side:top">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )


def _code(text: str) -> str:
    """Return HTML in which what stands between backticks looks like code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text))
