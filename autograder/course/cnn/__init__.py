"""The milestone "Convolutional nets"."""

from autograder.milestone import Milestone

MILESTONE = Milestone(
    "cnn",
    "Convolutional nets",
    api={
        **dict.fromkeys(
            (
                "conv_forward_naive",
                "conv_backward_naive",
                "max_pool_forward_naive",
                "max_pool_backward_naive",
                "spatial_batchnorm_forward",
                "spatial_batchnorm_backward",
                "spatial_groupnorm_forward",
                "spatial_groupnorm_backward",
            ),
            "nndl.layers",
        ),
        "ThreeLayerConvNet": "nndl.cnn",
    },
    artifacts=("best_convnet.npz",),
    documents=("docs/fast-convolution.md", "docs/img/fast-convolution.png"),
)
