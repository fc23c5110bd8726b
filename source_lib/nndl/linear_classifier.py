r"""A linear classifier: softmax, cross entropy, and gradient descent on all rows or on a few.

Rows of ``X (N, D)`` are examples, ``Y (N, C)`` holds one-hot targets, and the scores (logits) are
:math:`X W + b` with one column of ``W (D, C)`` and one entry of ``b (C,)`` per class. There is no
regularization. No function changes its arguments. N may be 1.
"""

from __future__ import annotations

import numpy as np

from ._support.descent import check_linear, check_one_hot, checked_start, when_to_record
from ._support.validate import check_array

__all__ = [
    "batch_gradient_descent_func",
    "cross_entropy_loss",
    "linear_cost_func",
    "linear_pred",
    "linear_predict",
    "softmax",
    "stochastic_gradient_descent_func",
]

History = list[float]
Descent = tuple[np.ndarray, np.ndarray, History, list[np.ndarray]]


def softmax(x: np.ndarray) -> np.ndarray:
    r"""Turn each row of scores into probabilities.

    .. math:: p_{ij} = \frac{e^{x_{ij}}}{\sum_k e^{x_{ik}}}

    Adding the same number to a whole row changes nothing, so the row's maximum is subtracted first: the
    largest exponential is then 1 and scores in the thousands cannot overflow.

    Parameters
    ----------
    x : ndarray (N, C) of numbers
        Scores; signed integers are accepted.

    Returns
    -------
    ndarray (N, C) of float
        Every row is non-negative and sums to 1.

    Raises
    ------
    TypeError
        If ``x`` is not an array of real numbers.
    ValueError
        If ``x`` does not have two axes.
    """
    check_array("x", x, ndim=2)
    ### BEGIN SOLUTION linear_classifier
    exponentials = np.exp(x - x.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
    ### END SOLUTION


def cross_entropy_loss(score: np.ndarray, target: np.ndarray) -> float:
    r"""Mean cross entropy between predicted probabilities and one-hot targets.

    .. math:: L = -\frac{1}{N} \sum_i \sum_j t_{ij} \log(p_{ij} + 10^{-9})

    The constant keeps a probability of 0 from costing infinity: such a row costs 20.72. It also makes a
    perfect row cost a little less than 0. Gradients of this loss are taken *without* the constant.

    Parameters
    ----------
    score : ndarray (N, C)
        Probabilities, that is, the output of :func:`softmax`.
    target : ndarray (N, C)
        One-hot rows.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If an argument is not an array of real numbers.
    ValueError
        If ``score`` does not have two axes or has no rows, or ``target`` has another shape.
    """
    check_array("score", score, ndim=2)
    check_one_hot("target", target, score.shape)
    ### BEGIN SOLUTION linear_classifier
    return float(np.mean(-np.sum(target * np.log(score + 1e-9), axis=1)))
    ### END SOLUTION


def linear_pred(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scores of the linear classifier, ``X W + b``.

    The predicted class of a row is the index of its largest score; no softmax is needed for that.

    Parameters
    ----------
    X : ndarray (N, D)
        One example per row.
    W : ndarray (D, C)
        Weights.
    b : ndarray (C,)
        Biases.

    Returns
    -------
    ndarray (N, C)

    Raises
    ------
    TypeError
        If an argument is not an array of real numbers.
    ValueError
        If the shapes do not fit together.
    """
    check_linear(X, W, b)
    ### BEGIN SOLUTION linear_classifier
    return X @ W + b
    ### END SOLUTION


def linear_predict(X: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Another name for :func:`linear_pred`."""
    return linear_pred(X, W, b)


def linear_cost_func(X: np.ndarray, Y: np.ndarray, W: np.ndarray, b: np.ndarray) -> float:
    """Cross entropy of the softmax of the linear scores, averaged over the rows of ``X``.

    Parameters
    ----------
    X : ndarray (N, D)
        One example per row.
    Y : ndarray (N, C)
        One-hot targets.
    W, b : ndarray (D, C) and (C,)
        Weights and biases.

    Returns
    -------
    float
        ``cross_entropy_loss(softmax(linear_pred(X, W, b)), Y)``; no regularization.

    Raises
    ------
    TypeError, ValueError
        As :func:`linear_pred` and :func:`cross_entropy_loss`.
    """
    ### BEGIN SOLUTION linear_classifier
    return cross_entropy_loss(softmax(linear_pred(X, W, b)), Y)
    ### END SOLUTION


def batch_gradient_descent_func(
    X: np.ndarray,
    Y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    alpha: float,
    iterations: int,
    *,
    cost_every: int = 1,
    history_every: int | None = None,
) -> Descent:
    r"""Minimise :func:`linear_cost_func` with the gradient over all rows.

    Each iteration takes one step against the gradient of the cost, without its 1e-9, with both derivatives
    measured at the same point:

    .. math::

        W \leftarrow W - \alpha \frac{\partial L}{\partial W}, \qquad
        b \leftarrow b - \alpha \frac{\partial L}{\partial b}

    The derivative with respect to the scores is made of probabilities and targets alone. From there, a gradient
    has the shape of what it belongs to, and that leaves one way to write each of the two. A step takes a few times as
    long as the scores of its rows, however many weights there are.

    Parameters
    ----------
    X : ndarray (N, D)
        One example per row.
    Y : ndarray (N, C)
        One-hot targets.
    W, b : ndarray (D, C) and (C,)
        Where to start.
    alpha : float
        Step size.
    iterations : int
        Number of steps.
    cost_every : int, default 1
        Measure the cost after every so many iterations, and after the last: on 10000 images each
        measurement takes far longer than a step on a few rows.
    history_every : int, optional
        Keep a copy of ``W`` after every so many iterations, and after the last. By default as many are
        skipped as it takes to keep about 100; 1 keeps all of them (a (3072, 10) matrix 3000 times is
        0.74 GB), 0 none.

    Returns
    -------
    W, b : ndarray
        New arrays with the result: float64 where all arrays are; with float32 among them, either will do.
    J_history : list of float
        The cost on all of ``X`` *after* the step, for every iteration that ``cost_every`` selects. The last
        entry is the cost of the returned ``W`` and ``b``.
    W_history : list of ndarray
        Copies of ``W``, oldest first.

    Raises
    ------
    TypeError, ValueError
        For arrays as in :func:`linear_cost_func`; for negative ``iterations`` or ``history_every``, and for
        ``cost_every`` below 1.
    """
    W, b = checked_start(X, Y, W, b)
    is_measured, is_kept = when_to_record(iterations, cost_every, history_every)
    J_history: History = []
    W_history: list[np.ndarray] = []
    # is_measured(iteration) and is_kept(iteration), counted from 1, say what to record after its step
    ### BEGIN SOLUTION linear_classifier
    for iteration in range(1, iterations + 1):
        residual = (softmax(linear_pred(X, W, b)) - Y) / X.shape[0]
        W -= alpha * (X.T @ residual)
        b -= alpha * residual.sum(axis=0)
        if is_measured(iteration):
            J_history.append(linear_cost_func(X, Y, W, b))
        if is_kept(iteration):
            W_history.append(W.copy())
    ### END SOLUTION
    return W, b, J_history, W_history


def stochastic_gradient_descent_func(
    X: np.ndarray,
    Y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    alpha: float,
    iterations: int,
    mini_batch: int,
    random_seed: int | None = None,
    *,
    cost_every: int = 1,
    history_every: int | None = None,
) -> Descent:
    """Minimise :func:`linear_cost_func` with the gradient over a few random rows at a time.

    Each iteration draws its rows with *one* call ``np.random.choice(N, mini_batch)``, that is, with
    replacement from NumPy's global generator, and then steps as :func:`batch_gradient_descent_func` does
    with these rows alone (the mean is over ``mini_batch`` rows).

    Parameters
    ----------
    X, Y, W, b, alpha, iterations, cost_every, history_every
        As in :func:`batch_gradient_descent_func`.
    mini_batch : int
        Rows per iteration, at least 1.
    random_seed : int, optional
        When given, ``np.random.seed(random_seed)`` is called once, before the first draw.

    Returns
    -------
    W, b, J_history, W_history
        As :func:`batch_gradient_descent_func`; ``J_history`` is about *all* of ``X``.

    Raises
    ------
    TypeError, ValueError
        As :func:`batch_gradient_descent_func`, and for ``mini_batch`` below 1.
    """
    W, b = checked_start(X, Y, W, b)
    is_measured, is_kept = when_to_record(iterations, cost_every, history_every)
    if mini_batch < 1:
        raise ValueError(f"mini_batch must be at least 1, but is {mini_batch}")
    if random_seed is not None:
        np.random.seed(random_seed)
    J_history: History = []
    W_history: list[np.ndarray] = []
    # is_measured(iteration) and is_kept(iteration), counted from 1, say what to record after its step
    ### BEGIN SOLUTION linear_classifier
    for iteration in range(1, iterations + 1):
        rows = np.random.choice(X.shape[0], mini_batch)
        x, y = X[rows], Y[rows]
        residual = (softmax(linear_pred(x, W, b)) - y) / mini_batch
        W -= alpha * (x.T @ residual)
        b -= alpha * residual.sum(axis=0)
        if is_measured(iteration):
            J_history.append(linear_cost_func(X, Y, W, b))
        if is_kept(iteration):
            W_history.append(W.copy())
    ### END SOLUTION
    return W, b, J_history, W_history
