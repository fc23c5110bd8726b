"""The course that a folder holds, as its ``nbgrader_config.py`` says: nbgrader's own answer, for every command."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..sources import CourseError, Sources

CONFIG = "nbgrader_config.py"


@dataclass
class Course:
    """What a command works on: the course whose folder it runs in, or what is installed if that is no course's.

    Attributes
    ----------
    root : Path or None
        The course's folder; None if there is none.
    """

    root: Path | None

    @classmethod
    def around(cls, folder: Path) -> Course:
        """Return the course that a folder belongs to: the nearest folder above with an ``nbgrader_config.py``."""
        folder = folder.resolve()
        return cls(next((path for path in (folder, *folder.parents) if (path / CONFIG).is_file()), None))

    @cached_property
    def sources(self) -> Sources:
        """Where the course's milestones, notebooks, library and documents lie.

        Raises
        ------
        CourseError
            If its ``nbgrader_config.py`` cannot be read.
        """
        return Sources() if self.root is None else sources_of(self.directory)

    @cached_property
    def gradebook(self) -> str | None:
        """The URL of the gradebook; None if there is no course, or nothing was ever recorded in it."""
        if self.root is None:
            return None
        url = str(self.directory.db_url)
        path = Path(url.removeprefix("sqlite:///"))
        return url if not url.startswith("sqlite:///") or path.is_file() else None

    @cached_property
    def images(self) -> str | None:
        """The hidden images as ``c.RecordScores.data`` names them; None if there is no course, or it does not say.

        Every command that grades takes these where it is given no others: a course is graded on one set.
        """
        return (
            None if self.root is None else str(config_of(self.directory).RecordScores.get("data", "")) or None
        )

    @cached_property
    def directory(self) -> Any:
        """Nbgrader's ``CourseDirectory``, configured as nbgrader's own commands see it."""
        # nbgrader takes a second to import, and not every command needs it.
        from nbgrader.coursedir import CourseDirectory
        from traitlets.config.loader import PyFileConfigLoader

        assert self.root is not None
        try:
            config = PyFileConfigLoader(CONFIG, path=str(self.root)).load_config()
        except Exception as error:
            raise CourseError(f"{self.root / CONFIG}: {type(error).__name__}: {error}") from error
        if "root" not in config.CourseDirectory:
            config.CourseDirectory.root = str(self.root)
        return CourseDirectory(config=config)


def sources_of(directory: Any) -> Sources:
    """Return the sources of the course that a ``CourseDirectory`` of nbgrader's describes."""
    folder = directory.format_path(directory.source_directory, ".", ".")
    config = config_of(directory)
    service = config.get("GradingService", {}).get("url", "")
    extra = _extra_credit(config.get("ExtraCredit", {}).get("points", {}))
    return Sources.of_course(Path(directory.root), Path(folder), str(service), extra)


def config_of(directory: Any) -> Any:
    """Return the configuration of a course: nbgrader's commands read the file after they have made the directory."""
    app = directory.parent
    return directory.config if app is None else app.config


def _extra_credit(said: Any) -> dict[str, dict[str, float]]:
    """Return what ``c.ExtraCredit.points`` says: milestone → grade id → points."""
    try:
        found = {str(m): {str(name): float(p) for name, p in cells.items()} for m, cells in said.items()}
        if bad := [p for cells in found.values() for p in cells.values() if not 0 < p < math.inf]:
            raise ValueError(f"{bad[0]:g} points")
    except (AttributeError, TypeError, ValueError) as error:
        example = '{"milestone": {"cell": 2}}'
        message = f"{CONFIG}: c.ExtraCredit.points must be as {example}, with points above 0: {error}"
        raise CourseError(message) from error
    return found
