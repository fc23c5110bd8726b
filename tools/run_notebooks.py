"""Run the source notebooks from top to bottom, in parallel, and report which succeed. ``make notebooks`` runs it.

python tools/run_notebooks.py                            all of them, on the drawn images
python tools/run_notebooks.py --data DIR cnn dropout     two of them, on the CIFAR-10 in DIR
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import resource
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from tqdm import tqdm

from nndl.data_utils import find_CIFAR10

REPOSITORY = Path(__file__).resolve().parents[1]
ASSIGNMENTS = REPOSITORY / "assignments"
OFFLINE = "offline"
NEED_TORCH = {"pytorch", "network_visualization"}

SECONDS = {
    "linear_classifier": 11,
    "nn_modules": 36,
    "network_visualization": 32,
    "dropout": 110,
    "cnn": 45,
    "two_layer_net": 46,
    "fc_net": 67,
    "batchnorm": 118,
    "pytorch": 152,
}
"""About how many core seconds each takes offline; this only decides which one starts first."""
LONG = 1000
"""The estimate for a notebook that is not listed: a notebook that may take long starts first."""

# One thread for each notebook: together they use all cores, and no notebook waits for the threads of another.
ONE_CORE = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}


@dataclass(frozen=True)
class Outcome:
    """How one notebook ended: ``"ok"``, ``"failed"`` or ``"skipped"``; ``reason`` says where or why.

    ``seconds`` is wall time, ``core_seconds`` the processor time of the kernel: the same on an idle machine.
    """

    name: str
    status: str
    seconds: float = 0.0
    core_seconds: float = 0.0
    reason: str = ""


def notebooks(folder: Path = ASSIGNMENTS) -> list[Path]:
    """Return the source notebooks, the longest first."""
    found = [path for path in folder.glob("*/*.ipynb") if path.stem == path.parent.name]
    return sorted(found, key=lambda path: (-SECONDS.get(path.stem, LONG), path.stem))


def why_not(name: str) -> str:
    """Return why a notebook cannot run here; empty if it can."""
    if name in NEED_TORCH and importlib.util.find_spec("torch") is None:
        return "PyTorch is not installed"
    return ""


def run(source: Path, out: Path, data: str, timeout: int) -> Outcome:
    """Execute one notebook in a copy of its folder under ``out``, and keep it there with its outputs."""
    folder = out / source.stem
    shutil.rmtree(folder, ignore_errors=True)
    skipped = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.npz")
    shutil.copytree(source.parent, folder, ignore=skipped)
    notebook = nbformat.read(folder / source.name, as_version=4)
    client = NotebookClient(
        notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]  # no messages about this machine's ports
    environment = {**os.environ, **ONE_CORE, "NNDL_DATA": data, "IPYTHONDIR": str(folder / ".ipython")}
    start, computed = time.monotonic(), _core_seconds()
    try:
        client.execute(env=environment)
        status, reason = "ok", ""
    except CellExecutionError as error:
        status, reason = "failed", f"{_failed_cell(notebook)} ({error.ename}: {_first_line(error.evalue)})"
    except Exception as error:  # the kernel died, or a cell took too long
        status, reason = "failed", f"{type(error).__name__}: {_first_line(str(error))}"
    seconds, computed = time.monotonic() - start, _core_seconds() - computed
    nbformat.write(notebook, folder / source.name)
    shutil.rmtree(folder / ".ipython", ignore_errors=True)
    return Outcome(source.stem, status, seconds, computed, reason)


def _core_seconds() -> float:
    """Return the processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _failed_cell(notebook: nbformat.NotebookNode) -> str:
    """Return the id and the first line of the cell that raised an error."""
    for cell in reversed(notebook.cells):
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            return f"cell {cell.get('id', '')}: {_first_line(cell.source)}"
    return "some cell"


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[0][:200]


def run_all(sources: Iterable[Path], out: Path, data: str, jobs: int, timeout: int) -> list[Outcome]:
    """Run notebooks in ``jobs`` processes, with a progress bar; return how each ended, sorted by name."""
    possible, outcomes = [], []
    for source in sources:
        reason = why_not(source.stem)
        if reason:
            outcomes.append(Outcome(source.stem, "skipped", reason=reason))
        else:
            possible.append(source)
    # New interpreters: a fork would copy the threads and sockets of this one in an undefined state.
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(jobs, mp_context=context) as pool,
        tqdm(total=len(possible), unit="notebook") as bar,
    ):
        futures = [pool.submit(run, source, out, data, timeout) for source in possible]
        for future in as_completed(futures):
            outcomes.append(future.result())
            bar.set_postfix_str(f"{outcomes[-1].name} {outcomes[-1].status}")
            bar.update()
    return sorted(outcomes, key=lambda outcome: outcome.name)


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return a table of the notebooks, their times, and how they ended."""
    made = Table()
    made.add_column("notebook", no_wrap=True)
    made.add_column("seconds", justify="right")
    made.add_column("core seconds", justify="right")
    made.add_column("", no_wrap=True)
    made.add_column("where, why", overflow="fold")
    for outcome in outcomes:
        times = (outcome.seconds, outcome.core_seconds)
        cells = ("", "") if outcome.status == "skipped" else tuple(f"{seconds:.0f}" for seconds in times)
        made.add_row(outcome.name, *cells, outcome.status, escape(outcome.reason))
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the requested notebooks; return 1 if a notebook failed and 0 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="notebooks, for example dropout; default: all")
    parser.add_argument(
        "--data", default=OFFLINE, help="folder with cifar-10-batches-py; default: drawn images"
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="notebooks at the same time; default: the number of cores",
    )
    parser.add_argument(
        "--out", type=Path, default=REPOSITORY / "build" / "notebooks", help="folder of the executed copies"
    )
    parser.add_argument("--timeout", type=int, default=3600, help="seconds that one cell may take")
    parser.add_argument("--assignments", type=Path, default=ASSIGNMENTS, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)

    known = {path.stem: path for path in notebooks(asked.assignments)}
    unknown = sorted(set(asked.names) - set(known))
    if unknown:
        parser.error(f"there is no notebook {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    try:
        # Before anything starts: a wrong folder is reported at once, and the drawn images are made only once.
        data = asked.data if asked.data == OFFLINE else str(Path(asked.data).resolve())
        find_CIFAR10(data)
    except (FileNotFoundError, ValueError) as error:
        parser.error(str(error))
    sources = [path for name, path in known.items() if not asked.names or name in asked.names]
    outcomes = run_all(sources, asked.out.resolve(), data, max(asked.jobs, 1), asked.timeout)
    Console().print(table(outcomes))
    print(f"The executed notebooks are in {asked.out}")
    return int(any(outcome.status == "failed" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
