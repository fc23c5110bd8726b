"""The time of grading a submission: this grader, nbgrader with it, and stock nbgrader with all tests in the kernel.

    python benchmarks/grading.py [--submissions 4] [--jobs 2] [--no-train]

Stock nbgrader grades the same notebook and the same right submissions with its default settings.  Its grade cells run
the same checks inside the kernel, so both sides do the same work.  The net that is handed in has the right form but is
not trained, which takes as long to grade as a trained one.  The comparison is made with the long training cells, which
stock nbgrader cannot skip, and without them, which compares the graders alone.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from autograder.judging import milestone_content
from autograder.proofs import simulated_class
from autograder.release.build import Release
from autograder.sources import Sources
from nndl.neural_net import TwoLayerNet

REPOSITORY = Path(__file__).resolve().parents[1]
MILESTONE = "two_layer_net"
IN_KERNEL = """
from autograder.judging import milestone_content
from autograder.judging.hidden_images import HiddenImages
from autograder.judging.judge import run_check
from autograder.library.local import LocalLibrary
from autograder.sources import Sources
import nndl
import os
_milestone = Sources().milestone({milestone!r})
_library = LocalLibrary(nndl, _milestone.api, root=os.getcwd())
_check = next(check for check in milestone_content.checks(_milestone) if check.name == {name!r})
_result = run_check(_check, _library, _library, run_seed=1, milestone=_milestone, images=HiddenImages("offline"))
assert _result.verdict != "not graded", _result.message
"""


def nbgrader(course: Path, *arguments: str) -> float:
    """Run one nbgrader command in a course and return its wall time in seconds."""
    program = Path(sys.executable).with_name("nbgrader")
    # nbgrader calls other programs of its environment by name.
    path = os.pathsep.join([str(program.parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "NNDL_DATA": "offline", "PATH": path}
    start = time.perf_counter()
    subprocess.run([program, *arguments], cwd=course, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def hand_in(course: Path, students: int, net: bytes) -> None:
    """Write right submissions."""
    for number in range(students):
        folder = course / "submitted" / f"student{number}" / MILESTONE
        right = simulated_class.Member("right")
        simulated_class.hand_in(folder, Sources().milestone(MILESTONE), right, {"tuned": net})


def stock_course(course: Path, students: int, net: bytes, *, train: bool) -> float:
    """Grade with stock nbgrader and return its wall time in seconds."""
    source = course / "source" / MILESTONE
    Release(Sources().milestone(MILESTONE)).write(source)
    path = source / f"{MILESTONE}.ipynb"
    notebook = json.loads((REPOSITORY / "assignments" / MILESTONE / path.name).read_text(encoding="utf-8"))
    names = {check.name for check in milestone_content.checks(Sources().milestone(MILESTONE))}
    cells = []
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if not train and "skip-at-grading" in tags:
            continue
        settings = cell["metadata"].get("nbgrader", {})
        if settings.get("grade_id") in names and settings.get("grade"):
            cell["source"] = IN_KERNEL.format(milestone=MILESTONE, name=settings["grade_id"])
        cells.append(cell)
    notebook["cells"] = cells
    path.write_text(json.dumps(notebook), encoding="utf-8")
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.Execute.timeout = 600\n", encoding="utf-8"
    )
    nbgrader(course, "generate_assignment", MILESTONE, "--create", "--force")
    hand_in(course, students, net)
    for folder in (course / "submitted").glob(f"*/{MILESTONE}"):
        shutil.copytree(course / "release" / MILESTONE / "nndl", folder / "nndl", dirs_exist_ok=True)
        shutil.copy(course / "release" / MILESTONE / path.name, folder / path.name)
        shutil.copy(REPOSITORY / "source_lib" / "nndl" / "neural_net.py", folder / "nndl" / "neural_net.py")
        shutil.copy(folder / "nndl" / "neural_net.py", source / "nndl" / "neural_net.py")
    return nbgrader(course, "autograde", MILESTONE, "--create", "--force")


def our_nbgrader(course: Path, students: int, net: bytes) -> float:
    """Grade with nbgrader and this project's plugin, and return the wall time in seconds."""
    (course / "nbgrader_config.py").write_text(
        "from autograder import nbgrader_plugin\n\nc = get_config()\nnbgrader_plugin.configure(c)\n"
        f"c.CourseDirectory.source_directory = {str(REPOSITORY / 'assignments')!r}\n",
        encoding="utf-8",
    )
    nbgrader(course, "generate_assignment", MILESTONE, "--create", "--force")
    hand_in(course, students, net)
    return nbgrader(course, "autograde", MILESTONE, "--create", "--force")


def our_grader(course: Path, students: int, net: bytes, jobs: int) -> float:
    """Grade with ``autograder grade`` and return its wall time in seconds."""
    hand_in(course, students, net)
    program = Path(sys.executable).with_name("autograder")
    start = time.perf_counter()
    subprocess.run(
        [program, "grade", MILESTONE, "--data", "offline", "--jobs", str(jobs)],
        cwd=course, check=True, capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - start


@click.command()
@click.option("--submissions", default=4, show_default=True)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True)
@click.option("--train/--no-train", default=True, help="Also grade the stock way with the training cells.")
def main(submissions: int, jobs: int, train: bool) -> None:
    """Measure all sides in one run and print the ratios."""
    stored = io.BytesIO()
    np.savez(stored, allow_pickle=False, **TwoLayerNet(3072, 50, 10).params)
    net = stored.getvalue()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)

        def course(title: str) -> Path:
            (root / title).mkdir()
            return root / title

        rows = {
            "autograder grade, one job": our_grader(course("one"), submissions, net, 1),
            f"autograder grade, {jobs} jobs": our_grader(course("many"), submissions, net, jobs),
            "nbgrader autograde with this project's plugin": our_nbgrader(course("ours"), submissions, net),
            "stock nbgrader, tests in the kernel, no training": stock_course(
                course("bare"), submissions, net, train=False
            ),
        }
        if train:
            rows["stock nbgrader, tests in the kernel"] = stock_course(
                course("stock"), submissions, net, train=True
            )
    base = rows["stock nbgrader, tests in the kernel, no training"]
    click.echo(f"{submissions} right submissions, wall time with start-up; ratio to stock without training")
    for title, seconds in rows.items():
        click.echo(f"{title:50} {seconds / submissions:8.2f} s per submission   ratio {seconds / base:6.2f}")


if __name__ == "__main__":
    main()
