"""The notebook of the network visualization: its numbers by hand, and runs with both of its nets."""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from nndl import net_visualization as nv  # noqa: E402
from nndl.checking import CheckFailed  # noqa: E402
from nndl.checking import network_visualization as visible  # noqa: E402

from .notebooks import (  # noqa: E402
    assert_every_check_passes,
    assert_failures_name_the_task,
    assert_pictures_have_texts,
    cell,
    load,
    released,
    replace,
    run,
    text_of,
    unwritten_package,
)

pytestmark = pytest.mark.torch

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("NNDL_SHARED", ROOT.parent / "shared")) / "data"

# Small random pictures in place of the real ones. Reading them needs no file.
FAKE_IMAGES = """
def read_CIFAR10():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (400, 3, 32, 32), dtype=np.uint8), np.arange(400) % 10
    return X, y, X[:100], y[:100]


def load_class_names():
    return [f"kind {i}" for i in range(10)]

"""


@pytest.fixture
def notebook():
    return load("network_visualization")


def shrunken(notebook):
    """Return a copy that trains and draws for seconds."""
    nb = copy.deepcopy(notebook)
    train = cell(nb, "train_small")
    train.source = FAKE_IMAGES + train.source
    replace(
        nb,
        "train_small",
        ("(8000 if OFFLINE else 20_000), (3 if OFFLINE else 5), 1000", "128, 1, 64"),
        ("range(10)]", "range(10)]\n    chosen = list(range(10))"),
    )
    replace(nb, "class_picture", (", 100, watch", ", 4, watch"), ("(1, 25, 50, 75, 100)", "(1, 4)"))
    replace(nb, "class_gallery", ("class_picture(subject, c)", "class_picture(subject, c, 2)"))
    replace(nb, "regularizers", ("subject, PICTURE_CLASS, **options", "subject, PICTURE_CLASS, 2, **options"))
    replace(nb, "explorer", ("explore(subject)", "explore(subject, 2)"))
    replace(nb, "shortcut", ("STEPS = 10", "STEPS = 2"))
    return nb


# --- the numbers of the text ---------------------------------------------------------------------------------------


def test_saliency_by_hand():
    weights = np.array([[[1.0, -2.0]], [[-3.0, 0.0]], [[2.0, 1.0]]])
    model = visible.LinearModel([weights, np.zeros((3, 1, 2))])
    maps = nv.compute_saliency_maps(torch.rand(1, 3, 1, 2).double(), torch.tensor([0]), model)
    assert maps.tolist() == [[[3, 2]]]
    assert weights.max(axis=0).tolist() == [[2, 1]]  # without the absolute value


def test_fooling_by_hand():
    model = visible.LinearModel(np.array([[2.0, 1, 2], [1, 2, -2]]).reshape(2, 3, 1, 1))
    x = torch.tensor([1.0, 2, -1]).double().view(1, 3, 1, 1)
    told = [((1, 2, -1), (2, 7)), ((5 / 3, 7 / 3, -1 / 3), (5, 7)), ((7 / 3, 8 / 3, 1 / 3), (8, 7))]
    step = torch.tensor([2, 1, 2]).double().view(1, 3, 1, 1) / 3
    for i, (pixel, scores) in enumerate(told):
        image = x + i * step
        np.testing.assert_allclose(image.flatten(), pixel, atol=1e-12)
        np.testing.assert_allclose(model(image)[0], scores, atol=1e-12)
    np.testing.assert_allclose(nv.make_fooling_image(x, 0, model).flatten(), told[-1][0], atol=1e-12)


def test_class_visualization_by_hand():
    model = visible.LinearModel(np.array([[2.0, 1, 2], [1, 2, -2]]).reshape(2, 3, 1, 1))
    x = torch.tensor([0.0, 1, 2]).double().view(1, 3, 1, 1).requires_grad_()
    nv.class_visualization_update_step(x, model, 0, l2_reg=0.5, learning_rate=0.5)
    np.testing.assert_allclose(x.detach().flatten(), [0.5, 1, 2], atol=1e-12)


# --- visible checks --------------------------------------------------------------------------------------------------


def failure(name):
    try:
        getattr(visible, name)()
    except CheckFailed as failed:
        return " ".join(str(failed).split())
    finally:
        visible.progress.reset()
    return ""


def test_a_search_without_end_is_stopped_and_told(monkeypatch):
    def endless(X, target_y, model):
        x = X.clone()
        while model(x)[0].argmax() != target_y:
            x.requires_grad_()
            (g,) = torch.autograd.grad(model(x)[0, target_y], x)
            x = (x + g / g.norm()).detach()
        return x

    monkeypatch.setattr(nv, "make_fooling_image", lambda X, t, model: endless(X, t, model.eval()))
    assert failure("fooling_image") == ""
    assert "where does the loop end?" in failure("fooling_limit")


