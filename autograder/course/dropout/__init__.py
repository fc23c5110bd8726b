"""The milestone "Dropout"."""

from autograder.milestone import Milestone, classes, with_cache

MILESTONE = Milestone(
    "dropout",
    "Dropout",
    api={
        **with_cache("nndl.layers", "dropout_forward", "dropout_backward"),
        **classes("nndl.fc_net", "FullyConnectedNet"),
    },
)
