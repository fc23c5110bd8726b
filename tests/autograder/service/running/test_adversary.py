"""Somebody who learns from 200 official results, and writes no code: what is shown does not help with fresh inputs."""

from __future__ import annotations

import random
import re

import pytest

from autograder.course.linear_classifier import MILESTONE
from autograder.grading import grade
from autograder.release.build import Release
from autograder.service.shown import result_of
from autograder.sources import Sources

HAND_INS = 200
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
FILE = "nndl/linear_classifier.py"
FUNCTIONS = tuple(MILESTONE.api)
FORMS = (
    "np.resize(numbers, np.shape(args[0]))",
    "np.resize(numbers, len(args[0]))",
    "numbers[0]",
    "np.resize(numbers, np.shape(args[-1]))",
    "args[0]",
    "args[0] * numbers[0]",
    "np.resize(numbers, (len(args[0]), np.shape(args[1])[-1] if np.ndim(args[1]) else 1))",
    "(np.resize(numbers, np.shape(args[1])), numbers[0], list(numbers))",
)
"""What the adversary tries as a value: what it was told, in the forms that may be asked for, and what came in."""


class Adversary:
    """Keeps every number that it is told, and hands in functions that give them back."""

    def __init__(self) -> None:
        self.random = random.Random(20261129)
        self.told: dict[str, tuple[float, ...]] = dict.fromkeys(FUNCTIONS, (0.0, 1.0))
        self.best: dict[str, str] = {}

    def code(self) -> str:
        lines = ["import numpy as np\n"]
        for name in FUNCTIONS:
            numbers = self.random.sample(self.told[name], min(12, len(self.told[name])))
            form = self.random.choice(FORMS)
            lines.append(f"\ndef {name}(*args, **kwargs):\n    numbers = {numbers}\n    return {form}\n")
        return "\n".join(lines)

    def learn(self, result: dict) -> None:
        for check in result["checks"]:
            said = f"{check['message'] or ''} {check['hint'] or ''}"
            found = [float(number) for number in NUMBER.findall(said)]
            for name in FUNCTIONS:
                if name in said or name in check["title"]:
                    known = (*self.told[name], *found)
                    self.told[name] = tuple(dict.fromkeys(number for number in known if abs(number) < 1e6))[
                        -400:
                    ]


@pytest.mark.slow
@pytest.mark.sandbox
def test_who_fits_the_replies_passes_nothing_on_a_fresh_seed(tmp_path):
    sources = Sources()
    milestone = sources.milestone("linear_classifier")
    release = Release.current(milestone, sources)
    folder = tmp_path / "eve" / milestone.name
    for name, data in release.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    adversary, passed = Adversary(), []
    for number in range(HAND_INS):
        (folder / FILE).write_text(adversary.code())
        settings = grade.Settings(milestone, seed=10**6 + number, data="offline")
        report = grade.grade_folder(folder, "eve", settings)
        assert report is not None
        assert report["verdict"] == "graded"
        result = result_of(report, {check["name"] for check in report["checks"]})
        assert " instead of " not in " ".join(check["message"] or "" for check in result["checks"])
        passed += [(number, check["name"]) for check in result["checks"] if check["points"]]
        adversary.learn(result)
    assert sum(len(told) for told in adversary.told.values()) > 100  # it did learn something
    assert passed == []
