"""False alarms of `autograder similarity`'s rare wrong values: pairs that it lists although nobody copied.

    python benchmarks/similarity.py linear_classifier two_layer_net

The class is made of our own solutions, one student each: the right ones that differ from the reference, and every known
mistake, as if nobody knew it. No two have one origin beyond the reference, so every pair listed is a false alarm.
Passages of code are not measured so: our solutions are edits of one text, and alike by construction.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

from autograder.judging import milestone_content
from autograder.proofs.strength import grade_in_process
from autograder.reports import report as reporting
from autograder.similarity import rare_values
from autograder.sources import Sources

SEED = 11


def made_report(name: str, edited: Any, milestone: Any) -> dict[str, Any]:
    results = grade_in_process(edited.library(milestone), milestone, SEED, name_bugs=False)
    edited.forget()
    checks = [reporting.check_entry(result) for result in results.values()]
    return {"student": name, "seed": str(SEED), "verdict": "graded", "checks": checks}


def measure(name: str) -> str:
    milestone = Sources().milestone(name)
    right = [
        made_report(f"right: {label}", edited, milestone)
        for label, edited in milestone_content.alternatives(milestone).items()
    ]
    wrong = [
        made_report(f"wrong: {bug.name}", bug.edited, milestone) for bug in milestone_content.bugs(milestone)
    ]
    found, _ = rare_values.pairs([*right, *wrong])
    size = len(right) + len(wrong)
    pairs = size * (size - 1) // 2
    of_right = sum(pair.first.startswith("right") and pair.second.startswith("right") for pair in found)
    for pair in itertools.islice(found, 5):
        print(f"    {pair.first} and {pair.second}: {len(pair.values)} values, weight {pair.weight:g}")
    return (
        f"| {name} | {len(right)} | {of_right} | {len(wrong)} | {len(found)} of {pairs} "
        f"({100 * len(found) / pairs:.2f} %) |"
    )


def main() -> None:
    rows = [measure(name) for name in sys.argv[1:]]
    print("| milestone | right solutions | pairs of them listed | mistakes | pairs listed in all |")
    print("|---|---:|---:|---:|---:|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
