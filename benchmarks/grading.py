"""The time of grading a class: this grader, nbgrader with it, and stock nbgrader with all tests in the kernel.

    python benchmarks/grading.py [--milestone two_layer_net] [--submissions 50] [--jobs 2] [--save]

The class is mixed: of ten students five are right, one of them in another way, four have a known mistake, and one hands
in the release untouched. Stock nbgrader grades the same files one after another with its default settings. Its grade
cells run the same checks inside the kernel, against a copy of the reference, so both sides judge the same; it gives
no names to mistakes. Cells that train for long are left out on both sides, because stock nbgrader cannot skip them. The
nets that are handed in have the right form but are not trained. Both sides show them 500 of the hidden images; one at
53 % is shown 2,000, and one at the threshold nearly all 10,000, which takes 60 ms more. Stock nbgrader's kernels draw
all hidden images themselves, as they did before fewer were shown.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from autograder.judging import milestone_content
from autograder.milestone import Milestone
from autograder.proofs import simulated_class
from autograder.release.build import Release
from autograder.sources import Sources
from nndl.neural_net import TwoLayerNet

REPOSITORY = Path(__file__).resolve().parents[1]
SAVED = Path(__file__).with_name("grading.json")
IN_KERNEL = """
import importlib
import os
import sys
from pathlib import Path
import nndl
from autograder.judging import milestone_content
from autograder.judging.edited_reference import _Finder
from autograder.judging.hidden_images import HiddenImages
from autograder.judging.judge import run_check
from autograder.library.local import LocalLibrary
from autograder.sources import Sources
if "_reference" not in sys.modules:
    sys.meta_path.insert(0, _Finder("_reference", Path({reference!r}), dict(), False))
_milestone = Sources().milestone({milestone!r})
_student = LocalLibrary(nndl, _milestone.api, root=os.getcwd())
_reference = LocalLibrary(importlib.import_module("_reference"), _milestone.api)
_check = next(check for check in milestone_content.checks(_milestone) if check.name == {name!r})
_images = HiddenImages("offline")
_result = run_check(_check, _student, _reference, run_seed=1, milestone=_milestone, images=_images)
assert _result.verdict == "passed", _result.message
"""


@dataclass(frozen=True)
class Taken:
    """What a command has taken, in seconds: on the clock, and of processors by all of its processes."""

    wall: float
    processor: float | None

    def each(self, submissions: int) -> dict[str, float | None]:
        """Return both for one submission."""
        return {
            "wall": self.wall / submissions,
            "processor": None if self.processor is None else self.processor / submissions,
        }


def timed(command: Sequence[str | Path], course: Path, env: Mapping[str, str] | None = None) -> Taken:
    """Run a command in a course and return what it has taken.

    Processor time is that of a control group, which counts killed sandboxes too; None where none can be made.
    """
    group = control_group()

    def enter() -> None:
        if group is not None:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    # Compiled files of ours are kept, as they are for every user; some test machines switch that off.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, start = processor_seconds(group), time.perf_counter()
    subprocess.run(
        command,
        cwd=course,
        check=True,
        capture_output=True,
        preexec_fn=enter,
        env={**environment, **(env or {})},
    )
    wall, after = time.perf_counter() - start, processor_seconds(group)
    if group is not None:
        with contextlib.suppress(OSError):  # a process that is ending is still in it
            group.rmdir()
    return Taken(wall, after - before if before is not None and after is not None else None)


def control_group() -> Path | None:
    """Make a control group for a command, whose processes are counted together; None where that cannot be done."""
    for root in (Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup")):
        group = root / f"nndl-benchmark-{os.getpid()}"
        with contextlib.suppress(OSError):
            group.mkdir(exist_ok=True)
            if processor_seconds(group) is not None:
                return group
    return None


def processor_seconds(group: Path | None) -> float | None:
    """Return what the processes of a control group have taken, killed ones included; None where nothing counts it."""
    if group is None:
        return None
    with contextlib.suppress(OSError):
        return int((group / "cpuacct.usage").read_text()) / 1e9
    with contextlib.suppress(OSError):
        return int((group / "cpu.stat").read_text().split()[1]) / 1e6
    return None


def nbgrader(course: Path, *arguments: str) -> Taken:
    """Run one nbgrader command in a course and return what it has taken."""
    program = Path(sys.executable).with_name("nbgrader")
    # nbgrader calls other programs of its environment by name.
    path = os.pathsep.join([str(program.parent), os.environ.get("PATH", "")])
    environment = {"NNDL_DATA": "offline", "PATH": path}
    return timed([program, *arguments], course, env=environment)


def class_of(milestone: Milestone, students: int) -> list[simulated_class.Member]:
    """Return what the students of a mixed class hand in."""
    bugs = [bug.edited for bug in milestone_content.bugs(milestone)]
    order = np.random.default_rng(0).permutation(len(bugs))
    other = list(milestone_content.alternatives(milestone).values())
    members = []
    for number in range(students):
        turn = number % 10
        if turn < 4:
            members.append(simulated_class.Member("right"))
        elif turn < 5:
            members.append(
                simulated_class.Member("right in another way", (other[number // 10 % len(other)],))
            )
        elif turn < 9:
            members.append(simulated_class.Member("a known mistake", (bugs[order[number % len(bugs)]],)))
        else:
            members.append(simulated_class.Member("untouched", net=None, untouched=True))
    return members


def hand_in(course: Path, milestone: Milestone, students: int) -> None:
    """Write the class's submissions."""
    nets = untrained_nets(milestone)
    for number, member in enumerate(class_of(milestone, students)):
        folder = course / "submitted" / f"student{number:03}" / milestone.name
        simulated_class.hand_in(folder, milestone, member, {})
        for name, arrays in nets.items() if member.net else ():
            np.savez(folder / name, allow_pickle=False, **arrays)


