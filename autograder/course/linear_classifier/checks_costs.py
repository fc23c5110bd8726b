"""The checks of the linear classifier's functions, up to the cost.

Where a claim builds on another, what the student's *own* functions lead to is right as well, so that one mistake
costs once.
"""

from __future__ import annotations

import numpy as np

from autograder.course.cross_entropy import NEARLY, number_added, told_of_probabilities
from autograder.failures import StudentError
from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import close, close_to_any, differ, keep
from autograder.judging.students_own_values import finite_number
from nndl.diagnosis import agree

Problem = dict[str, np.ndarray]
"""X, one-hot Y, W and b, in this order."""

SIZES = (
    {"n": 5, "d": 4, "c": 3},
    {"n": 3, "d": 1, "c": 2},
    {"n": 12, "d": 3, "c": 10},
    {"n": 1, "d": 7, "c": 2, "demand": "one row"},
)
COST_SIZES = (SIZES[0], {"n": 8, "d": 7, "c": 2}, SIZES[2])
"""Several rows each: with one, a softmax along the wrong axis makes every cost 0."""


def draw_problem(draw: Draw, n: int, d: int, c: int) -> Problem:
    """Draw rows, one-hot targets, and a start whose scores lie near 1, so that no probability is 0 or 1.

    The biases have both signs, and so have the scores: what happens to negative ones alone leaves something to see.
    """
    b = draw.normal(c)
    return {
        "X": draw.normal(n, d),
        "Y": np.eye(c)[draw.labels(n, c)],
        "W": draw.normal(d, c, scale=d**-0.5),
        "b": b - b.mean(),
    }


