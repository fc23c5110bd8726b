"""The milestone "Batch and layer normalization"."""

from autograder.milestone import Milestone

MILESTONE = Milestone(
    "batchnorm",
    "Batch and layer normalization",
    api=dict.fromkeys(
        (
            "batchnorm_forward",
            "batchnorm_backward",
            "batchnorm_backward_alt",
            "layernorm_forward",
            "layernorm_backward",
        ),
        "nndl.layers",
    )
    | {"FullyConnectedNet": "nndl.fc_net"},
)
