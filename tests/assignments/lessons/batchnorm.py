"""What the notebook of batch and layer normalization is run with, and what it must show."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from ..lesson import Lesson, printed
from ..notebooks import assert_pictures_have_texts, cell


def small_shows(nb: NotebookNode, folder: Path) -> None:
    assert "gradient of b1 0.0e+00" not in printed(nb, "bias_gradient").splitlines()[0]


def untouched_shows(nb: NotebookNode, folder: Path) -> None:
    assert "shows the net without normalization" in printed(nb, "explorer_depth")
    assert_pictures_have_texts(nb)


def lesson_shows(nb: NotebookNode, folder: Path, images: str) -> None:
    """Require the order of the curves that the text and the questions speak of."""
    deep, scales, batches = (
        "".join(o.text for o in cell(nb, name).outputs if o.get("name") == "stdout")
        for name in ("deep_net", "weight_scales", "batch_sizes")
    )
    pattern = r"^(\w+) *: training accuracy ([\d.]+) after 3 epochs, ([\d.]+) at the end"
    runs = {name: (float(third), float(end)) for name, third, end in re.findall(pattern, deep, re.M)}
    assert runs["batchnorm"][0] > runs["none"][0] + 0.05
    assert runs["batchnorm"][1] > runs["none"][1]

    pattern = r"^(\w+) *: best training accuracy ([\d.]+) at the worst scale.*largest scale ([\d.e+]+)"
    ends = {name: (float(worst), float(loss)) for name, worst, loss in re.findall(pattern, scales, re.M)}
    assert ends["batchnorm"][0] > 0.20
    assert ends["none"][0] < 0.25
    assert ends["none"][1] > 10

    pattern = r"^(\w+) +(\d+) rows: best training accuracy ([\d.]+)"
    best = {(name, int(rows)): float(value) for name, rows, value in re.findall(pattern, batches, re.M)}
    assert len(best) == 7
    gaps = {kind: best[kind, 50] - best[kind, 5] for kind in ("batchnorm", "layernorm")}
    assert gaps["batchnorm"] > 0.2
    assert gaps["layernorm"] < gaps["batchnorm"] - 0.1
    assert best["batchnorm", 5] < best["none", 5]


LESSON = Lesson(
    tasks={
        "batchnorm_train": "training branch of `batchnorm_forward`",
        "running_statistics": "batchnorm_forward",
        "batchnorm_test": "test branch of `batchnorm_forward`",
        "batchnorm_backward": "batchnorm_backward",
        "batchnorm_backward_alt": "batchnorm_backward_alt",
        "layernorm_forward": "layernorm_forward",
        "layernorm_backward": "layernorm_backward",
        "norm_params": "__init__",
        "batchnorm_net": "_normalize",
        "layernorm_net": "_normalize",
        "net_gradients": "_normalize_backward",
    },
    images="""
data = {f"X_{part}": np.random.randn(100, 3, 32, 32).astype(np.float32) for part in ("train", "val")}
data |= {f"y_{part}": np.random.randint(0, 10, 100) for part in ("train", "val")}
""",
    shorter={
        "train": (("EPOCHS = 10", "EPOCHS = 3"),),
        "weight_scales": (("np.logspace(-4, 0, 20)", "np.logspace(-4, 0, 2)"),),
    },
    unwritten="batchnorm",
    slow=("untouched",),
    small_shows=small_shows,
    untouched_shows=untouched_shows,
    lesson=lesson_shows,
)
