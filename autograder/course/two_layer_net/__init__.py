"""The milestone "Two-layer net"."""

from autograder.milestone import Milestone

MILESTONE = Milestone(
    "two_layer_net",
    "Two-layer net",
    api={"TwoLayerNet": "nndl.neural_net"},
    artifacts=("best_net.npz",),
)
