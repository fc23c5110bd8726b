"""How strong and how fair the hidden checks are: writes docs/check-strength.md.

    python benchmarks/check_strength.py                         # everything, for every milestone
    python benchmarks/check_strength.py --part mutants --milestone cnn
    python benchmarks/check_strength.py --write-only            # the page again from what was recorded

Six measurements, all in child processes and without a sandbox, because nothing here is a submission:

mutants      one small change inside a fence of the reference: does at least one check fail?
bugs         every named bug: do exactly the checks that it concerns fail? Is it named, and only it?
trivial      zeros, ones, random numbers, the input and so on from every function: is any point earned?
pairs        two named bugs at once, or one beside other trouble: is every name that is given true?
breaking     every other function, and every file, is broken in turn: does a check lose anything by it?
fairness     the reference and every alternative on 50 seeds: does every check pass?

Every finished measurement is recorded in benchmarks/check_strength.json at once.  The exit status is 1 if a mutant
survives that benchmarks/equivalent_mutants.toml does not explain, a bug is missed, trivial code earns a point, too
many names are false, a check loses points by what it is not about, or a right solution loses a point.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
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

from autograder.judging import milestone_content
from autograder.judging.edited_reference import EditedReference, NamedBug
from autograder.milestone import Milestone
from autograder.proofs import breaking, pairs, played, strength, trivial
from autograder.proofs.breaking import Broken
from autograder.slips.mutation import Mutant, mutants
from autograder.sources import Sources

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "benchmarks" / "check_strength.json"
EQUIVALENT = ROOT / "benchmarks" / "equivalent_mutants.toml"
READ = ROOT / "benchmarks" / "messages_read.md"
PAGE = ROOT / "docs" / "check-strength.md"
PARTS = ("mutants", "bugs", "trivial", "pairs", "breaking", "fairness")
PLANTINGS = 250
"""So many are judged in one process: what a known mistake gives is remembered there."""
SECONDS = 60
"""A mutant that runs longer than this counts as caught: a check's own limits are shorter."""

Record = dict[str, Any]


class TooLong(BaseException):
    """The time of one mutant is over; not an Exception, so that no code takes it for an error of the mutant."""


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise TooLong


def judging(mutant: Mutant) -> Iterator[Milestone]:
    """Yield the milestones whose checks call the changed function: its own, then later ones.

    A net that grows over several milestones, like FullyConnectedNet, is checked in each of them; where it calls
    functions of a later milestone, the later milestone checks them.
    """
    own = Sources().milestone(mutant.milestone)
    yield own
    name = mutant.function.split(".")[0]
    for other in Sources().milestones:
        if name in own.api and other != own and other.api.get(name) == own.api[name]:
            yield other


def judge_mutant(mutant: Mutant, seeds: int) -> str:
    """Return the check that catches a mutant, ``"time"``, or ``""`` for a survivor."""
    signal.signal(signal.SIGALRM, _end)
    signal.alarm(SECONDS)
    try:
        for milestone in judging(mutant):
            load = functools.partial(mutant.edited.library, milestone)
            killer = strength.first_failed(load, milestone, range(1, seeds + 1))
            if killer:
                return killer
        return ""
    except TooLong:
        return "time"
    finally:
        signal.alarm(0)
        mutant.edited.forget()


def judge_bug(milestone: Milestone, bug: NamedBug) -> Record:
    """Return whether a named bug is caught and named."""
    results = strength.grade_in_process(bug.edited.library(milestone), milestone)
    failed = {name for name, result in results.items() if result.verdict == "failed"}
    named = {b.name for result in results.values() for b, _ in result.bugs}
    return {
        "name": bug.name,
        "caught": bool(failed),
        "exact": failed == set(bug.concerns),
        "named": strength.is_named(bug, results, milestone, 1),
        "found": sorted(named),
    }


def judge_pairs(milestone: Milestone, number: int, share: int, shares: int) -> Record:
    """Return what became of the names in one share of the plantings; all shares draw the same ones."""
    plants = itertools.islice(pairs.planted(milestone, number), share, None, shares)
    return dataclasses.asdict(pairs.judge(milestone, plants))


def judge_trivial(milestone: Milestone, kind: str) -> Record:
    """Return what code without any work in it earns, with this in the place of every value."""
    results = trivial.score(milestone, kind)
    return {"name": kind, "score": sum(r.score for r in results.values()), "earned": trivial.earned(results)}


