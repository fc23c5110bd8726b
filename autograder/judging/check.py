"""What a check, a trial, a finding and a result are.

A check is a generator function over *one case*: it gets a `Trial`, draws inputs, asks the student's library and the
reference for values, and yields findings.  Everything else, that is limits, failures, partial credit and the
recognition of known mistakes, is done for all checks alike by `run_case`, `recognise` and `judge`.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..failures import Failure
from ..library.interface import Library
from .edited_reference import NamedBug
from .hidden_images import HiddenImages

_LABEL_RANGE = 2**31
_SHORTEST = 2.0
"""Seconds that a call may take at least, if the check has them."""

SHARE_OF_DEMANDS = 0.2
"""What all demands of a check together are worth, unless the check gives the points of each itself.

Over all checks of one function they are never more than that: a test holds it."""


class Draw:
    """The source of one case's inputs, reproducible from the run's seed, the check and the case.

    The parts of the seed pass through SHA-256, so that knowing one case's generator says nothing about
    another's.
    """

    def __init__(self, run_seed: int, *path: str | int) -> None:
        text = "/".join(map(str, (run_seed, *path)))
        digest = hashlib.sha256(text.encode()).digest()
        self._generator = np.random.default_rng(np.random.SeedSequence(int.from_bytes(digest, "big")))

    def normal(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        """Return a float64 array of independent normal numbers with standard deviation ``scale``."""
        return scale * self._generator.standard_normal(shape)

    def labels(self, n: int, classes: int) -> np.ndarray:
        """Return ``n`` class indices in which neighbouring rows differ wherever that is possible."""
        start = int(self._generator.integers(classes))
        steps = self._generator.integers(1, max(classes, 2), size=n)
        return np.asarray((start + np.cumsum(steps)) % classes, dtype=np.int64)

    def integer(self, low: int, high: int) -> int:
        """Return an integer ``low <= i < high``."""
        return int(self._generator.integers(low, high))

    def uniform(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``."""
        return float(self._generator.uniform(low, high))

    def shuffled(self, items: Iterable[Any]) -> list[Any]:
        """Return items in a drawn order: code that counts its calls gives itself away by its answers."""
        return sorted(items, key=lambda _: self.uniform(0, 1))

    def seed(self) -> int:
        """Return a number to hand to ``library.seed``; it says nothing about this generator's own seed."""
        return self.integer(0, _LABEL_RANGE)


@dataclass(frozen=True)
class Trial:
    """What a check gets for one case.

    Attributes
    ----------
    student : Library
        What is judged.
    reference : Library
        Gives the right values.
    draw : Draw
        The source of the inputs.
    hidden_images : HiddenImages or None
        See `images`.
    """

    student: Library
    reference: Library
    draw: Draw
    hidden_images: HiddenImages | None = None

    @property
    def libraries(self) -> tuple[Library, Library]:
        """The student's library and the reference, for what is asked of both."""
        return self.student, self.reference

    def both(self, name: str, *args: Any) -> tuple[Any, Any]:
        """Return what the function ``name`` gives in the student's library, and in the reference."""
        got, want = (library.call(name, args) for library in self.libraries)
        return got, want

    @property
    def images(self) -> HiddenImages:
        """Images that no student has seen, for a check with ``needs_images``."""
        if self.hidden_images is None:
            raise LookupError("there are no hidden images: a check that uses them needs needs_images=True")
        return self.hidden_images


@dataclass(frozen=True)
class Finding:
    """What one case showed about one part of a check.

    Attributes
    ----------
    part : str
        The part of the check, one of ``Check.all_parts``.
    label : str
        What was compared, e.g. ``"grads['W1']"``.
    credit : float
        1 if right, 0 if wrong; in between for graded claims such as an accuracy.
    message : str
        For the student: what is wrong and where to look.  Empty when right.
    expected, actual : object
        The two values; :func:`nndl.diagnosis.describe` makes the text of the report.
    error : float or None
        How far off, relative to the largest expected entry.
    kind : str
        How the value is wrong, see `nndl.diagnosis.Diagnosis`; empty if it was not compared with another one.
    given : mapping of str to array
        What the student's code had been given until then, where something is wrong.
    stands_for : str
        The part that this was about, where it counts for the demand of its case instead.
    form_only : bool
        Whether all numbers are right, and only axes of length 1 are too many or missing.
    """

    part: str
    label: str
    credit: float
    message: str = ""
    expected: Any = None
    actual: Any = None
    error: float | None = None
    kind: str = ""
    given: Mapping[str, np.ndarray] = field(default_factory=dict)
    stands_for: str = ""
    form_only: bool = False

    @property
    def passed(self) -> bool:
        """Whether the claim holds in full."""
        return self.credit >= 1.0


