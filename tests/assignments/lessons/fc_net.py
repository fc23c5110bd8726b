"""What the notebook of fully connected nets is run with, and what it must show."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from ..lesson import Lesson, printed
from ..notebooks import cell


def small_shows(nb: NotebookNode, folder: Path) -> None:
    assert "w = 0.8559" in printed(nb, "by_hand_rules")


def lesson_shows(nb: NotebookNode, folder: Path, images: str) -> None:
    for name in ("three_layers", "five_layers"):
        assert "learned by heart" in printed(nb, name), name
    final = dict(re.findall(r"(\w+) +final training accuracy ([\d.]+)", printed(nb, "compare_rules")))
    assert min(float(final["sgd_momentum"]), float(final["adam"])) > float(final["sgd"])
    (told,) = (
        o.metadata["image/png"]["alt"]
        for o in cell(nb, "scale_sweep").outputs
        if "metadata" in o and o.metadata
    )
    three, five = (
        [float(v) for v in re.findall(r"\d\.\d\d", part)] for part in told.split(". ", 1)[1].split("; ")
    )
    assert sum(v > 0.9 for v in three) > sum(v > 0.9 for v in five) > 0
    (found, *_) = re.findall(r"net: ([\d.]+)", printed(nb, "two_layer_training"))
    assert float(found) >= 0.4
    assert "5 of 5 points" in printed(nb, "best_fc_net")


LESSON = Lesson(
    tasks={
        name: name
        for name in (
            "affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss", "svm_loss",
            "sgd_momentum", "rmsprop", "adam",
        )
    }
    | dict.fromkeys(("two_layer_start", "deep_start"), "__init__")
    | {"float32_layers": "nndl/layers", "best_fc_net": "best_fc_net.npz"}
    | dict.fromkeys(("two_layer_loss", "two_layer_gradients"), "`TwoLayerNet`")
    | dict.fromkeys(("deep_loss", "deep_gradients"), "`FullyConnectedNet`"),
    images="""
data = {}
for part, rows in (("train", 400), ("val", 60), ("test", 60)):
    data["X_" + part] = np.random.normal(0, 60, (rows, 3, 32, 32)).astype(np.float32)
    data["y_" + part] = np.random.randint(0, 10, rows)
class_names, OFFLINE = [f"class {i}" for i in range(10)], True


def first(count):
    return data | {name: data[name][:count] for name in ("X_train", "y_train")}
""",
    shorter={
        "scale_sweep": (("np.logspace(-2.5, -0.5, 9)", "np.logspace(-2.5, -0.5, 2)"),),
        "search": (("HIDDEN, REG = [300, 150]", "HIDDEN, REG = [20, 15]"),),
    },
    own_labels=(
        "best_fc_net",
        'check.best_fc_net(data["X_val"], best_net.loss(data["X_val"]).argmax(axis=1))',
    ),
    answers=("5e-2, 5e-3", "0.0018889", "HIDDEN, REG"),
    stored=("best_fc_net.npz",),
    unwritten="fc_net",
    slow=("untouched",),
    small_shows=small_shows,
    lesson=lesson_shows,
    minutes=60,
)  # fmt: skip