def judge_breaking(milestone: Milestone, broken: Broken) -> Record:
    """Return how many checks must be spared by something that is broken, and what they lose."""
    spared, lost = breaking.losses(milestone, broken)
    return {"spared": spared, "lost": [f"{loss.broken}: {loss.check} loses {loss.points:g}" for loss in lost]}


def judge_fairness(milestone: Milestone, right: EditedReference, seeds: int) -> Record:
    """Return on which seeds a right solution loses points, and how many checks were run."""
    library = right.library(milestone)
    faults, run = [], 0
    for seed in range(seeds):
        results = strength.grade_in_process(library, milestone, seed)
        run += len(results)
        faults += [f"seed {seed}, {check}" for check, r in results.items() if r.verdict != "passed"]
    return {"name": right.name, "checks": run, "faults": faults}


def tasks(part: str, milestone: Milestone, seeds: int, number: int) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield the calls that make up one measurement."""
    if part == "mutants":
        yield from ((judge_mutant, (mutant, 3)) for mutant in mutants(milestone))
    elif part == "bugs":
        yield from ((judge_bug, (milestone, bug)) for bug in milestone_content.bugs(milestone))
    elif part == "trivial":
        yield from ((judge_trivial, (milestone, kind)) for kind in trivial.KINDS)
    elif part == "pairs":
        shares = max(1, number // PLANTINGS)
        yield from ((judge_pairs, (milestone, number, share, shares)) for share in range(shares))
    elif part == "breaking":
        yield from ((judge_breaking, (milestone, broken)) for broken in breaking.everything(milestone))
    else:
        rights = EditedReference("reference", ()), *milestone_content.alternatives(milestone).values()
        yield from ((judge_fairness, (milestone, right, seeds)) for right in rights)


def _call(numbered: tuple[int, Any, tuple[Any, ...]]) -> tuple[int, Any]:
    place, function, arguments = numbered
    return place, function(*arguments)


def measure(part: str, milestone: Milestone, seeds: int, number: int, jobs: int) -> Record:
    """Run one measurement for one milestone."""
    calls = list(tasks(part, milestone, seeds, number))
    start = time.perf_counter()
    results: list[Any] = [None] * len(calls)
    # New processes from time to time: the memory of edited packages is never completely freed.
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=50) as pool:
        numbered = [(i, *call) for i, call in enumerate(calls)]
        done = pool.imap_unordered(_call, numbered)
        for place, result in tqdm(done, total=len(calls), desc=f"{milestone.name}: {part}", unit=""):
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
    if part == "trivial":
        earned = {r["name"]: r["earned"] for r in results if r["score"]}
        return {"total": len(results), "earned": earned, "seconds": seconds}
    if part == "pairs":
        sums = {key: sum((r[key] for r in results), type(results[0][key])()) for key in results[0]}
        return {**sums, "seconds": seconds}
    if part == "breaking":
        lost = [loss for r in results for loss in r["lost"]]
        return {
            "total": len(results),
            "spared": sum(r["spared"] for r in results),
            "lost": lost,
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
    """Return, for each kind and milestone, the survivors that still keep the contract, with the reasons."""
    return tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))


def write_page(record: Record) -> bool:
    """Write the page; return whether all requirements hold."""
    text, holds = page(record, explained(), [m.name for m in Sources().milestones])
    sections = text, played.section(Sources().milestones), READ.read_text(encoding="utf-8")
    PAGE.write_text("\n".join(sections), encoding="utf-8")
    return holds


def _checked(milestone: Milestone) -> bool:
    try:
        return bool(milestone_content.checks(milestone))
    except LookupError:
        return False


@click.command(help=__doc__)
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this part; repeatable.")
@click.option("--milestone", "names", multiple=True, help="Only this one; repeatable.")
@click.option("--seeds", default=50, show_default=True, help="Seeds of the fairness measurement.")
@click.option(
    "--pairs", "number", default=2000, show_default=True, help="Plantings of the pairs measurement."
)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes.")
@click.option("--write-only", is_flag=True, help="Write the page without measuring.")
def main(
    parts: tuple[str, ...], names: tuple[str, ...], seeds: int, number: int, jobs: int, write_only: bool
) -> None:
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # for the children: many small products, one core each
    known = [m.name for m in Sources().milestones if _checked(m)]
    for name in () if write_only else names or known:
        for part in parts or PARTS:
            result = measure(part, Sources().milestone(name), seeds, number, jobs)
            record = read_record()
            record.setdefault(name, {})[part] = result
            RECORD.write_text(
                json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8"
            )
            write_page(record)
    if not write_page(read_record()):
        click.echo(f"some requirements do not hold: see {PAGE.relative_to(ROOT)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
