"""The checks of gradient descent for the linear classifier: single steps, and the histories of whole runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograder.failures import StudentError
from autograder.judging.check import Findings, Trial, check
from autograder.judging.compare import (
    claim,
    close,
    differ,
    is_finite,
    keep,
    numbers,
    step_taken,
    unpack,
    without_extra_axes,
)
from autograder.judging.students_own_values import finite_number
from autograder.library.interface import Library
from nndl.diagnosis import agree

from .checks_costs import SIZES, Problem, draw_problem

_TRIES = 500
RETURNED = ("W", "b", "J_history", "W_history")

COST = ("softmax", "cross_entropy_loss", "linear_pred", "linear_cost_func")
"""What a descent is made of. Where a student's own are wrong, it is judged again with the reference's."""

_RTOL = 1e-7

MANY_WEIGHTS = {"n": 6, "d": 8400, "c": 10}
"""So many that differences of the cost, one call for each of them, take longer than the limit; of no more classes than
elsewhere, as right code may go through them or choose among them."""


@check(
    points=6,
    parts=("W", "b"),
    demands=("inputs unchanged",),
    borrows=COST,
    cases=(
        *({**size, "iterations": 1} for size in SIZES),
        {"n": 8, "d": 4, "c": 3, "iterations": 4},
        {**MANY_WEIGHTS, "iterations": 1},
    ),
)
def batch_steps(trial: Trial, *, n: int, d: int, c: int, iterations: int) -> Findings:
    """`batch_gradient_descent_func` takes steps of gradient descent with the gradient over all rows."""
    problem = draw_problem(trial.draw, n, d, c)
    alpha = trial.draw.uniform(0.1, 0.5)
    batches = [np.arange(n)] * iterations
    yield from _judge_steps(trial, "batch", problem, alpha, batches, {})


@check(
    points=6,
    parts=("W", "b"),
    demands=("inputs unchanged",),
    borrows=COST,
    cases=(
        {"n": 20, "d": 4, "c": 3, "iterations": 1, "mini_batch": 6, "seeded": True},
        {"n": 12, "d": 3, "c": 4, "iterations": 4, "mini_batch": 3, "seeded": True},
        {"n": 5, "d": 6, "c": 2, "iterations": 3, "mini_batch": 9, "seeded": False},
        {**MANY_WEIGHTS, "iterations": 1, "mini_batch": 4, "seeded": True},
    ),
)
def stochastic_steps(
    trial: Trial, *, n: int, d: int, c: int, iterations: int, mini_batch: int, seeded: bool
) -> Findings:
    """`stochastic_gradient_descent_func` takes each step with rows drawn by one np.random.choice."""
    problem = draw_problem(trial.draw, n, d, c)
    alpha = trial.draw.uniform(0.1, 0.5)
    for _ in range(_TRIES):
        seed = trial.draw.seed()
        rows = np.random.RandomState(seed)
        batches = [rows.choice(n, mini_batch) for _ in range(iterations)]
        if all(_differ_from_first_rows(problem["Y"], batch) for batch in batches):
            break
    options: dict[str, Any] = {"mini_batch": mini_batch}
    if seeded:
        options["random_seed"] = seed
    else:
        trial.student.seed(seed)
    yield from _judge_steps(trial, "stochastic", problem, alpha, batches, options, None if seeded else seed)


def _differ_from_first_rows(Y: np.ndarray, batch: np.ndarray) -> bool:
    """Return whether a batch has targets of other sums than the first rows have, which else give the same b."""
    first = Y[np.arange(len(batch)) % len(Y)]
    return not np.array_equal(Y[batch].sum(axis=0), first.sum(axis=0))


def _judge_steps(
    trial: Trial,
    kind: str,
    problem: Problem,
    alpha: float,
    batches: list[np.ndarray],
    options: dict[str, Any],
    seed: int | None = None,
) -> Findings:
    before = {"W": problem["W"], "b": problem["b"]}
    kept = keep(trial.student, **problem)

    def descent(iterations: int) -> dict[str, Any]:
        if seed is not None:
            trial.student.seed(seed)
        return _descend(trial.student, kind, kept, alpha, iterations=iterations, history_every=0, **options)

    left_out = 0
    for count, rows in enumerate(batches, 1):
        # From where the student's own steps have led: a wrong b must not make the next W wrong.
        want = _step(trial.reference, problem, before, alpha, rows)
        got = descent(count + left_out)
        if count == 1 and not _moves(got, before):
            left_out = next((more for more in (1, 2) if _moves(descent(1 + more), before)), 0)
            got = descent(1 + left_out) if left_out else got
        if count == 1 and not left_out and _stays(got, before):
            # Nothing that is wrong with the gradient of one of the two can be known of such a run.
            message = "W and b come back as they were given: no step changes them"
            for name in before:
                yield claim(name, f"the change of {name}", False, message, expected="a step", actual="none")
            break
        sizes = {"N": len(problem["X"]), "1 / alpha": 1 / alpha}
        if "mini_batch" in options:  # the other function has none
            sizes["mini_batch"] = len(rows)
        for name, start in before.items():
            label = f"the change of {name} in step {count}"
            pair = (step_taken(got[name], start), want[name])
            right = agree(*pair, rtol=_RTOL)
            made_of = (
                "" if right else _step_made_of(trial.reference, problem, before, alpha, rows, name, pair[0])
            )
            # How a step is wrong is told although there are too few of them: neither hides the other.
            context = "; ".join(filter(None, (made_of, _too_few(count, left_out))))
            yield from close({label: pair}, part=name, rtol=_RTOL, sizes=sizes, context=context)
            if left_out:
                label, too_few = (
                    f"number of steps of {name}",
                    f"{_too_few(count, left_out)}: how often does the loop run?",
                )
                yield claim(name, label, False, too_few, expected=count, actual="fewer")
        reached = {name: without_extra_axes(got[name], start.shape) for name, start in before.items()}
        if count < len(batches) and not all(is_finite(reached[name], before[name].shape) for name in before):
            raise StudentError("ValueError", f"W or b has the wrong shape after step {count}: fix that first")
        before = reached
    yield from kept.unchanged("inputs unchanged")


def _too_few(iterations: int, left_out: int) -> str:
    """Say how many steps are missing; an empty text if none are."""
    steps = "is one step" if left_out == 1 else f"are {left_out} steps"
    return f"for iterations = {iterations} there {steps} fewer" if left_out else ""


def _moves(got: dict[str, Any], before: Problem) -> bool:
    """Return whether a descent gives other W or b than these, in their shapes."""
    return any(is_finite(got[name], old.shape) and differ(got[name], old) for name, old in before.items())


def _stays(got: dict[str, Any], before: Problem) -> bool:
    """Return whether a descent gives back exactly the W and b with which it began."""
    return all(is_finite(got[name], old.shape) and not differ(got[name], old) for name, old in before.items())


@np.errstate(over="ignore", invalid="ignore")
def _step(
    reference: Library, problem: Problem, before: Problem, alpha: float, rows: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the right changes of W and b in one step from there."""
    x, y = problem["X"][rows], problem["Y"][rows]
    probabilities = reference.softmax(reference.linear_pred(x, before["W"], before["b"]))
    if not is_finite(probabilities, y.shape):
        raise StudentError("FloatingPointError", "W or b have become so large that the scores overflow")
    residual = (probabilities - y) / len(rows)
    return {"W": -alpha * (x.T @ residual), "b": -alpha * residual.sum(axis=0)}


