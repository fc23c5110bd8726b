"""The checks of the linear classifier, and of a classifier that a student has trained."""

from __future__ import annotations

from autograder.judging.accuracy import accuracy_finding, accuracy_of, floats, stored_arrays
from autograder.judging.check import Finding, Findings, Trial, check
from nndl.checking.linear_classifier import ACCURACY

from .checks_costs import cost, cross_entropy, scores, softmax
from .checks_descent import batch_history, batch_steps, stochastic_history, stochastic_steps

CLASSES = 10
RECIPE = "The images are scaled to [0, 1], minus the training mean, as in the notebook"


@check(points=8, parts=("accuracy",), wall=30.0, needs_images=True)
def best_linear(trial: Trial) -> Findings:
    """W and b stored in best_linear.npz classify images they have never seen: 33 % earn full points."""
    stored = stored_arrays(
        trial.student, "best_linear.npz", ("W", "b"), "the cell `store` of the notebook writes it"
    )
    if isinstance(stored, Finding):
        yield stored
        return
    X, y = trial.images.unseen(trial.draw.seed())
    W = floats(stored, "best_linear.npz", "W", (X.shape[1], CLASSES))
    b = floats(stored, "best_linear.npz", "b", (CLASSES,))
    accuracy = accuracy_of(lambda some: trial.reference.linear_pred(some / 255, W, b), X, y)
    yield accuracy_finding(ACCURACY, accuracy, len(y), RECIPE)


CHECKS = (
    softmax,
    cross_entropy,
    scores,
    cost,
    batch_steps,
    batch_history,
    stochastic_steps,
    stochastic_history,
    best_linear,
)
