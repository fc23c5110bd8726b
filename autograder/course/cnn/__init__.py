"""The milestone "Convolutional nets"."""

from autograder.milestone import Milestone, classes, with_cache

MILESTONE = Milestone(
    "cnn",
    "Convolutional nets",
    api={
        **with_cache("nndl.layers", "conv_forward_naive", "conv_backward_naive"),
        **with_cache("nndl.layers", "max_pool_forward_naive", "max_pool_backward_naive"),
        **with_cache("nndl.layers", "spatial_batchnorm_forward", "spatial_batchnorm_backward"),
        **with_cache("nndl.layers", "spatial_groupnorm_forward", "spatial_groupnorm_backward"),
        **classes("nndl.cnn", "ThreeLayerConvNet"),
    },
    artifacts=("best_convnet.npz",),
    documents=("docs/fast-convolution.md", "docs/img/fast-convolution.png"),
)