_OTHER_RESIDUALS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "the targets added to the probabilities": lambda p, y: p + y,
    "the probabilities alone": lambda p, y: p,
    "the targets alone": lambda p, y: y,
    "the targets multiplied with the probabilities": lambda p, y: p * y,
}


@np.errstate(over="ignore", invalid="ignore")
def _step_made_of(
    reference: Library,
    problem: Problem,
    before: Problem,
    alpha: float,
    rows: np.ndarray,
    name: str,
    got: Any,
) -> str:
    """Say what a wrong step is a step with; an empty text if that is unclear."""
    x, y = problem["X"][rows], problem["Y"][rows]
    if not is_finite(got, before[name].shape):
        return ""
    p = reference.softmax(reference.linear_pred(x, before["W"], before["b"]))
    if before[name].size > 1 and np.ptp(got) < 1e-9 * np.abs(got).max():
        return "all entries change by the same number: where does the gradient come in?"
    for text, residual in _OTHER_RESIDUALS.items():
        r = residual(p, y)
        made = x.T @ r if name == "W" else r.sum(axis=0)
        for factor, said in ((1 / len(rows), ""), (1.0, ", and not divided by the number of rows")):
            for sign in (-alpha, alpha):
                if agree(got, sign * factor * made):
                    return f"it is a step with {text}{said}"
    return ""


def _descend(
    student: Library, kind: str, arrays: Iterable[Any], alpha: float, **options: Any
) -> dict[str, Any]:
    """Run one of the two descents, and insist on four returned values."""
    name = f"{kind}_gradient_descent_func"
    values = unpack(student.call(name, (*arrays, alpha), options), RETURNED, name)
    return dict(zip(RETURNED, values, strict=True))


HISTORIES = (
    {"n": 9, "d": 4, "c": 3, "iterations": 4},
    {"n": 7, "d": 3, "c": 4, "iterations": 7, "cost_every": 3, "history_every": 2},
)


