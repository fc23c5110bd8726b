from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nndl.notebook_helpers import plot_training_history, print_mean_std, rel_error


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


def test_relative_error_is_the_common_one():
    assert rel_error(np.array([1.0]), np.array([3.0])) == 0.5
