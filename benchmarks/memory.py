"""Memory while a class is graded: whether it grows with the class.

    python benchmarks/memory.py [--submissions 200] [--jobs 2] [--processor-minutes 15] [--save]

The class is that of ``benchmarks/grading.py``. While ``autograder grade`` runs, the memory of the grader's own
processes is read every second (proportional set size, so that what they share counts once; sandboxes are left out,
each has a limit of its own). With ``--processor-minutes`` the run is interrupted, as by Ctrl-C, once the grader and all
of its sandboxes have taken that much, and what was graded by then counts. ``--save`` keeps the figures in
``benchmarks/memory.json`` and draws ``docs/img/memory.svg``.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import grading
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import psutil

from autograder.sources import Sources

SAVED = Path(__file__).with_name("memory.json")
FIGURE = Path(__file__).resolve().parents[1] / "docs" / "img" / "memory.svg"


def mebibytes(process: psutil.Process) -> float:
    """Return the memory of the grader's processes, one of which is given; the first and all that it forked."""
    found = 0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            if "autograder" in one.cmdline() and "grade" in one.cmdline():
                found += one.memory_full_info().pss
    return found / 2**20


def run(
    name: str, submissions: int, jobs: int, minutes: float
) -> tuple[list[tuple[float, int, float]], float | None]:
    """Grade a class, in so many minutes of processor time if these are not 0.

    Returns
    -------
    samples : list of (float, int, float)
        Seconds, reports that are there, and MiB, once a second.
    taken : float or None
        Seconds of processor time, where they can be counted.
    """
    samples = []
    group = grading.control_group()

    def enter() -> None:
        if group is not None:
            (group / "cgroup.procs").write_text(str(os.getpid()))

    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        grading.hand_in(course, Sources().milestone(name), submissions)
        command = [
            sys.executable,
            "-m",
            "autograder",
            "grade",
            name,
            "--data",
            "offline",
            "--jobs",
            str(jobs),
        ]
        start = time.monotonic()
        with subprocess.Popen(
            command, cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=enter
        ) as grader:
            process = psutil.Process(grader.pid)
            while grader.poll() is None:
                done = sum(1 for _ in course.glob("reports/student*"))  # a folder each, made with its report
                with contextlib.suppress(psutil.Error):
                    samples.append((round(time.monotonic() - start, 1), done, round(mebibytes(process), 1)))
                if minutes and (grading.processor_seconds(group) or 0) > 60 * minutes:
                    grader.send_signal(signal.SIGINT)
                    grader.wait()
                time.sleep(1)
        taken = grading.processor_seconds(group)
        if group is not None:
            with contextlib.suppress(OSError):  # a process that is ending is still in it
                group.rmdir()
        if grader.returncode not in (0, 130):
            raise SystemExit(f"autograder grade ended with status {grader.returncode}")
    return samples, taken


def growth(samples: Sequence[tuple[float, int, float]]) -> float:
    """Return by how many MiB the mean of the last quarter of a class is above that of the second quarter."""
    last = samples[-1][1]

    def mean(low: float, high: float) -> float:
        values = [memory for _, done, memory in samples if low * last <= done <= high * last]
        return sum(values) / len(values)

    return mean(0.75, 1.0) - mean(0.25, 0.5)


def draw(record: Mapping[str, Any]) -> None:
    """Draw memory over the number of reports."""
    done, memory = ([sample[i] for sample in record["samples"]] for i in (1, 2))
    plt.rcParams["svg.hashsalt"] = "memory"
    figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
    axes.plot(done, memory)
    axes.set(
        xlabel="submissions graded",
        ylabel="MiB",
        ylim=(0, None),
        title=f"memory of the grader, {record['title']}",
    )
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, metadata={"Date": None})


@click.command()
@click.option("--milestone", "name", default="two_layer_net", show_default=True)
@click.option("--submissions", default=200, show_default=True)
@click.option("--jobs", default=2, show_default=True)
@click.option("--processor-minutes", "minutes", default=0.0, help="Grade as many as this allows.")
@click.option("--save", is_flag=True, help="Keep the figures, and draw them.")
def main(name: str, submissions: int, jobs: int, minutes: float, save: bool) -> None:
    """Grade a class and say how much memory that takes."""
    samples, taken = run(name, submissions, jobs, minutes)
    done = f", {taken / 60:.1f} minutes of processor time" if taken else ""
    record = {
        "title": f"{samples[-1][1]:,} submissions of {name}, {jobs} jobs{done}",
        "growth": round(growth(samples), 1),
        "largest": max(memory for *_, memory in samples),
        "samples": samples,
    }
    click.echo(
        f"{record['title']}: at most {record['largest']:.0f} MiB; the last quarter takes {record['growth']:.0f} MiB"
        " more than the second"
    )
    if save:
        SAVED.write_text(json.dumps(record) + "\n", encoding="utf-8")
        draw(record)


if __name__ == "__main__":
    main()