Findings = Iterator[Finding]
"""What a check yields."""

Body = Callable[..., Findings]


def each_finding(check: str, found: Iterable[Any]) -> Findings:
    """Yield the findings of a check's body, also those of a helper that yields several and was yielded itself.

    Raises
    ------
    TypeError
        If it yields anything else.
    """
    for one in found:
        if isinstance(one, Finding):
            yield one
        elif isinstance(one, (Iterator, list, tuple)):
            yield from each_finding(check, one)
        else:
            raise TypeError(
                f"the check {check} yields a value of the type {type(one).__name__}: yield what `close`, `claim` and "
                "the like give, or `yield from` a function of yours that yields these"
            )


@dataclass(frozen=True)
class Check:
    """One gradable claim about a function or class.

    Attributes
    ----------
    name : str
        The nbgrader grade id.
    points : float
        Points for a right solution.
    title : str
        First line of the docstring: what the student reads.
    body : generator function
        ``body(trial, **case)``; one case.
    parts : tuple of str
        What is judged apart; each is earned by being right in every case. They are equal in weight.
    cases : tuple of dict
        Keyword arguments of the body, one dict a case. A case with the further entry ``"demand"`` is there for that
        demand: what it shows of one of ``parts`` counts for the demand instead.
    wall : float
        Seconds of wall time that student code may use for all cases together.
    needs_images : bool
        Whether the body uses ``trial.images``.
    pixels : int
        How many of them it asks for with ``trial.images.unseen_pixels``, if it does: these are drawn ahead of need.
    answers_only : bool
        Whether what a case shows follows from the case and from what is answered in it alone, and not from the time
        that something takes, say.
    forbidden : tuple of str
        Files of the release, such as ``"nndl/fast_layers.py"``, that student code cannot use in this check.
    tests : tuple of str
        Public functions whose own check this is; where it fails, they may be lent to other checks.
    borrows : tuple of str
        Public functions that the claim builds on without being about them. Where the student's own are wrong,
        the claim is judged again with the reference's in their place.
    demands : tuple of str
        Further parts, for what is asked beyond the values of ordinary inputs: a dtype that is kept, an input that
        stays as it is, a batch of one, ties. All of them together weigh a fifth of the points, unless
        ``points_of_demands`` says otherwise.
    basis : tuple of str
        Parts of which one claim must hold in one case at least; else the other parts earn nothing. Claims that hold
        without any work ("nothing was drawn", "x is unchanged") so count on top of right values only. These are
        ``parts`` unless given. A part that only the basis names has no points of its own.
    points_of_demands : mapping of str to float
        Points of the demands, where they do not share a fifth of the check's. What all checks of one function ask
        beyond values must still be a fifth of their points at most.
    """

    name: str
    points: float
    title: str
    body: Body
    parts: tuple[str, ...]
    cases: tuple[dict[str, Any], ...]
    wall: float
    needs_images: bool
    forbidden: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    borrows: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    points_of_demands: Mapping[str, float] = field(default_factory=dict, hash=False)
    pixels: int = 0
    answers_only: bool = True

    @property
    def remembered(self) -> bool:
        """Whether who answers as another one did in a case is judged as that one was, without running the body."""
        return self.answers_only and not self.needs_images

    @property
    def longest_call(self) -> float:
        """Seconds of ``wall`` that one call may take.

        A third, which is more than code needs for all cases that loops over single numbers: what comes to no end in one
        case has the grader for that time and no longer. Where there is only one case its call may take all of it.
        """
        return self.wall if len(self.cases) == 1 else min(self.wall, max(_SHORTEST, round(self.wall / 3)))

    @property
    def all_parts(self) -> tuple[str, ...]:
        """Every part that the check has findings for, those without points included."""
        return tuple(dict.fromkeys((*self.parts, *self.demands, *self.basis)))

    @property
    def points_of_parts(self) -> dict[str, float]:
        """The points of each part that has any."""
        each = SHARE_OF_DEMANDS * self.points / max(len(self.demands), 1)
        demands = dict.fromkeys(self.demands, each) | dict(self.points_of_demands)
        points = dict.fromkeys(self.parts, (self.points - sum(demands.values())) / len(self.parts))
        return points | demands


