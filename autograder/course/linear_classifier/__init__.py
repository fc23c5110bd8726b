"""The milestone "Linear classifier"."""

from autograder.milestone import Milestone, values

MILESTONE = Milestone(
    "linear_classifier",
    "Linear classifier",
    api=values(
        "nndl.linear_classifier",
        "softmax",
        "cross_entropy_loss",
        "linear_pred",
        "linear_cost_func",
        "batch_gradient_descent_func",
        "stochastic_gradient_descent_func",
    ),
    artifacts=("best_linear.npz",),
)
