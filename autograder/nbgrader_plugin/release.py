"""``nbgrader generate_assignment``, with the same release as everywhere else."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import sys
from collections.abc import Iterator
from datetime import MAXYEAR
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict

from ..gradebook.extensions import FILE, read_extensions, still_open
from ..judging import milestone_content
from ..milestone import Milestone
from ..release.assignment import mark
from ..release.build import Release, write_files
from ..release.fences import ReleaseError
from ..release.kept import keep
from ..release.notebook import clean, without_points
from ..sources import CourseError, Sources
from .course import sources_of
from .execute import is_autograded


class BuildRelease(NbGraderPreprocessor):
    """Write the library with stubs beside the notebook, after a search for left-over solutions.

    This must be the last of `GenerateAssignment.preprocessors`: an exception there removes the release; in a
    ``post_convert_hook`` it would be ignored, and the release would stay.
    """

    blank_earlier = Bool(False, help="Whether to make stubs of earlier milestones too.").tag(config=True)
    match_checks = Bool(
        True, help="Whether each autograded cell must have a check of its name and points."
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Complete the release of one assignment."""
        converter = self.parent.parent
        assignment, name = resources["nbgrader"]["assignment"], resources["nbgrader"]["notebook"] + ".ipynb"
        converter.log.addFilter(_in_one_line)
        sources = sources_of(converter.coursedir)
        try:
            milestone = sources.milestone(assignment)
        except LookupError as error:
            raise ReleaseError(str(error.args[0]), assignment) from error
        release = Release(milestone, sources, blank_earlier=self.blank_earlier)
        files = release.checked
        clean(nb)
        nb.metadata["assignment"] = nbformat.from_dict(mark(release.assignment))
        if name not in files or _meaning(nb) != _meaning(nbformat.reads(files[name].decode(), as_version=4)):
            raise ReleaseError(
                "nbgrader is configured to strip this notebook in another way than the autograder, which would "
                "take every answer for a changed cell; remove the settings of its preprocessors, such as "
                "IncludeHeaderFooter.header",
                f"{assignment}/{name}",
            )
        if self.match_checks:
            match_checks(nb, milestone, self.log)
            for line in not_ready(milestone):
                self.log.warning(line)
        dest = Path(converter._format_dest(assignment, resources["nbgrader"]["student"]))
        dest.mkdir(parents=True, exist_ok=True)
        for path in sorted(dest.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
            elif path.is_file() and path.suffix != ".ipynb":
                path.unlink()  # nbgrader copied the assignment's folder as it is
        write_files(dest, {n: data for n, data in files.items() if n != name})
        if not self.blank_earlier:
            self._warn_of_extensions(
                Path(converter.coursedir.root), resources["nbgrader"]["db_url"], sources, milestone
            )
        self.log.info(
            "What nbgrader has copied is replaced by the release; files with solutions are not in it"
        )
        self.log.info("Version %s is kept in %s", release.version, keep(release))
        self.log.info("Released %d files of the library and the assignment", len(files) - 1)
        return nb, resources

    def _warn_of_extensions(self, root: Path, db_url: str, sources: Sources, milestone: Milestone) -> None:
        """Say so if somebody may still hand in an earlier milestone, whose solution this release holds."""
        earlier = sources.milestone_names[: sources.milestone_names.index(milestone.name)]
        extensions = [one for one in read_extensions(root / FILE) if one.assignment in earlier]
        if not extensions:
            return
        with Gradebook(db_url) as gradebook:
            for one, end in still_open(gradebook, extensions):
                until = "without an end" if end.year == MAXYEAR else f"until {end:%Y-%m-%d %H:%M} UTC"
                self.log.warning(
                    "This release holds the solution of %s, which %s may hand in %s: hand it out later, or release "
                    "with --BuildRelease.blank_earlier=True",
                    *(one.assignment, one.student, until),
                )


class ExtraCredit(NbGraderPreprocessor):
    """Give no points to the cells whose points come on top of the maximum, before nbgrader adds the maximum up."""

    points = Dict(
        help="Milestone → check or question → its points, which come on top of the maximum; every command reads it."
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Change the cells' points; an assignment that is no milestone is told of by `BuildRelease`."""
        with contextlib.suppress(LookupError):
            milestone = sources_of(self.parent.parent.coursedir).milestone(
                resources["nbgrader"]["assignment"]
            )
            require_cells(nb, milestone)
            without_points(nb, milestone.extra_credit)
        return nb, resources


def require_cells(nb: Any, milestone: Milestone) -> None:
    """Raise a `ReleaseError` if extra credit is promised for what is not in a notebook."""
    names = {(cell.metadata.get("nbgrader") or {}).get("grade_id") for cell in nb.cells}
    if missing := sorted(set(milestone.extra_credit) - names):
        raise ReleaseError(
            f"extra credit is promised for {', '.join(missing)}, which is no cell of the notebook",
            milestone.name,
        )


def not_ready(milestone: Milestone) -> Iterator[str]:
    """Yield what students can be given the release without, and what grading will miss."""
    for library in milestone.libraries:
        if importlib.util.find_spec(library) is None:
            yield f"The library {library} is not installed here: nothing can be graded before it is"
    try:
        edited = [bug.edited for bug in milestone_content.bugs(milestone)]
        edited += milestone_content.alternatives(milestone).values()
    except CourseError as error:
        yield f"A catalogue of {milestone.name} cannot be read: {error}"
        return
    for one in edited:
        try:
            one.sources()
        except ValueError as error:
            yield f"A known mistake or right solution does not fit the solution any more: {error}"


def match_checks(nb: Any, milestone: Milestone, log: Any) -> None:
    """Compare the autograded cells of a notebook with the checks of its milestone.

    Raises
    ------
    ReleaseError
        If a cell has no check, a check has no cell, or their points differ.
    """
    try:
        known = {
            check.name: 0.0 if check.name in milestone.extra_credit else float(check.points)
            for check in milestone_content.checks(milestone)
        }
    except CourseError as error:
        raise ReleaseError(str(error.args[0]), milestone.name) from error
    except LookupError:
        log.warning("The milestone %s has no checks yet; its cells cannot be autograded", milestone.name)
        return
    settings = [cell.metadata["nbgrader"] for cell in nb.cells if is_autograded(cell)]
    cells = {entry["grade_id"]: float(entry["points"]) for entry in settings}
    wrong = [f"{n} has no cell" for n in known if n not in cells]
    wrong += [f"the cell {n} has no check" for n in cells if n not in known]
    wrong += [
        f"the cell {n} gives {cells[n]:g} points, its check {known[n]:g}"
        for n in cells
        if n in known and cells[n] != known[n]
    ]
    if wrong:
        raise ReleaseError(f"cells and checks do not match: {'; '.join(wrong)}", milestone.name)


def _in_one_line(record: logging.LogRecord) -> bool:
    """Replace the traceback that nbgrader logs by the error's own line: it says what is wrong with the assignment."""
    error = sys.exc_info()[1]
    if isinstance(error, ReleaseError) and record.getMessage().startswith("Traceback"):
        record.msg, record.args = str(error), ()
    return True


def _meaning(nb: Any) -> list[tuple[str, str, str]]:
    return [
        (c.cell_type, c.source, json.dumps([c.metadata, c.get("attachments")], sort_keys=True))
        for c in nb.cells
    ]
