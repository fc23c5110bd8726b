"""The text of docs/check-strength.md from what `check_strength.py` has recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Explained = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Kind of excuse → milestone → mutant → reason."""

HEAD = """\
# How strong and how fair the hidden checks are

Written by `python benchmarks/check_strength.py` (`make strength`; the mutants alone: `make mutants`); do not edit.

- **Mutants** are the reference with one small change inside a fence: an operator, a comparison, a constant, a key, a
  function, an argument or a statement. A mutant is caught when at least one check fails on one of three seeds. Two
  kinds of mutants may pass, and are not counted in the *share caught*. An *equivalent* mutant behaves like the
  reference for every input that the contract allows. *Another right answer* behaves differently, but only where the
  task leaves the choice to the student. Each is listed with its reason. The last column counts all mutants.
- **Named bugs** are known mistakes (`autograder/course/*/bugs*.txt`). *Exact*: the checks that fail are exactly those
  that the bug concerns. *Named*: the grader names this bug, and none that gives other values. A mistake that shows
  in no wrong number (a dtype, an exception) is told as it is, and has no name.
- **Pairs**: two named bugs at once, or one beside a function that is unwritten, stops with an error, gives its input
  back or computes in another precision. Is each name true? *Planted*: the name of what was planted. *The same values*:
  of a mistake that gives the same answers as a planted one, or as all that was planted, in every case of the check, so
  that nothing tells them apart. *Nothing named*: at least one check failed, and no name was given.
- **No work**: every function that students write gives back zeros, ones, another constant, random numbers, NaN,
  nothing, or its input, in the right form. No kind may earn a point.
- **Breaking**: in an otherwise right solution every function, method and file that students hand in is broken in turn
  (missing, stops with an error, gives wrong values; a syntax error, an error at import). No check may lose points by
  what it is not about. *Spared* counts breakages × checks that must lose nothing.
- **Fairness**: the reference, and right solutions that differ from it (`autograder/course/*/alternatives*.txt`), are
  graded with the inputs of many seeds. Every check must pass every time, and no bug may be named.
"""
KINDS = {"equivalent": "equivalent", "another_right_answer": "another right answer"}
LEAST_OVERALL, LEAST_EACH, LEAST_NAMED, LEAST_TRUE = 0.98, 0.95, 0.90, 0.995


def page(record: Mapping[str, Any], explained: Explained, order: Sequence[str]) -> tuple[str, bool]:
    """Return the page, and whether all requirements hold."""
    names = [name for name in order if name in record]
    parts = [
        _mutants(names, record, explained),
        _bugs(names, record),
        _trivial(names, record),
        _pairs(names, record),
        _breaking(names, record),
        _fairness(names, record),
    ]
    missing = [name for name in order if name not in record]
    note = [f"Not measured yet: {', '.join(missing)}.", ""] if missing else []
    return "\n".join([HEAD, *note, *(table for table, _ in parts if table)]), all(good for _, good in parts)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _mutants(names: Sequence[str], record: Mapping[str, Any], explained: Explained) -> tuple[str, bool]:
    lines = [
        "## Mutants",
        "",
        "| milestone | mutants | equivalent | another right answer | survived | share caught | of all mutants |",
        "|---|---|---|---|---|---|---|",
    ]
    details: list[str] = []
    sums = dict.fromkeys(("mutants", "excused", "survived"), 0)
    good = True
    for name in names:
        if "mutants" not in record[name]:
            continue
        found = record[name]["mutants"]
        survivors = [s["key"] for s in found["survivors"]]
        excused = {
            kind: {key: reasons[key] for key in survivors if key in reasons}
            for kind in KINDS
            for reasons in [explained.get(kind, {}).get(name, {})]
        }
        open_ = [key for key in survivors if not any(key in keys for keys in excused.values())]
        total, same = found["total"], len(survivors) - len(open_)
        for what, count in zip(sums, (total, same, len(open_)), strict=True):
            sums[what] += count
        good = good and len(open_) <= (1 - LEAST_EACH) * (total - same)
        counts = " | ".join(str(len(keys)) for keys in excused.values())
        lines.append(f"| {name} | {total} | {counts} | {len(open_)} | {_shares(total, same, len(open_))} |")
        if survivors:
            details += ["", f"### {name}", ""]
            details += [f"- survives: `{key}`" for key in open_]
            details += [
                f"- {KINDS[kind]}: `{key}`: {why}" for kind in KINDS for key, why in excused[kind].items()
            ]
    lines.append(f"| **all** | {sums['mutants']} | | | {sums['survived']} | {_shares(*sums.values())} |")
    good = good and sums["survived"] <= (1 - LEAST_OVERALL) * (sums["mutants"] - sums["excused"])
    return "\n".join([*lines, *details, ""]), good


