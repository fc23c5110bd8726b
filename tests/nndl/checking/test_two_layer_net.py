"""Visible checks of one milestone: the reference passes, mistakes fail, and a few lines say what is wrong."""

from __future__ import annotations

import re
import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nndl import neural_net
from nndl.checking import CheckFailed
from nndl.checking import two_layer_net as check
from nndl.neural_net import TwoLayerNet

SCREEN = 24  # lines
FENCE = re.compile(r"^( *)### BEGIN SOLUTION.*?### END SOLUTION\n", re.DOTALL | re.MULTILINE)
FAST = ("scores", "prediction", "loss", "gradients", "training_step", "training_history")


@pytest.fixture(autouse=True)
def _fresh():
    check.progress.reset()
    yield
    check.progress.reset()


def net_class(**methods):
    """Return TwoLayerNet with some methods replaced."""
    return type("TwoLayerNet", (TwoLayerNet,), methods)


@pytest.fixture
def use(monkeypatch):
    """Let the checks see another class, as they do when a student has edited the file."""

    def replace(**methods):
        monkeypatch.setattr(neural_net, "TwoLayerNet", net_class(**methods))

    return replace


def failure(name, *args):
    with pytest.raises(CheckFailed) as caught:
        getattr(check, name)(*args)
    lines = caught.value._render_traceback_()
    assert len(lines) <= SCREEN
    assert all(len(line) <= 120 for line in lines)
    assert str(caught.value) == "\n".join(lines)
    # Lines may be wrapped anywhere between words; compare without the layout.
    return " ".join(str(caught.value).split())


def stubbed():
    """Compile neural_net.py as a student first finds it, under its own file name."""
    path = Path(neural_net.__file__)
    source = FENCE.sub(r'\1raise NotImplementedError("not yet")\n', path.read_text(encoding="utf-8"))
    assert "BEGIN SOLUTION" not in source
    module = types.ModuleType("nndl.neural_net")
    module.__file__ = str(path)
    module.__package__ = "nndl"
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


# The reference


def test_reference_passes_everything(capsys):
    for name in FAST:
        getattr(check, name)()
    printed = capsys.readouterr().out
    assert printed.count("✓") == len(FAST)
    assert "6 of 7 checks pass, 28 of 40 points in reach; next: best_net" in printed


def test_checks_and_points_are_those_of_the_milestone():
    points = {name: c.points for name, c in check.progress.checks.items()}
    assert points == {
        "scores": 4,
        "prediction": 4,
        "loss": 4,
        "gradients": 8,
        "training_step": 4,
        "training_history": 4,
        "best_net": 12,
    }


def test_random_stream_of_the_notebook_is_left_alone():
    np.random.seed(3)
    want = np.random.rand()
    np.random.seed(3)
    check.training_history()
    assert np.random.rand() == want


def test_random_stream_is_restored_after_a_failure(use):
    use(predict=lambda self, X: 1 / 0)
    np.random.seed(3)
    want = np.random.rand()
    np.random.seed(3)
    failure("prediction")
    assert np.random.rand() == want


# Nothing written yet


@pytest.mark.parametrize(
    ("name", "function"),
    [("scores", "_forward"), ("training_step", "_draw_batch")],
)
def test_stub_is_named(monkeypatch, name, function):
    monkeypatch.setattr(check, "neural_net", stubbed())
    text = failure(name)
    assert "not written yet" in text
    assert re.search(rf"`TwoLayerNet\.{function}` in nndl[/\\]neural_net\.py, line \d+", text)


@pytest.mark.parametrize("name", ["prediction", "loss", "gradients", "training_history", "best_net"])
def test_check_waits_for_what_it_needs(monkeypatch, name):
    monkeypatch.setattr(check, "neural_net", stubbed())
    args = (np.zeros((2, 3072)), np.zeros(2, int)) if name == "best_net" else ()
    text = failure(name, *args)
    assert f"– {name} waits" in text
    assert "it needs `scores`" in text


def test_prerequisite_is_looked_at_afresh(use, monkeypatch):
    check.scores()
    monkeypatch.setattr(check, "neural_net", stubbed())
    assert "it needs `scores`" in failure("loss")
    monkeypatch.undo()
    check.loss()


# Mistakes


def mean_left_out(self, scores, y, reg):
    loss, p = TwoLayerNet._softmax_loss(self, scores, y, 0.0)
    penalty = TwoLayerNet._softmax_loss(self, scores, y, reg)[0] - loss
    return loss * len(y) + penalty, p


