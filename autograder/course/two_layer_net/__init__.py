"""The milestone "Two-layer net"."""

from autograder.milestone import Milestone, classes

MILESTONE = Milestone(
    "two_layer_net",
    "Two-layer net",
    api=classes("nndl.neural_net", "TwoLayerNet"),
    artifacts=("best_net.npz",),
)
