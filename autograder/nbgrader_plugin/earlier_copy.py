"""The autograded copy, or the release, of an earlier run: it is deleted when a new one is complete, and not before.

It is set aside by renaming, which needs no room on the disk.
"""

from __future__ import annotations

import os
from pathlib import Path

from nbgrader.utils import rmtree


class EarlierCopy:
    """A folder from before this run, and where it waits for the new one.

    Parameters
    ----------
    folder : Path
        ``autograded/<student>/<assignment>``, or ``release/<assignment>``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.aside = folder.with_name(f".{folder.name}.before")

    @property
    def unfinished(self) -> bool:
        """Whether a run has begun and not come to its end: what lies in the folder may be half of something."""
        return self.aside.is_dir()

    def set_aside(self) -> None:
        """Make room for a new copy."""
        if self.unfinished:
            _remove(self.folder)
        elif self.folder.is_dir():
            os.rename(self.folder, self.aside)
        else:
            self.aside.mkdir(parents=True)

    def put_back(self) -> None:
        """Leave everything as it was before the run."""
        if self.keep():
            os.rename(self.aside, self.folder)

    def keep(self) -> bool:
        """Leave no half copy, and the earlier one aside until a later run succeeds; return whether there is one."""
        _remove(self.folder)
        return not self._drop_if_empty()

    def discard(self) -> None:
        """Delete the earlier copy: the new one is complete."""
        _remove(self.aside)

    def _drop_if_empty(self) -> bool:
        if any(self.aside.iterdir()):
            return False
        self.aside.rmdir()
        return True


def _remove(folder: Path) -> None:
    if folder.is_dir():
        rmtree(str(folder))
