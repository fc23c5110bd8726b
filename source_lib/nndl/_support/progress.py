"""A progress bar that lines can be printed above."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(visible: bool, start: int, total: int) -> Iterator[Callable[[str | None], None]]:
    """Yield a function that counts one step when called with ``None`` and prints a line when called with one.

    Lines go to standard output, the bar to standard error or, in a notebook, into a widget.
    """
    if not visible:
        yield lambda line: None
        return
    # imported here: it takes a while, and who trains quietly does not need it
    from tqdm.auto import tqdm

    with tqdm(initial=start, total=total, unit="it", leave=False) as bar:

        def report(line: str | None) -> None:
            if line is None:
                bar.update()
            else:
                bar.write(line)

        yield report
