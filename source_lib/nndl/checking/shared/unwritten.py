"""Say in a line what a cell waits for, in place of a traceback: a part to be written, or a cell that has stopped."""

from __future__ import annotations

import linecache
import symtable
import sys
import traceback
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from .errors.explained import explain_exception

_PACKAGE = Path(__file__).resolve().parents[2]
_STUB = "# YOUR CODE HERE"


def explain_in_cells() -> None:
    """Let the notebook that runs this explain what its cells wait for, if it is a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        cells = _Cells(shell)
        shell.events.register("post_run_cell", cells.after)
        shell.set_custom_exc((NotImplementedError, NameError, AttributeError, TypeError), cells.told)


class _Cells:
    """The names that cells of a notebook were to make when they stopped.

    Attributes
    ----------
    stopped : dict
        Name → number of the cell, as it stands beside the cell.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.stopped: dict[str, int] = {}

    def after(self, result: Any) -> None:
        """Remember which names a cell should have made if it has stopped; forget those that it has made."""
        for name in self._made_in(result.info.raw_cell or ""):
            if result.success:
                self.stopped.pop(name, None)
            else:
                self.stopped[name] = result.execution_count

    def _made_in(self, source: str) -> list[str]:
        try:
            table = symtable.symtable(self.shell.transform_cell(source), "cell", "exec")
        except (SyntaxError, ValueError):
            return []
        return [name.get_name() for name in table.get_symbols() if name.is_assigned() or name.is_imported()]

    def told(
        self,
        shell: Any,
        kind: type[BaseException],
        error: Exception,
        trace: TracebackType | None,
        tb_offset: int | None = None,
    ) -> None:
        """Show an error as IPython does, but in one line if it is known what the cell waits for."""
        line = self._reason(error, [(frame, number) for frame, number in traceback.walk_tb(trace)])
        if line:
            plots = sys.modules.get("matplotlib.pyplot")
            if plots is not None:
                plots.close("all")  # what the cell has begun to draw is empty
            error._render_traceback_ = lambda: [line]  # type: ignore[attr-defined]
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)

    def _reason(self, error: Exception, frames: list[tuple[FrameType, int]]) -> str:
        """Return what a cell waits for; empty if that is not known."""
        if not frames:
            return ""
        frame, number = frames[-1]
        file = frame.f_code.co_filename
        if isinstance(error, NotImplementedError):
            unwritten, lines = explain_exception(error)
            if unwritten and Path(file).is_relative_to(_PACKAGE):
                return f"this cell needs a part of yours: {lines[0]}"
            if self._is_cell(frame) and linecache.getline(file, number - 1).strip() == _STUB:
                return f"this cell is yours to write: your code comes in place of lines {number - 1} and {number}"
        elif isinstance(error, NameError) and self._is_cell(frame) and error.name in self.stopped:
            return f"`{error.name}` is not there yet: cell [{self.stopped[error.name]}], which makes it, has stopped"
        elif isinstance(error, AttributeError | TypeError) and "NoneType" in str(error):
            # the name stands in the cell, or in a function of it to which the value was handed
            for one in [frame for frame, _ in frames if self._is_cell(frame)]:
                for name in one.f_code.co_names:
                    if name in self.stopped and self.shell.user_ns.get(name, error) is None:
                        return f"`{name}` is still None: cell [{self.stopped[name]}], which fills it, has stopped"
        return ""

    def _is_cell(self, frame: FrameType) -> bool:
        return frame.f_globals is self.shell.user_ns