@pytest.mark.parametrize(
    "value", [None, 3, "maps", np.zeros((1, 1, 2)), torch.zeros(2), torch.zeros(1, 3, 1, 1)]
)
def test_any_returned_value_is_answered_with_a_sentence(monkeypatch, value):
    for name in ("compute_saliency_maps", "make_fooling_image", "class_visualization_update_step"):
        monkeypatch.setattr(nv, name, lambda *_: value)
    for name in visible.progress.checks:
        assert len(failure(name)) > 60, name


def test_a_new_image_instead_of_the_old_one_is_told(monkeypatch):
    monkeypatch.setattr(nv, "class_visualization_update_step", lambda img, *_: img.detach() + 1)
    assert "in place" in failure("visualization_step")


# --- the notebook as a whole -----------------------------------------------------------------------------------------


def test_release_lacks_the_answers_that_the_text_must_not_give(notebook):
    everything = "\n".join(c.source for c in released(notebook).cells)
    for giveaway in ("lost the *sign*", "fine-grained noise", "amax(dim=1)", "scores.sum()"):
        assert giveaway not in everything


def test_what_needs_a_net_is_skipped_at_grading(notebook):
    for c in notebook.cells:
        graded = c.metadata.get("nbgrader", {}).get("grade", False)
        if c.cell_type == "code" and re.search(r"\bsubject\b", c.source) and not graded:
            assert "skip-at-grading" in c.metadata.tags, c.id


def test_runs_from_top_to_bottom_with_the_small_net(notebook, tmp_path):
    nb = run(shrunken(notebook), tmp_path, NNDL_DATA="offline")
    assert_every_check_passes(nb, visible.progress.checks)
    assert "40 of 40 points in reach" in text_of(cell(nb, "progress_summary").outputs)
    assert_pictures_have_texts(nb)
    pictures = [o for c in nb.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(pictures) == 9
    named = [
        o.metadata["image/png"]["alt"] for o in pictures if "the small net" in o.metadata["image/png"]["alt"]
    ]
    assert len(named) >= 3
    assert all("SqueezeNet" not in o.metadata["image/png"]["alt"] for o in pictures)


@pytest.mark.slow
def test_untouched_notebook_names_every_task_in_a_few_lines(notebook, tmp_path):
    unwritten_package(tmp_path)
    nb = shrunken(released(notebook))
    run(nb, tmp_path, allow_errors=True, PYTHONPATH=str(tmp_path), NNDL_DATA="offline")
    where = {
        "saliency_maps": "compute_saliency_maps",
        "fooling_image": "make_fooling_image",
        "fooling_limit": "make_fooling_image",
        "visualization_step": "class_visualization_update_step",
        "visualization_in_place": "class_visualization_update_step",
    }
    assert_failures_name_the_task(nb, where)
    assert "0 of 5 checks pass, 0 of 40 points" in text_of(cell(nb, "progress_summary").outputs)
    assert "not written yet" in text_of(cell(nb, "explorer").outputs)


@pytest.mark.slow
def test_runs_on_the_drawn_images(notebook, tmp_path):
    nb = run(copy.deepcopy(notebook), tmp_path, timeout=1500, NNDL_DATA="offline")
    found = re.search(r"not trained on: ([\d.]+)", text_of(cell(nb, "train_small").outputs))
    assert float(found[1]) > 0.6
    assert "rank 1\n" in text_of(cell(nb, "class_picture").outputs)
    rises = dict(re.findall(r"'(\w+ the \w+)': (-?[\d.]+)", text_of(cell(nb, "shortcut").outputs)))
    assert float(rises["along the gradient"]) > 5 * abs(float(rises["along the map"]))
    assert float(rises["along the gradient"]) > 5 * abs(float(rises["against the map"]))


@pytest.mark.slow
@pytest.mark.data
def test_runs_with_squeezenet(notebook, tmp_path):
    if not all((SHARED / name).is_file() for name in ("squeezenet1_1.npz", "imagenet_val_25.npz")):
        pytest.skip("needs squeezenet1_1.npz and imagenet_val_25.npz in $NNDL_SHARED/data")
    nb = run(copy.deepcopy(notebook), tmp_path, timeout=1500, NNDL_DATA=str(SHARED))
    assert "SqueezeNet 1.1" in text_of(cell(nb, "load_squeezenet").outputs)
    assert "nothing to train" in text_of(cell(nb, "train_small").outputs)
    rank = re.search(r"tarantula.*rank (\d+)", text_of(cell(nb, "class_picture").outputs))
    assert int(rank[1]) <= 5
    assert_every_check_passes(nb, visible.progress.checks)
    assert_pictures_have_texts(nb)
