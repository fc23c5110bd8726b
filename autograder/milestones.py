"""The registry of milestones: what each one is called, what it asks for and what it may use."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Milestone:
    """One assignment.

    Attributes
    ----------
    name : str
        Identifier: the folder under ``assignments/`` and the tag of the fences.
    title : str
        What people read.
    api : dict of str to str
        Public name that a check may ask for → the module it is imported from.
    artifacts : tuple of str
        Files besides code that a student hands in, e.g. a trained net.
    libraries : tuple of str
        Importable third-party packages besides NumPy that the sandbox shows.
    documents : tuple of str
        Files of the repository that students get besides those of the assignment, because its notebook links to
        them: a page of ``docs`` and the pictures on it.
    """

    name: str
    title: str
    api: dict[str, str] = field(default_factory=dict)
    artifacts: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


MILESTONES: tuple[Milestone, ...] = (
    Milestone(
        "linear_classifier",
        "Linear classifier",
        api=dict.fromkeys(
            (
                "softmax",
                "cross_entropy_loss",
                "linear_pred",
                "linear_cost_func",
                "batch_gradient_descent_func",
                "stochastic_gradient_descent_func",
            ),
            "nndl.linear_classifier",
        ),
        artifacts=("best_linear.npz",),
    ),
    Milestone(
        "nn_modules",
        "Neural network modules",
        api=dict.fromkeys(("OutputLayer", "ReLU", "Sigmoid", "Affine", "TwoLayerNet"), "nndl.modules"),
        artifacts=("trained_net.npz",),
    ),
    Milestone(
        "two_layer_net",
        "Two-layer net",
        api={"TwoLayerNet": "nndl.neural_net"},
        artifacts=("best_net.npz",),
    ),
    Milestone(
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
    ),
    Milestone(
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
    ),
    Milestone(
        "dropout",
        "Dropout",
        api={
            **dict.fromkeys(("dropout_forward", "dropout_backward"), "nndl.layers"),
            "FullyConnectedNet": "nndl.fc_net",
        },
    ),
    Milestone(
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
    ),
    Milestone(
        "pytorch",
        "PyTorch",
        api=dict.fromkeys(
            (
                "barebones_convnet_scores",
                "barebones_convnet_inputs",
                "barebones_convnet_gradients",
                "barebones_convnet_params",
                "barebones_convnet_leaves",
                "module_convnet_scores",
                "module_convnet_gradients",
                "module_convnet_params",
                "is_sequential",
                "optimizer_path",
                "normalized",
                "OpenEndedNet",
            ),
            "nndl.as_arrays.nets",
        ),
        artifacts=("barebones_convnet.npz", "module_convnet.npz", "sequential_convnet.npz", "open_net.npz"),
        libraries=("torch",),
    ),
    Milestone(
        "network_visualization",
        "Network visualization",
        api=dict.fromkeys(
            ("saliency_maps", "fooling_image", "visualization_step"), "nndl.as_arrays.visualization"
        ),
        libraries=("torch", "PIL", "tqdm"),
    ),
)
"""All milestones in teaching order."""


def get(name: str) -> Milestone:
    """Return the milestone called ``name``.

    Raises
    ------
    KeyError
        If there is none; the message lists the names that exist.
    """
    for milestone in MILESTONES:
        if milestone.name == name:
            return milestone
    known = ", ".join(m.name for m in MILESTONES)
    raise KeyError(f"there is no milestone {name!r}; the milestones are: {known}")
