"""Measure the fast layers against PyTorch, CS231n's design, NumPy and loops, and draw docs/img/fast-convolution.png.

    python benchmarks/conv.py                   # everything: some minutes on two quiet cores
    python benchmarks/conv.py --part layers --threads 1 --repetitions 15
    python benchmarks/conv.py --figure-only     # the figure again from the last numbers

All implementations in a row take turns in one process, and a ratio is a ratio of medians. PyTorch is left out if it is
not installed, and CS231n's design if its loops cannot be compiled. The numbers are written to benchmarks/conv.json.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import geometric_mean, median
from time import perf_counter, process_time
from typing import Any

import click
import conv_designs
import numpy as np
from conv_cases import CASES, TIMES_OF_CS231N, TIMES_OF_TORCH, Case, competitors, torch
from threadpoolctl import threadpool_limits

from nndl import fast_layers, layers, optim
from nndl.cnn import ThreeLayerConvNet
from nndl.fast import numpy_layers
from nndl.fast.optim import fused_adam

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "benchmarks" / "conv.json"
Action = Callable[..., Any]
TRAINING_RULES: dict[str, Action] = {"fast": fused_adam, "formula": optim.adam}


def set_threads(threads: int) -> Any:
    if torch is not None:
        torch.set_num_threads(threads)
    return threadpool_limits(threads)


def take_turns(
    actions: dict[str, Action], repetitions: int, clock: Callable[[], float] = perf_counter
) -> dict[str, float]:
    """Return the median seconds of each action; two runs of each before that are not counted."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(repetitions + 2):
        for name, action in actions.items():
            begin = clock()
            action()
            if turn >= 2:
                times[name].append(clock() - begin)
    return {name: median(values) for name, values in times.items()}


def ratio(seconds: dict[str, float], other: str, ours: str = "fast") -> float | None:
    return seconds[ours] / seconds[other] if other in seconds else None


