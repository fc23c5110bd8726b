"""What the notebooks of existing courses take from their course's package: names and keywords, from `names.json`.

Facts only; each row of the file is a notebook in the years in which these are the same. The field
`through_star_imports` lists what a notebook uses and neither imports by name nor defines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: A course's name in the file → in `nndl.compat.install`.
STYLES = {"CS231n": "cs231n", "C147": "c147", "hw1": "hw1"}

NEEDS_TORCH = ("cs231n.image_utils", "cs231n.net_visualization_pytorch")

# Values for the keywords, and what comes before them in a call.
_VALUES = {
    "batch_size": "2",
    "checkpoint_name": "'checkpoint'",
    "config": "{'learning_rate': 1e-3}",
    "data": "DATA",
    "dims": "[3, 4]",
    "dropout": "0.5",
    "dropout_keep_ratio": "0.5",
    "dtype": "np.float64",
    "filter_size": "3",
    "h": "1e-5",
    "hidden_dim": "5",
    "hidden_dims": "5",
    "hidden_size": "5",
    "input_dim": "4",
    "input_size": "4",
    "lr_decay": "0.9",
    "model": "MODEL",
    "nbin": "5",
    "normalization": "'batchnorm'",
    "num_classes": "3",
    "num_epochs": "1",
    "num_filters": "2",
    "num_train_samples": "2",
    "num_val_samples": "2",
    "optim_config": "{'learning_rate': 1e-3}",
    "output_size": "3",
    "padding": "2",
    "print_every": "1",
    "reg": "0.1",
    "regularization": "0.1",
    "seed": "1",
    "std": "0.1",
    "update_rule": "'sgd_momentum'",
    "use_batchnorm": "True",
    "verbose": "False",
    "weight_scale": "1e-2",
}
_BEFORE = {
    "FullyConnectedNet": "[5]",
    "Solver": "MODEL, DATA",
    "adam": "np.ones(2), np.ones(2)",
    "color_histogram_hsv": "255 * np.random.rand(8, 8, 3)",
    "eval_numerical_gradient": "lambda x: float((x**2).sum()), np.ones(2)",
    "extract_features": "np.ones((2, 8, 8, 3)), [np.ravel]",
    "rmsprop": "np.ones(2), np.ones(2)",
    "sgd_momentum": "np.ones(2), np.ones(2)",
    "sgd_nesterov_momentum": "np.ones(2), np.ones(2)",
    "visualize_grid": "np.ones((2, 4, 4, 3))",
}
# Where a keyword means another thing in one class.
_OWN_VALUES = {
    ("FullyConnectedNet", "hidden_dims"): "[5]",
    ("ThreeLayerConvNet", "input_dim"): "(3, 8, 8)",
}
#: What is only looked at: it needs data or a trained model.
NOT_CALLED = {"blur_image", "deprocess", "load_imagenet_val"}


@dataclass(frozen=True)
class Notebook:
    """One notebook of one year."""

    course: str
    year: int
    name: str
    imports: dict[str, list[str]]
    through_star_imports: list[str]
    keywords: dict[str, list[str]]

    def __str__(self) -> str:
        return f"{self.course}-{self.year}-{self.name}"

    @property
    def style(self) -> str:
        return STYLES[self.course]

    @property
    def needs_torch(self) -> bool:
        return any(module in NEEDS_TORCH for module in self.imports)

    @property
    def install(self) -> str:
        """The line in front of the notebook."""
        year = f", year={self.year}" if self.style == "cs231n" else ""
        return f"import nndl.compat; nndl.compat.install({self.style!r}{year})"

    @property
    def cell(self) -> str:
        """A cell that imports as the notebook does, touches every name and calls what can be called."""
        # all notebooks but the homework's import NumPy themselves
        lines = [] if self.style == "hw1" else ["import numpy as np"]
        for module, names in self.imports.items():
            lines += [f"from {module} import {name}" for name in names] or [f"import {module}"]
        lines += self.names
        for function, keywords in self.keywords.items():
            if function not in NOT_CALLED:
                lines.append(_call(function, keywords))
        return "\n".join(lines) + "\n"

    @property
    def names(self) -> list[str]:
        explicit = [name for names in self.imports.values() for name in names if name != "*"]
        return sorted({*explicit, *self.through_star_imports})


def _call(function: str, keywords: list[str]) -> str:
    before = "" if {"model", "hidden_dims"} & set(keywords) else _BEFORE.get(function, "")
    if (
        function == "TwoLayerNet" and "std" in keywords
    ):  # some of the three sizes are given without their names
        sizes = {"input_size": "4", "hidden_size": "5", "output_size": "3"}
        before = ", ".join(value for name, value in sizes.items() if name not in keywords)
    values = [f"{name}={_OWN_VALUES.get((function, name), _VALUES[name])}" for name in keywords]
    call = f"{function}({', '.join([before] * bool(before) + values)})"
    return f"{call}.train()" if function == "Solver" else call


def load_notebooks() -> Iterator[Notebook]:
    """Yield every notebook of the file."""
    rows: list[dict[str, Any]] = json.loads(Path(__file__).with_name("names.json").read_text())
    for row in rows:
        for year in row["years"]:
            yield Notebook(
                row["course"],
                year,
                row["notebook"],
                row["imports"],
                row["through_star_imports"],
                row["keywords"],
            )
