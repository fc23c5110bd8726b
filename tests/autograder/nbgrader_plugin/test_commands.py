"""The commands an instructor types, on the real course: generate, autograde, feedback, export."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
NEURAL_NET = "nndl/neural_net.py"
NOTEBOOK = "two_layer_net.ipynb"
pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]


class Commands:
    """A copy of the course in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copy(REPOSITORY / "nbgrader_config.py", root)
        folders = shutil.ignore_patterns(".ipynb_checkpoints")
        shutil.copytree(REPOSITORY / "assignments", root / "assignments", ignore=folders)

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run ``nbgrader`` as a shell without an activated environment would."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("NBGRADER", "JUPYTER"))}
        environment |= {"NNDL_DATA": "offline", "PATH": "/usr/bin:/bin", "HOME": str(self.root)}
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == status, done.stdout[-3000:] + done.stderr[-6000:]
        return done.stdout + done.stderr

    def submit(self, student: str) -> Path:
        folder = self.root / "submitted" / student / "two_layer_net"
        shutil.copytree(self.root / "release" / "two_layer_net", folder)
        return folder

    def scores(self) -> dict[str, dict[str, str]]:
        with open(self.root / "scores.csv", newline="", encoding="utf-8") as file:
            return {row["student_id"]: row for row in csv.DictReader(file)}


@pytest.fixture
def commands(tmp_path):
    return Commands(tmp_path)


def test_the_whole_way_from_source_to_scores(commands):
    commands.run("generate_assignment", "two_layer_net")
    solved = (REPOSITORY / "source_lib" / NEURAL_NET).read_text()
    right = commands.submit("right")
    (right / NEURAL_NET).write_text(solved)
    hostile = commands.submit("hostile")
    (hostile / NEURAL_NET).write_text(ATTACK)
    (hostile / "best_net.npz").symlink_to("/etc/passwd")
    os.mkfifo(hostile / "timestamp.txt")

    commands.run("autograde", "two_layer_net", status=3)  # a link was not read
    commands.run("generate_feedback", "two_layer_net")
    commands.run("export", "--ScoresExporter.checks=True")

    scores = commands.scores()
    assert scores["right"]["gradients"] == "8"
    assert scores["right"]["scores"] == "4"
    assert scores["right"]["best_net"] == "0"
    assert (scores["hostile"]["score"], scores["hostile"]["total"]) == ("0", "0")
    for student in ("right", "hostile"):
        html = (commands.root / "feedback" / student / "two_layer_net" / "two_layer_net.html").read_text()
        assert "best_net.npz" in html
        assert "root:x:" not in html
    feedback = {p.name for p in (commands.root / "feedback").rglob("*") if p.is_file()}
    assert feedback == {"two_layer_net.html", "neural_net.py"}


ATTACK = """
import builtins, os, sys, atexit
import numpy as np
np.allclose = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
sys.displayhook = lambda value: print("8")
builtins.AssertionError = type("AssertionError", (Exception,), {})
print("score: 8")


class Everything(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, *args, **kwargs):
        return Everything(1.0)

    def predict(self, *args):
        return Everything(1.0)

    def train(self, *args, **kwargs):
        os._exit(0)
"""
