"""The milestone "Neural network modules"."""

from autograder.milestone import Milestone, classes

MILESTONE = Milestone(
    "nn_modules",
    "Neural network modules",
    api={
        **classes(
            "nndl.modules", "OutputLayer", "ReLU", "Sigmoid", "Affine", methods=("forward", "backward")
        ),
        **classes("nndl.modules", "TwoLayerNet"),
    },
    artifacts=("trained_net.npz",),
)
