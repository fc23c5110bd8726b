"""Pictures made of gradients of pixels: what is drawn, for whom, and the controls around it."""

from __future__ import annotations

import random

import numpy as np
import pytest
from matplotlib.figure import Figure

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl import net_visualization as nv  # noqa: E402
from nndl.explore.network_visualization import look_inside, pixels  # noqa: E402
from nndl.explore.network_visualization.pixels import Subject  # noqa: E402

pytestmark = pytest.mark.torch


def quarters():
    """Return a model whose class k asks for red in the k-th quarter of the image."""
    net = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(12, 4))
    with torch.no_grad():
        net[2].weight.copy_(torch.eye(12)[:4] - 0.1)
        net[2].bias.zero_()
    return net.requires_grad_(False).to(nv.device)


@pytest.fixture
def subject():
    images = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    names = {0: "upper left, the first of several synonyms", 1: "b", 2: "c", 3: "d"}
    return Subject(quarters(), images, np.array([2, 0, 1]), names, "the model of the test")


def texts(figure):
    found = [figure.get_suptitle()]
    for ax in figure.axes:
        found += [ax.get_title(), ax.get_ylabel(), *(text.get_text() for text in ax.texts)]
    return " | ".join(found)


def test_a_subject_knows_its_images_and_classes(subject):
    assert subject.size == 16
    assert subject.batch().shape == (3, 3, 16, 16)
    torch.testing.assert_close(subject.batch(2, 0), subject.batch()[[2, 0]])
    assert subject.scores(subject.batch(1)).shape == (1, 4)
    assert (subject.title(0), subject.title(7)) == ("upper left", "class 7")
    assert subject.title(0, 6) == "upper…"
    assert subject.settings() == {"size": 16, "learning_rate": 25 * 16 / 224, "max_jitter": 1}


def test_settings_at_full_size_are_the_defaults():
    big = Subject(quarters(), np.zeros((1, 224, 224, 3), np.uint8), np.array([0]), {}, "x")
    assert big.settings() == {"size": 224, "learning_rate": 25, "max_jitter": 16}


def test_a_class_picture_raises_the_score_and_disturbs_no_generator(subject):
    torch.manual_seed(5)
    random.seed(5)
    before = torch.get_rng_state().clone(), random.getstate()
    seen = []
    picture = pixels.class_picture(subject, 3, 20, lambda i, p: seen.append((i, p.size)))
    assert seen == [(i, (16, 16)) for i in range(1, 21)]
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert picture.tobytes() == pixels.class_picture(subject, 3, 20).tobytes()
    assert subject.scores(nv.preprocess(picture, size=16)).argmax() == 3
    plain = pixels.class_picture(subject, 3, 20, max_jitter=0, blur_every=10**6)
    assert picture.tobytes() != plain.tobytes()


def test_maps_are_drawn_below_their_images(subject):
    figure = pixels.saliency_figure(subject, (0, 2))
    assert "the model of the test" in figure.get_suptitle()
    assert [ax.get_title() for ax in figure.axes] == ["c", "b", "map: c", "map: b"]
    shown = figure.axes[2].images[0].get_array()
    want = nv.compute_saliency_maps(subject.batch(0), torch.tensor([2]), subject.model)[0]
    np.testing.assert_array_equal(shown, want.numpy())
    assert [ax.get_title() for ax in pixels.saliency_figure(subject, (0, 2), 3).axes[2:]] == ["map: d"] * 2


def test_a_fooling_image_is_drawn_with_its_difference(subject):
    original = subject.batch(0)
    fooled = original.clone()
    fooled[0, 0, 4, 5] += 0.5
    figure = pixels.fooling_figure(subject, original, fooled, 2, 3)
    near, far = (ax.images[0].get_array().astype(int) for ax in figure.axes[2:])
    changed = np.zeros((16, 16), dtype=bool)
    changed[4, 5] = True
    for panel in (near, far):
        np.testing.assert_array_equal((panel != panel[0, 0]).any(axis=2), changed)
    assert far[4, 5, 0] > near[4, 5, 0]
    assert "taken for d" in texts(figure)


