"""Which module of this library stands behind which name of a course."""

from __future__ import annotations

from collections.abc import Mapping

#: Helpers that every course hands out, in `cs231n` or in `utils`.
_HELPERS = {
    "data_utils": ".compat.shared.data_utils",
    "fast_layers": ".compat.shared.fast_layers",
    "features": ".compat.assignment1.features",
    "gradient_check": ".compat.shared.gradient_check",
    "im2col": ".compat.im2col",
    "im2col_cython": ".compat.im2col",
    "solver": ".compat.shared.solver",
    "vis_utils": ".compat.shared.vis_utils",
}

_CS231N = {
    "cs231n": ".compat.package",
    "cs231n.classifiers": ".compat.assignment1.classifiers",
    "cs231n.classifiers.cnn": ".compat.cs231n.cnn",
    "cs231n.classifiers.fc_net": ".compat.cs231n.fc_net",
    "cs231n.classifiers.k_nearest_neighbor": ".compat.assignment1.k_nearest_neighbor",
    "cs231n.classifiers.linear_classifier": ".compat.assignment1.linear_classifier",
    "cs231n.classifiers.linear_svm": ".compat.assignment1.linear_svm",
    "cs231n.classifiers.neural_net": ".compat.assignment1.neural_net",
    "cs231n.classifiers.softmax": ".compat.assignment1.softmax",
    "cs231n.classifiers.squeezenet": ".squeezenet",
    "cs231n.image_utils": ".compat.cs231n.image_utils",
    "cs231n.layer_utils": ".compat.cs231n.layer_utils",
    "cs231n.layers": ".compat.cs231n.layers",
    "cs231n.net_visualization_pytorch": ".compat.cs231n.net_visualization",
    "cs231n.optim": ".compat.cs231n.optim",
} | {f"cs231n.{name}": meant for name, meant in _HELPERS.items()}

# The same in every course that has it, so that two courses can be installed side by side.
_UTILS = {"utils": ".compat.hw1.utils"}

#: Where torchvision is not installed.
TORCHVISION = {
    "torchvision": ".compat.torchvision",
    "torchvision.datasets": ".compat.torchvision.datasets",
    "torchvision.models": ".compat.torchvision.models",
    "torchvision.transforms": ".compat.torchvision.transforms",
}

_C147 = (
    _UTILS
    | {"cs231n": ".compat.package", "cs231n.optim": ".compat.cs231n.optim"}
    | {f"cs231n.{name}": meant for name, meant in _HELPERS.items()}
    | {f"utils.{name}": meant for name, meant in _HELPERS.items()}
    | {
        "cs231n.solver": ".compat.c147.solver",
        "utils.solver": ".compat.c147.solver",
        "utils.layer_utils": ".compat.c147.layer_utils",
        "utils.layers": ".compat.c147.layers",
        "utils.optim": ".compat.c147.optim",
        "nndl": ".compat.c147.package",
        "nndl.cnn": ".compat.c147.cnn",
        "nndl.conv_layer_utils": ".compat.c147.conv_layer_utils",
        "nndl.conv_layers": ".compat.c147.layers",
        "nndl.fc_net": ".compat.c147.fc_net",
        "nndl.knn": ".compat.c147.homework2.knn",
        "nndl.layer_tests": ".compat.c147.layer_tests",
        "nndl.layer_utils": ".compat.c147.layer_utils",
        "nndl.layers": ".compat.c147.layers",
        "nndl.neural_net": ".compat.c147.neural_net",
        "nndl.optim": ".compat.c147.optim",
        "nndl.softmax": ".compat.c147.homework2.softmax",
        "nndl.svm": ".compat.c147.homework2.svm",
    }
)

_HW1 = _UTILS | {"HW_YourAnswer": ".compat.hw1.answers"}

#: For each course that :func:`nndl.compat.install` knows: its module names, and the module of this library
#: that each means, relative to the library's package.
COURSES: Mapping[str, Mapping[str, str]] = {"c147": _C147, "cs231n": _CS231N, "hw1": _HW1}

#: The package or module in which a course's students write.
STUDENTS_PACKAGE = {"c147": "nndl", "cs231n": "cs231n", "hw1": "HW_YourAnswer"}

#: What of CS231n's package students write; all other modules are handed out.
_CS231N_STUDENTS = ("cs231n.classifiers", "cs231n.layers", "cs231n.layer_utils", "cs231n.optim")

#: Assignment 3, by the beginnings of its modules' names.
_ASSIGNMENT_3 = (
    "captioning",
    "clip",
    "coco",
    "ddpm",
    "emoji",
    "gan",
    "gaussian_diffusion",
    "rnn",
    "simclr",
    "style_transfer",
    "transformer",
    "unet",
)


def is_students(course: str, name: str) -> bool:
    """Return whether a module of a course is one that its students write."""
    if course == "cs231n":
        return name == "cs231n" or any(name == own or name.startswith(f"{own}.") for own in _CS231N_STUDENTS)
    root = STUDENTS_PACKAGE[course]
    return name == root or name.startswith(f"{root}.")


def is_of_assignment_3(name: str) -> bool:
    """Return whether ``name`` is a module of CS231n's assignment 3, which is not covered."""
    root, _, rest = name.partition(".")
    last = rest.removeprefix("classifiers.").split(".")[0]
    return root == "cs231n" and last.startswith(_ASSIGNMENT_3)
