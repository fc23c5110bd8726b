"""The milestone "PyTorch"."""

from autograder.milestone import Milestone, classes, values

MILESTONE = Milestone(
    "pytorch",
    "PyTorch",
    api={
        **values(
            "nndl.as_arrays.nets",
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
        ),
        **classes("nndl.as_arrays.nets", "OpenEndedNet"),
    },
    artifacts=("barebones_convnet.npz", "module_convnet.npz", "sequential_convnet.npz", "open_net.npz"),
    libraries=("torch",),
    used_later=("torch._dynamo",),  # the first optimizer takes a second to import it
)
