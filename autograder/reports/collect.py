"""The stored reports of a class, and those that cannot be read: nobody disappears without a word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..milestone import Milestone
from . import report as reporting


@dataclass(frozen=True)
class Collected:
    """The reports of a class.

    Attributes
    ----------
    reports : list of dict
        By student. For a report that cannot be read there is one that says so and has no score.
    unreadable : dict of str to str
        Student → why their report cannot be read.
    """

    reports: list[dict[str, Any]]
    unreadable: dict[str, str]

    @property
    def readable(self) -> list[dict[str, Any]]:
        """The reports that could be read."""
        return [report for report in self.reports if report["student"] not in self.unreadable]


def collect(folder: Path, milestone: Milestone) -> Collected:
    """Return the reports ``<folder>/<student>/<milestone>.json``, by student.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    collected = Collected([], {})
    for student in sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else ():
        path = folder / student / f"{milestone.name}.json"
        try:
            report = reporting.load(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            why = str(error).partition("\n")[0][:200]
            collected.unreadable[student] = why
            reason = f"the report cannot be read ({why}); grade the submission again"
            report = reporting.new_report(milestone, student, seed=0, reason=reason) | {"seed": ""}
        collected.reports.append(report)
    if not collected.reports:
        raise FileNotFoundError(
            f"{folder} holds no report <student>/{milestone.name}.json: grade something first"
        )
    return collected
