"""What the notebook of neural network modules is run with, and what it must show."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode

from ..lesson import Lesson, printed


def lesson_shows(nb: NotebookNode, folder: Path, images: str) -> None:
    assert "6 of 6 points" in printed(nb, "trained_net")


LESSON = Lesson(
    tasks={
        "relu": "ReLU",
        "sigmoid": "Sigmoid",
        "affine": "Affine",
        "output_layer": "OutputLayer",
        "initial_params": "__init__",
        "scores": "predict",
        "loss": "loss",
        "accuracy": "accuracy",
        "gradients": "gradient",
        "numerical_gradient": "numerical_gradient",
        "update_params": "update_params",
        "trained_net": "trained_net.npz",
    },
    images="""
x_train, x_val = (np.random.normal(0, 0.2, (n, 3072)).astype(np.float32) for n in (2000, 200))
y_train, y_val = (np.random.randint(0, 10, n) for n in (2000, 200))
t_train, t_val = (np.eye(10)[y] for y in (y_train, y_val))
x_test, t_test, class_names = x_val, t_val, [f"class {i}" for i in range(10)]
""",
    shorter={
        "training": (("128, 2000", "16, 200"),),
        "compare_gradients": (("FEATURES = 3072", "FEATURES = 60"),),
    },
    own_labels=("trained_net", "check.trained_net(x_val, np.eye(10)[net.predict(x_val).argmax(axis=1)])"),
    answers=("val_acc.append", "net.update_params("),
    stored=("trained_net.npz",),
    unwritten="nn_modules",
    slow=("solved",),
    lesson=lesson_shows,
)
