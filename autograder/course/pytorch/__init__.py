"""The milestone "PyTorch"."""

from autograder.milestone import Milestone

MILESTONE = Milestone(
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
)
