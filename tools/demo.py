"""All steps of a course in one run: release, class, grading, report. ``make demo`` runs it.

python tools/demo.py build/demo --jobs 2
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
MILESTONE = "two_layer_net"


def step(title: str, *command: str, accept: tuple[int, ...] = (0,)) -> None:
    """Show and run one command; stop the demo if it fails."""
    print(f"\n== {title}\n   $ {' '.join(command)}", flush=True)
    program = Path(sys.executable).with_name(command[0])
    status = subprocess.run([str(program), *command[1:]], cwd=REPOSITORY, check=False).returncode
    if status not in accept:
        sys.exit(f"the demo stopped: {command[0]} ended with exit status {status}")


def _a_feedback_page(reports: Path) -> str:
    """Return the page of somebody who lost a part of the points: there is most to read on it."""
    pages = {}
    for report in sorted(reports.glob(f"*/{MILESTONE}.json")):
        found = json.loads(report.read_text(encoding="utf-8"))
        if found["score"] is not None:
            pages[report.with_suffix(".html")] = abs(found["score"] / found["max_score"] - 0.6)
    best = min(pages, key=lambda page: pages[page], default=reports)
    return os.path.relpath(best, REPOSITORY)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the demo course; an earlier demo is removed")
    parser.add_argument(
        "--jobs", default=str(os.cpu_count() or 1), help="submissions graded at the same time"
    )
    arguments = parser.parse_args()
    start = time.monotonic()
    course = (REPOSITORY / arguments.folder).resolve()
    if course.exists():
        if not (course / ".demo").is_file():
            sys.exit(f"{course} exists and was not made by the demo: choose another folder")
        shutil.rmtree(course)
    course.mkdir(parents=True)
    (course / ".demo").touch()
    folder = os.path.relpath(course, REPOSITORY)
    submitted, reports = f"{folder}/submitted", f"{folder}/reports"

    step(
        "The student version, by stock nbgrader",
        "nbgrader", "generate_assignment", MILESTONE, f"--CourseDirectory.root={course}",
        f"--CourseDirectory.source_directory={REPOSITORY / 'assignments'}", "--create", "--force",
    )  # fmt: skip
    step(
        "A simulated class: some are right, some are wrong, some try to get points without work",
        "autograder", "simulate", MILESTONE, submitted, "--data", "offline",
    )  # fmt: skip
    step(
        "Grading in the sandbox, on images that no student has seen",
        "autograder", "grade", MILESTONE, "--submitted", submitted, "--output", reports, "--data", "offline",
        "--jobs", arguments.jobs,
    )  # fmt: skip
    step("Feedback for each student", "autograder", "feedback", MILESTONE, "--reports", reports)
    step("The class report", "autograder", "report", MILESTONE, "--reports", reports)

    print(
        f"\nDone in {time.monotonic() - start:.0f} s. Look at the class report: {reports}/{MILESTONE}.html\n"
        f"and at what one student reads: {_a_feedback_page(course / 'reports')}\n"
        "Read next: docs/instructor-guide.md\n"
        "Three commands to try next:\n"
        f"  NNDL_DATA=offline .venv/bin/jupyter lab {folder}/release/{MILESTONE}/{MILESTONE}.ipynb\n"
        "      be a student: the notebook and the library without solutions, as the class gets them\n"
        f"  .venv/bin/autograder grade {MILESTONE} --submitted {submitted} --output {reports} --data offline --force\n"
        "      grade the class again, on other inputs and other images\n"
        f"  NNDL_DATA=offline .venv/bin/nbgrader autograde {MILESTONE} --create --CourseDirectory.root={course}"
        f" --CourseDirectory.source_directory={REPOSITORY / 'assignments'}\n"
        "      the same grading through nbgrader, into its gradebook"
    )


if __name__ == "__main__":
    main()
