"""The checks of the linear classifier's functions, up to the cost.

Where a claim builds on another, what the student's *own* functions lead to is right as well, so that one mistake
costs once.
"""

from __future__ import annotations

import math

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Draw, Findings, Trial, check
from autograder.judging.compare import close, differ, is_number, put_all, unchanged
from nndl.diagnosis import compare

SIZES = ({"n": 5, "d": 4, "c": 3}, {"n": 1, "d": 7, "c": 2}, {"n": 12, "d": 3, "c": 10})
COST_SIZES = (SIZES[0], {"n": 8, "d": 7, "c": 2}, SIZES[2])
"""Several rows each: with one, a softmax along the wrong axis makes every cost 0."""


def draw_problem(draw: Draw, n: int, d: int, c: int) -> dict[str, np.ndarray]:
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


@check(points=4, parts=("probabilities", "large scores", "integer scores"), cases=SIZES)
def softmax(trial: Trial, *, n: int, d: int, c: int) -> Findings:
    """`softmax(x)` turns every row of scores into probabilities, also when scores are large or integers."""
    x = trial.draw.normal(n, c, scale=2.0)
    kept = trial.student.put(x)
    yield from close(
        {"the probabilities": (trial.student.softmax(kept), trial.reference.softmax(x))}, part="probabilities"
    )
    yield from unchanged(trial.student, "probabilities", {"x": (kept, x)})

    # Every row at a height of its own: what suits one row must not spoil another.
    large = x + 4000.0 * (np.arange(n)[:, None] - n // 2) + trial.draw.uniform(1000.0, 2000.0)
    pair = (trial.student.softmax(large), trial.reference.softmax(large))
    heights = float(np.abs(large).max())
    context = "for scores in the thousands"
    yield from close({"the probabilities": pair}, part="large scores", scale=heights, context=context)
    differ = x + 3000.0 * np.eye(c)[trial.draw.labels(n, c)]
    pair = (trial.student.softmax(differ), trial.reference.softmax(differ))
    context = "for scores that lie thousands apart"
    yield from close({"the probabilities": pair}, part="large scores", scale=heights, context=context)

    whole = np.round(x).astype(np.int64)
    pair = (trial.student.softmax(whole), trial.reference.softmax(whole))
    yield from close({"the probabilities": pair}, part="integer scores", context="for integer scores")


@check(points=4, parts=("mean", "zero probability"), cases=SIZES)
def cross_entropy(trial: Trial, *, n: int, d: int, c: int) -> Findings:
    """`cross_entropy_loss(score, target)` is the mean over the rows of -log(p + 1e-9) at the right class."""
    score = trial.reference.softmax(trial.draw.normal(n, c))
    labels = trial.draw.labels(n, c)
    given = put_all(trial.student, {"score": score, "target": np.eye(c)[labels]})
    handles = [handle for handle, _ in given.values()]
    pair = (
        trial.student.cross_entropy_loss(*handles),
        trial.reference.cross_entropy_loss(score, np.eye(c)[labels]),
    )
    yield from close({"the loss": pair}, part="mean", sizes={"N": n, "C": c})
    yield from unchanged(trial.student, "mean", given)

    score[0] = 0
    score[0, (labels[0] + 1) % c] = 1
    target = np.eye(c, dtype=np.int64)[labels]
    pair = (
        trial.student.cross_entropy_loss(score, target),
        trial.reference.cross_entropy_loss(score, target),
    )
    context = "with a row that gives its right class the probability 0"
    yield from close({"the loss": pair}, part="zero probability", sizes={"N": n, "C": c}, context=context)


@check(points=4, parts=("scores",), cases=SIZES)
def scores(trial: Trial, *, n: int, d: int, c: int) -> Findings:
    """`linear_pred(X, W, b)` returns the scores X W + b and leaves its arguments as they are."""
    problem = draw_problem(trial.draw, n, d, c)
    X, W, b = (problem[name] for name in ("X", "W", "b"))
    given = put_all(trial.student, {"X": X, "W": W, "b": b})
    got = trial.student.linear_pred(*(handle for handle, _ in given.values()))
    yield from close(
        {"the scores": (got, trial.reference.linear_pred(X, W, b))}, part="scores", sizes={"N": n}
    )
    yield from unchanged(trial.student, "scores", given)


@check(points=4, parts=("cost",), cases=COST_SIZES)
def cost(trial: Trial, *, n: int, d: int, c: int) -> Findings:
    """`linear_cost_func(X, Y, W, b)` is the mean cross entropy of the softmax of the linear scores."""
    problem = draw_problem(trial.draw, n, d, c)
    X, Y, W, b = problem.values()
    want = trial.reference.linear_cost_func(X, Y, W, b)
    given = put_all(trial.student, problem)
    got = trial.student.linear_cost_func(*(handle for handle, _ in given.values()))
    if compare(got, want) is not None:
        own = _own_cost(trial, problem)
        if own is not None and compare(got, own) is None:
            want = own
    yield from close({"the cost": (got, want)}, part="cost", sizes={"N": n})
    yield from unchanged(trial.student, "cost", given)


def _own_cost(trial: Trial, problem: dict[str, np.ndarray]) -> float | None:
    """Return what the student's other functions make of the cost, where that can judge `linear_cost_func`.

    Both are asked for several problems in a drawn order, and for the right one twice: code that counts its calls
    gives itself away. They must agree on all problems, and tell other rows and other weights apart where the
    reference does. Other labels or biases they need not tell: a mistake elsewhere may lose these.
    """
    (d, c), n = problem["W"].shape, len(problem["X"])
    other = draw_problem(trial.draw, n, d, c)
    problems = [problem, problem, *({**problem, name: other[name]} for name in ("X", "W", "Y", "b"))]
    orders = [(index, composed) for index in range(len(problems)) for composed in (False, True)]
    values: dict[tuple[int, bool], float] = {}
    try:
        for index, composed in sorted(orders, key=lambda _: trial.draw.uniform(0, 1)):
            X, Y, W, b = problems[index].values()
            if composed:
                value = trial.student.cross_entropy_loss(
                    trial.student.softmax(trial.student.linear_pred(X, W, b)), Y
                )
            else:
                value = trial.student.linear_cost_func(X, Y, W, b)
            if not is_number(value) or not math.isfinite(float(value)):
                return None
            values[index, composed] = float(value)
    except StudentError:
        return None
    own = [values[index, True] for index in range(len(problems))]
    truth = [trial.reference.linear_cost_func(*p.values()) for p in problems]
    agree = all(compare(values[index, False], own[index]) is None for index in range(len(problems)))
    tells = all(differ(own[0], own[i]) or not differ(truth[0], truth[i], 1e-4) for i in (2, 3))
    return own[0] if agree and tells and compare(own[1], own[0]) is None else None
