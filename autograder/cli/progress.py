"""How far a run is: a bar on a terminal, lines where there is none, and JSON for programs."""

from __future__ import annotations

import json
import time
from types import TracebackType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

_EVERY = 10.0
"""Seconds between two lines."""


class RunProgress:
    """Tells how many submissions are done, how fast that goes, how long it will take, and how many were not graded.

    Parameters
    ----------
    what : str
        What is being done, in a word or two.
    total : int
        How many submissions there are.
    console : Console
        Where a bar is drawn, if that is a terminal; lines go to standard error.
    as_json : bool
        Whether to write a line of JSON for each submission to standard error instead.
    """

    def __init__(self, what: str, total: int, console: Console, as_json: bool):
        self._what, self._total, self._json = what, total, as_json
        self._done = self._graded = self._not_graded = 0
        self._began = self._told = time.monotonic()
        self._bar: Progress | None = None
        if console.is_terminal and not as_json:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[said]}"),
            )
            # without a thread of its own: processes are forked beside it
            self._bar = Progress(*columns, console=console, auto_refresh=False)
            self._task = self._bar.add_task(what, total=total, said="")

    def __enter__(self) -> RunProgress:
        if self._bar is not None:
            self._bar.start()
            self._bar.refresh()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.update(self._task, visible=self._graded > 0)
            self._bar.stop()
        elif not self._json and self._told > self._began:  # the last line, where there was a first
            click.echo(self._line(), err=True)

    def advance(self, report: dict[str, Any], fresh: bool) -> None:
        """Count a report; ``fresh`` says whether it was made now."""
        self._done += 1
        self._graded += fresh
        self._not_graded += report["verdict"] != "graded"
        if self._json:
            told = {name: report[name] for name in ("student", "verdict", "score")}
            click.echo(json.dumps({**told, "fresh": fresh, **self._state()}), err=True)
        elif self._bar is not None:
            self._bar.update(self._task, advance=1, said=self._said(), refresh=True)
        elif time.monotonic() - self._told >= _EVERY and self._done < self._total:
            self._told = time.monotonic()
            click.echo(self._line(), err=True)

    def _state(self) -> dict[str, Any]:
        passed = time.monotonic() - self._began
        rate = self._graded / passed if passed > 0 else 0.0
        left = (self._total - self._done) / rate if rate else None
        return {
            "done": self._done,
            "total": self._total,
            "not_graded": self._not_graded,
            "per_second": round(rate, 3),
            "seconds_left": None if left is None else round(left),
        }

    def _line(self) -> str:
        return f"{self._what}: {self._done} of {self._total}{self._said()}"

    def _said(self) -> str:
        state = self._state()
        said = f", {state['per_second'] * 60:.3g} a minute" if state["per_second"] else ""
        if state["seconds_left"]:
            minutes, seconds = divmod(state["seconds_left"], 60)
            said += f", about {minutes}:{seconds:02} min left"
        return said + (f", {self._not_graded} not graded" if self._not_graded else "")
