"""Measure how long an explorer takes from a move of a control to the picture, as it is and with a figure built anew.

    python benchmarks/explorers.py                 # the Python side of every explorer
    python benchmarks/explorers.py --browser       # and, in headless Chromium, what a reader of a notebook waits for

For each control the settings are walked from end to end, as a hand that drags does; the median and the slowest move
are told, in processor time, which a busy machine does not change much. *Anew* does what the explorers did before: it
computes three times (for the picture, its words and the note), builds a figure, and draws it with a tight box
as IPython shows figures. The numbers are written to benchmarks/explorers.json.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import platform
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from nndl._support.figure_html import side_by_side
from nndl.explore.shared.scene import Scene

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "benchmarks" / "explorers.json"
MOST_MOVES = 9
"""Moves of a control, spread over its range."""

EXPLORERS = {
    "linear_classifier": "nndl.explore.linear_classifier",
    "nn_modules": "nndl.explore.nn_modules",
    "two_layer_net": "nndl.explore.two_layer_net.two_layer",
    "fc_net, signals": "nndl.explore.fc_net.signals",
    "fc_net, race": "nndl.explore.fc_net.optimizers",
    "batchnorm, depth": "nndl.explore.batchnorm.normalization",
    "batchnorm, one batch": "nndl.explore.batchnorm.one_batch",
    "dropout": "nndl.explore.dropout",
    "cnn, stepper": "nndl.explore.cnn.convolution",
    "cnn, receptive field": "nndl.explore.cnn.receptive_field",
    "pytorch": "nndl.explore.pytorch.autograd",
}
START = {"nn_modules": {"x": (1.0, 2.0), "taken": 8}}
MOVES: dict[str, dict[str, list[Any]]] = {
    "nn_modules": {"taken": list(range(9))},
    "fc_net, race": {
        "w1": [-3.0, -2.0, -1.0, 1.0, 3.0],
        "steps": [10, 20, 50, 100, 200, 500],
        "surface": ["valley", "saddle", "bent valley"],
        "sgd": [0.001, 0.01, 0.018, 0.021, 0.3],
    },
    "dropout": {"keep": [0.05, 0.25, 0.5, 0.75, 1.0], "units": [4, 10, 16, 24], "seed": [1, 2, 3, 4]},
    "cnn, stepper": {"step": [1, 10, 20, 30, 40, 49], "stride": [1, 2, 3], "pad": [0, 1, 2]},
    "pytorch": {"x": [-3.0, -1.0, 1.0, 3.0], "steps": [0, 1, 2]},
}


def moves(name: str, module: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the settings at the beginning, and those after each move."""
    start = START.get(name) or dict(getattr(module, "DEFAULTS", None) or module.START)
    controls = MOVES.get(name) or {key: list(values) for key, values in module.SETTINGS.items()}
    steps = []
    for key, values in controls.items():
        chosen = [values[i] for i in np.unique(np.linspace(0, len(values) - 1, MOST_MOVES).astype(int))]
        steps += [start | {key: value} for value in chosen if value != start[key]]
    return start, steps


def as_it_is(scene: Scene, settings: dict[str, Any]) -> str:
    """Do what a move makes an explorer do, up to the message that goes to the browser."""
    look = scene.look(**settings)
    return side_by_side(look.pictures, look.words)


def anew(scene: Scene, settings: dict[str, Any]) -> bytes:
    """Compute three times, build a figure, and draw it as IPython does."""
    results = [scene.compute(**settings) for _ in range(3)]
    scene.words(results[1])
    scene.note(results[2])
    figure = scene.figure(results[0])
    FigureCanvasAgg(figure)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", bbox_inches="tight")
    return stream.getvalue()


def milliseconds(action: Any, *arguments: Any) -> float:
    begin = time.process_time()
    action(*arguments)
    return 1000 * (time.process_time() - begin)


def measure(name: str) -> dict[str, Any]:
    """Walk through an explorer's controls, once with nothing kept and once more, and build every figure anew."""
    module = importlib.import_module(EXPLORERS[name])
    scene = module.scene()
    start, steps = moves(name, module)
    as_it_is(scene, start)
    first = [milliseconds(as_it_is, scene, settings) for settings in steps]
    again = [milliseconds(as_it_is, scene, settings) for settings in steps]
    before = [milliseconds(anew, scene, settings) for settings in steps[::3]]
    return {
        "moves": len(steps),
        **{
            f"{kind} {what}": round(f(times))
            for kind, times in (("first", first), ("again", again), ("anew", before))
            for what, f in (("median", median), ("slowest", max))
        },
    }


@click.command(help=__doc__)
@click.option("--only", multiple=True, type=click.Choice(list(EXPLORERS)), help="Only this one; repeatable.")
@click.option("--browser", is_flag=True, help="Also move sliders in headless Chromium.")
def main(only: tuple[str, ...], browser: bool) -> None:
    record: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start",
        "python side, ms": {},
    }
    heads = (
        "moves",
        "first median",
        "first slowest",
        "again median",
        "again slowest",
        "anew median",
        "anew slowest",
    )
    print(f"{'milliseconds':22}" + "".join(f"{head:>15}" for head in heads))
    for name in only or EXPLORERS:
        try:
            found = measure(name)
        except ImportError as error:
            print(f"{name:22} left out: {error}")
            continue
        record["python side, ms"][name] = found
        print(f"{name:22}" + "".join(f"{found[head]:15}" for head in heads), flush=True)
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if browser:
        sys.path.insert(0, str(ROOT))
        from explorers_in_browser import drag

        record["in Chromium, ms"] = drag(only=only)
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
