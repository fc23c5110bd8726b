"""Run the course's experiments and write docs/results.md: the measured and the required values.

    python benchmarks/results.py --data FOLDER              # everything that has not been run yet
    python benchmarks/results.py --data FOLDER --only fc-best --seeds 0,1
    python benchmarks/results.py --data offline --lessons   # on the drawn image set: the same lessons?
    python benchmarks/results.py --write-only               # the page again from what was recorded

Every finished experiment is recorded in benchmarks/results.json (on the drawn set: results_offline.json) at once,
so you can stop a run and continue it later.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
from experiments import EXPERIMENTS, Claim, Data, Experiment
from threadpoolctl import threadpool_limits

from autograder.sources import Sources

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "benchmarks" / "results.json"
OFFLINE_RECORD = ROOT / "benchmarks" / "results_offline.json"
PAGE = ROOT / "docs" / "results.md"

Record = dict[str, Any]


def in_teaching_order() -> list[Experiment]:
    order = [milestone.name for milestone in Sources().milestones]
    return sorted(EXPERIMENTS.values(), key=lambda experiment: order.index(experiment.milestone))


def read_record(path: Path) -> Record:
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    return {"data": "", "runs": {}}


def add_run(
    path: Path, name: str, seed: int, data: str, claims: list[Claim], seconds: float, threads: int
) -> None:
    record = read_record(path)  # again: another process may have added to it
    record["data"] = data
    record["runs"].setdefault(name, {})[str(seed)] = {
        "claims": [dataclasses.asdict(claim) for claim in claims],
        "seconds": round(seconds),
        "threads": threads,
        "versions": {package: _version(package) for package in ("numpy", "torch")},
    }
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(
        json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
    )
    draft.replace(path)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def rows_of(experiment: Experiment, runs: dict[str, Record]) -> list[str]:
    """Return the lines of the table for one experiment, the seeds side by side."""
    if not runs:
        return [f"| {experiment.milestone} | {experiment.title} | | not run | | |"]
    seeds = sorted(runs, key=int)
    lines = []
    for i, claim in enumerate(runs[seeds[0]]["claims"]):
        same = [runs[seed]["claims"][i] for seed in seeds]
        verdicts = {entry["holds"] for entry in same}
        holds = "–" if verdicts == {None} else "yes" if verdicts == {True} else "**no**"
        title = f"{experiment.title} (seed {', '.join(seeds)})" if i == 0 else ""
        milestone = experiment.milestone if i == 0 else ""
        measured = "; ".join(entry["measured"] for entry in same)
        lines.append(
            f"| {milestone} | {title} | {claim['what']} | {measured} | {claim['required'] or '–'} | {holds} |"
        )
    return lines


HEADER = ["| milestone | experiment | quantity | measured | required | holds? |", "|---|---|---|---|---|---|"]


def page(record: Record, offline: Record) -> str:
    """Return the text of docs/results.md."""
    runs = record["runs"]
    lines = [row for e in in_teaching_order() for row in rows_of(e, runs.get(e.name, {}))]
    finished = [run for seeds in runs.values() for run in seeds.values()]
    versions = sorted({f"{name} {v}" for run in finished for name, v in run["versions"].items()})
    threads = " or ".join(str(n) for n in sorted({run["threads"] for run in finished}))
    hours = sum(run["seconds"] for run in finished) / 3600
    missing = [e.name for e in in_teaching_order() if e.name not in runs]
    return "\n".join(
        [
            "# Results",
            "",
            "The course's experiments, run with the solution library. Written by `python benchmarks/results.py`;",
            "do not edit. Several values in a cell belong to the seeds named in the experiment column, in that",
            "order, and a requirement holds only if it holds for every seed.",
            "",
            f"- Data: {record['data'] or 'none yet'}.",
            f"- Software: {', '.join(versions) or 'none yet'}.",
            f"- Time: {hours:.1f} hours in total, threads per run: {threads}; the machine may have done other work.",
            f"- Not run: {', '.join(missing) or 'nothing'}.",
            "",
            *HEADER,
            *lines,
            "",
            *lessons(offline["runs"]),
        ]
    )


def lessons(runs: Record) -> list[str]:
    """Return the lines of the section on the drawn image set."""
    return [
        "## The same lessons on the drawn image set",
        "",
        "Without a network the notebooks run on drawn images, **not** on CIFAR-10. Students must be able to see the",
        "same effects there. So the experiments above that compare settings were run with the same hyperparameters.",
        "",
        *HEADER,
        *(row for e in in_teaching_order() if e.lesson for row in rows_of(e, runs.get(e.name, {}))),
        "",
        *bounds(runs),
    ]


def bounds(runs: Record) -> list[str]:
    """Return the lines on other experiments on the drawn images, which compare no settings; empty if there are none."""
    others = [e for e in in_teaching_order() if e.name in runs and not e.lesson]
    if not others:
        return []
    return [
        "These experiments were also run there. They do not compare settings: they compare one setting with a bound",
        "that was chosen for CIFAR-10, and which the drawn images do not have to reach.",
        "",
        *HEADER,
        *(row for e in others for row in rows_of(e, runs[e.name])),
        "",
    ]


def write_page() -> None:
    PAGE.write_text(page(read_record(RECORD), read_record(OFFLINE_RECORD)), encoding="utf-8")


@click.command(help=__doc__)
@click.option(
    "--only", multiple=True, type=click.Choice(list(EXPERIMENTS)), help="Only this experiment; repeatable."
)
@click.option("--data", "root", help="Folder of CIFAR-10, or `offline`; default: as nndl finds it.")
@click.option("--imagenet", help="imagenet_val_25.npz or its folder; default: as nndl finds it.")
@click.option("--weights", help="SqueezeNet's weights, .pth or .npz; default: downloaded.")
@click.option("--seeds", help="Comma-separated, instead of each experiment's own.")
@click.option("--threads", default=1, show_default=True, help="Threads for matrix products and PyTorch.")
@click.option("--lessons", "only_lessons", is_flag=True, help="Only what must hold on every image set.")
@click.option("--again", is_flag=True, help="Run experiments again that are already recorded.")
@click.option("--write-only", is_flag=True, help="Write the page without running anything.")
def main(
    only: tuple[str, ...],
    root: str | None,
    imagenet: str | None,
    weights: str | None,
    seeds: str | None,
    threads: int,
    only_lessons: bool,
    again: bool,
    write_only: bool,
) -> None:
    if write_only:
        write_page()
        return
    data = Data(root, imagenet, weights)
    described = data.describe()
    record = OFFLINE_RECORD if root == "offline" else RECORD
    everything = [e.name for e in in_teaching_order() if e.lesson or not only_lessons]
    _limit_torch(threads)
    with threadpool_limits(threads):
        for name in only or everything:
            experiment = EXPERIMENTS[name]
            for seed in [int(s) for s in seeds.split(",")] if seeds else experiment.seeds:
                if str(seed) in read_record(record)["runs"].get(name, {}) and not again:
                    continue
                start = time.perf_counter()
                claims = list(experiment.run(data, seed))
                seconds = time.perf_counter() - start
                add_run(record, name, seed, described, claims, seconds, threads)
                write_page()
                for claim in claims:
                    click.echo(
                        f"{name} seed {seed}: {claim.what}: {claim.measured} ({claim.required}) {claim.holds}"
                    )
                click.echo(f"{name} seed {seed}: {seconds:.0f} s")


def _limit_torch(threads: int) -> None:
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(threads)


if __name__ == "__main__":
    np.seterr(over="ignore")
    main()
