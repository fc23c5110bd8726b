"""The milestone "Fully connected nets and optimizers"."""

from autograder.milestone import Milestone

MILESTONE = Milestone(
    "fc_net",
    "Fully connected nets and optimizers",
    api={
        **dict.fromkeys(
            ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss"),
            "nndl.layers",
        ),
        **dict.fromkeys(("TwoLayerNet", "FullyConnectedNet"), "nndl.fc_net"),
        **dict.fromkeys(("sgd_momentum", "rmsprop", "adam"), "nndl.optim"),
    },
    artifacts=("best_fc_net.npz",),
)
