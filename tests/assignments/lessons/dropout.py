"""What the notebook of dropout is run with, and what it must show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbformat import NotebookNode

from ..lesson import Lesson, printed
from ..notebooks import cell


def small_shows(nb: NotebookNode, folder: Path) -> None:
    hand = printed(nb, "by_hand_forward") + printed(nb, "by_hand_backward")
    assert "[[ 8.  0. 12.  2.]]" in hand
    assert "[[ 2.  0. -2.  6.]]" in hand
    means = printed(nb, "means").splitlines()[1:]
    for line, dropped in zip(means, (0.75, 0.6, 0.3), strict=True):
        _, mean, in_training, at_test, zeros, none = map(float, line.split())
        assert mean == at_test == pytest.approx(10, abs=1e-3)
        assert in_training == pytest.approx(10, abs=0.1)
        assert zeros == pytest.approx(dropped, abs=2e-3)
        assert none == 0
    losses = re.findall(r"loss (\S+), relative", printed(nb, "compare_gradients"))
    assert losses == ["2.3005", "2.3024", "2.3043"]


def lesson_shows(nb: NotebookNode, folder: Path, images: str) -> None:
    """On new images, a large net that has seen few is better with dropout, beyond its error bar; a small one is not."""
    rows = [line.split() for line in printed(nb, "curves").splitlines()]
    table = {row[0]: [float(value) for value in row[1:]] for row in rows if row and row[0] in ("1", "0.5")}
    first, training, *_ = zip(table["1"], table["0.5"], strict=True)
    assert first[1] > first[0]
    assert min(training) > 0.95
    pattern = r"(few|many) images.*dropout ([+-][\d.]+) ± ([\d.]+) points"
    found = {
        name: (float(mean), float(error))
        for name, mean, error in re.findall(pattern, printed(nb, "by_chance"))
    }
    mean, error = found["few"]
    assert mean > max(1.0, 2 * error)
    assert found["many"][0] < 1.0
    *_, crowd = (
        o.metadata["image/png"]["alt"]
        for o in cell(nb, "crowd_figure").outputs
        if "image/png" in o.get("data", {})
    )
    one, fifty, whole = map(float, re.findall(r"0\.\d{3}", crowd))
    assert one < fifty
    assert abs(fifty - whole) < 0.03


LESSON = Lesson(
    tasks=dict.fromkeys(("forward_train", "forward_test", "seeds"), "dropout_forward")
    | {"backward": "dropout_backward", "net_gradients": "_drop_out_backward"}
    | dict.fromkeys(("net_scores", "net_loss"), "_drop_out"),
    images="""
data = {f"X_{part}": np.random.randn(n, 3, 32, 32).astype(np.float32) for part, n in (("train", 60), ("val", 40))}
data |= {f"y_{part}": np.random.randint(0, 10, n) for part, n in (("train", 60), ("val", 40))}


def first(count):
    return data | {name: data[name][:count] for name in ("X_train", "y_train")}
""",
    shorter={
        "training": (("FEW = 40, 500, 1000", "FEW = 2, 20, 60"), ('"batch_size": 100', '"batch_size": 20')),
    },
    unwritten="dropout",
    slow=("solved", "untouched"),
    small_shows=small_shows,
    lesson=lesson_shows,
)
