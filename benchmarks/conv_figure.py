"""The figure of docs/fast-convolution.md from the numbers of ``conv.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import NullFormatter

BLUE = "#3465a4"


def draw(record: dict[str, Any], path: Path) -> None:
    """Draw the steps from loops to the kernel, and the ratios to PyTorch, as far as they were measured."""
    steps = record.get("steps", [])
    ratios = [row for row in record.get("layers", []) if row["torch"] is not None and row["threads"] == 1]
    figure, axes = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
    if steps:
        names = [row["step"] for row in steps]
        milliseconds = [row["seconds"] * 1e3 for row in steps]
        bars = axes[0].barh(names, milliseconds, color=BLUE)
        axes[0].bar_label(bars, [f" {value:,.0f} ms" for value in milliseconds])
        axes[0].set(xscale="log", xlim=(min(milliseconds) / 2, max(milliseconds) * 15), xlabel="milliseconds")
        axes[0].set_title("forward, 64 images 32×32×32, 32 filters 3×3,\nfloat32, one thread", fontsize=10)
        axes[0].invert_yaxis()
    if ratios:
        cases = list(dict.fromkeys(row["case"] for row in ratios))
        styles = [
            ("float32", "forward", "o", BLUE),
            ("float32", "backward", "o", "white"),
            ("float64", "forward", "s", BLUE),
            ("float64", "backward", "s", "white"),
        ]
        for dtype, direction, marker, face in styles:
            rows = [row for row in ratios if (row["dtype"], row["direction"]) == (dtype, direction)]
            places = [cases.index(row["case"]) for row in rows]
            axes[1].plot(
                [row["torch"] for row in rows],
                places,
                marker,
                markerfacecolor=face,
                color=BLUE,
                label=f"{dtype} {direction}",
            )
        axes[1].axvline(1, color="gray", linewidth=1)
        axes[1].set_yticks(range(len(cases)), cases)
        axes[1].set(xscale="log", xlabel="time ÷ time of PyTorch (NCHW)", xticks=[0.1, 0.2, 0.5, 1])
        axes[1].set_xticklabels(["0.1", "0.2", "0.5", "1"])
        axes[1].invert_yaxis()
        axes[1].xaxis.set_minor_formatter(NullFormatter())
        axes[1].legend(fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.13))
        axes[1].set_title("against PyTorch, one thread", fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