@dataclass
class CaseRecord:
    """What one case has shown: its findings, or how it ended early.

    Attributes
    ----------
    index : int
        Its place in ``Check.cases``.
    case : dict
        Its arguments.
    findings : list of Finding
        In the order in which the check yielded them.
    failure : Failure or None
        What ended the case before its time.
    unjudged : set of str
        The parts with claims that were not reached because of ``failure``.
    """

    index: int
    case: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    failure: Failure | None = None
    unjudged: set[str] = field(default_factory=set)

    def failed_parts(self) -> set[str]:
        """Return the parts that this case shows wrong or never judged to the end."""
        return {f.part for f in self.findings if not f.passed} | self.unjudged

    def copy(self) -> CaseRecord:
        """Return a record that may be changed without changing this one."""
        return replace(self, findings=list(self.findings), unjudged=set(self.unjudged))


@dataclass
class CheckResult:
    """A check's outcome for one submission.

    ``borrowed`` names what the reference lent for it. ``suspects`` are the known mistakes that give the
    student's answers wherever they are wrong themselves, also where something else explains more. ``slips`` say in
    words which small slips give the same answers, where no mistake is named.
    """

    check: Check
    verdict: str
    score: float
    message: str
    records: list[CaseRecord] = field(default_factory=list)
    credits: dict[str, float] = field(default_factory=dict)
    bugs: list[tuple[NamedBug, list[str]]] = field(default_factory=list)
    seconds: float = 0.0
    borrowed: tuple[str, ...] = ()
    suspects: frozenset[str] = frozenset()
    slips: tuple[str, ...] = ()


def check(
    points: float,
    *,
    parts: Sequence[str] = ("result",),
    cases: Iterable[dict[str, Any]] = ({},),
    wall: float = 10.0,
    needs_images: bool = False,
    forbidden: Sequence[str] = (),
    tests: Sequence[str] | None = None,
    borrows: Sequence[str] = (),
    demands: Sequence[str] | Mapping[str, float] = (),
    basis: Sequence[str] | None = None,
    pixels: int = 0,
    answers_only: bool = True,
) -> Callable[[Body], Check]:
    """Turn a generator function over one case into a :class:`Check`; its docstring is the claim.

    Parameters are the attributes of `Check`. ``tests`` is the check's own name unless given, and ``demands`` are
    those given and those of the cases; a mapping gives the points of each.

    Raises
    ------
    ValueError
        If there is no docstring, a function is borrowed that the check tests, a part is named twice, or only some
        demands have points.
    """

    def decorate(body: Body) -> Check:
        title = (inspect.getdoc(body) or "").partition("\n")[0]
        if not title:
            raise ValueError(f"check {body.__name__} needs a docstring: it is what the student reads")
        name = body.__name__
        tested = (name,) if tests is None else tuple(tests)
        if own := set(tested) & set(borrows):
            raise ValueError(f"check {name} cannot borrow what it tests: {', '.join(sorted(own))}")
        listed = tuple(cases)
        of_cases = [case["demand"] for case in listed if "demand" in case]
        demanded = tuple(dict.fromkeys((*demands, *of_cases)))
        if len(set(parts) | set(demanded)) < len(parts) + len(demanded):
            raise ValueError(f"check {name} names a part twice")
        points_of_demands = dict(demands) if isinstance(demands, Mapping) else {}
        if points_of_demands and set(points_of_demands) != set(demanded):
            raise ValueError(f"check {name} gives points to some of its demands only")
        return Check(
            name,
            points,
            title,
            body,
            tuple(parts),
            listed,
            wall,
            needs_images,
            tuple(forbidden),
            tested,
            tuple(borrows),
            demanded,
            tuple(parts if basis is None else basis),
            points_of_demands,
            pixels,
            answers_only,
        )

    return decorate