@check(points=4, parts=("J_history", "W_history"), cases=HISTORIES, wall=20.0, borrows=COST)
def batch_history(trial: Trial, *, n: int, d: int, c: int, **options: int) -> Findings:
    """`batch_gradient_descent_func` records the cost after the step, and copies of W."""
    problem = draw_problem(trial.draw, n, d, c)
    alpha = trial.draw.uniform(0.1, 0.5)
    yield from _judge_histories(trial, "batch", problem, alpha, **options)


@check(points=4, parts=("J_history", "W_history"), cases=HISTORIES, wall=20.0, borrows=COST)
def stochastic_history(trial: Trial, *, n: int, d: int, c: int, **options: int) -> Findings:
    """`stochastic_gradient_descent_func` records the cost on all rows after the step, and copies of W."""
    problem = draw_problem(trial.draw, n, d, c)
    alpha, seed = trial.draw.uniform(0.1, 0.5), trial.draw.seed()
    yield from _judge_histories(
        trial, "stochastic", problem, alpha, mini_batch=3, random_seed=seed, **options
    )


def _judge_histories(
    trial: Trial,
    kind: str,
    problem: Problem,
    alpha: float,
    *,
    iterations: int,
    cost_every: int = 1,
    history_every: int = 1,
    **options: Any,
) -> Findings:
    """Hold the histories against the student's own descent, stopped after 1, 2, … iterations."""
    weights, biases = [], []

    def descent(**numbers: int) -> dict[str, Any]:
        return _descend(trial.student, kind, problem.values(), alpha, **numbers, **options)

    for count in range(1, iterations + 1):
        stopped = descent(iterations=count, cost_every=iterations, history_every=0)
        stopped |= {name: without_extra_axes(stopped[name], problem[name].shape) for name in ("W", "b")}
        if not all(is_finite(stopped[name], problem[name].shape) for name in ("W", "b")):
            raise StudentError(
                "ValueError", f"W or b has the wrong shape after {count} iterations: fix that first"
            )
        weights.append(stopped["W"])
        biases.append(stopped["b"])
    if not all(differ(before, after) for before, after in itertools.pairwise([problem["W"], *weights])):
        raise StudentError("ValueError", "an iteration does not change W: fix that first")
    costs = _own_costs(trial, problem, weights, biases)

    got = descent(iterations=iterations, cost_every=cost_every, history_every=history_every)
    for part, found, values, step in (
        ("J_history", numbers(got["J_history"]), costs, cost_every),
        ("W_history", _stacked(got["W_history"], problem["W"].shape), weights, history_every),
    ):
        want = np.array([v for i, v in enumerate(values, 1) if i % step == 0 or i == iterations])
        context = f"{iterations} iterations, one entry for every {step} and the last" if step > 1 else ""
        yield from close({part: (found, want)}, part=part, rtol=_RTOL, context=context)


def _own_costs(
    trial: Trial, problem: Problem, weights: list[np.ndarray], biases: list[np.ndarray]
) -> list[float]:
    """Return the student's cost for every pair of W and b, fit to judge a history by.

    Each is asked for twice, in a drawn order among costs of other rows.

    Raises
    ------
    StudentError
        If a cost is not a finite number, or differs from call to call, or the costs do not depend on what they should.
    """
    Y, others = problem["Y"], trial.draw.normal(*problem["X"].shape)
    pairs = list(zip(weights, biases, strict=True))
    requests = [(rows, index) for rows in ("own", "again", "other") for index in range(len(pairs))]
    values: dict[tuple[str, int], float] = {}
    for rows, index in trial.draw.shuffled(requests):
        X = others if rows == "other" else problem["X"]
        value = trial.student.linear_cost_func(X, Y, *pairs[index])
        values[rows, index] = finite_number(value, "what linear_cost_func returns")
    costs = [values["own", index] for index in range(len(pairs))]
    for index, (own, pair) in enumerate(zip(costs, pairs, strict=True)):
        if differ(own, values["again", index]):
            message = "linear_cost_func gives a different cost for the same arguments: fix that first"
            raise StudentError("ValueError", message)
        truth = [trial.reference.linear_cost_func(X, Y, *pair) for X in (problem["X"], others)]
        if differ(truth[0], truth[1], 1e-4) and not differ(own, values["other", index]):
            raise StudentError("ValueError", "the cost does not depend on the rows: fix that first")
    if not differ(max(costs), min(costs)):
        raise StudentError("ValueError", "the cost never changes: fix that first")
    return costs


def _stacked(values: Any, shape: tuple[int, ...]) -> Any:
    same = isinstance(values, (list, tuple)) and all(is_finite(v, shape) for v in values)
    return np.array(values) if same else values
