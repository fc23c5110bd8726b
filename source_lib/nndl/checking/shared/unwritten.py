"""Say in a line that a cell needs a part that is not written yet, in place of a traceback."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from .failures import explain_exception

_PACKAGE = Path(__file__).resolve().parents[2]


def explain_in_cells() -> None:
    """Let the notebook that runs this explain what an unwritten part raises, if it is a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        shell.set_custom_exc((NotImplementedError,), _told)


def _told(
    shell: Any,
    kind: type[BaseException],
    error: Exception,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    """Show an error as IPython does, but in one line if a student's stub has raised it."""
    unwritten, lines = explain_exception(error)
    raised_in = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(trace)][-1:]
    if unwritten and any(Path(name).is_relative_to(_PACKAGE) for name in raised_in):
        plots = sys.modules.get("matplotlib.pyplot")
        if plots is not None:
            plots.close("all")  # what the cell has begun to draw is empty
        error._render_traceback_ = lambda: [f"this cell needs a part of yours: {lines[0]}"]  # type: ignore[attr-defined]
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
