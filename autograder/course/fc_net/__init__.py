"""The milestone "Fully connected nets and optimizers"."""

from autograder.milestone import Milestone, classes, values, with_cache

MILESTONE = Milestone(
    "fc_net",
    "Fully connected nets and optimizers",
    api={
        **with_cache("nndl.layers", "affine_forward", "affine_backward"),
        **with_cache("nndl.layers", "relu_forward", "relu_backward"),
        **values("nndl.layers", "softmax_loss", "svm_loss"),
        **classes("nndl.fc_net", "TwoLayerNet", "FullyConnectedNet"),
        **values("nndl.optim", "sgd_momentum", "rmsprop", "adam"),
    },
    artifacts=("best_fc_net.npz",),
)
