"""``nbgrader generate_assignment``: an earlier release is deleted when the new one is complete, and not before."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

from nbgrader.converters import GenerateAssignment

from .earlier_copy import EarlierCopy


class KeepingGenerate(GenerateAssignment):
    """GenerateAssignment that leaves an earlier release where it is if the new one cannot be made."""

    _earlier: EarlierCopy | None = None

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Say whether a release is to be made, and set the earlier one aside if it would be deleted."""
        self._settle()
        folder = Path(self._format_dest(assignment_id, student_id))
        earlier = EarlierCopy(Path(os.path.normpath(folder)))
        if self.coursedir.notebook_id == "*" and (
            earlier.unfinished or (self.force and earlier.folder.is_dir())
        ):
            self.log.info("The earlier release is kept until the new one is complete: %s", earlier.folder)
            earlier.set_aside()
            self._earlier = earlier
        return bool(super().init_destination(assignment_id, student_id))

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Finish a release: it is complete, so the earlier one may go."""
        super().set_permissions(assignment_id, student_id)
        earlier, self._earlier = self._earlier, None
        if earlier is not None:
            earlier.discard()

    def convert_notebooks(self) -> None:
        """Make the release, or leave everything as it was."""
        self.log.addFilter(_no_reference_to_a_traceback)
        try:
            super().convert_notebooks()
        finally:
            self.log.removeFilter(_no_reference_to_a_traceback)
            with contextlib.suppress(FileNotFoundError):
                self._settle()

    def _settle(self) -> None:
        """Put the earlier release back if the new one did not come to its end."""
        earlier, self._earlier = self._earlier, None
        if earlier is not None and earlier.unfinished:
            earlier.put_back()
            if earlier.folder.is_dir():
                self.log.warning(
                    "Nothing was released; the earlier release is there as it was: %s", earlier.folder
                )


def _no_reference_to_a_traceback(record: logging.LogRecord) -> bool:
    """Leave out nbgrader's closing line, which names a traceback: what is wrong was said in a line of its own."""
    return not record.getMessage().startswith("Please see the the above traceback")
