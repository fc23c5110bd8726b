"""The text of docs/check-strength.md from what `check_strength.py` has recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

HEAD = """\
# How strong and how fair the hidden checks are

Written by `python benchmarks/check_strength.py` (`make strength`; the mutants alone: `make mutants`); do not edit.

- **Mutants** are the reference with one small change inside a fence: an operator, a comparison, a constant, a key, a
  function, an argument or a statement. A mutant is caught when at least one check fails on one of three seeds. A mutant
  that behaves as the reference does in all that the contract promises is equivalent; each of these is listed with its
  reason, and is not counted.
- **Named bugs** are known mistakes (`autograder/bugs/`). *Exact*: just the checks fail that it concerns. *Named*: the
  grader calls it by its name, and by no other.
- **Fairness**: the reference and right solutions that differ from it (`autograder/alternatives/`) are graded on fresh
  inputs of as many seeds; every check must be passed every time, and no bug named.
"""
LEAST_OVERALL, LEAST_EACH, LEAST_NAMED = 0.98, 0.95, 0.90


def page(
    record: Mapping[str, Any], equivalent: Mapping[str, Mapping[str, str]], order: Sequence[str]
) -> tuple[str, bool]:
    """Return the page, and whether everything that must hold does."""
    names = [name for name in order if name in record]
    tables, verdicts = zip(
        _mutants(names, record, equivalent), _bugs(names, record), _fairness(names, record), strict=True
    )
    missing = [name for name in order if name not in record]
    note = [f"Not measured yet: {', '.join(missing)}.", ""] if missing else []
    return "\n".join([HEAD, *note, *tables]), all(verdicts)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _mutants(
    names: Sequence[str], record: Mapping[str, Any], equivalent: Mapping[str, Mapping[str, str]]
) -> tuple[str, bool]:
    lines = [
        "## Mutants",
        "",
        "| milestone | mutants | equivalent | caught | survived | share caught |",
        "|---|---|---|---|---|---|",
    ]
    told: list[str] = []
    reached, total, good = 0, 0, True
    for name in names:
        if "mutants" not in record[name]:
            continue
        found = record[name]["mutants"]
        reasons = equivalent.get(name, {})
        same = [s["key"] for s in found["survivors"] if s["key"] in reasons]
        open_ = [s["key"] for s in found["survivors"] if s["key"] not in reasons]
        whole = found["total"] - len(same)
        caught = whole - len(open_)
        reached, total, good = reached + caught, total + whole, good and caught >= LEAST_EACH * whole
        lines.append(
            f"| {name} | {found['total']} | {len(same)} | {caught} | {len(open_)} | {_percent(caught, whole)} |"
        )
        if same or open_:
            told += ["", f"### {name}", ""]
            told += [f"- survives: `{key}`" for key in open_]
            told += [f"- equivalent: `{key}`: {reasons[key]}" for key in same]
    lines.append(f"| **all** | | | {reached} | {total - reached} | **{_percent(reached, total)}** |")
    return "\n".join([*lines, *told, ""]), good and reached >= LEAST_OVERALL * total


def _bugs(names: Sequence[str], record: Mapping[str, Any]) -> tuple[str, bool]:
    lines = [
        "## Named bugs",
        "",
        "| milestone | named bugs | caught | exact | named rightly |",
        "|---|---|---|---|---|",
    ]
    told: list[str] = []
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
        told += [f"- {name}: `{bug}` is missed" for bug in missed]
        told += [
            f"- {name}: `{bug}` is named {', '.join(other) or 'nothing'}"
            for bug, other in found["not_named"].items()
        ]
    return "\n".join([*lines, *([""] if told else []), *told, ""]), good


def _fairness(names: Sequence[str], record: Mapping[str, Any]) -> tuple[str, bool]:
    lines = [
        "## Fairness",
        "",
        "| milestone | right solutions | seeds | checks played | points lost |",
        "|---|---|---|---|---|",
    ]
    told: list[str] = []
    for name in names:
        if "fairness" not in record[name]:
            continue
        found = record[name]["fairness"]
        faults = sum(map(len, found["faults"].values()))
        lines.append(
            f"| {name} | {len(found['solutions'])} | {found['seeds']} | {found['checks']:,} | {faults or 'none'} |"
        )
        told += [f"- {name}: `{who}`: {', '.join(what[:5])}" for who, what in found["faults"].items()]
    return "\n".join([*lines, *([""] if told else []), *told, ""]), not told
