"""Commands of an environment with nothing of this repository but its wheels."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = {
    "nbgrader": "#!{python}\nfrom nbgrader.apps.nbgraderapp import main\nmain()\n",
    "alembic": "#!{python}\nfrom alembic.config import main\nmain()\n",
    "jupyter": "#!{python}\nfrom jupyter_core.command import main\nmain()\n",
    "jupytext": "#!{python}\nfrom jupytext.cli import jupytext\njupytext()\n",
    "pytest": "#!{python}\nfrom pytest import console_main\nconsole_main()\n",
}
"""Commands that the requirements bring along."""


@dataclass(frozen=True)
class Installed:
    """An environment, and the home of whoever works in it."""

    folder: Path
    home: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its commands: no settings of whoever runs the tests."""
        path = os.pathsep.join([str(self.folder / "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
        # An environment that is not the one of the requirements does not find their settings, templates and pages.
        jupyter = {
            "JUPYTER_CONFIG_PATH": f"{sys.prefix}/etc/jupyter",
            "JUPYTER_PATH": f"{sys.prefix}/share/jupyter",
        }
        kept = {"PATH": path, "HOME": str(self.home), "NNDL_DATA": "offline", "OPENBLAS_NUM_THREADS": "1"}
        return {**kept, **jupyter, "LANG": "C.UTF-8", "MPLCONFIGDIR": str(self.home / "matplotlib")}

    def run(self, course: Path, *command: str | Path, status: int = 0) -> str:
        """Run a command in a course's folder, and return what it says."""
        words = [str(self.folder / "bin" / command[0]), *map(str, command[1:])]
        done = subprocess.run(
            words, cwd=course, env=self.environment, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert done.returncode == status, f"{' '.join(map(str, command))}: {done.returncode}\n{said[-6000:]}"
        return said

    def ask(self, course: Path, code: str) -> str:
        """Run lines of Python, and return what they print."""
        done = subprocess.run(
            [self.python, "-c", code],
            cwd=course, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout
