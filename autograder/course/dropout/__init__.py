"""The milestone "Dropout"."""

from autograder.milestone import Milestone

MILESTONE = Milestone(
    "dropout",
    "Dropout",
    api={
        **dict.fromkeys(("dropout_forward", "dropout_backward"), "nndl.layers"),
        "FullyConnectedNet": "nndl.fc_net",
    },
)