def untrained_nets(milestone: Milestone) -> dict[str, dict[str, np.ndarray]]:
    """Return the arrays of untrained nets by the names of the files that a milestone stores nets in."""
    if "torch" not in milestone.libraries:
        params = TwoLayerNet(3072, 50, 10).params
        if milestone.name == "fc_net":  # whose nets multiply from the other side
            params = {name: array.T for name, array in params.items()}
        return dict.fromkeys(milestone.artifacts, params)
    from nndl.pytorch import open_ended_net, sequential_convnet
    from nndl.torch_parts.storage import convnet_parameters, model_arrays, to_array

    convnet = {name: to_array(value) for name, value in convnet_parameters(sequential_convnet()).items()}
    open_net = model_arrays(open_ended_net()[0])
    return {name: open_net if name == "open_net.npz" else convnet for name in milestone.artifacts}


def stock_course(course: Path, milestone: Milestone, students: int) -> Taken:
    """Grade with stock nbgrader and return what it has taken."""
    source = course / "source" / milestone.name
    release = Release(milestone, Sources())
    release.write(source)
    path = source / f"{milestone.name}.ipynb"
    notebook = json.loads(
        (REPOSITORY / "assignments" / milestone.name / path.name).read_text(encoding="utf-8")
    )
    names = {check.name for check in milestone_content.checks(milestone)}
    cells = []
    for cell in notebook["cells"]:
        if "skip-at-grading" in cell["metadata"].get("tags", []):
            continue
        settings = cell["metadata"].get("nbgrader", {})
        if settings.get("grade_id") in names and settings.get("grade"):
            reference = str(REPOSITORY / "source_lib" / "nndl")
            cell["source"] = IN_KERNEL.format(
                milestone=milestone.name, name=settings["grade_id"], reference=reference
            )
        cells.append(cell)
    notebook["cells"] = cells
    path.write_text(json.dumps(notebook), encoding="utf-8")
    own = [name for name in release.editable if not name.endswith(".ipynb")]
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.Execute.timeout = 600\n"
        # without this, stock nbgrader grades the course's own files in place of the students'
        f"c.Autograde.exclude_overwriting = {{{milestone.name!r}: {own!r}}}\n",
        encoding="utf-8",
    )
    nbgrader(course, "generate_assignment", milestone.name, "--create", "--force")
    hand_in(course, milestone, students)
    for folder in (course / "submitted").glob(f"*/{milestone.name}"):
        shutil.copy(course / "release" / milestone.name / path.name, folder / path.name)
    return nbgrader(course, "autograde", milestone.name, "--create", "--force")


def our_nbgrader(course: Path, milestone: Milestone, students: int, *, run: bool) -> Taken:
    """Grade with nbgrader and this project's plugin, and return what it has taken."""
    (course / "nbgrader_config.py").write_text(
        "from autograder import nbgrader_plugin\n\nc = get_config()\nnbgrader_plugin.configure(c)\n"
        f"c.CourseDirectory.source_directory = {str(REPOSITORY / 'assignments')!r}\n"
        f"c.SandboxedExecute.enabled = {run}\n",
        encoding="utf-8",
    )
    nbgrader(course, "generate_assignment", milestone.name, "--create", "--force")
    hand_in(course, milestone, students)
    return nbgrader(course, "autograde", milestone.name, "--create", "--force")


def our_grader(course: Path, milestone: Milestone, students: int, jobs: int) -> Taken:
    """Grade with ``autograder grade`` and return what it has taken."""
    hand_in(course, milestone, students)
    command = [
        sys.executable,
        "-m",
        "autograder",
        "grade",
        milestone.name,
        "--data",
        "offline",
        "--jobs",
        str(jobs),
    ]
    return timed(command, course)


@click.command()
@click.option("--milestone", "name", default="two_layer_net", show_default=True)
@click.option("--submissions", default=50, show_default=True)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True)
@click.option("--stock-submissions", default=0, help="Fewer for stock nbgrader, which takes longest.")
@click.option(
    "--nbgrader/--no-nbgrader", "plugin", default=True, help="Also nbgrader with this project's plugin."
)
@click.option("--save", is_flag=True, help="Keep the figures in benchmarks/grading.json.")
def main(name: str, submissions: int, jobs: int, stock_submissions: int, plugin: bool, save: bool) -> None:
    """Measure all sides in one run and print the ratios."""
    milestone = Sources().milestone(name)
    few = stock_submissions or submissions
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:

        def course(title: str) -> Path:
            (Path(folder) / title).mkdir()
            return Path(folder) / title

        rows = {"stock nbgrader, one after another": stock_course(course("stock"), milestone, few).each(few)}
        taken = our_grader(course("many"), milestone, submissions, jobs)
        rows[f"autograder grade, {jobs} jobs"] = taken.each(submissions)
        if plugin:
            for title, run in (("not run", False), ("run", True)):
                taken = our_nbgrader(course(title), milestone, few, run=run)
                rows[f"nbgrader autograde on this path, notebooks {title}"] = taken.each(few)
    click.echo(
        f"{name}: {submissions} mixed submissions ({few} for nbgrader), wall time with start-up, load {load:.1f}"
    )
    for title, each in rows.items():
        for what, seconds in each.items():
            base = next(iter(rows.values()))[what]
            if seconds and base:
                click.echo(f"{title:55} {seconds:7.2f} s of {what:9} time {base / seconds:6.1f} times stock")
    if save:
        kept = json.loads(SAVED.read_text(encoding="utf-8")) if SAVED.exists() else {}
        kept[name] = {"submissions": submissions, "stock": few, "load": round(load, 1), "seconds": rows}
        SAVED.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
