"""Until version 0.3: the former name of ``nndl._support.progress``, with the function that it had then."""

import contextlib

from ._support.progress import ProgressBar


@contextlib.contextmanager
def progress_bar(visible, start, total):
    """Yield a function that counts one step when called with ``None``, and otherwise prints a line."""
    with ProgressBar(total, start=start, visible=visible) as bar:
        yield lambda line: bar.step() if line is None else bar.say(line)
