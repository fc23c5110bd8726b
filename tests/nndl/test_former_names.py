"""Until version 0.3: what was handed in before version 0.2 finds the modules by the names that they had then."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import numpy as np
import pytest

import nndl
from nndl import optim

LIBRARY = Path(nndl.__file__).parent
ROOT = Path(__file__).resolve().parents[2]

# module → what the files with student work, and the notebooks, took from it
NAMES = {
    "_descent": "check_linear check_one_hot selectors start",
    "_fc_options": "agreed float_dtype keep_ratio normalization_kind",
    "_progress": "progress_bar",
    "_storage": "load_arrays save_arrays",
    "_update_rules": "UPDATE_RULES Config get_rule in_blocks prepare register",
    "_validate": "check_array check_choice check_dict check_integer check_key check_labels check_number",
    "fast_optim": "fused_adam",
}
TORCH = {
    "_torch": "USE_GPU device dtype functional nn torch",
    "torch_data": "NUM_TRAIN cifar10_loaders default_loaders make_loaders",
    "torch_storage": "load_model save_convnet save_model",
    "torch_training": "check_accuracy_part2 check_accuracy_part34 print_every train_part2 train_part34",
    "torch_weights": "random_weight zero_weight",
    "explore.autograd": "explore",
    "explore.look_inside": "explore",
    "explore.pixels": "Subject class_picture draw_rows fooling_figure saliency_figure",
}
EXPLORERS = {
    "explore.convolution": "explore",
    "explore.dropout": "explore",
    "explore.linear": "explore",
    "explore.long_training": "WatchedSolver",
    "explore.modules": "explore",
    "explore.normalization": "explore",
    "explore.one_batch": "explore",
    "explore.optimizers": "explore",
    "explore.receptive_field": "explore",
    "explore.signals": "explore",
    "explore.training": "LiveSolver",
    "explore.two_layer": "explore",
}


@pytest.mark.parametrize("name", [*NAMES, *EXPLORERS])
def test_every_import_is_still_answered(name):
    module = importlib.import_module(f"nndl.{name}")
    missing = [part for part in (NAMES | EXPLORERS)[name].split() if not hasattr(module, part)]
    assert not missing


@pytest.mark.torch
@pytest.mark.parametrize("name", TORCH)
def test_every_import_of_the_pytorch_side_is_still_answered(name):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    module = importlib.import_module(f"nndl.{name}")
    missing = [part for part in TORCH[name].split() if not hasattr(module, part)]
    assert not missing


def test_a_rule_that_was_handed_in_joins_the_others():
    former = importlib.import_module("nndl._update_rules")

    @former.register
    @former.in_blocks("velocity")
    def handed_in(w, dw, config=None):
        config = former.prepare(w, dw, config, ("velocity",), learning_rate=0.5)
        return w - config["learning_rate"] * dw, config

    try:
        assert optim.get_rule("handed_in") is handed_in
        np.testing.assert_array_equal(handed_in(np.ones(3), np.ones(3))[0], np.full(3, 0.5))
    finally:
        del optim.UPDATE_RULES["handed_in"]


def imported(file):
    """Yield every module of the library, by its full name, that a file imports or might import."""
    parts = file.relative_to(LIBRARY).with_suffix("").parts if file.is_relative_to(LIBRARY) else ()
    package = ".".join(("nndl", *parts)[:-1]) if parts else ""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_nothing_of_ours_uses_a_former_name():
    folders = (LIBRARY, *(ROOT / name for name in ("assignments", "autograder", "benchmarks", "tools")))
    files = [path for folder in folders for path in folder.rglob("*.py") if "_former_names" not in path.parts]
    assert len(files) > 100
    former = {f"nndl.{name}" for name in (NAMES | TORCH | EXPLORERS) if name != "explore.dropout"}
    used = {f"{path}: {name}" for path in files for name in imported(path) if name in former}
    assert not used
