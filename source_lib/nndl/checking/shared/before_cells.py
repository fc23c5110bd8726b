"""Take the place of ``%autoreload`` for this package, where a notebook has turned it on.

Then lines are true in all cells, not in the checks' only, and a file that does not load is told in one line, not
in two tracebacks. Other modules stay with ``%autoreload``; without it, nothing happens here.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from .limit import Stopped, time_limit
from .model import LIMIT
from .reload import NotLoaded, Reloader


def watch_cells(reloader: Reloader) -> None:
    """Let ``reloader`` work before each cell of the notebook that runs this, if it is a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        cells = _Cells(shell, reloader)
        shell.events.register("pre_run_cell", cells.before)
        shell.events.register("post_run_cell", cells.after)


_CHECK = re.compile(r"\s*check\.\w+\([^\n]*\)\s*$")


class _Cells:
    def __init__(self, shell: Any, reloader: Reloader) -> None:
        self.shell = shell
        self.reloader = reloader
        self.said = ""

    def before(self, info: Any = None) -> None:
        """Load what has changed; say once what does not load, unless it is a check that runs and will say it itself."""
        if not getattr(self._autoreload(), "enabled", False):
            return
        try:
            with time_limit(LIMIT):
                self.reloader.refresh()
        except (NotLoaded, Stopped) as error:
            if _CHECK.match(getattr(info, "raw_cell", None) or ""):
                return
            if str(error) != self.said:
                print(f"{error}. Until it loads, cells run the code from before.", file=sys.stderr)
            self.said = str(error)
        else:
            self.said = ""

    def after(self, *_: Any) -> None:
        """Tell autoreload to leave the package's modules alone, those too that the cell has imported."""
        autoreload = self._autoreload()
        if autoreload is not None:
            for name in self.reloader.modules():
                if name not in autoreload.skip_modules:
                    autoreload.mark_module_skipped(name)

    def _autoreload(self) -> Any:
        """Return what does the work of IPython's autoreload, or None; it has no public name."""
        magics = self.shell.magics_manager.registry.get("AutoreloadMagics")
        return getattr(magics, "_reloader", None)