def _shares(total: int, excused: int, survived: int) -> str:
    counted = total - excused
    return f"{_percent(counted - survived, counted)} | {_percent(counted - survived, total)}"


def _bugs(names: Sequence[str], record: Mapping[str, Any]) -> tuple[str, bool]:
    lines = [
        "## Named bugs",
        "",
        "| milestone | named bugs | caught | exact | named correctly |",
        "|---|---|---|---|---|",
    ]
    details: list[str] = []
    good = True
    for name in names:
        if "bugs" not in record[name]:
            continue
        found = record[name]["bugs"]
        total, missed = found["total"], found["missed"]
        named = total - len(found["not_named"])
        good = good and not missed and named >= LEAST_NAMED * total
        lines.append(
            f"| {name} | {total} | {total - len(missed)} | {total - len(found['inexact'])} | "
            f"{named} ({_percent(named, total)}) |"
        )
        details += [f"- {name}: `{bug}` is missed" for bug in missed]
        details += [
            f"- {name}: `{bug}` is named {', '.join(other) or 'nothing'}"
            for bug, other in found["not_named"].items()
        ]
    return "\n".join([*lines, *([""] if details else []), *details, ""]), good


def _trivial(names: Sequence[str], record: Mapping[str, Any]) -> tuple[str, bool]:
    measured = [name for name in names if "trivial" in record[name]]
    if not measured:
        return "", True
    lines = ["## No work", "", "| milestone | kinds | kinds that earn something |", "|---|---|---|"]
    details: list[str] = []
    for name in measured:
        found = record[name]["trivial"]
        lines.append(f"| {name} | {found['total']} | {len(found['earned']) or 'none'} |")
        details += [
            f"- {name}: {kind} earn in {', '.join(checks)}" for kind, checks in found["earned"].items()
        ]
    return "\n".join([*lines, *([""] if details else []), *details, ""]), not details


def _pairs(names: Sequence[str], record: Mapping[str, Any]) -> tuple[str, bool]:
    lines = [
        "## Pairs",
        "",
        "| milestone | plantings | names given | planted | the same values | false | true | nothing named |",
        "|---|---|---|---|---|---|---|---|",
    ]
    details: list[str] = []
    good = True
    for name in names:
        if "pairs" not in record[name]:
            continue
        found = record[name]["pairs"]
        given, false = found["given"], len(found["false"])
        good = good and false <= (1 - LEAST_TRUE) * given
        lines.append(
            f"| {name} | {found['total']:,} | {given:,} | {found['planted']:,} | {found['alike']:,} | {false} | "
            f"{_percent(given - false, given)} | {found['unnamed']:,} |"
        )
        details += [f"- {name}: {what}" for what in found["false"]]
    return "\n".join([*lines, *([""] if details else []), *details, ""]), good


def _breaking(names: Sequence[str], record: Mapping[str, Any]) -> tuple[str, bool]:
    measured = [name for name in names if "breaking" in record[name]]
    if not measured:
        return "", True
    lines = ["## Breaking", "", "| milestone | breakages | spared | points lost |", "|---|---|---|---|"]
    details: list[str] = []
    for name in measured:
        found = record[name]["breaking"]
        lines.append(f"| {name} | {found['total']} | {found['spared']:,} | {len(found['lost']) or 'none'} |")
        details += [f"- {name}: {what}" for what in found["lost"]]
    return "\n".join([*lines, *([""] if details else []), *details, ""]), not details


def _fairness(names: Sequence[str], record: Mapping[str, Any]) -> tuple[str, bool]:
    lines = [
        "## Fairness",
        "",
        "| milestone | right solutions | seeds | checks run | points lost |",
        "|---|---|---|---|---|",
    ]
    details: list[str] = []
    for name in names:
        if "fairness" not in record[name]:
            continue
        found = record[name]["fairness"]
        faults = sum(map(len, found["faults"].values()))
        lines.append(
            f"| {name} | {len(found['solutions'])} | {found['seeds']} | {found['checks']:,} | {faults or 'none'} |"
        )
        details += [f"- {name}: `{who}`: {', '.join(what[:5])}" for who, what in found["faults"].items()]
    return "\n".join([*lines, *([""] if details else []), *details, ""]), not details
