"""A simulated class: what a course can expect to get back, made from the release and the named bugs.

Some students are right, some made a known mistake, some handed in half a file, and a few try to cheat.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..judging import milestone_content
from ..judging.edited_reference import EditedReference, NamedBug
from ..library.local import reference_folder
from ..milestone import Milestone
from ..release import fences
from ..release.build import Release
from ..sources import Sources

# fmt: off
NAMES = (
    "ada", "alan", "barbara", "claude", "dana", "emmy", "florence", "george",
    "grace", "hedy", "ivan", "john", "karen", "lotfi", "margaret", "noether",
    "olga", "peter", "radia", "shafi", "tim", "ursula", "vera",
)
# fmt: on

_SPIN = """\
while True:
    pass
"""
_EXIT = """\
import os

os._exit(0)
"""
_HOARD = """\
hoard = []
while True:
    hoard.append(bytearray(100_000_000))
"""
_SNOOP = """\
import os

seen = [name for folder in ("/", "/submission", "..", ".") for name in os.listdir(folder)]
raise RuntimeError(f"found {seen} and {dict(os.environ)}")
"""
_HALF_A_LINE = "result = (\n"


@dataclass(frozen=True)
class Member:
    """One member of the class: what was handed in, and how it differs from a right solution.

    Attributes
    ----------
    what : str
        In words.
    edited : tuple of EditedReference
        What its code is: the reference with these mistakes in it, or another right solution.
    last_task : str
        Code that replaces the solution of the last task.
    net : {"tuned", "untuned"} or None
        Which trained net was handed in, in a milestone whose nets are simulated.
    untouched : bool
        Whether it is the release as it was handed out.
    """

    what: str
    edited: tuple[EditedReference, ...] = ()
    last_task: str = ""
    net: str | None = "tuned"
    untouched: bool = False


def write_class(
    folder: Path,
    milestone: Milestone,
    *,
    data: str | None = None,
    seed: int = 0,
    sources: Sources | None = None,
    say: Callable[[str], None] | None = None,
) -> list[tuple[str, str]]:
    """Write ``folder/<student>/<milestone>`` for a class and return each student's name and what they did.

    Parameters
    ----------
    folder : Path
        As nbgrader's ``submitted`` folder; made if it is not there.
    milestone : Milestone
    data : str, optional
        Where the class trains: a folder with CIFAR-10, ``"offline"``, or None for ``$NNDL_DATA``.
    seed : int, default 0
        Which of the named bugs occur, and in which order the names are called.
    sources : Sources, optional
        Where the release comes from; by default what is installed.
    say : callable, optional
        Is told what is begun that takes a while.

    Raises
    ------
    FileExistsError
        If a student's folder is there already.

    Notes
    -----
    Nets are trained if the milestone's room says how (``simulated_nets.py``). Otherwise nobody in the class hands in a
    trained net, so nobody earns points in the checks of stored files.
    """
    random = np.random.default_rng(seed)
    train = milestone_content.simulated_nets(milestone)
    members = list(_members(milestone, train is not None, random))
    names = sorted(NAMES[: len(members)])
    if there := [name for name in names if (folder / name / milestone.name).exists()]:
        message = f"{folder / there[0] / milestone.name} is there already: name a folder without submissions"
        raise FileExistsError(message)
    order = random.permutation(len(members))
    say = say or (lambda words: None)
    if train:
        say("Training the nets that the class hands in. On a machine that is busy this takes some minutes …")
    nets = train(data) if train else {}
    say(f"Writing {len(members)} submissions …")
    for name, index in zip(names, order, strict=True):
        hand_in(folder / name / milestone.name, milestone, members[index], nets, sources)
    return [(name, members[index].what) for name, index in zip(names, order, strict=True)]


def _members(milestone: Milestone, trained: bool, random: np.random.Generator) -> Iterator[Member]:
    known = {bug.name: bug for bug in milestone_content.bugs(milestone)}
    right = milestone_content.alternatives(milestone)
    yield Member("everything right")
    for name in random.choice(sorted(right), size=min(2, len(right)), replace=False) if right else ():
        yield Member(f"right, written another way: {name}", (right[name],))
    if trained:
        yield Member("right, but the net is not tuned", net="untuned")
        yield Member("right, but no net was handed in", net=None)
    yield Member("the release, untouched", untouched=True, net=None)
    yield Member("half a line: a syntax error", last_task=_HALF_A_LINE)
    chosen = [str(name) for name in random.permutation(sorted(known))]
    for name in chosen[:5]:
        yield Member(f"mistake: {name}", (known[name].edited,))
    if two := _two_mistakes([known[name] for name in chosen[5:]]):
        first, second = two
        both = first.edited, second.edited
        yield Member(f"two mistakes: {first.name}, {second.name}", both, net="untuned")
    yield Member("the last task never returns", last_task=_SPIN)
    yield Member("the last task ends the process", last_task=_EXIT)
    yield Member("the last task takes all memory", last_task=_HOARD)
    yield Member("the last task looks for the hidden checks", last_task=_SNOOP)


def _two_mistakes(candidates: Sequence[NamedBug]) -> tuple[NamedBug, NamedBug] | None:
    """Return two mistakes that concern different checks, so that they do not edit the same lines; None if none do."""
    for first, second in itertools.combinations(candidates, 2):
        if not set(first.concerns) & set(second.concerns):
            return first, second
    return None


def hand_in(
    folder: Path,
    milestone: Milestone,
    member: Member,
    nets: Mapping[str, bytes],
    sources: Sources | None = None,
) -> None:
    """Write what one member hands in.

    Parameters
    ----------
    folder : Path
        The student's folder for the milestone.
    milestone : Milestone
    member : Member
    nets : mapping of str to bytes
        The stored files that `Member.net` may name.
    sources : Sources, optional
        Where the release comes from; by default what is installed.

    Raises
    ------
    FileExistsError
        If the folder is there already.
    """
    folder.mkdir(parents=True)
    release = Release.current(milestone, sources)
    for name in release.editable:
        if name in milestone.artifacts:
            content = nets.get(member.net or "")
        elif name.startswith(f"{milestone.package}/") and not member.untouched:
            content = _solved(name, release, member).encode()
        else:
            content = release.files[name]
        if content is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def _solved(name: str, release: Release, member: Member) -> str:
    file = name.removeprefix(f"{release.milestone.package}/")
    source = (reference_folder(release.milestone.reference) / file).read_text(encoding="utf-8")
    for edited in member.edited:
        source = edited.apply(file, source)
    if member.last_task and name == release.editable_code[-1]:
        source = _with_last_task(source, release, member.last_task)
    return fences.without_markers(source)


def _with_last_task(source: str, release: Release, body: str) -> str:
    """Return the source with other code in the last fence of the milestone that is released."""
    names = release.sources.milestone_names
    fence = [f for f in fences.parse(source, "", names) if f.milestone == release.milestone.name][-1]
    lines = source.split("\n")
    lines[fence.begin : fence.end - 1] = textwrap.indent(body, fence.indent).rstrip("\n").split("\n")
    return "\n".join(lines)
