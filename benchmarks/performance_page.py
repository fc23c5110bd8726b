"""Write docs/performance.md from what `stages.py`, `grading.py` and `memory.py` have measured.

python benchmarks/performance_page.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
TEXT = HERE / "performance.template.md"


def stages_table(record: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return the budget: a row for each stage, and before and after for each kind of submission."""
    before, after = record.get("before", {}), record["after"]
    kinds = list(after)
    lines = ["| ms of processor time | " + " | ".join(kinds) + " |", "|---|" + "---:|" * len(kinds)]
    stages = [name for name in after[kinds[0]] if name != "floor"]

    def pair(values: list[float]) -> str:
        return " → ".join(f"{value:.0f}" for value in values)

    for stage in stages:
        cells = [pair([side[kind][stage] for side in (before, after) if kind in side]) for kind in kinds]
        lines.append(f"| {stage} | " + " | ".join(cells) + " |")
    totals = {
        kind: [sum(side[kind][stage] for stage in stages) for side in (before, after) if kind in side]
        for kind in kinds
    }
    lines.append("| **in all** | " + " | ".join(f"**{pair(totals[kind])}**" for kind in kinds) + " |")
    floors = {kind: after[kind]["floor"] for kind in kinds}
    lines.append(
        "| the student's functions alone | " + " | ".join(f"{floors[kind]:.0f}" for kind in kinds) + " |"
    )
    ratio = [f"{totals[kind][-1] / floors[kind]:.0f} times" for kind in kinds]
    lines.append("| in all, compared with that | " + " | ".join(ratio) + " |")
    return "\n".join(lines)


def ratios_table(record: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the comparison with stock nbgrader, a milestone after the other."""
    lines = [
        "| milestone | how | seconds on the clock | of processors | compared with stock: clock | processors |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for milestone, found in record.items():
        base = next(iter(found["seconds"].values()))
        for how, seconds in found["seconds"].items():
            many = found["stock"] if "nbgrader" in how else found["submissions"]
            each = f"{how} ({many} submissions, load {found['load']})"
            values = [f"{seconds[what]:.2f}" if seconds[what] else "" for what in ("wall", "processor")]
            values += [
                f"{base[what] / seconds[what]:.1f}" if seconds[what] else "" for what in ("wall", "processor")
            ]
            lines.append(f"| {milestone} | {each} | " + " | ".join(values) + " |")
    return "\n".join(lines)


CLASS = 100_000
CORES = 400
PRICE = 0.05
"""Of a core for an hour, in dollars: an assumption about rented machines, not a measurement."""


def plan_table(stages: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return what a very large class takes, from the processor time of one submission."""
    lines = [
        f"| kind | core-hours for {CLASS:,} | hours on {CORES} cores | dollars at {PRICE:g} a core-hour |",
        "|---|---:|---:|---:|",
    ]
    for kind, found in stages["after"].items():
        each = sum(ms for stage, ms in found.items() if stage != "floor") / 1000
        hours = CLASS * each / 3600
        lines.append(f"| {kind} | {hours:.0f} | {hours / CORES:.2f} | {hours * PRICE:.2f} |")
    return "\n".join(lines)


def memory_text(record: Mapping[str, Any]) -> str:
    """Return the figure of the memory of a class that was graded, and what it shows."""
    return (
        f"Measured: {record['title']}, at most {record['largest']:.0f} MiB for all processes of the grader; the last "
        f"quarter takes {record['growth']:+.0f} MiB compared with the second.\n\n"
        f"![Memory of the grader over the number of submissions graded](img/memory.svg)"
    )


def page() -> str:
    """Return the text of the page."""
    text = TEXT.read_text(encoding="utf-8")
    stages, grading = (
        json.loads((HERE / name).read_text(encoding="utf-8")) for name in ("stages.json", "grading.json")
    )
    tables = {"stages": stages_table(stages), "plan": plan_table(stages)}
    earlier, quiet = grading.pop("before", {}), grading.pop("quiet", {})
    tables |= {
        "ratios": ratios_table(grading),
        "quiet ratios": ratios_table(quiet),
        "earlier ratios": ratios_table(earlier),
    }
    memory = HERE / "memory.json"
    tables["memory"] = memory_text(json.loads(memory.read_text(encoding="utf-8"))) if memory.exists() else ""
    for name, table in tables.items():
        text = text.replace(f"<!-- {name} -->", table)
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
