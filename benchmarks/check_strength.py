"""How strong and how fair the hidden checks are: writes docs/check-strength.md.

    python benchmarks/check_strength.py                         # everything, for every milestone
    python benchmarks/check_strength.py --part mutants --milestone cnn
    python benchmarks/check_strength.py --write-only            # the page again from what was recorded

Three measurements, all in this process's children and without a sandbox, because nothing here is a submission:

mutants      one small change inside a fence of the reference: is some check failed by it?
bugs         every named bug: do exactly the checks fail that it concerns, is it named, is another one named?
fairness     the reference and every alternative on 50 seeds: is every check passed?

What is finished is recorded in benchmarks/check_strength.json at once.  The run ends with exit status 1 if a mutant
survives that benchmarks/equivalent_mutants.toml does not explain, a bug is missed or a right solution loses a point.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import click
from check_strength_page import page
from tqdm import tqdm

from autograder.judging import room
from autograder.proofs import strength
from autograder.proofs.mutation import Mutant, mutants
from autograder.sources import Sources

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "benchmarks" / "check_strength.json"
EQUIVALENT = ROOT / "benchmarks" / "equivalent_mutants.toml"
PAGE = ROOT / "docs" / "check-strength.md"
PARTS = ("mutants", "bugs", "fairness")
SECONDS = 60
"""A mutant that runs longer than this is caught: a check's own limits are tighter."""

Record = dict[str, Any]


class TooLong(BaseException):
    """The time of one mutant is over; no Exception, so that nothing mistakes it for one of the mutant's."""


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise TooLong


def judging(mutant: Mutant) -> Iterator[str]:
    """Yield the milestones whose checks ask for what was changed: its own, then later ones.

    A net that is written once and grows, like FullyConnectedNet, is asked for in several milestones; what it
    calls of a later one's tasks is that one's to judge.
    """
    yield mutant.milestone
    name = mutant.function.split(".")[0]
    module = Sources().milestone(mutant.milestone).api.get(name)
    for other in Sources().milestones:
        if module is not None and other.name != mutant.milestone and other.api.get(name) == module:
            yield other.name


def judge_mutant(mutant: Mutant, seeds: int) -> str:
    """Return the check that catches a mutant, ``"time"``, or ``""`` for a survivor."""
    signal.signal(signal.SIGALRM, _end)
    signal.alarm(SECONDS)
    try:
        for name in judging(mutant):
            milestone = Sources().milestone(name)
            killer = strength.first_failed(
                lambda milestone=milestone: mutant.edited.library(milestone), name, range(1, seeds + 1)
            )
            if killer:
                return killer
        return ""
    except TooLong:
        return "time"
    finally:
        signal.alarm(0)
        mutant.edited.forget()


def judge_bug(milestone: str, index: int) -> Record:
    """Return whether a named bug is caught and named."""
    bug = room.bugs(Sources().milestone(milestone))[index]
    results = strength.grade_in_process(bug.edited.library(Sources().milestone(milestone)), milestone)
    failed = {name for name, result in results.items() if result.verdict == "failed"}
    named = {b.name for result in results.values() for b, _ in result.bugs}
    return {
        "name": bug.name,
        "caught": bool(failed),
        "exact": failed == set(bug.concerns),
        "named": named == {bug.name},
        "found": sorted(named),
    }


def judge_fairness(milestone: str, name: str, seeds: int) -> Record:
    """Return on which seeds a right solution loses points, and how many checks were played."""
    there = Sources().milestone(milestone)
    library = room.alternatives(there)[name].library(there) if name else strength.reference(milestone)
    faults, played = [], 0
    for seed in range(seeds):
        results = strength.grade_in_process(library, milestone, seed)
        played += len(results)
        faults += [f"seed {seed}, {check}" for check, r in results.items() if r.verdict != "passed"]
    return {"name": name or "reference", "checks": played, "faults": faults}


def tasks(part: str, milestone: str, seeds: int) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield the calls that one measurement consists of."""
    if part == "mutants":
        yield from ((judge_mutant, (mutant, 3)) for mutant in mutants(milestone))
    elif part == "bugs":
        yield from (
            (judge_bug, (milestone, i)) for i in range(len(room.bugs(Sources().milestone(milestone))))
        )
    else:
        yield from (
            (judge_fairness, (milestone, name, seeds))
            for name in ("", *room.alternatives(Sources().milestone(milestone)))
        )


def _call(numbered: tuple[int, Any, tuple[Any, ...]]) -> tuple[int, Any]:
    place, function, arguments = numbered
    return place, function(*arguments)


def measure(part: str, milestone: str, seeds: int, jobs: int) -> Record:
    """Run one measurement for one milestone."""
    calls = list(tasks(part, milestone, seeds))
    start = time.perf_counter()
    results: list[Any] = [None] * len(calls)
    # Fresh processes now and then: variants of the package are never quite given back.
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=50) as pool:
        numbered = [(i, *call) for i, call in enumerate(calls)]
        done = pool.imap_unordered(_call, numbered)
        for place, result in tqdm(done, total=len(calls), desc=f"{milestone}: {part}", unit=""):
            results[place] = result
    seconds = round(time.perf_counter() - start)
    if part == "mutants":
        survivors = [
            {"key": m.key, "file": m.file}
            for (_, (m, _)), killer in zip(calls, results, strict=True)
            if not killer
        ]
        by_time = sum(killer == "time" for killer in results)
        return {"total": len(calls), "survivors": survivors, "by_time": by_time, "seconds": seconds}
    if part == "bugs":
        return {
            "total": len(results),
            "missed": [r["name"] for r in results if not r["caught"]],
            "inexact": [r["name"] for r in results if not r["exact"]],
            "not_named": {r["name"]: r["found"] for r in results if not r["named"]},
            "seconds": seconds,
        }
    return {
        "seeds": seeds,
        "solutions": [r["name"] for r in results],
        "checks": sum(r["checks"] for r in results),
        "faults": {r["name"]: r["faults"] for r in results if r["faults"]},
        "seconds": seconds,
    }


def read_record() -> Record:
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}


def explained() -> dict[str, dict[str, dict[str, str]]]:
    """Return, per kind and milestone, the survivors that do what the contract asks, with the reasons."""
    return tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))


def write_page(record: Record) -> bool:
    """Write the page; return whether everything that must hold does."""
    text, holds = page(record, explained(), [m.name for m in Sources().milestones])
    PAGE.write_text(text, encoding="utf-8")
    return holds


def _checked(name: str) -> bool:
    try:
        return bool(room.checks(Sources().milestone(name)))
    except LookupError:
        return False


@click.command(help=__doc__)
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this; repeatable.")
@click.option("--milestone", "names", multiple=True, help="Only this one; repeatable.")
@click.option("--seeds", default=50, show_default=True, help="Seeds of the fairness measurement.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes.")
@click.option("--write-only", is_flag=True, help="Measure nothing, write the page.")
def main(parts: tuple[str, ...], names: tuple[str, ...], seeds: int, jobs: int, write_only: bool) -> None:
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # for the children: many small products, one core each
    known = [m.name for m in Sources().milestones if _checked(m.name)]
    for name in () if write_only else names or known:
        for part in parts or PARTS:
            result = measure(part, name, seeds, jobs)
            record = read_record()
            record.setdefault(name, {})[part] = result
            RECORD.write_text(
                json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8"
            )
            write_page(record)
    if not write_page(read_record()):
        click.echo(f"something does not hold: see {PAGE.relative_to(ROOT)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
