"""Gradescope: from a report to ``results/results.json``; ``python -m autograder.platforms.gradescope /autograder``.

The form is that of https://gradescope-autograders.readthedocs.io/en/latest/specs/. What could not be graded has no
score there, so that Gradescope shows a failed autograder and no zero.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

from ..reports import report as reporting
from ..sandbox import unprotected
from .bundle import BundleSettings, read_settings
from .grade_there import grade_there, is_unprotected

RESULTS = Path("results") / "results.json"


def results(report: dict[str, Any], settings: BundleSettings) -> dict[str, Any]:
    """Return what Gradescope reads of a report."""
    warning = f"{unprotected.WARNING}\n" if is_unprotected(report) else ""
    found: dict[str, Any] = {
        "output": warning + _overall(report),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"seed": report["seed"], "versions": report["versions"], "verdict": report["verdict"]},
        "tests": [
            _test(number, check, settings, warning) for number, check in enumerate(report["checks"], 1)
        ],
    }
    if "total" in report["seconds"]:
        found["execution_time"] = round(report["seconds"]["total"])
    if report["verdict"] == "graded":
        found["score"] = report["score"]
    elif not found["tests"]:
        found["tests"] = [{"name": "Not graded", "output": found["output"], "visibility": "visible"}]
    return found


def _overall(report: dict[str, Any]) -> str:
    human = reporting.needs_human(report)
    if report["verdict"] != "graded":
        reason = report["reason"]
        said = reason if reason.startswith("not graded") else f"not graded: {reason}"
        return f"{said}\nThis costs no points; your instructor will look at it.\n"
    lines = [f"{report['score']:g} of {report['max_score']:g} points for the code."]
    lines += ["Questions are graded by hand and are not in this score."]
    lines += [f"A human will look at this: {line}" for line in human]
    lines += report["submission"]["repairs"]
    lines += [line for line in report["submission"]["warnings"] if line != unprotected.WARNING]
    return "\n".join(lines) + "\n"


def _test(number: int, check: dict[str, Any], settings: BundleSettings, warning: str) -> dict[str, Any]:
    said = [check["title"], check["message"]]
    for bug in check["bugs"]:
        said += [bug["explanation"], bug["hint"]]
    test = {
        "name": check["name"] + (" (extra credit)" if check.get("extra_credit") else ""),
        "number": str(number),
        "max_score": check["points"],
        "output": warning + "\n".join(text for text in said if text),
        "output_format": "text",
        "visibility": settings.visibility,
    }
    if check["verdict"] == "not graded":
        test["output"] = f"not graded, which costs nothing: {test['output']}"
    else:
        test |= {"score": check["score"], "status": check["verdict"]}
    return test


def main(root: Path) -> None:
    """Grade what lies in ``root``, and write the results, whatever happens."""
    try:
        report, settings = grade_there(root)
        found = results(report, settings)
    except Exception as error:  # ours: no score, and the instructor sees why in the captured output
        traceback.print_exc()
        said = f"not graded: {type(error).__name__}. This costs no points; your instructor will look at it.\n"
        found = {
            "output": said,
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "tests": [{"name": "Not graded", "output": said, "visibility": "visible"}],
        }
    text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    reporting.write_text(root / RESULTS, text)
    print(f"graded {read_settings(root / 'source').milestone}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