def penalty_not_halved(self, scores, y, reg):
    return TwoLayerNet._softmax_loss(self, scores, y, 2 * reg)


def naive_softmax(self, scores, y, reg):
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    penalty = (
        TwoLayerNet._softmax_loss(self, scores, y, reg)[0] - TwoLayerNet._softmax_loss(self, scores, y, 0)[0]
    )
    return float(-np.log(p[np.arange(len(y)), y]).mean() + penalty), p


def changed_gradient(**changes):
    def gradients(self, X, y, hidden, probabilities, reg):
        grads = TwoLayerNet._gradients(self, X, y, hidden, probabilities, reg)
        return {name: changes.get(name, lambda g: g)(g) for name, g in grads.items()}

    return gradients


def open_gate(self, X, y, hidden, probabilities, reg):
    """Let the gradient through at exactly zero."""
    if hidden.any():
        return TwoLayerNet._gradients(self, X, y, hidden, probabilities, reg)
    d = (probabilities - np.eye(probabilities.shape[1])[y]) / len(y)
    grads = TwoLayerNet._gradients(self, X, y, hidden, probabilities, reg)
    return {**grads, "b1": (d @ self.params["W2"]).sum(axis=0)}


def without_replacement(self, X, y, batch_size):
    rows = np.random.permutation(len(X))[:batch_size]
    return X[rows], y[rows]


def labels_of_other_rows(self, X, y, batch_size):
    n = min(len(X), batch_size)
    return X[np.random.choice(len(X), n)], y[np.random.choice(len(X), n)]


def uphill(self, grads, rate):
    for name, g in grads.items():
        self.params[name] = self.params[name] + rate * g


def no_bias_step(self, grads, rate):
    for name in ("W1", "W2"):
        self.params[name] = self.params[name] - rate * grads[name]


def modifies_params(self, X):
    self.params["W1"] *= 1.0001
    return TwoLayerNet._forward(self, X)


MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "no ReLU": ("scores", {"_forward": lambda s, X: (s._linear(X), None)}, "scores"),
    "no output bias": ("scores", {"_forward": lambda s, X: _no_bias(s, X)}, "must equal b2"),
    "transposed": ("scores", {"_forward": lambda s, X: _transposed(s, X)}, "transposed"),
    "nothing returned": ("scores", {"loss": lambda s, X, y=None, reg=0.0: None}, "return statement missing"),
    "params modified": ("scores", {"_forward": modifies_params}, "W1 is not the same after the call"),
    "argmin": ("prediction", {"predict": lambda s, X: s.loss(X).argmin(axis=1)}, "the prediction is wrong"),
    "argmax of a column": ("prediction", {"predict": lambda s, X: s.loss(X).argmax(axis=0)}, "shape"),
    "float labels": ("prediction", {"predict": lambda s, X: s.loss(X).argmax(axis=1) * 1.0}, "integers"),
    "sum, not mean": ("loss", {"_softmax_loss": mean_left_out}, "mean over the batch"),
    "penalty not halved": ("loss", {"_softmax_loss": penalty_not_halved}, "the penalty is"),
    "overflow": ("loss", {"_softmax_loss": naive_softmax}, "NaN"),
    "loss only": ("loss", {"_softmax_loss": lambda s, *a: TwoLayerNet._softmax_loss(s, *a)[0]}, "two values"),
    "N times": ("gradients", {"_gradients": changed_gradient(b2=lambda g: 5 * g)}, "N = 5 times too large"),
    "sign": ("gradients", {"_gradients": changed_gradient(W1=lambda g: -g)}, "wrong sign"),
    "shape": ("gradients", {"_gradients": changed_gradient(W2=lambda g: g.T)}, "transposed"),
    "gate open at 0": ("gradients", {"_gradients": open_gate}, "exactly 0"),
    "key missing": ("gradients", {"_gradients": lambda s, *a: {"W1": 1}}, "must have the keys"),
    "no replacement": ("training_step", {"_draw_batch": without_replacement}, "with replacement"),
    "other labels": ("training_step", {"_draw_batch": labels_of_other_rows}, "draw nothing else"),
    "uphill": ("training_step", {"_update": uphill}, "uphill"),
    "biases forgotten": ("training_step", {"_update": no_bias_step}, "the change of b1 in one step is 0"),
}


