"""What notebooks draw and print with."""

from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nndl.notebook_helpers import Screen, plot_training_history, print_mean_std, rel_error, show


@pytest.fixture(autouse=True)
def no_window():
    plt.switch_backend("Agg")
    yield
    plt.close("all")


def solver(*history):
    return SimpleNamespace(val_acc_history=list(history))


@pytest.mark.parametrize(
    ("labels", "legend"),
    [(None, ["with_norm", "with_norm", "baseline"]), ([5, 50], ["with_norm5", "with_norm50", "baseline5"])],
)
def test_curves(labels, legend):
    _, (_, second) = plt.subplots(2)
    ax = plot_training_history(
        "Accuracy",
        "Epoch",
        solver(0.1, 0.2),
        [solver(0.3, 0.4), solver(0.5, 0.6)],
        lambda solver: solver.val_acc_history,
        bl_marker="-o",
        labels=labels,
    )
    assert ax is second
    assert (ax.get_title(), ax.get_xlabel()) == ("Accuracy", "Epoch")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == legend
    np.testing.assert_array_equal(
        [line.get_ydata() for line in ax.lines], [[0.3, 0.4], [0.5, 0.6], [0.1, 0.2]]
    )
    assert [line.get_linestyle() for line in ax.lines] == ["None", "None", "-"]


def test_labels_that_do_not_match():
    with pytest.raises(ValueError, match="labels must have 1 entries, one for each solver, but has 2"):
        plot_training_history("", "", solver(1), [solver(1)], lambda s: s.val_acc_history, labels=[1, 2])


def test_printed_statistics(capsys):
    print_mean_std(np.array([[1.0, 4.0], [3.0, 4.0]]))
    assert capsys.readouterr().out == "  means: [2. 4.]\n  stds:  [1. 0.]\n\n"
    print_mean_std(np.array([[1.0, 4.0], [3.0, 4.0]]), axis=None)
    assert "means: 3.0" in capsys.readouterr().out
    print_mean_std(np.array([[[1.0], [2.0]], [[3.0], [4.0]]]), axis=2)
    assert capsys.readouterr().out.startswith("  means: [[1. 2.]\n          [3. 4.]]\n")


def test_relative_error_is_the_common_one():
    assert rel_error(np.array([1.0]), np.array([3.0])) == 0.5


@pytest.fixture
def front_end(monkeypatch):
    """Keep what is displayed, in the places where it stands."""
    places: list[Any] = []

    class Place:
        def __init__(self, number):
            self.number = number

        def update(self, what, metadata=None, raw=False):
            places[self.number] = (what, metadata)

    def display(what, metadata=None, raw=False, display_id=False):
        places.append((what, metadata))
        return Place(len(places) - 1)

    monkeypatch.setattr("IPython.display.display", display)
    return places


def test_a_figure_is_shown_with_its_words_and_closed(front_end):
    figure, _ = plt.subplots()
    show(figure, "A line from <left> to right.")
    (picture, metadata), (words, _) = front_end
    assert picture["image/png"].startswith(b"\x89PNG")
    assert 'alt="A line from &lt;left&gt; to right."' in picture["text/html"]
    assert metadata == {"image/png": {"alt": "A line from <left> to right."}}
    assert "A line from &lt;left&gt; to right." in words["text/html"]
    assert "A line from <left> to right." in words["text/plain"]
    assert not plt.get_fignums()


def test_the_next_figure_on_a_screen_takes_the_place_of_the_one_before(front_end):
    screen, figures = Screen(), [plt.figure() for _ in range(3)]
    for number, figure in enumerate(figures):
        screen.show(figure, f"Figure number {number}.")
    (picture, metadata), (words, _) = front_end
    assert 'alt="Figure number 2."' in picture["text/html"]
    assert metadata["image/png"]["alt"] == "Figure number 2."
    assert "number 2" in words["text/html"]
    assert "number 1" not in words["text/html"]
    assert not plt.get_fignums()
