"""Right and wrong submissions of one milestone, to be graded."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np

from autograder.grading.grade import Settings
from autograder.judging import milestone_content
from autograder.proofs import simulated_class
from autograder.sources import Sources
from nndl.neural_net import TwoLayerNet

MILESTONE = "two_layer_net"
SETTINGS = Settings(Sources().milestone(MILESTONE), seed=5, data="offline")


def right_net():
    """Return a net that reads the class off the brightest block."""
    net = TwoLayerNet(3072, 50, 10)
    net.params = {name: np.zeros_like(value) for name, value in net.params.items()}
    for label in range(10):
        net.params["W1"][label, 300 * label : 300 * (label + 1)] = 1
        net.params["W2"][label, label] = 1
    return net


def hand_in(submitted, student, *names, net=True):
    folder = submitted / student / MILESTONE
    milestone = Sources().milestone(MILESTONE)
    mistakes = tuple(bug.edited for bug in milestone_content.bugs(milestone) if bug.name in names)
    member = simulated_class.Member("", mistakes, net=None)
    simulated_class.hand_in(folder, milestone, member, {})
    if net:
        right_net().save(folder / "best_net.npz")
    return folder


def threads(jobs: int) -> Executor:
    return ThreadPoolExecutor(jobs)