def test_few_classes_are_all_offered_and_many_are_not(subject):
    assert pixels.offered_classes(subject) == [("b", 1), ("c", 2), ("d", 3), ("upper left", 0)]
    many = {i: f"class {i}" for i in range(1000)}
    imagenet = Subject(subject.model, subject.images, np.array([7, 76, 9]), many, "x")
    assert {number for _, number in pixels.offered_classes(imagenet)} == {7, 9, *pixels.GOOD_CLASSES}


def test_without_a_notebook_the_explorer_is_a_figure(subject):
    figure = look_inside.explore(subject, num_iterations=3)
    assert isinstance(figure, Figure)
    assert "image: c" in texts(figure)
    assert "picture: c" in texts(figure)


def test_the_explorer_waits_for_unwritten_code(subject, monkeypatch, capsys):
    def stub(*_):
        raise NotImplementedError("write class_visualization_update_step")

    monkeypatch.setattr(nv, "class_visualization_update_step", stub)
    assert look_inside.explore(subject) is None
    assert "write class_visualization_update_step" in capsys.readouterr().out


def test_controls_change_image_and_class_and_draw_on_demand(subject, notebook):
    shown, updates = notebook
    assert look_inside.explore(subject, num_iterations=3) is None
    (box, _), (bundle, settings), (words, _) = shown
    assert "image 0 (c)" in words.value
    assert "image 0 (c)" in settings["metadata"]["image/png"]["alt"]
    assert bundle["text/html"].count('class="turned"') + bundle["text/html"].count('class="on-light"') == 3
    image, target, row, message = box.children
    by_lot, button, bar, trouble = row.children
    target.value = 3
    before = updates[-1][0]["text/html"]
    assert "class d" in updates[-1][0]["text/plain"]
    button.click()
    assert bar.value == 3
    assert updates[-1][0]["text/html"] != before
    image.value = 1
    assert "image 1 (upper left)" in updates[-1][0]["text/plain"]
    assert "image 1 (" in words.value
    seen = len(updates)
    by_lot.click()
    assert target.value != 3
    assert len(updates) == seen + 1
    assert trouble.value == ""
    assert "looks for" in message.value


def test_a_class_by_lot_may_be_one_that_is_not_offered(subject, notebook, monkeypatch):
    shown, _ = notebook
    many = Subject(subject.model, subject.images, subject.labels, {i: f"class {i}" for i in range(1000)}, "x")
    look_inside.explore(many, num_iterations=1)
    _, target, row, _ = shown[0][0].children
    monkeypatch.setattr("random.choice", lambda numbers: 3)
    assert 3 not in dict(map(reversed, target.options))
    row.children[0].click()
    assert target.value == 3


def test_a_drawn_picture_is_shown_and_one_that_is_not_is_named(subject):
    scene = look_inside.scene(subject, {})
    look = scene.compute(index=0, target=3, drawn=0)
    assert "d: not drawn yet" in texts(scene.figure(look))
    drawn = look_inside.scene(subject, {3: pixels.class_picture(subject, 3, 2)})
    assert "picture: d" in texts(drawn.figure(drawn.compute(index=0, target=3, drawn=1)))


def test_errors_of_the_students_code_are_shown_not_raised(subject, notebook, monkeypatch):
    shown, _ = notebook
    look_inside.explore(subject, num_iterations=2)
    _, target, row, message = shown[0][0].children

    def broken(*_):
        raise ValueError("shapes <3> do not fit")

    monkeypatch.setattr(nv, "compute_saliency_maps", broken)
    target.value = 1
    assert message.value == "ValueError: shapes &lt;3&gt; do not fit"
    monkeypatch.setattr(nv, "class_visualization_update_step", broken)
    row.children[1].click()
    assert "ValueError" in row.children[3].value
