"""What the notebook of PyTorch is run with, and what it must show."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from ..lesson import Lesson, printed
from ..notebooks import assert_every_check_passes

TRAININGS = ("barebones_training", "module_training", "sequential_training", "open_net")


def small_shows(nb: NotebookNode, folder: Path) -> None:
    for name in TRAININGS:
        assert "images: " in printed(nb, name)
    assert printed(nb, "twins_figure").count("the same net") == 2
    assert "NOT the same" not in printed(nb, "twins_figure")
    assert "gradients 2.5 and 2.0" in printed(nb, "by_hand_autograd")
    for name in ("conv1.weight", "conv2.bias", "fc.weight"):
        assert name in printed(nb, "print_graph")
    assert "torch.compile was not tried" in printed(nb, "compile_and_gpu")


def untouched_shows(nb: NotebookNode, folder: Path) -> None:
    """What comes beyond the tasks works without them, as far as it needs none of them."""
    assert "the same net" in printed(nb, "twins_figure")


def lesson_shows(nb: NotebookNode, folder: Path, images: str) -> None:
    assert_every_check_passes(nb, LESSON.tasks)
    if images == "offline":
        pattern = r"^(\w+ \w+(?: \w+)?) +first loss .* end (\d\.\d+)$"
        ends = {name: float(end) for name, end in re.findall(pattern, printed(nb, "six_trainings"), re.M)}
        assert ends["IV ConvNet"] > ends["III ConvNet"]
        assert ends["IV ConvNet"] > ends["IV fully connected"]


LESSON = Lesson(
    tasks={
        "barebones_convnet": "three_layer_convnet",
        "barebones_params": "three_layer_convnet_params",
        "barebones_training": "barebones_convnet",
        "module_params": "__init__",
        "module_convnet": "ThreeLayerConvNet",
        "module_optimizer": "module_optimizer",
        "module_training": "module_convnet",
        "sequential_convnet": "sequential_convnet",
        "sequential_optimizer": "sequential_optimizer",
        "sequential_training": "sequential_convnet",
        "open_ended_net": "open_ended_net",
        "open_net": "open_net.npz",
    },
    # class k is bright in rows 3k to 3k + 2: everything learns them in a few steps
    images="""
OFFLINE = True
random = np.random.default_rng(0)
y_all = random.integers(10, size=1100)
X_all = random.integers(0, 60, (1100, 3, 32, 32)).astype(np.uint8)
for image, k in zip(X_all, y_all):
    image[:, 3 * k : 3 * k + 3] = 255
X_all, X_test, y_all, y_test = X_all[:1000], X_all[1000:], y_all[:1000], y_all[1000:]
loader_train, loader_val, loader_test = pt.make_loaders((X_all, y_all, X_test, y_test), num_train=800)
HIDDEN, CHANNEL_1, CHANNEL_2, OPEN_EPOCHS, CHECK_EVERY = 30, 3, 2, 3, 100
""",
    shorter={
        "look_at_images": (("per_class=8", "per_class=2"), ("load_class_names()", "list('abcdefghij')")),
    },
    in_part=TRAININGS,
    stored=("barebones_convnet.npz", "module_convnet.npz", "sequential_convnet.npz", "open_net.npz"),
    unwritten="pytorch",
    slow=("solved", "untouched"),
    small_shows=small_shows,
    untouched_shows=untouched_shows,
    lesson=lesson_shows,
    minutes=120,
)
