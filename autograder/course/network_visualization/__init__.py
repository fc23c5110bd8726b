"""The milestone "Network visualization"."""

from autograder.milestone import Milestone, values

MILESTONE = Milestone(
    "network_visualization",
    "Network visualization",
    api=values("nndl.as_arrays.visualization", "saliency_maps", "fooling_image", "visualization_step"),
    libraries=("torch", "PIL", "tqdm"),
)
