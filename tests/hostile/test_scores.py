"""The same attacks as submissions: graded to the end, no points, and the next student's points untouched."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.grading.grade import Settings, grade_folder
from autograder.sources import Sources

MILESTONE = Sources().milestone("two_layer_net")

pytestmark = pytest.mark.sandbox

ATTACKS = Path(__file__).parent / "attacks"
REFERENCE = Path(__file__).resolve().parents[2] / "source_lib" / "nndl" / "neural_net.py"

QUICK = {"answer_from_thread", "loop", "patch_worker"}
"""In the quick tests all attacks are played against the library (`test_attacks`), and these to their score."""
NAMES = [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
    for name in sorted(path.stem for path in ATTACKS.glob("[!_]*.py"))
]


def grade_source(folder: Path, source: str) -> dict:
    package = folder / "nndl"
    package.mkdir(parents=True)
    (package / "neural_net.py").write_text(source)
    report = grade_folder(
        folder,
        "student",
        Settings(MILESTONE, seed=7, data="offline", total_wall=1.5),
    )
    assert report is not None
    return report


@pytest.fixture(scope="module")
def honest(sandboxed, tmp_path_factory):
    """The points of the reference, handed in as a submission without a stored net."""
    folder = tmp_path_factory.mktemp("honest")
    source = REFERENCE.read_text()

    def score(name: str) -> float:
        package = folder / name / "nndl"
        package.mkdir(parents=True)
        (package / "neural_net.py").write_text(source)
        report = grade_folder(folder / name, "student", Settings(MILESTONE, seed=7, data="offline"))
        assert report is not None
        assert report["verdict"] == "graded", report
        return report["score"]

    before = score("before")
    assert before > 0
    yield before
    assert score("after") == before


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_scores_nothing(honest, tmp_path, name):
    report = grade_source(tmp_path / "submission", (ATTACKS / f"{name}.py").read_text())
    assert report["verdict"] == "graded", report["reason"]
    assert report["score"] == 0
    assert all(entry["verdict"] == "failed" for entry in report["checks"])


@pytest.mark.parametrize(
    "turn", [9, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, *range(1, 38, 4)))]
)
def test_junk_is_wrong_and_not_ungradable(honest, tmp_path, turn):
    source = (ATTACKS / "wrong_types.py").read_text()
    source += f"\n\nfor _ in range({turn}):\n    next(JUNK)\n"
    report = grade_source(tmp_path / "submission", source)
    assert report["verdict"] == "graded", report["reason"]
    assert report["score"] == 0


def test_printing_and_writing_a_score_changes_nothing(honest, tmp_path):
    source = (
        "import json, sys\n"
        "for name in ('report.json', 'score', 'gradebook.db'):\n"
        "    with open(name, 'w') as file:\n"
        "        json.dump({'verdict': 'graded', 'score': 40.0}, file)\n"
        "print('score: 40.0'); print('score: 40.0', file=sys.stderr); sys.displayhook(40.0)\n"
        "class TwoLayerNet:\n"
        "    def __init__(self, *a, **k): pass\n"
    )
    report = grade_source(tmp_path / "submission", source)
    assert (report["verdict"], report["score"]) == ("graded", 0)
