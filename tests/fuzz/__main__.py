"""Try made-up inputs for as long as allowed, and report how many of each kind were tried.

    python -m tests.fuzz --seconds 600 --seed 1

Exit status: 0 if nothing went wrong, 1 otherwise; each input that made trouble is named by its kind and its number, and
``--only KIND --first NUMBER --seed SEED`` tries it again.
"""

from __future__ import annotations

import argparse
import faulthandler
import itertools
import random
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

from autograder.sources import Sources

from . import into_checks, messages, uploads

STUCK = 300
"""Seconds after which an input counts as one that holds the grader up; the run then ends with where it was."""

SHARES = {"protocol": 1, "replies": 1, "notebooks": 2, "folders": 2, "values into checks": 6}
"""Kind → its share of the time."""


def milestones() -> list[str]:
    """Return the names of the milestones whose libraries are installed."""
    found = [Sources().milestone(name) for name in Sources().milestone_names]
    return [m.name for m in found if all(find_spec(library) for library in m.libraries)]


def kinds() -> dict[str, Callable[[random.Random], str]]:
    """Return what can be tried: kind → tries one input, and returns what went wrong."""
    names = milestones()

    def into_check(rng: random.Random) -> str:
        place, kind = into_checks.drawn(rng.choice(names), rng)
        wrong = into_checks.try_one(place, kind)
        return f"{kind} in {place}: {wrong}" if wrong else ""

    return {
        "protocol": messages.try_protocol,
        "replies": messages.try_replies,
        "notebooks": uploads.try_notebook,
        "folders": uploads.try_folder,
        "values into checks": into_check,
    }


def run(
    kind: str, attempt: Callable[[random.Random], str], seconds: float, seed: int, first: int
) -> tuple[int, list[str]]:
    """Try inputs of one kind; return how many, and what went wrong."""
    end, wrong, tried = time.monotonic() + seconds, [], 0
    for number in itertools.count(first):
        faulthandler.dump_traceback_later(STUCK, exit=True)
        found = attempt(random.Random(f"{seed} {kind} {number}"))
        tried += 1
        if found:
            wrong.append(f"{kind} {number}: {found}")
        if time.monotonic() > end:
            break
    faulthandler.cancel_dump_traceback_later()
    return tried, wrong


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--only", choices=SHARES)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    shares = {kind: share for kind, share in SHARES.items() if options.only in (None, kind)}
    everything, attempts = [], kinds()
    print(f"seed {options.seed}")
    for kind, share in shares.items():
        seconds = options.seconds * share / sum(shares.values())
        tried, wrong = run(kind, attempts[kind], seconds, options.seed, options.first)
        everything += wrong
        print(f"{kind:20} {tried:8} tried, {len(wrong):4} wrong", flush=True)
    print(*everything, sep="\n", end="")
    return 1 if everything else 0


if __name__ == "__main__":
    sys.exit(main())
