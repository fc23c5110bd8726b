"""Grading on a platform: the submission in ``<root>/submission``, by the archive unpacked in ``<root>/source``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..grading.grade import Settings, grade_folder, not_graded
from ..sandbox import unprotected
from ..sandbox.availability import sandbox_availability
from ..sources import Sources
from .bundle import COURSE, BundleSettings, read_settings

NO_SANDBOX = "not graded: no sandbox"


def grade_there(root: Path) -> tuple[dict[str, Any], BundleSettings]:
    """Return the report on the submission, and the archive's settings; no report ever costs points for our faults.

    Where no sandbox can be started nothing of the submission is run, unless the archive was made with
    ``--unsafe-without-sandbox``.
    """
    settings = read_settings(root / "source")
    sources = Sources.of_course(root / "source" / COURSE)
    milestone = sources.milestone(settings.milestone)
    run = Settings(milestone, sources=sources, data=settings.data or None)
    state = sandbox_availability()
    student = student_of(root)
    if state.ok:
        report = grade_folder(root / "submission", student, run)
    elif settings.without_sandbox:
        with unprotected.allowed():
            report = grade_folder(root / "submission", student, run)
        if report is not None:
            report["submission"]["warnings"].append(unprotected.WARNING)
    else:
        report = not_graded(student, run, f"{NO_SANDBOX}. {state.advice}")
    assert report is not None  # only a known digest makes it so
    return report, settings


def student_of(root: Path) -> str:
    """Return who handed in, as Gradescope's metadata have it: their addresses."""
    try:
        said = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
        names = [str(user.get("email") or user.get("id")) for user in said["users"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        names = []
    return " and ".join(names) or "student"


def is_unprotected(report: dict[str, Any]) -> bool:
    """Return whether a report was made without a sandbox."""
    return unprotected.WARNING in report["submission"]["warnings"]
