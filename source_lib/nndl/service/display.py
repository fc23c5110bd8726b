"""One line that is rewritten, and a table: as a page in a notebook, as text in a terminal."""

from __future__ import annotations

import html
import itertools
import shutil
import sys
import textwrap
from typing import Any

from .replies import Result

_NUMBERS = itertools.count()
_WIDTH = 100


def _notebook_display() -> Any:
    """Return IPython's ``display`` where a notebook shows rich output; else None."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    return display


class Line:
    """A line that is rewritten. Where nothing can be rewritten, in a file say, each new text is a line."""

    def __init__(self) -> None:
        self._display = _notebook_display()
        self._id = f"nndl-submit-{id(self)}-{next(_NUMBERS)}"
        self._shown = ""
        self._started = False

    def show(self, text: str) -> None:
        """Show a text in place of the one before."""
        if text == self._shown:
            return
        if self._display is not None:
            shown = {"text/plain": text, "text/html": f"<div role='status'>{html.escape(text)}</div>"}
            self._display(shown, raw=True, display_id=self._id, **({"update": True} if self._started else {}))
        elif sys.stdout.isatty():
            width = max(20, shutil.get_terminal_size().columns - 1)
            line = text if len(text) <= width else text[: width - 1] + "…"
            print(f"\r{line.ljust(min(width, len(self._shown)))}", end="", flush=True)
        else:
            print(text, flush=True)
        self._shown, self._started = text, True

    def end(self) -> None:
        """Leave the line as it is; what comes next begins below."""
        if self._started and self._display is None and sys.stdout.isatty():
            print(flush=True)
        self._started, self._shown = False, ""


def show_result(result: Result, below: str) -> None:
    """Show what a hand-in gave, and a few lines below it."""
    display = _notebook_display()
    plain = as_text(result, below)
    if display is None:
        print(plain, flush=True)
    else:
        display({"text/plain": plain, "text/html": as_html(result, below)}, raw=True)


def headline(result: Result) -> str:
    """Return the official score in words."""
    counted = ""
    if result.counted is not None and result.counted != result.score:
        counted = f"; {points(result.counted)} counts"
    return f"Official score: {points(result.score)} of {points(result.max_score)}{counted}"


def as_text(result: Result, below: str) -> str:
    """Return the table as lines."""
    width = min(_WIDTH, max(40, shutil.get_terminal_size((_WIDTH, 24)).columns))
    lines = ["", headline(result), ""]
    for check in result.checks:
        mark = "✓" if check.passed else "✗"
        score = f"{points(check.points)} / {points(check.max_points)}"
        title = textwrap.shorten(check.title, width - 16, placeholder=" …")
        lines.append(f"  {mark} {title.ljust(width - 16)} {score:>11}")
        for kind, said in (("", check.message), ("Hint: ", check.hint)):
            for paragraph in said.splitlines():
                lines += textwrap.wrap(
                    kind + paragraph, width - 6, initial_indent="      ", subsequent_indent="      "
                )
                kind = ""
    lines += [f"  – {remark}" for remark in result.remarks]
    return "\n".join([*lines, "", below])


def as_html(result: Result, below: str) -> str:
    """Return the table as a piece of a page; what others wrote in it is escaped."""
    rows = []
    for check in result.checks:
        mark = "passed" if check.passed else "<b>failed</b>"
        said = html.escape(check.message)
        hint = f"<div><i>Hint:</i> {html.escape(check.hint)}</div>" if check.hint else ""
        rows.append(
            f"<tr><td style='text-align:left'>{mark}</td>"
            f"<td style='text-align:left;white-space:pre-wrap'>{html.escape(check.title)}"
            f"{f'<div>{said}</div>' if said else ''}{hint}</td>"
            f"<td>{points(check.points)} / {points(check.max_points)}</td></tr>"
        )
    head = (
        "<thead><tr><th scope='col' style='text-align:left'>Result</th><th scope='col' style='text-align:left'>"
        "Check</th><th scope='col'>Points</th></tr></thead>"
    )
    table = f"<table>{head}<tbody>{''.join(rows)}</tbody></table>" if rows else ""
    remarks = "".join(f"<li>{html.escape(remark)}</li>" for remark in result.remarks)
    return (
        f"<p><b>{html.escape(headline(result))}</b></p>{table}{f'<ul>{remarks}</ul>' if remarks else ''}"
        f"<p style='white-space:pre-wrap'>{html.escape(below)}</p>"
    )


def points(value: float) -> str:
    """Return points with as many digits as they need."""
    return f"{round(value, 2):g}"
