"""The report: made from results, checked against the published schema, read and written as JSON."""

from __future__ import annotations

import contextlib
import datetime
import functools
import importlib.metadata
import json
import math
import os
import platform
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from nndl.diagnosis import describe

from ..judging import milestone_content
from ..judging.check import CaseRecord, CheckResult, Finding
from ..messages import pictures
from ..milestone import Milestone
from ..release.without_grammars import without_grammars

DISTRIBUTION = "nndl-autograder"
"""What the autograder is installed as."""
SCHEMA_VERSION = "nndl-report/1"
CONTENT = "checks, bugs and reference"
"""The key, in the versions of a report, of the SHA-256 over what decided about points."""
_TEXT = 2000
_FINDINGS = 20


@functools.cache
def schema() -> dict[str, Any]:
    """Return the published JSON schema of a report."""
    text = resources.files(__package__).joinpath("report.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def needs_human(report: dict[str, Any]) -> tuple[str, ...]:
    """Return what a human has to look at before the submission is graded in full; empty if there is nothing."""
    unread = tuple(report["submission"].get("unread", ()))  # reports of earlier versions do not say
    if report["verdict"] == "graded":
        return unread + tuple(
            f"{check['name']}: {check['review']}" for check in report["checks"] if check.get("review")
        )
    return (
        report["reason"] or "no reason is known",
        *(line for line in unread if line not in report["reason"]),
    )


def validate(report: dict[str, Any]) -> None:
    """Raise ``ValueError`` if ``report`` does not have the published form; the message says where."""
    validator = _validator()
    if validator.is_valid(report):
        return
    from jsonschema.exceptions import best_match

    error = best_match(validator.iter_errors(report))
    where = "/".join(map(str, error.absolute_path)) or "the report"
    raise ValueError(f"{where}: {error.message}") from error


@functools.cache
def _validator() -> Any:
    """Return what knows the published form: made once, for to check the schema itself takes longer than a report."""
    # Imported where it is used: its format checks take more than a second to load, and processes that only grade
    # do not need them.
    with without_grammars():
        import jsonschema

    kind = jsonschema.validators.validator_for(schema())
    kind.check_schema(schema())
    return kind(schema())


def new_report(
    milestone: Milestone,
    student: str,
    *,
    seed: int,
    data: str = "",
    reason: str = "",
    submission: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a report without results: "not graded", with a reason.

    Parameters
    ----------
    milestone : Milestone
    student : str
    seed : int
        The run's.
    data : str, optional
        Where hidden images come from.
    reason : str, optional
        Why nothing was judged.
    submission : dict, optional
        What was read; see `Submission.summary`.

    Raises
    ------
    LookupError
        If the milestone has no checks yet.
    """
    return {
        "schema": SCHEMA_VERSION,
        "milestone": milestone.name,
        "student": student,
        "verdict": "not graded",
        "reason": reason,
        "score": None,
        "max_score": float(
            sum(c.points for c in milestone_content.checks(milestone) if c.name not in milestone.extra_credit)
        ),
        "checks": [],
        "submission": submission or {"digest": "", "files": [], "repairs": [], "warnings": [], "unread": []},
        "seed": str(seed),
        "data": data,
        "seconds": {},
        "versions": versions(milestone),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def versions(milestone: Milestone) -> dict[str, str]:
    """Return the versions that a result may depend on: Python, the distributions, and what decides about points."""
    names = (milestone.package, DISTRIBUTION, "numpy", "msgpack")
    found = {"python": platform.python_version(), **{name: _version(name) for name in names}}
    return {**found, CONTENT: milestone_content.digest(milestone)}


@functools.cache
def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:  # a course may keep its library in a folder
        return "not installed"


def check_entry(result: CheckResult, extra: float | None = None) -> dict[str, Any]:
    """Return the JSON form of one check's result; ``extra`` are its points where they come on top of the maximum."""
    graded = result.verdict != "not graded"
    points = result.check.points if extra is None else extra
    scale = points / result.check.points if result.check.points else 0.0
    return {
        "name": result.check.name,
        "title": result.check.title,
        "points": points,
        **({} if extra is None else {"extra_credit": True}),
        "score": round(scale * result.score, 6) if graded else None,
        "verdict": result.verdict,
        "message": _clean(result.message),
        "borrowed": list(result.borrowed),
        "bugs": [
            {"name": bug.name, "parts": parts, "explanation": bug.explanation, "hint": bug.hint}
            for bug, parts in result.bugs
        ],
        "parts": [
            {"name": name, "credit": credit, "points": round(scale * result.check.points_of_parts[name], 6)}
            for name, credit in result.credits.items()
        ],
        "findings": [entry for record in result.records for entry in _findings(record)][:_FINDINGS],
        "seconds": round(result.seconds, 4),
    }


def _findings(record: CaseRecord) -> list[dict[str, Any]]:
    entries = [
        {
            "case": record.index,
            "arguments": record.case,
            "part": finding.part,
            "label": finding.label,
            "credit": finding.credit,
            "message": _clean(finding.message),
            "expected": _clean(describe(finding.expected)),
            "actual": _clean(describe(finding.actual)),
            "error": finding.error if finding.error is not None and math.isfinite(finding.error) else None,
            **_picture(finding),
        }
        for finding in record.findings
        if not finding.passed
    ]
    if record.failure is not None:
        entries.append(
            {
                "case": record.index,
                "arguments": record.case,
                "part": "",
                "label": type(record.failure).__name__,
                "credit": 0.0,
                "message": _clean(str(record.failure)),
                "expected": "",
                "actual": "",
                "error": None,
            }
        )
    return entries


def _picture(finding: Finding) -> dict[str, Any]:
    found = pictures.levels(finding.expected, finding.actual)
    return {"picture": found} if found else {}


def _clean(text: str) -> str:
    """Shorten a text that student code may have influenced, and replace control characters in it."""
    text = "".join(
        c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text[: 2 * _TEXT]
    )
    return text if len(text) <= _TEXT else text[: _TEXT - 3] + "..."


def write(path: Path, report: dict[str, Any]) -> None:
    """Validate and write a report; a reader sees the old one or the new one, never half of it."""
    validate(report)
    write_text(path, json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace the file ``path`` by ``text`` in one step, which also a power cut does not leave half done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        # A folder's name need not be UTF-8; stray bytes are escaped, as in JSON.
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk; some network file systems cannot be asked."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> dict[str, Any] | None:
    """Return the report stored at ``path``, or None if there is none that validates."""
    try:
        return load(path)
    except (OSError, ValueError):
        return None


def load(path: Path) -> dict[str, Any]:
    """Return the report stored at ``path``.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is not a whole report of the published form; the message says where.
    """
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    validate(report)
    return report