def show(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def measure_layers(threads: tuple[int, ...], repetitions: int) -> list[dict[str, Any]]:
    print("\nratios of medians, smaller is faster for us; limits: torch 1.05, CS231n 0.65\n")
    print(
        "| case | dtype | threads | pass | ms | torch | CS231n | NumPy |\n|---|---|---|---|---|---|---|---|"
    )
    rows = []
    for count in threads:
        with set_threads(count):
            for case in CASES:
                for dtype in np.float32, np.float64:
                    for direction, actions in zip(
                        ("forward", "backward"), competitors(case, dtype), strict=True
                    ):
                        seconds = take_turns(actions, repetitions)
                        row: dict[str, Any] = {
                            "case": case.name,
                            "dtype": np.dtype(dtype).name,
                            "threads": count,
                            "direction": direction,
                            "seconds": seconds,
                            "torch": ratio(seconds, "torch"),
                            "cs231n": ratio(seconds, "cs231n"),
                            "numpy": ratio(seconds, "numpy"),
                        }
                        rows.append(row)
                        print(
                            f"| {case.name} | {row['dtype']} | {count} | {direction} | {seconds['fast'] * 1e3:.2f} "
                            f"| {show(row['torch'])} | {show(row['cs231n'])} | {show(row['numpy'], 3)} |",
                            flush=True,
                        )
    for other, limit, mean_limit in (TIMES_OF_TORCH, TIMES_OF_CS231N):
        values = [row[other] for row in rows if row[other] is not None]
        if values:
            mean = geometric_mean(values)
            verdict = "holds" if max(values) <= limit and mean <= mean_limit else "DOES NOT HOLD"
            print(
                f"\n{other}: largest ratio {max(values):.2f} (at most {limit}), geometric mean {mean:.2f} "
                f"(at most {mean_limit}): {verdict}"
            )
    return rows


def measure_steps(repetitions: int) -> list[dict[str, Any]]:
    """Measure the steps from Python loops to the kernel, forward on one thread, in processor time.

    Some steps take seconds; wall time would include whatever else the machine does in the meantime.
    """
    print("\n| step | ms | times the step before | G multiply-adds/s |\n|---|---|---|---|")
    case = next(case for case in CASES if case.name == "deep 32")
    x, w, b, _ = case.arrays(np.float32)
    work = x.shape[0] * x.shape[2] * x.shape[3] * w.size  # same size in and out
    few = x[:1]
    loops = partial(conv_designs.python_loops, few, w, b, case.param)
    actions: dict[str, Action] = {
        "a loop over positions in NumPy": partial(layers.conv_forward_naive, x, w, b, case.param)
    }
    try:
        conv_designs.compiled()
        actions["plain loops, compiled"] = partial(conv_designs.compiled_loops, x, w, b, case.param)
        actions["one matrix for the batch (CS231n)"] = partial(
            conv_designs.CS231n.conv_forward_fast, x, w, b, case.param
        )
    except ImportError as error:
        print(f"(not compiled: {error})")
    actions["one matrix per image (NumPy layers)"] = partial(
        numpy_layers.conv_forward_fast, x, w, b, case.param
    )
    if fast_layers.cython_layers is not None:
        for name, text in (("_kernels_baseline", "16-byte vectors"), ("_kernels_avx2", "32-byte vectors")):
            if hasattr(fast_layers.cython_layers, name):
                actions[f"register blocks, {text}"] = partial(with_kernels, name, x, w, b, case.param)
    with set_threads(1):
        seconds = {"four Python loops": len(x) / len(few) * take_turns({"": loops}, 1, process_time)[""]}
        for name, action in actions.items():  # one by one: after 2 s the caches hold other data
            seconds |= take_turns({name: action}, repetitions, process_time)
    rows = []
    before: float | None = None
    for step, value in seconds.items():
        factor = None if before is None else before / value
        rows.append({"step": step, "seconds": value, "factor": factor, "rate": work / value / 1e9})
        print(f"| {step} | {value * 1e3:,.1f} | {show(factor, 1)} | {work / value / 1e9:.2f} |", flush=True)
        before = value
    return rows


def with_kernels(name: str, *arguments: Any) -> Any:
    module = fast_layers.cython_layers
    chosen = module._kernels
    module._kernels = getattr(module, name)
    try:
        return module.conv_forward_fast(*arguments)
    finally:
        module._kernels = chosen


def measure_training(threads: tuple[int, ...], repetitions: int) -> list[dict[str, Any]]:
    """Measure one step of the course's convolutional net, beside the same net in eager PyTorch.

    "fast" updates the parameters with ``fused_adam``, "formula" with ``adam``, the formula in NumPy. NumPy's matrix
    products are measured with one thread and with as many as the kernels: if two pools of threads share the cores, the
    threads of a product can wait a long time for each other.
    """
    print(
        "\n| training step | threads | of these for products | rule | ms | torch |\n|---|---|---|---|---|---|"
    )
    rows = []
    for count in threads:
        for products in sorted({1, count}):
            for hidden in 100, 500:
                with set_threads(count), threadpool_limits(products, user_api="blas"):
                    seconds = take_turns(training_steps(hidden), repetitions)
                row: dict[str, Any] = {
                    "hidden": hidden,
                    "threads": count,
                    "products": products,
                    "seconds": seconds,
                }
                row["torch"] = {name: ratio(seconds, "torch", name) for name in TRAINING_RULES}
                rows.append(row)
                for name, rule in TRAINING_RULES.items():
                    print(
                        f"| hidden {hidden} | {count} | {products} | {rule.__name__} "
                        f"| {seconds[name] * 1e3:.1f} | {show(row['torch'][name])} |",
                        flush=True,
                    )
    return rows


def training_steps(hidden: int) -> dict[str, Action]:
    np.random.seed(0)
    X, y = np.random.randn(50, 3, 32, 32).astype(np.float32), np.random.randint(10, size=50)
    actions = {
        name: partial(our_step, ThreeLayerConvNet(hidden_dim=hidden), rule, X, y, {})
        for name, rule in TRAINING_RULES.items()
    }
    if torch is None:
        return actions
    same = torch.nn.Sequential(
        torch.nn.Conv2d(3, 32, 7, padding=3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(32 * 16 * 16, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, 10),
    )
    adam = torch.optim.Adam(same.parameters(), lr=1e-3)
    inputs, labels = torch.from_numpy(X), torch.from_numpy(y)

    def theirs() -> None:
        adam.zero_grad()
        torch.nn.functional.cross_entropy(same(inputs), labels).backward()
        adam.step()

    return actions | {"torch": theirs}


def our_step(
    net: ThreeLayerConvNet, rule: Action, X: np.ndarray, y: np.ndarray, configs: dict[str, Any]
) -> None:
    _, grads = net.loss(X, y)
    for name, w in net.params.items():
        net.params[name], configs[name] = rule(w, grads[name], configs.get(name, {"learning_rate": 1e-3}))


def measure_memory() -> list[dict[str, Any]]:
    """Measure how much one forward and backward pass adds to a process's largest memory, also for a large batch."""
    print(
        "\n| memory of forward and backward | batch | added MB | times input and output | ms |\n|---|---|---|---|---|"
    )
    rows = []
    for name in "fast", "torch", "cs231n", "numpy":
        for batch in 64, 1024:
            command = [sys.executable, __file__, "--one-pass", name, str(batch)]
            finished = subprocess.run(command, capture_output=True, text=True, check=False)
            if finished.returncode:
                continue
            row = {"name": name, "batch": batch, **json.loads(finished.stdout.splitlines()[-1])}
            rows.append(row)
            print(
                f"| {name} | {batch} | {row['added'] / 1e6:.0f} | {row['added'] / row['data']:.1f} "
                f"| {row['seconds'] * 1e3:.0f} |",
                flush=True,
            )
    return rows


def one_pass(name: str, batch: int) -> None:
    """Print what one forward and backward pass of the deep case adds to the largest memory so far."""
    deep = next(case for case in CASES if case.name == "deep 32")
    small = Case("warm-up", (2, *deep.x[1:]), deep.w, deep.param)
    for action in competitors(small, np.float32, only=name):
        action[name]()
    case = Case(deep.name, (batch, *deep.x[1:]), deep.w, deep.param)
    unit = 1 if sys.platform == "darwin" else 1024
    x, w, b, dout = case.arrays(np.float32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    begin = perf_counter()
    case.one_pass(name, x, w, b, dout)
    seconds = perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"added": after - before, "data": x.nbytes + dout.nbytes, "seconds": seconds}))


@click.command(help=__doc__)
@click.option("--part", "parts", multiple=True, type=click.Choice(["layers", "steps", "training", "memory"]))
@click.option("--threads", multiple=True, type=int, default=(1, 2), show_default=True)
@click.option("--repetitions", default=15, show_default=True)
@click.option("--figure-only", is_flag=True)
@click.option("--one-pass", "single", type=(str, int), hidden=True)
def main(
    parts: tuple[str, ...], threads: tuple[int, ...], repetitions: int, figure_only: bool, single: Any
) -> None:
    if single:
        one_pass(*single)
        return
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    measure: dict[str, Action] = {
        "steps": partial(measure_steps, repetitions),
        "layers": partial(measure_layers, threads, repetitions),
        "training": partial(measure_training, threads, repetitions),
        "memory": measure_memory,
    }
    if not figure_only:
        print(
            f"kernels: {fast_layers.backend()}; PyTorch: {'not installed' if torch is None else torch.__version__}"
        )
        for part in parts or measure:
            record[part] = measure[part]()
            RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    from conv_figure import draw

    draw(record, ROOT / "docs" / "img" / "fast-convolution.png")


if __name__ == "__main__":
    main()
