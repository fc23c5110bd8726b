"""What the notebook of network visualization is run with, and what it must show."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from ..lesson import Lesson, printed


def small_shows(nb: NotebookNode, folder: Path) -> None:
    pictures = [o for c in nb.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(pictures) == 9
    texts = [o.metadata["image/png"]["alt"] for o in pictures]
    assert sum("the small net" in text for text in texts) >= 3
    assert all("SqueezeNet" not in text for text in texts)


def untouched_shows(nb: NotebookNode, folder: Path) -> None:
    assert "not written yet" in printed(nb, "explorer")


def lesson_shows(nb: NotebookNode, folder: Path, images: str) -> None:
    if images != "offline":
        assert "SqueezeNet 1.1" in printed(nb, "load_squeezenet")
        assert "nothing to train" in printed(nb, "train_small")
        (rank,) = re.findall(r"tarantula.*rank (\d+)", printed(nb, "class_picture"))
        assert int(rank) <= 5
        return
    (found,) = re.findall(r"not trained on: ([\d.]+)", printed(nb, "train_small"))
    assert float(found) > 0.6
    assert "rank 1\n" in printed(nb, "class_picture")
    rises = {
        name: abs(float(rise))
        for name, rise in re.findall(r"'(\w+ the \w+)': (-?[\d.]+)", printed(nb, "shortcut"))
    }
    assert rises["along the gradient"] > 5 * rises["along the map"]
    assert rises["along the gradient"] > 5 * rises["against the map"]


LESSON = Lesson(
    tasks={
        "saliency_maps": "compute_saliency_maps",
        "fooling_image": "make_fooling_image",
        "fooling_limit": "make_fooling_image",
        "visualization_step": "class_visualization_update_step",
        "visualization_in_place": "class_visualization_update_step",
    },
    loads="train_small",
    loads_only=False,  # it trains a net on them, too
    images="""
def read_CIFAR10():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (400, 3, 32, 32), dtype=np.uint8), np.arange(400) % 10
    return X, y, X[:100], y[:100]


def load_class_names():
    return [f"kind {i}" for i in range(10)]

""",
    shorter={
        "train_small": (
            ("(8000 if OFFLINE else 20_000), (3 if OFFLINE else 5), 1000", "128, 1, 64"),
            ("range(10)]", "range(10)]\n    chosen = list(range(10))"),
        ),
        "class_picture": ((", 100, watch", ", 4, watch"), ("(1, 25, 50, 75, 100)", "(1, 4)")),
        "class_gallery": (("class_picture(subject, c)", "class_picture(subject, c, 2)"),),
        "regularizers": (("subject, PICTURE_CLASS, **options", "subject, PICTURE_CLASS, 2, **options"),),
        "explorer": (("explore(subject)", "explore(subject, 2)"),),
        "shortcut": (("STEPS = 10", "STEPS = 2"),),
    },
    answers=("lost the *sign*", "difference is fine noise", "amax(dim=1)", "scores.sum()"),
    slow=("untouched",),
    small_shows=small_shows,
    untouched_shows=untouched_shows,
    lesson=lesson_shows,
)
