"""How checks and progress look: short lines of text, and one table for the overview."""

from __future__ import annotations

import html
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .progress import Check, Outcome, Progress

# A sign and a word each, so that nothing hangs on colour.
_SIGNS = {
    "passed": ("✓", "passes"),
    "partial": ("◐", "passes in part"),
    "failed": ("✗", "not right yet"),
    "unwritten": ("✗", "not written yet"),
    "blocked": ("–", "waits"),
    "open": ("·", "not run yet"),
}
_COLOURS = {"passed": "#00694c", "partial": "#7a5600", "failed": "#a33c00", "unwritten": "#a33c00"}
_WIDTH = 108
_LONGEST = 400  # characters of one line of a failure: an array's text must not fill the screen
_MOST_LINES = 18  # and neither must all of them together


def status_line(check: Check, outcome: Outcome) -> str:
    """Return e.g. ``✓ scores passes (4 of 4 points in reach)``."""
    sign, word = _SIGNS[outcome.status]
    points = f"{check.points * outcome.credit:.3g} of {check.points:g} points in reach"
    return f"{sign} {check.name} {word} ({points})"


def failure_lines(check: Check, outcome: Outcome, standing: str) -> list[str]:
    """Return what a student reads when a check does not pass: what, why, where, and how far they are."""
    sign, word = _SIGNS[outcome.status]
    lines = [f"{sign} {check.name} {word}: {check.where} ({check.points:g} points)"]
    for line in outcome.lines:
        lines += textwrap.wrap(
            line[:_LONGEST], _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    return [*lines[:_MOST_LINES], f"  {standing}"]


def overview_text(progress: Progress) -> str:
    """Return the overview as aligned text."""
    width = max((len(name) for name in progress.checks), default=0)
    rows = []
    for name, check in progress.checks.items():
        status = progress.outcomes[name].status if name in progress.outcomes else "open"
        sign, word = _SIGNS[status]
        rows.append(f"  {sign} {name:{width}}  {check.points:>3g} points  {word:15}  {check.where}")
    return "\n".join([progress.title, *rows, f"  {progress.standing()}"])


def overview_html(progress: Progress) -> str:
    """Return the overview as a table."""
    rows = []
    for name, check in progress.checks.items():
        status = progress.outcomes[name].status if name in progress.outcomes else "open"
        sign, word = _SIGNS[status]
        colour = _COLOURS.get(status, "inherit")
        state = f'<span aria-hidden="true">{sign}</span> {word}'
        cells = [
            f'<td style="text-align:left;color:{colour}">{state}</td>',
            f'<td style="text-align:left"><code>{html.escape(name)}</code></td>',
            f'<td style="text-align:right">{check.points:g}</td>',
            f'<td style="text-align:left">{_code(check.where)}</td>',
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(
        f'<th scope="col" style="text-align:left">{h}</th>' for h in ("", "check", "points", "what you write")
    )
    caption = f"{html.escape(progress.title)}: {html.escape(progress.standing())}"
    return (
        f'<table><caption style="text-align:left;caption-side:top">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _code(text: str) -> str:
    """Return HTML in which what stands between backticks looks like code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text))
