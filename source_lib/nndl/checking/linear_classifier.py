"""Visible checks of the milestone linear_classifier: known numbers and numeric gradients, no solution.

A notebook imports this module as ``check``, calls ``check.softmax()`` and shows ``check.progress``.
"""

from __future__ import annotations

import functools
import math
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import linear_classifier  # looked up through the module, so that a reloaded function is checked
from .._support.storage import load_arrays
from .shared.accuracy import AccuracyRule
from .shared.common import Results, copies, numeric_gradient, unchanged, wrong_results
from .shared.known_mistakes import compare, evidence, evidence_of
from .shared.model import LONG_LIMIT, Remark
from .shared.progress import Progress

CLASSES = 10
ACCURACY = AccuracyRule(none=20, full=33)
_FILE = "nndl/linear_classifier.py"
_RETURNED = ("W", "b", "J_history", "W_history")

progress = Progress("Linear classifier")


@progress.check(points=4, where=f"`softmax` in {_FILE}")
def softmax() -> Results:
    """Compare probabilities with numbers that can be worked out by hand, also for scores in the thousands."""
    x = np.log(np.array([[1.0, 2.0, 1.0], [1.0, 1.0, 8.0]]))
    before = x.copy()
    want = np.array([[0.25, 0.5, 0.25], [0.1, 0.1, 0.8]])
    problem = compare(linear_classifier.softmax(x), want, "softmax of log([[1, 2, 1], [1, 1, 8]])")
    yield problem
    yield from unchanged({"x": before}, {"x": x})
    if problem is not None:
        return
    yield compare(linear_classifier.softmax(x[:1]), want[:1], "softmax of a single row")

    evidence("softmax of integers", linear_classifier.softmax(np.array([[0, 500, 2]])))
    # Rows far apart, of integers: e**-20 and e**-10 are what is left beside 1.
    big = np.array([[2060, 2000, 2080], [1010, 1020, 1030]])
    want = np.array(
        [[2.06115362e-09, 1.80485138e-35, 0.999999998], [2.06106005e-09, 4.53978686e-05, 0.9999546]]
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        got = linear_classifier.softmax(big)
    label = "softmax of [[2060, 2000, 2080], [1010, 1020, 1030]]"
    problem = compare(got, want, label, rtol=1e-8)
    yield problem
    if caught:
        yield f"{label} causes a warning: {caught[0].message}; look at the text on large scores"
    if problem is None:
        apart = np.array([[-3000.0, -3000.0], [3000.0, 3000.0]])
        yield compare(linear_classifier.softmax(apart), np.full((2, 2), 0.5), "softmax of rows far apart")
        with np.errstate(all="ignore"):  # the NaN that an overflow leaves is what the message is about
            got = linear_classifier.softmax(np.array([[0.0, 1500.0, -1500.0]]))
        if np.isnan(got).any():
            yield (
                "softmax of (0, 1500, -1500) has NaN: exp overflows unless the largest score is subtracted from its row"
            )
        else:
            yield compare(got, np.array([[0.0, 1.0, 0.0]]), "softmax of (0, 1500, -1500)")


@progress.check(points=4, where=f"`cross_entropy_loss` in {_FILE}")
def cross_entropy() -> Results:
    """Compare the loss of given probabilities with known numbers."""
    rows = np.array([[0.1, 0.3, 0.4, 0.2], [0.2, 0.1, 0.3, 0.4], [0.9, 0.05, 0.03, 0.02]])
    targets = np.array([[0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    before = {"score": rows.copy(), "target": targets.copy()}
    cases = (
        (
            rows[:1],
            targets[:1],
            1.2039728009926025,
            "the loss of (0.1, 0.3, 0.4, 0.2) with the second class right",
        ),
        (rows, targets, 0.7418746816378242, "the loss of three rows"),
        (np.zeros((1, 4)), targets[:1], 20.72326583694641, "the loss of a row of zeros (-log(1e-9))"),
    )
    for score, target, want, label in cases:
        got = linear_classifier.cross_entropy_loss(score, target)
        problem = compare(got, want, label, rtol=1e-12, sizes={"N": len(score), "C": 4})
        yield problem
        if problem is not None and not score.any():
            yield _constant(got)
    tiny = np.array([[1e-9, 1 - 1e-9]])  # where the constant counts as much as the probability
    evidence_of("another loss", lambda: linear_classifier.cross_entropy_loss(tiny, np.array([[1, 0]])))
    yield from unchanged(before, {"score": rows, "target": targets})


def _constant(loss: Any) -> Remark | None:
    """Say of which power of ten the loss of a probability of 0 is the logarithm, if of one."""
    if np.ndim(loss) or not 0 < float(loss) < 100:
        return None
    power = round(-float(loss) / math.log(10))
    return Remark(f"yours is -log({10.0**power:g})") if math.isclose(loss, -power * math.log(10)) else None


@progress.check(points=4, where=f"`linear_pred` in {_FILE}")
def scores() -> Results:
    """Compare the scores of four rows with numbers worked out by hand."""
    X = np.array([[1.0, 2.0], [0.0, -1.0], [2.0, 0.0], [1.0, 1.0]])
    W, b = np.array([[1.0, -1.0, 0.0], [0.0, 0.5, 2.0]]), np.array([0.5, 1.0, -3.0])
    before = {"X": X.copy(), "W": W.copy(), "b": b.copy()}
    want = np.array([[1.5, 1.0, 1.0], [0.5, 0.5, -5.0], [2.5, -1.0, -3.0], [1.5, 0.5, -1.0]])
    yield compare(linear_classifier.linear_pred(X, W, b), want, "the scores", sizes={"N": 4, "D": 2, "C": 3})
    yield compare(linear_classifier.linear_pred(X[1:2], W, b), want[1:2], "the scores of a single row")
    evidence("other scores", linear_classifier.linear_pred(-X, W, b))
    yield from unchanged(before, {"X": X, "W": W, "b": b})


@progress.check(
    points=4, where=f"`linear_cost_func` in {_FILE}", needs=["softmax", "cross_entropy", "scores"]
)
def cost() -> Results:
    """Compare the cost of a classifier that knows nothing, and of one whose scores are known."""
    X, Y = np.random.default_rng(0).normal(size=(20, 7)), np.eye(10)[np.arange(20) % 10]
    nothing = linear_classifier.linear_cost_func(X, Y, np.zeros((7, 10)), np.zeros(10))
    yield compare(nothing, 2.302585082994045, "the cost with W = 0 and b = 0 (-log(0.1 + 1e-9))", rtol=1e-12)
    # Rows of a unit matrix make the scores rows of W + b: the logarithms of the probabilities below.
    P = np.array([[0.2, 0.1, 0.4, 0.3], [0.5, 0.25, 0.15, 0.1]])
    given = {
        "X": np.eye(2)[[0, 1, 0]],
        "Y": np.eye(4)[[0, 0, 2]],
        "W": np.log(P) - 1.5,
        "b": np.full(4, 1.5),
    }
    before = copies(given)
    got = linear_classifier.linear_cost_func(*given.values())
    want = -(math.log(0.2) + math.log(0.5) + math.log(0.4)) / 3
    sizes = {"N": 3, "C": 4, "D": 2}
    yield compare(got, want, "the cost of the probabilities 0.2, 0.5 and 0.4", rtol=1e-7, sizes=sizes)
    yield from unchanged(before, given)


@progress.check(points=6, where=f"`batch_gradient_descent_func` in {_FILE}", needs=["cost"])
def batch_steps() -> Results:
    """Compare one step of batch gradient descent with a numeric gradient of the cost, then take many."""
    X, Y, W, b = _problem()
    before = {name: array.copy() for name, array in zip("XYWb", (X, Y, W, b), strict=True)}
    alpha = 0.3
    stepped = _returned(linear_classifier.batch_gradient_descent_func(X, Y, W, b, alpha, 1))
    problems = list(_step_problems(stepped, X, Y, W, b, alpha, {"N": len(X)}))
    yield from problems
    yield from unchanged(before, dict(zip("XYWb", (X, Y, W, b), strict=True)))
    if any(problems):
        evidence_of(
            "costs of 4", lambda: len(linear_classifier.batch_gradient_descent_func(X, Y, W, b, alpha, 4)[2])
        )
        return
    twice = _returned(linear_classifier.batch_gradient_descent_func(X, Y, W, b, alpha, 2))
    yield from _step_problems(
        twice, X, Y, stepped["W"], stepped["b"], alpha, {"N": len(X)}, "in the second step"
    )
    row, target = X[:1], Y[:1]
    stepped = _returned(linear_classifier.batch_gradient_descent_func(row, target, W, b, alpha, 1))
    yield from _step_problems(stepped, row, target, W, b, alpha, {}, "in one step with a single row")


@progress.check(
    points=4,
    where=f"the histories of `batch_gradient_descent_func` in {_FILE}",
    needs=["batch_steps"],
)
def batch_history() -> Results:
    """Compare what batch gradient descent records with the cost and weights at each iteration."""
    yield from _histories(linear_classifier.batch_gradient_descent_func)


@progress.check(points=6, where=f"`stochastic_gradient_descent_func` in {_FILE}", needs=["cost"])
def stochastic_steps() -> Results:
    """Compare one step on drawn rows with a numeric gradient, and look at which rows are drawn."""
    X, Y, W, b = _problem()
    before = {name: array.copy() for name, array in zip("XYWb", (X, Y, W, b), strict=True)}
    alpha, rows = 0.3, np.array([3, 4, 0, 1])  # the first draw of 4 from 5 after np.random.seed(1)
    descend = linear_classifier.stochastic_gradient_descent_func
    stepped = _returned(descend(X, Y, W, b, alpha, 1, 4, 1))
    following = float(np.random.rand())
    problems = list(_step_problems(stepped, X[rows], Y[rows], W, b, alpha, {"mini_batch": 4, "N": len(X)}))
    yield from problems
    if any(problems):
        yield "this step is that of rows 3, 4, 0, 1, the first draw of 4 from 5 after np.random.seed(1)"
    if not math.isclose(following, 0.30233257263183977):
        yield "an iteration must call np.random.choice once and draw nothing else"
    yield from unchanged(before, dict(zip("XYWb", (X, Y, W, b), strict=True)))
    if any(problems):
        evidence_of("costs of 4", lambda: len(descend(X, Y, W, b, alpha, 4, 4, 1)[2]))
        return
    second = np.array([2, 4, 0, 0, 4, 2, 1])  # the second draw of 7 from 5 after np.random.seed(0)
    stepped = _returned(descend(X, Y, W, b, alpha, 1, 7, 0))
    twice = _returned(descend(X, Y, W, b, alpha, 2, 7, 0))
    yield from _step_problems(
        twice,
        X[second],
        Y[second],
        stepped["W"],
        stepped["b"],
        alpha,
        {"mini_batch": 7, "N": len(X)},
        "in the second step, with 7 of 5 rows",
    )


@progress.check(
    points=4,
    where=f"the histories of `stochastic_gradient_descent_func` in {_FILE}",
    needs=["stochastic_steps"],
)
def stochastic_history() -> Results:
    """Compare what stochastic gradient descent records with the cost on all rows at each iteration."""
    yield from _histories(linear_classifier.stochastic_gradient_descent_func, mini_batch=2, random_seed=7)


@progress.check(
    points=8,
    where="the full run in the notebook, stored as best_linear.npz",
    needs=["scores"],
    limit=LONG_LIMIT,
)
def best_linear(X: np.ndarray, y: np.ndarray, path: str | os.PathLike[str] = "best_linear.npz") -> Results:
    """Measure the stored W and b on images that they were not fitted to."""
    if not Path(path).is_file():
        yield f"there is no file {os.fspath(path)}: the cell `store` of the notebook writes it"
        return
    stored = load_arrays(path, {"W": 2, "b": 1})
    for name, want in (("W", (X.shape[1], CLASSES)), ("b", (CLASSES,))):
        if stored[name].shape != want:
            yield f"{name} in {os.fspath(path)} has shape {stored[name].shape}, but it should be {want}"
            return
    found = linear_classifier.linear_pred(X, stored["W"], stored["b"])
    accuracy = float(np.mean(np.argsort(found, axis=1)[:, -1] == y))
    yield ACCURACY.note(accuracy, len(y), 8, "the stored classifier")


def _problem() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Five rows, eight features, three classes, and a start away from zero."""
    rng = np.random.default_rng(3)
    X, W, b = rng.normal(size=(5, 8)), 0.3 * rng.normal(size=(8, 3)), 0.3 * rng.normal(size=3)
    return X, np.eye(3)[[0, 1, 2, 2, 1]], W, b


def _returned(result: Any) -> dict[str, Any]:
    if not isinstance(result, (tuple, list)) or len(result) != len(_RETURNED):
        raise wrong_results("the function", f"the four values {', '.join(_RETURNED)}", result)
    return dict(zip(_RETURNED, result, strict=True))


def _step_problems(
    after: dict[str, Any],
    X: np.ndarray,
    Y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    alpha: float,
    sizes: dict[str, int],
    where: str = "in one step",
) -> Results:
    """Compare one step from ``W, b`` on the rows ``X, Y`` with centred differences of the cost."""
    # a step that is not there may be one that was not made, or one that did not get into W
    recorded = len(after["J_history"]) if np.ndim(after["J_history"]) == 1 else None
    evidence(f"recorded costs {where}", recorded)
    if recorded == 0 and np.array_equal(after["W"], W) and np.array_equal(after["b"], b):
        yield "W and b are as they were, and J_history is empty: does the loop run once for iterations = 1?"
    for name, start in (("W", W), ("b", b)):
        moving = {"W": W.copy(), "b": b.copy()}
        cost = functools.partial(linear_classifier.linear_cost_func, X, Y, moving["W"], moving["b"])
        numeric = numeric_gradient(cost, moving[name])
        change = np.asarray(after[name]) - start if np.shape(after[name]) == start.shape else after[name]
        problem = compare(change, -alpha * numeric, f"the change of {name} {where}", rtol=1e-6, sizes=sizes)
        yield problem
        if problem is not None and problem.kind == "sign":
            yield "the step goes uphill: the cost falls against the direction of the gradient"


def _histories(descend: Callable[..., Any], **options: Any) -> Results:
    """Compare the histories of seven iterations with descents that are stopped earlier."""
    X, Y, W, b = _problem()
    stopped = [_returned(descend(X, Y, W, b, 0.5, count, **options)) for count in range(1, 8)]
    costs = [linear_classifier.linear_cost_func(X, Y, s["W"], s["b"]) for s in stopped]
    whole = _returned(descend(X, Y, W, b, 0.5, 7, history_every=1, **options))
    yield from _compare_list(whole["J_history"], costs, "J_history of 7 iterations")
    yield from _compare_list(whole["W_history"], [s["W"] for s in stopped], "W_history of 7 iterations")
    some = _returned(descend(X, Y, W, b, 0.5, 7, cost_every=3, history_every=4, **options))
    yield from _compare_list(
        some["J_history"], [costs[i] for i in (2, 5, 6)], "J_history with cost_every=3 (iterations 3, 6, 7)"
    )
    yield from _compare_list(
        some["W_history"],
        [stopped[i]["W"] for i in (3, 6)],
        "W_history with history_every=4 (iterations 4, 7)",
    )


def _compare_list(got: Any, want: list[Any], name: str) -> Results:
    if not isinstance(got, (list, tuple, np.ndarray)):
        yield f"{name} must be a list, but it is a {type(got).__name__}"
    elif len(got) != len(want):
        yield f"{name} must have {len(want)} entries, but it has {len(got)}"
    else:
        problems = (
            compare(g, w, f"entry {i} of {name}", rtol=1e-9)
            for i, (g, w) in enumerate(zip(got, want, strict=True))
        )
        problem = next((p for p in problems if p is not None), None)
        yield problem
        first_is_last = len(want) > 1 and np.ndim(want[0]) > 0 and got[0] is got[-1]
        if problem is not None and first_is_last:
            yield "all entries are the same: append a copy, or later steps change what is in the list"
