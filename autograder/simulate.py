"""A simulated class: what a course can expect to get back, made from the release and the named bugs.

Some students are right, some made a known mistake, some handed in half a file, and a few want points without work.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nndl.data_utils import get_flat_CIFAR10_data
from nndl.neural_net import TwoLayerNet

from . import bugs, fences
from .bugs.model import REFERENCE_ROOT, NamedBug
from .release import editable_files, release_files

# fmt: off
NAMES = (
    "ada", "alan", "barbara", "claude", "dana", "emmy", "florence", "george",
    "grace", "hedy", "ivan", "john", "karen", "lotfi", "margaret", "noether",
    "olga", "peter", "radia", "shafi", "tim", "ursula", "vera",
)
# fmt: on

_SPIN = "        while True:\n            pass\n"
_EXIT = "        import os\n\n        os._exit(0)\n"
_HOARD = "        hoard = []\n        while True:\n            hoard.append(np.ones(10_000_000))\n"
_SNOOP = (
    "        import os\n\n"
    "        seen = [name for folder in ('/', '/submission', '..', '.') for name in os.listdir(folder)]\n"
    "        raise RuntimeError(f'found {seen} and {dict(os.environ)}')\n"
)


@dataclass(frozen=True)
class Member:
    """One member of the class: what was handed in, and how it differs from a right solution."""

    what: str
    bugs: tuple[str, ...] = ()
    edit: Callable[[str], str] | None = None
    net: str | None = "tuned"
    untouched: bool = False


def write_class(
    folder: Path, milestone: str, *, data: str | None = None, seed: int = 0
) -> list[tuple[str, str]]:
    """Write ``folder/<student>/<milestone>`` for a class and return each student's name and what they did.

    Parameters
    ----------
    folder : Path
        As nbgrader's ``submitted`` folder; made if it is not there.
    milestone : str
        Name of the milestone.
    data : str, optional
        Where the class trains: a folder with CIFAR-10, ``"offline"``, or None for ``$NNDL_DATA``.
    seed : int, default 0
        Which of the named bugs occur, and in which order the names are called.

    Raises
    ------
    LookupError
        If no class is written for this milestone.
    FileExistsError
        If a student's folder is there already.
    """
    if milestone != "two_layer_net":
        raise LookupError(f"there is no simulated class for {milestone!r} yet")
    random = np.random.default_rng(seed)
    members = list(_members(bugs.for_milestone(milestone), random))
    names = sorted(NAMES[: len(members)])
    order = random.permutation(len(members))
    nets = _train_nets(data)
    known = {bug.name: bug for bug in bugs.for_milestone(milestone)}
    for name, index in zip(names, order, strict=True):
        _write(folder / name / milestone, milestone, members[index], known, nets)
    return [(name, members[index].what) for name, index in zip(names, order, strict=True)]


def _members(known: Sequence[NamedBug], random: np.random.Generator) -> Iterator[Member]:
    names = [bug.name for bug in known]
    yield Member("everything right")
    yield Member("right, written another way", edit=_written_otherwise)
    yield Member("right, but the net is not tuned", net="untuned")
    yield Member("right, but no net was handed in", net=None)
    yield Member("the release, untouched", untouched=True, net=None)
    yield Member(
        "a syntax error",
        edit=lambda source: source.replace("hidden = np.maximum(0, ", "hidden = np.maximum(0 "),
    )
    chosen = random.choice(len(names), size=7, replace=False)
    for index in chosen[:5]:
        yield Member(f"mistake: {names[index]}", bugs=(names[index],))
    yield Member(
        "two mistakes: loss_summed, predicts_rows", bugs=("loss_summed", "predicts_rows"), net="untuned"
    )
    yield Member("predict never returns", edit=_body_of_predict(_SPIN))
    yield Member("predict ends the process", edit=_body_of_predict(_EXIT))
    yield Member("predict takes all memory", edit=_body_of_predict(_HOARD))
    yield Member("predict looks for the hidden checks", edit=_body_of_predict(_SNOOP))


def _written_otherwise(source: str) -> str:
    """Return a right solution that computes in another way and another order."""
    edits = (
        (
            "np.maximum(0, X @ W1.T + b1)",
            "(lambda a: np.where(a > 0, a, 0.0))(np.einsum('nd,hd->nh', X, W1) + b1)",
        ),
        ("np.where(hidden > 0, dhidden, 0)", "dhidden * (hidden > 0)"),
        ("dscores.sum(axis=0)", "np.ones(num_rows) @ dscores"),
        ("self.loss(X).argmax(axis=1)", "np.array([int(np.argmax(row)) for row in self.loss(X)])"),
    )
    for old, new in edits:
        source = source.replace(old, new)
    return source


def _body_of_predict(body: str) -> Callable[[str], str]:
    return lambda source: source.replace("        return self.loss(X).argmax(axis=1)\n", body)


def _train_nets(data: str | None) -> dict[str, bytes]:
    """Train one net as the notebook's first run does and one as its search ends; return them as stored files."""
    X, y, X_val, y_val, *_ = get_flat_CIFAR10_data(num_test=0, root=data, dtype=np.float32)
    nets = {}
    for name, rate, iterations in (("untuned", 1e-4, 1000), ("tuned", 1e-3, 3000)):
        np.random.seed(0)
        net = TwoLayerNet(X.shape[1], 50, 10)
        net.params = {key: value.astype(np.float32) for key, value in net.params.items()}
        net.train(X, y, X_val, y_val, learning_rate=rate, reg=0.3, num_iters=iterations, verbose=False)
        stored = io.BytesIO()
        np.savez(stored, allow_pickle=False, **net.params)
        nets[name] = stored.getvalue()
    return nets


def _write(
    folder: Path, milestone: str, member: Member, known: dict[str, NamedBug], nets: dict[str, bytes]
) -> None:
    folder.mkdir(parents=True)
    released = release_files(milestone)
    for name in editable_files(milestone):
        if name == "best_net.npz":
            content = nets[member.net] if member.net else None
        elif name.startswith("nndl/") and not member.untouched:
            content = _solved(name, member, known).encode()
        else:
            content = released[name]
        if content is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def _solved(name: str, member: Member, known: dict[str, NamedBug]) -> str:
    file = name.removeprefix("nndl/")
    source = _without_fences((REFERENCE_ROOT / file).read_text(encoding="utf-8"), name)
    for bug in member.bugs:
        if known[bug].file == file:
            source = known[bug].apply(source)
    if member.edit is not None:
        source = member.edit(source)
    return source


def _without_fences(source: str, path: str) -> str:
    markers = {line for fence in fences.parse(source, path) for line in (fence.begin, fence.end)}
    return "\n".join(line for number, line in enumerate(source.split("\n"), 1) if number not in markers)
