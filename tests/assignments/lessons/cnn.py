"""What the notebook of convolutional nets is run with, and what it must show."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from ..lesson import Lesson, printed
from ..notebooks import cell


def small_shows(nb: NotebookNode, folder: Path) -> None:
    told = [float(n) for n in re.findall(r"relative difference ([\d.e+-]+)", printed(nb, "race"))]
    assert len(told) == 4
    assert max(told) < 1e-8


def untouched_shows(nb: NotebookNode, folder: Path) -> None:
    (drawn,) = (o for o in cell(nb, "explorer_convolution").outputs if "image/png" in o.get("metadata", {}))
    assert "Step 18 of 49" in drawn.metadata["image/png"]["alt"]


def lesson_shows(nb: NotebookNode, folder: Path, images: str) -> None:
    last, kept = re.findall(r"training accuracy .*: +([\d.]+)", printed(nb, "after_by_heart"))
    assert float(last) >= 0.9
    assert float(kept) <= float(last)
    assert "3 of 3 points" in printed(nb, "trained_convnet")


LESSON = Lesson(
    tasks={
        f"{layer}_{way}": f"{layer}_{way}_naive"
        for layer in ("conv", "max_pool")
        for way in ("forward", "backward")
    }
    | {
        f"{norm}_{way}": f"{norm}_{way}"
        for norm in ("spatial_batchnorm", "spatial_groupnorm")
        for way in ("forward", "backward")
    }
    | {"initial_params": "__init__", "trained_convnet": "best_convnet.npz"}
    | dict.fromkeys(("convnet_scores", "convnet_loss", "convnet_gradients"), "`ThreeLayerConvNet`"),
    images="""
data = {}
for part, rows in (("train", 300), ("val", 50), ("test", 50)):
    data["X_" + part] = np.random.normal(0, 60, (rows, 3, 32, 32)).astype(np.float32)
    data["y_" + part] = np.random.randint(0, 10, rows)
""",
    shorter={
        "race": (("IMAGES = 100", "IMAGES = 3"),),
        "by_heart": (("20 if OFFLINE else 15", "2"),),
        "one_epoch": (("(500, 49_000, 1e-3)", "(20, 300, 1e-2)"), ("goal=0.4", "goal=0.4, every=2")),
    },
    own_labels=(
        "trained_convnet",
        'check.trained_convnet(data["X_val"], net.loss(data["X_val"]).argmax(axis=1))',
    ),
    stored=("best_convnet.npz",),
    unwritten="cnn",
    slow=("untouched",),
    small_shows=small_shows,
    untouched_shows=untouched_shows,
    lesson=lesson_shows,
)
