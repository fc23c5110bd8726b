"""Mistakes against the visible checks, and what these know of mistakes: ``nndl/checking/known``.

A check that a student runs has no reference beside it. What it knows is made here: each mistake of the catalogues is
played, and what comes out is kept as a few numbers with the teacher's words. Write the files anew, all or for some
milestones, after a change of a visible check or of a catalogue::

    python -m autograder.proofs.visible_checks [milestone ...]
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from nndl.checking.shared.known_mistakes import Trace, same

from ..judging import milestone_content
from ..judging.edited_reference import NamedBug
from ..library.local import reference_folder
from ..milestone import Milestone
from ..sources import Sources

Said = dict[str, dict[str, Any]]
"""What each check that does not pass ``says``, its ``trace``, and the ``words`` that this is a digest of."""

_EXACTLY = "a known mistake gives exactly this: "
_DECIMALS = 7
_SURE = 3
"""Numbers that show what came back: those of one value at least."""
_MOST_ALIKE = 2  # more names would be a list to guess from


def play(
    milestone: Milestone,
    edited: Mapping[str, Mapping[str, str]],
    checks: Mapping[str, Collection[str]] | None = None,
    trials: bool = True,
) -> dict[str, Said]:
    """Return what the visible checks say of edited files, one set after another in one running kernel.

    Parameters
    ----------
    milestone : Milestone
    edited : mapping
        Name of a mistake → file of the package → its edited text.
    checks : mapping, optional
        Name of a mistake → the checks to run; by default all that want nothing from the notebook.
    trials : bool, default True
        Whether changes of the code are tried out where no mistake is known: that takes seconds.
    """
    orders = {name: (dict(files), list((checks or {}).get(name, ()))) for name, files in edited.items()}
    package = reference_folder(milestone.package)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(package, Path(folder, package.name), ignore=shutil.ignore_patterns("__pycache__"))
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("visible_kernel.py"))],
            input=json.dumps([milestone.name, orders, trials]),
            env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, Said] = json.loads(done.stdout.splitlines()[-1])
    return found


def mistakes(milestone: Milestone) -> list[NamedBug]:
    """Return what the visible checks of a milestone are to know: the grader's mistakes, and those of ``home*.txt``."""
    found = [*milestone_content.known_mistakes(milestone), *milestone_content.home_mistakes(milestone)]
    if twice := [name for name, count in Counter(bug.name for bug in found).items() if count > 1]:
        raise ValueError(f"two mistakes of {milestone.name} have the name {', '.join(twice)}")
    return found


def known(milestone: Milestone, bugs: Collection[NamedBug]) -> dict[str, list[dict[str, Any]]]:
    """Return what a file of ``nndl/checking/known`` holds: for each check the traces of mistakes, and sentences.

    What is not the same in two runs is left out. Of two mistakes with one trace both are named; of more, none.
    """
    edited = {bug.name: bug.edited.sources() for bug in bugs}
    concerns = {bug.name: bug.concerns for bug in bugs}
    first, again = (play(milestone, edited, concerns, trials=False) for _ in range(2))
    plain = {bug.name for bug in milestone_content.pass_throughs(milestone)}
    table: dict[str, list[tuple[Trace, list[NamedBug]]]] = {}
    for bug in bugs:
        for check, said in first[bug.name].items():
            trace, other = _trace(said), _trace(again[bug.name].get(check, {}))
            if trace is None or other is None or not same(trace, other):
                continue
            if bug.name in plain and len(trace[1]) < _SURE:
                continue  # an error, or a shape, does not tell what has come back
            entries = table.setdefault(check, [])
            alike = next((of for one, of in entries if same(one, trace)), None)
            if alike is None:
                entries.append((trace, [bug]))
            else:
                # that work gives its input back is said better by a mistake that does just that
                alike[:] = [other for other in alike if bug.name in plain or other.name not in plain]
                alike.append(bug)
    for check, entries in table.items():
        for _, of in entries:
            if len(of) > 1:
                how = "not told apart" if len(of) > _MOST_ALIKE else "told together"
                print(f"{check}: {how}: {', '.join(bug.name for bug in of)}")
    return {
        check: [
            {"what": what, "numbers": [round(n, _DECIMALS) for n in numbers], "says": _sentences(of)}
            for (what, numbers), of in entries
            if len(of) <= _MOST_ALIKE
        ]
        for check, entries in table.items()
    }


def _trace(said: Mapping[str, Any]) -> Trace | None:
    trace = said.get("trace")
    return None if trace is None else (trace[0], tuple(trace[1]))


def _sentences(bugs: list[NamedBug]) -> list[str]:
    if len(bugs) == 1:
        return [_EXACTLY + bugs[0].explanation, *([bugs[0].hint] if bugs[0].hint else [])]
    return [f"two known mistakes give exactly this: {bugs[0].explanation} Or: {bugs[1].explanation}"]


def path(milestone: Milestone) -> Path:
    """Return the file with what the visible checks of a milestone know."""
    return reference_folder(milestone.package) / "checking" / "known" / f"{milestone.name}.json"


def main() -> None:
    """Write the files anew."""
    sources = Sources()
    for name in sys.argv[1:] or sources.milestone_names:
        milestone = sources.milestone(name)
        found = known(milestone, mistakes(milestone))
        lines = [
            f"  {json.dumps(check)}: [\n"
            + ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
            + "\n  ]"
            for check, entries in found.items()
        ]
        path(milestone).parent.mkdir(exist_ok=True)
        path(milestone).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(f"{name}: {sum(map(len, found.values()))} traces")


if __name__ == "__main__":
    main()
