"""The milestone "Network visualization"."""

from autograder.milestone import Milestone

MILESTONE = Milestone(
    "network_visualization",
    "Network visualization",
    api=dict.fromkeys(
        ("saliency_maps", "fooling_image", "visualization_step"), "nndl.as_arrays.visualization"
    ),
    libraries=("torch", "PIL", "tqdm"),
)
