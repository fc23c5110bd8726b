"""Regrading safely: whose reports come from earlier checks, what new ones would change and why, the old ones kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..judging import milestone_content
from ..milestone import Milestone
from ..reports import report as reporting
from ..reports.report import CONTENT

NEW, EARLIER = ".regraded", ".earlier"
"""Folders beside the students': reports that nobody has applied yet, and those that were replaced."""


@dataclass(frozen=True)
class CheckChange:
    """What one check gives now, and why that differs."""

    name: str
    before: float | None
    after: float | None
    why: str


@dataclass(frozen=True)
class Change:
    """What a new report changes for one student."""

    student: str
    before: float | None
    after: float | None
    checks: tuple[CheckChange, ...] = field(default_factory=tuple)

    @property
    def gain(self) -> float:
        """Points won; negative if some are lost, and if nothing can be said."""
        return (self.after or 0.0) - (self.before or 0.0)


def content_of(report: dict[str, Any]) -> str:
    """Return the hash of checks, bugs and reference that a report was made with; empty if it does not say."""
    return str(report["versions"].get(CONTENT, ""))


def by_content(reports: Iterable[dict[str, Any]]) -> dict[str, list[str]]:
    """Return hash of checks, bugs and reference → the students whose reports were made with them."""
    found: dict[str, list[str]] = defaultdict(list)
    for report in reports:
        if report["seed"]:  # one that could not be read says nothing
            found[content_of(report)].append(report["student"])
    return dict(found)


def outdated(reports: Iterable[dict[str, Any]], milestone: Milestone) -> list[dict[str, Any]]:
    """Return the reports that were made with other checks, bugs or another reference than those of today."""
    now = milestone_content.digest(milestone)
    return [report for report in reports if report["seed"] and content_of(report) != now]


def mixture(reports: Sequence[dict[str, Any]], milestone: Milestone) -> str:
    """Return a sentence for whoever compares scores that come from different checks; nothing if all are of one kind."""
    known = by_content(reports)
    old = outdated(reports, milestone)
    if len(known) < 2 and not old:
        return ""
    names = [report["student"] for report in old]
    few = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return (
        f"{len(old)} of {len(reports)} reports come from earlier checks, mistakes or reference ({few}): "
        f"their points do not compare with the others. See what would change: autograder regrade {milestone.name}"
    )


def compare(old: dict[str, Any], new: dict[str, Any]) -> Change | None:
    """Return what a new report changes, check by check; None if it changes no points."""
    before = {check["name"]: check for check in old["checks"]}
    after = {check["name"]: check for check in new["checks"]}
    changes = []
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        gave, gives = (None if check is None else check["score"] for check in (was, now))
        if gave != gives and not _close(gave, gives):
            changes.append(CheckChange(name, gave, gives, _why(was, now)))
    if not changes and (old["score"] == new["score"] or _close(old["score"], new["score"])):
        return None
    return Change(new["student"], old["score"], new["score"], tuple(changes))


def _close(first: float | None, second: float | None) -> bool:
    return first is not None and second is not None and abs(first - second) < 5e-7


def _why(was: dict[str, Any] | None, now: dict[str, Any] | None) -> str:
    if was is None or now is None:
        return "this check is new" if was is None else "there is no such check any more"
    if was["points"] != now["points"]:
        return f"it is worth {now['points']:g} points and was worth {was['points']:g}"
    credits = {part["name"]: part["credit"] for part in was["parts"]}
    parts = [part["name"] for part in now["parts"] if credits.get(part["name"]) != part["credit"]]
    said = (now["message"] or was["message"] or "").partition("\n")[0]
    if not now["message"] and was["message"]:
        said = f"no longer: {said}"
    return "; ".join(text for text in (", ".join(parts), said) if text)


def path_of_new(reports: Path, student: str, milestone: Milestone) -> Path:
    """Return where a report is that nobody has applied yet."""
    return reports / NEW / milestone.name / f"{student}.json"


def stored_new(reports: Path, old: dict[str, Any], milestone: Milestone) -> dict[str, Any] | None:
    """Return the new report for an old one, if one was made with the checks of today from the same files."""
    found = reporting.read(path_of_new(reports, old["student"], milestone))
    if found is None or content_of(found) != milestone_content.digest(milestone):
        return None
    return found if found["submission"]["digest"] == old["submission"]["digest"] else None


def apply(reports: Path, new: dict[str, Any], milestone: Milestone) -> Path:
    """Put a new report in the place of the old one, which is kept, and return where that is now."""
    student = new["student"]
    place = reports / student / f"{milestone.name}.json"
    old = reporting.load(place)
    kept = reports / EARLIER / student / f"{milestone.name}_{old['created'].replace(':', '-')}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    reporting.write(kept, old)
    reporting.write(place, new)
    path_of_new(reports, student, milestone).unlink(missing_ok=True)
    return kept
