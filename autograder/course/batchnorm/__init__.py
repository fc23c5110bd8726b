"""The milestone "Batch and layer normalization"."""

from autograder.milestone import Milestone, classes, with_cache

MILESTONE = Milestone(
    "batchnorm",
    "Batch and layer normalization",
    api={
        **with_cache("nndl.layers", "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"),
        **with_cache("nndl.layers", "layernorm_forward", "layernorm_backward"),
        **classes("nndl.fc_net", "FullyConnectedNet"),
    },
)
