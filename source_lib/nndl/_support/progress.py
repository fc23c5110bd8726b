"""A progress bar that lines can be printed above."""

from __future__ import annotations

from typing import Any


class ProgressBar:
    """Count steps on the screen and print lines above the count; show nothing at all where that is not wanted.

    Lines go to standard output, the bar to standard error or, in a notebook, into a widget.

    Parameters
    ----------
    total : int
        Number of steps.
    start : int, default 0
        How many of them have been taken already.
    visible : bool, default True
        Whether anything is shown.

    Examples
    --------
    >>> with ProgressBar(3, visible=False) as bar:
    ...     for step in range(3):
    ...         bar.step()
    ...         bar.say(f"step {step}")
    """

    def __init__(self, total: int, *, start: int = 0, visible: bool = True) -> None:
        self._total, self._start, self._visible = total, start, visible
        self._bar: Any = None

    def __enter__(self) -> ProgressBar:
        if self._visible:
            # imported here: slow to import, and not needed when training silently
            from tqdm.auto import tqdm

            self._bar = tqdm(initial=self._start, total=self._total, unit="it", leave=False)
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def step(self) -> None:
        """Count one step."""
        if self._bar is not None:
            self._bar.update()

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        if self._bar is not None:
            self._bar.write(line)
