"""The milestone "Linear classifier"."""

from autograder.milestone import Milestone

MILESTONE = Milestone(
    "linear_classifier",
    "Linear classifier",
    api=dict.fromkeys(
        (
            "softmax",
            "cross_entropy_loss",
            "linear_pred",
            "linear_cost_func",
            "batch_gradient_descent_func",
            "stochastic_gradient_descent_func",
        ),
        "nndl.linear_classifier",
    ),
    artifacts=("best_linear.npz",),
)