@check(
    points=4,
    parts=("probabilities",),
    demands=("large scores", "integer scores", "inputs unchanged"),
    cases=SIZES,
)
def softmax(trial: Trial, *, n: int, d: int, c: int) -> Findings:
    """`softmax(x)` turns every row of scores into probabilities, also when scores are large or integers."""
    x = trial.draw.normal(n, c, scale=2.0)
    kept, label = keep(trial.student, x=x), "the probabilities"
    pair = (trial.student.softmax(*kept), trial.reference.softmax(x))
    yield from close({label: pair}, part="probabilities", rtol=NEARLY)
    yield from kept.unchanged("inputs unchanged")

    # Every row at a height of its own: what suits one row must not spoil another.
    large = x + 4000.0 * (np.arange(n)[:, None] - n // 2) + trial.draw.uniform(1000.0, 2000.0)
    heights, context = float(np.abs(large).max()), "for scores in the thousands"
    pair = trial.both("softmax", large)
    yield from close({label: pair}, part="large scores", rtol=NEARLY, scale=heights, context=context)
    pair = trial.both("softmax", x + 3000.0 * np.eye(c)[trial.draw.labels(n, c)])
    context = "for scores that lie thousands apart"
    yield from close({label: pair}, part="large scores", rtol=NEARLY, scale=heights, context=context)

    pair = trial.both("softmax", np.round(x).astype(np.int64))
    yield from close({label: pair}, part="integer scores", rtol=NEARLY, context="for integer scores")


@check(
    points=4,
    parts=("mean",),
    demands=("zero probability", "inputs unchanged"),
    cases=SIZES,
    tests=("cross_entropy_loss",),
)
def cross_entropy(trial: Trial, *, n: int, d: int, c: int) -> Findings:
    """`cross_entropy_loss(score, target)` is the mean over the rows of -log(p + 1e-9) at the right class."""
    score = trial.reference.softmax(trial.draw.normal(n, c))
    labels, sizes = trial.draw.labels(n, c), {"N": n, "C": c}
    target = np.eye(c)[labels]
    kept = keep(trial.student, score=score, target=target)
    got, want = trial.student.cross_entropy_loss(*kept), trial.reference.cross_entropy_loss(score, target)
    # Which small number keeps a probability from 0 is a demand of its own.
    right = score[np.arange(n), labels]
    wants = [want, got if number_added(got, right) is not None else want]
    context = told_of_probabilities(got, right)
    yield from close_to_any("the loss", got, wants, part="mean", scale=0.0, sizes=sizes, context=context)
    yield from kept.unchanged("inputs unchanged")
    if n == 1:
        return
    # A loss that is wrong anyway is told by what it is like where no number plays a part.
    for tiny in (1e-12, 0.0) if agree(got, wants[1]) else (0.0,):
        first = np.where(np.arange(c) == labels[0], tiny, (1 - tiny) / (c - 1))
        score = np.concatenate([first[None], score[1:]])
        got, want = trial.both("cross_entropy_loss", score, target.astype(np.int64))
        told = told_of_probabilities(got, score[np.arange(n), labels])
        context = f"with a row whose right class has probability {tiny:g}" + (f"; {told}" if told else "")
        yield from close({"the loss": (got, want)}, part="zero probability", sizes=sizes, context=context)


@check(points=4, parts=("scores",), demands=("inputs unchanged",), cases=SIZES, tests=("linear_pred",))
def scores(trial: Trial, *, n: int, d: int, c: int) -> Findings:
    """`linear_pred(X, W, b)` returns the scores X W + b and does not change its arguments."""
    problem = draw_problem(trial.draw, n, d, c)
    given = {name: problem[name] for name in ("X", "W", "b")}
    kept = keep(trial.student, **given)
    pair = (trial.student.linear_pred(*kept), trial.reference.linear_pred(*given.values()))
    yield from close({"the scores": pair}, part="scores", sizes={"N": n})
    yield from kept.unchanged("inputs unchanged")


@check(
    points=4,
    parts=("cost",),
    demands=("inputs unchanged",),
    cases=COST_SIZES,
    tests=("linear_cost_func",),
    borrows=("softmax", "cross_entropy_loss", "linear_pred"),
)
def cost(trial: Trial, *, n: int, d: int, c: int) -> Findings:
    """`linear_cost_func(X, Y, W, b)` is the mean cross entropy of the softmax of the linear scores."""
    problem = draw_problem(trial.draw, n, d, c)
    kept = keep(trial.student, **problem)
    got = trial.student.linear_cost_func(*kept)
    want = trial.reference.linear_cost_func(*problem.values())
    if not agree(got, want):
        own = _own_cost(trial, problem)
        if own is not None and agree(got, own):
            want = own
    yield from close({"the cost": (got, want)}, part="cost", sizes={"N": n})
    yield from kept.unchanged("inputs unchanged")


def _own_cost(trial: Trial, problem: Problem) -> float | None:
    """Return what the student's other functions make of the cost, where that can judge `linear_cost_func`.

    Both are asked for several problems in a drawn order, and for the right one twice. They must agree on all
    problems, and tell other rows and other weights apart where the reference does. Other labels or biases they need
    not tell: a mistake elsewhere may lose these.
    """
    (d, c), n = problem["W"].shape, len(problem["X"])
    other = draw_problem(trial.draw, n, d, c)
    problems = [problem, problem, *({**problem, name: other[name]} for name in ("X", "W", "Y", "b"))]
    requests = [(index, composed) for index in range(len(problems)) for composed in (False, True)]
    student, values = trial.student, {}
    try:
        for index, composed in trial.draw.shuffled(requests):
            X, Y, W, b = problems[index].values()
            if composed:
                value = student.cross_entropy_loss(student.softmax(student.linear_pred(X, W, b)), Y)
            else:
                value = student.linear_cost_func(X, Y, W, b)
            values[index, composed] = finite_number(value, "a cost")
    except StudentError:
        return None
    own = [values[index, True] for index in range(len(problems))]
    truth = [trial.reference.linear_cost_func(*p.values()) for p in problems]
    composed_alike = all(agree(values[index, False], own[index]) for index in range(len(problems)))
    tells = all(differ(own[0], own[i]) or not differ(truth[0], truth[i], 1e-4) for i in (2, 3))
    return own[0] if composed_alike and tells and agree(own[1], own[0]) else None
