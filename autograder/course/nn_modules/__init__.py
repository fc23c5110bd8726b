"""The milestone "Neural network modules"."""

from autograder.milestone import Milestone

MILESTONE = Milestone(
    "nn_modules",
    "Neural network modules",
    api=dict.fromkeys(("OutputLayer", "ReLU", "Sigmoid", "Affine", "TwoLayerNet"), "nndl.modules"),
    artifacts=("trained_net.npz",),
)