def _transposed(net, X):
    scores, hidden = TwoLayerNet._forward(net, X)
    return scores.T, hidden


def _no_bias(net, X):
    scores, hidden = TwoLayerNet._forward(net, X)
    return scores - net.params["b2"], hidden


def _linear(net, X):
    return (X @ net.params["W1"].T + net.params["b1"]) @ net.params["W2"].T + net.params["b2"]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_explained(use, mistake):
    name, methods, expected = MISTAKES[mistake]
    use(**methods, _linear=_linear)
    text = failure(name)
    assert f"✗ {name} does not pass yet" in text
    assert expected in text
    assert check.progress.outcomes[name].credit == 0


def test_gradients_tell_what_is_right_already(use):
    use(_gradients=changed_gradient(W1=lambda g: -g, b1=lambda g: -g))
    assert "right already: W2, b2" in failure("gradients")


def test_history_tells_where_it_goes_astray(use, monkeypatch):
    # Every part passes its own check here, but training uses another step.
    def train(self, *args, learning_rate, **kwargs):
        return TwoLayerNet.train(self, *args, **kwargs, learning_rate=learning_rate / 2)  # type: ignore[misc]

    use(train=train)
    text = failure("training_history")
    assert "the loss of the last step" in text
    assert "the first is right" in text


def test_exception_shows_type_message_and_the_students_line(use):
    def _forward(self, X):
        return X @ self.params["W1"], None

    use(_forward=_forward)
    text = failure("scores")
    assert "ValueError: a product with @ cannot be made of lengths 4 and 10" in text
    assert "test_two_layer_net.py, line" in text
    assert 'return X @ self.params["W1"], None' in text
    assert "Traceback" not in text


def test_huge_messages_are_cut(use):
    def _forward(self, X):
        raise RuntimeError("x" * 100_000 + "\n" * 500)

    use(_forward=_forward)
    assert len(failure("scores")) < 3000


def test_warning_of_a_passing_check_is_told(use, capsys):
    def predict(self, X):
        warnings.warn("strange", RuntimeWarning, stacklevel=1)
        return TwoLayerNet.predict(self, X)

    use(predict=predict)
    check.prediction()
    assert "a warning on the way: strange" in capsys.readouterr().out


# The stored net


def stored_net(folder, accuracy, rows=1000, hidden=50):
    """Store a net that is right on exactly this share of the returned images."""
    path = folder / "best_net.npz"
    net = TwoLayerNet(10, hidden, 10)
    net.params["W1"][:], net.params["W2"][:] = 0, 0
    net.params["W1"][:10], net.params["W2"][:, :10] = np.eye(10), np.eye(10)
    net.save(path)
    y = np.arange(rows) % 10
    X = np.eye(10)[y]
    wrong = rows - round(accuracy * rows)
    y[:wrong] = (y[:wrong] + 1) % 10
    return X, y, path


@pytest.mark.parametrize(("accuracy", "points"), [(0.39, 6), (0.459, 12 * 17 / 22), (0.5, 12), (0.8, 12)])
def test_best_net_earns_by_accuracy(tmp_path, capsys, accuracy, points):
    check.best_net(*stored_net(tmp_path, accuracy))
    assert check.progress.points()[0] == pytest.approx(points)
    printed = capsys.readouterr().out
    assert f"{100 * accuracy:.1f} %" in printed
    assert ("passes in part" in printed) == (points < 12)


def test_best_net_below_the_rule_fails(tmp_path):
    assert "right on 28.0 %" in failure("best_net", *stored_net(tmp_path, 0.28))


def test_best_net_needs_its_file_and_its_size(tmp_path):
    X, y, path = stored_net(tmp_path, 1.0, hidden=60)
    assert "50 hidden units" in failure("best_net", X, y, path)
    assert "there is no file" in failure("best_net", X, y, tmp_path / "other.npz")
    path.write_bytes(b"no archive")
    assert "✗ best_net" in failure("best_net", X, y, path)


def test_overview_shows_every_state(tmp_path, monkeypatch):
    check.scores()
    check.best_net(*stored_net(tmp_path, 0.39))
    monkeypatch.setattr(check, "neural_net", stubbed())
    failure("training_step")
    failure("loss")
    text, page = str(check.progress), check.progress._repr_html_()
    for word in ("passes", "passes in part", "not written yet", "waits", "not run yet"):
        assert word in text
        assert word in page
    assert "next: prediction" in text
