"""The milestone "Neural network modules"."""

from autograder.milestone import Milestone, classes

MILESTONE = Milestone(
    "nn_modules",
    "Neural network modules",
    api=classes("nndl.modules", "OutputLayer", "ReLU", "Sigmoid", "Affine", "TwoLayerNet"),
    artifacts=("trained_net.npz",),
)
