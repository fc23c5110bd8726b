"""The milestones of this course, a room each: what it is, its checks, its named bugs and its alternatives."""

MILESTONES = (
    "linear_classifier",
    "nn_modules",
    "two_layer_net",
    "fc_net",
    "batchnorm",
    "dropout",
    "cnn",
    "pytorch",
    "network_visualization",
)
"""The rooms in teaching order."""
