"""The checks of the modules are strong (every named bug is caught and named) and fair (other right code passes)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autograder.course.nn_modules.checks_by_own_forward import comes_through_the_net, draw_net
from autograder.judging import hidden_images, milestone_content
from autograder.judging.check import Draw
from autograder.judging.hidden_images import HiddenImages
from autograder.proofs import strength
from autograder.sources import Sources
from nndl import data_utils

from .proofs import failed, hand_in, of_values, returning, too_few_bugs

MILESTONE = Sources().milestone("nn_modules")
BUGS = milestone_content.bugs(MILESTONE)
METHODS = {
    "OutputLayer.forward": ("loss_summed", "loss_averaged_over_classes", "softmax_twice", "loss_without_constant"),
    "OutputLayer.backward": tuple(b.name for b in BUGS if b.name.startswith("output_gradient")),
    "ReLU.forward": ("relu_leaks", "relu_is_absolute_value", "relu_keeps_the_negative", "relu_returns_mask"),
    "ReLU.backward": tuple(b.name for b in BUGS if b.name.startswith("relu_gradient")),
    "Sigmoid.forward": ("sigmoid_mirrored", "sigmoid_is_tanh", "sigmoid_overflows", "sigmoid_as_softmax"),
    "Sigmoid.backward": tuple(b.name for b in BUGS if b.name.startswith("sigmoid_gradient")),
    "Affine.forward": tuple(b.name for b in BUGS if b.name.startswith("affine_")),
    "Affine.backward": tuple(b.name for b in BUGS if b.name.startswith(("dW", "db", "dx"))),
    "TwoLayerNet.__init__": ("weight_scale_ignored", "uniform_weights", "zero_weights", "no_relu_between"),
    "TwoLayerNet.predict": ("stale_parameters", "last_layer_forgotten", "predict_returns_labels",
                            "predict_returns_probabilities"),
    "TwoLayerNet.loss": tuple(b.name for b in BUGS if b.name.startswith("penalty_")),
    "TwoLayerNet.accuracy": tuple(b.name for b in BUGS if b.name.startswith("accuracy_")),
    "TwoLayerNet.gradient": ("gradient_without_penalty", "gradient_penalty_doubled", "gradients_not_stored",
                             "backward_starts_with_ones"),
    "TwoLayerNet.numerical_gradient": tuple(b.name for b in BUGS if b.name.startswith("difference")),
    "TwoLayerNet.update_params": ("gradient_ascent", "step_ignores_learning_rate", "biases_not_updated",
                                  "step_on_a_copy"),
}  # fmt: skip

SEEDS = (1, pytest.param(2, marks=pytest.mark.slow))


def grade(library, seed=1, **options):
    return strength.grade_in_process(library, MILESTONE, seed, **options)


def edited(name, edits):
    return strength.edited(MILESTONE, name, "modules.py", *edits)


def test_every_method_has_four_named_mistakes_or_more():
    assert too_few_bugs(METHODS, BUGS) == []


def test_unknown_mistake_gets_a_diagnosis_instead_of_a_wrong_name():
    results = grade(edited("fifth", (("return data_loss + 0.5", "return data_loss / 5 + 0.5"),)))
    assert results["loss"].bugs == []
    assert "the loss without penalty" in results["loss"].message


OWN_LOSS = "        return cross_entropy_loss(self.probabilities, t)\n"
OWN_GRADIENT = "        return dout * (self.probabilities - self.target) / self.probabilities.shape[0]\n"
JACOBIANS = """\
        p, t = self.probabilities, self.target
        found = np.array([np.diag(row) for row in p]) - np.einsum("ij,ik->ijk", p, p)
        return dout * np.einsum("ij,ijk->ik", -t / (p + 1e-9), found) / len(p)
"""


@pytest.mark.parametrize(
    ("name", "edits", "lost"),
    [
        (
            "another_number",
            [(OWN_LOSS, "        return -np.sum(t * np.log(self.probabilities + 1e-6)) / len(t)\n")],
            {"large scores"},
        ),
        (
            "another_number_both_ways",
            [
                (OWN_LOSS, "        return -np.sum(t * np.log(self.probabilities + 1e-6)) / len(t)\n"),
                (
                    OWN_GRADIENT,
                    "        right = (self.probabilities * self.target).sum(axis=1, keepdims=True)\n"
                    + OWN_GRADIENT.rstrip()
                    + " * right / (right + 1e-6)\n",
                ),
            ],
            {"large scores"},
        ),
        (
            "summed_both_ways",
            [
                (OWN_LOSS, OWN_LOSS.rstrip() + " * len(t)\n"),
                (OWN_GRADIENT, OWN_GRADIENT.replace(" / self.probabilities.shape[0]", "")),
            ],
            {"forward", "large scores"},
        ),
        (
            "a_number_on_the_way_back",
            [(OWN_GRADIENT, JACOBIANS.replace("1e-9", "1e-6"))],
            {"large scores"},
        ),
        ("nothing_follows", [(OWN_GRADIENT, OWN_GRADIENT.replace("dout * ", ""))], {"upstream gradient"}),
        ("jacobians", [(OWN_GRADIENT, JACOBIANS)], {"large scores"}),
    ],
)
def test_the_output_layer_loses_only_what_is_wrong(name, edits, lost):
    result = grade(edited(name, edits), only={"output_layer"}, name_bugs=False)["output_layer"]
    assert {part for part, credit in result.credits.items() if credit < 1} == lost


def test_a_net_that_keeps_its_first_arrays_loses_its_scores_alone():
    """Also where its loss has no penalty that would move with params."""
    edits = [
        ("        self._hand_over_params()\n", ""),
        ("return data_loss + 0.5 * self.regularization * squares", "return data_loss"),
    ]
    results = grade(edited("first_arrays", edits), name_bugs=False)
    assert results["numerical_gradient"].verdict == "passed", results["numerical_gradient"].message
    assert results["scores"].verdict == "failed"


def test_part_of_the_gradients_earns_part_of_the_points():
    edits = (("self.db = dout.sum(axis=0)", "self.db = 3 * dout.sum(axis=0)"),)
    results = grade(edited("wrong_b1", edits), name_bugs=False)
    assert of_values(results["affine"]) == {"output": 1, "dx": 1, "dW": 1, "db": 0}
    assert results["affine"].score == pytest.approx(3.2)
    assert failed(results) == {"affine"}  # the net is judged with the course's layer
    assert "with the course's own Affine" in results["gradients"].message


def test_one_mistake_in_the_scores_does_not_cost_loss_accuracy_differences_and_step():
    results = grade(
        edited("halved", (("return x @ self.W + self.b", "return x @ self.W + self.b / 2"),)), name_bugs=False
    )
    assert failed(results) == {"affine"}


FIRST_LINES = {
    "predict": "        self._hand_over_params()\n        for",
    "loss": "        data_loss = self.output_layer",
    "accuracy": "        return float(np.mean(",
    "numerical_gradient": "        return {\n",
}


def in_method(name, body):
    """Return an edit that lets a method of the net begin with these lines."""
    return FIRST_LINES[name], body + FIRST_LINES[name]


MADE_UP_LOSSES = {
    "counts": (
        "self.__dict__.__setitem__('q', self.__dict__.get('q', 0.0) + 1) or self.q",
        "-0.5 / 1e-5",
    ),
    "overflows": (
        "1.7e308 * float(np.sign(self.params['W1'].sum() - self.__dict__.setdefault('q', 0.0)))",
        "7.0",
    ),
    "alternates_between_extremes": (
        "self.__dict__.__setitem__('q', -self.__dict__.get('q', -1.7e308)) or self.q",
        "7.0",
    ),
    "constant_up_to_rounding": ("2.0 + 1e-15 * float(np.sign(self.params['W1'].sum()))", "0.0"),
}


@pytest.mark.parametrize("name", MADE_UP_LOSSES)
def test_made_up_losses_earn_nothing_for_their_differences(name):
    value, difference = MADE_UP_LOSSES[name]
    body = f"        return {{k: np.full_like(v, {difference}) for k, v in self.params.items()}}\n"
    library = edited(
        f"loss_{name}",
        (in_method("loss", f"        return {value}\n"), in_method("numerical_gradient", body)),
    )
    result = grade(library, name_bugs=False)["numerical_gradient"]
    assert (result.verdict, result.score) == ("failed", 0)


def test_scores_that_are_the_same_for_every_row_earn_nothing_for_loss_and_accuracy():
    edits = (
        in_method("predict", "        return np.zeros((len(x), self.params['b2'].size))\n"),
        in_method("loss", "        return float(np.log(t.shape[1]) - 1e-9 * t.shape[1])\n"),
        in_method("accuracy", "        return float(t[:, 0].mean())\n"),
    )
    results = grade(edited("same_scores", edits), name_bugs=False)
    assert results["loss"].credits["data loss"] == 0
    assert results["accuracy"].score == 0


FIRST_LINES["gradient"] = "        self.loss(x, t)\n        dout"
MEAN = "return cross_entropy_loss(self.probabilities, t)"
DATA_LOSS = "data_loss = self.output_layer.forward(self.predict(x), t)"
DSCORES = "dout = self.output_layer.backward()"
PENALTY_TERM = "affine.dW + self.regularization * affine.W"
ANOTHER_LOSS = {
    "summed": ((DATA_LOSS, f"{DATA_LOSS} * len(t)"), (DSCORES, "dout = self.output_layer.backward(len(t))")),
    "squared_error": (
        (
            DATA_LOSS,
            "self.scores = self.predict(x)\n        data_loss = 0.5 * np.sum((self.scores - t) ** 2) / len(t)",
        ),
        (DSCORES, "dout = (self.scores - t) / len(t)"),
    ),
    "whole_penalty": (
        ("data_loss + 0.5 * self.regularization", "data_loss + self.regularization"),
        (PENALTY_TERM, "affine.dW + 2 * self.regularization * affine.W"),
    ),
    "penalty_on_biases": (
        (
            'self.params[name] ** 2)) for name in ("W1", "W2"))',
            "self.params[name] ** 2)) for name in self.params)",
        ),
        ('grads[f"b{i}"] = affine.db', 'grads[f"b{i}"] = affine.db + self.regularization * affine.b'),
    ),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ANOTHER_LOSS)
def test_the_gradient_of_another_loss_costs_the_points_of_the_loss_alone(name, seed):
    results = grade(edited(f"consistent_{name}", ANOTHER_LOSS[name]), seed, name_bugs=False)
    assert failed(results) == {"loss"}
    part = "penalty" if "penalty" in name else "data loss"
    assert of_values(results["loss"]) == {"data loss": 1, "penalty": 1} | {part: 0}


@pytest.mark.parametrize("name", ANOTHER_LOSS)
def test_a_gradient_that_does_not_go_with_the_other_loss_costs_its_own_points(name):
    loss_only = grade(edited(f"half_{name}", ANOTHER_LOSS[name][:1]), name_bugs=False)
    gradient_only = grade(edited(f"other_half_{name}", ANOTHER_LOSS[name][1:]), name_bugs=False)
    if name != "squared_error":  # its gradient needs the scores that its loss has kept
        assert failed(gradient_only) == {"gradients"}
    assert failed(loss_only) == {"loss"}


@pytest.mark.parametrize("loss", [(), ((MEAN, f"{MEAN} * 2"),)], ids=["right_loss", "doubled_loss"])
def test_differences_are_no_backpropagation_whatever_loss_they_are_of(loss, monkeypatch):
    # Without the case that they are too slow for: nothing limits the time of code in this process.
    checks = milestone_content.checks(MILESTONE)
    small = [replace(c, cases=c.cases[:-1]) if c.name == "gradients" else c for c in checks]
    monkeypatch.setattr(milestone_content, "checks", lambda milestone: small)
    body = "        self.grads = self.numerical_gradient(x, t)\n        return self.grads\n"
    results = grade(edited("differences", (in_method("gradient", body), *loss)), name_bugs=False)
    assert results["gradients"].score == 0


LOSS_WITHOUT_A_NET = {
    "sum": ("sum(float(p.sum()) for p in self.params.values())", "np.ones_like(v)"),
    "half_squares": ("0.5 * sum(float((p**2).sum()) for p in self.params.values())", "v.copy()"),
    "squares_times_data": (
        "float(x.sum() + t[:, 0].sum()) * sum(float((p**2).sum()) for p in self.params.values())",
        "2 * (x.sum() + t[:, 0].sum()) * v",
    ),
}


@pytest.mark.parametrize("name", LOSS_WITHOUT_A_NET)
def test_a_loss_that_leaves_the_net_out_earns_nothing_for_its_gradients(name):
    loss, gradient = LOSS_WITHOUT_A_NET[name]
    grads = f"{{k: {gradient} for k, v in self.params.items()}}"
    edits = (
        in_method("loss", f"        return {loss}\n"),
        in_method("gradient", f"        self.grads = {grads}\n        return self.grads\n"),
        in_method("numerical_gradient", f"        return {grads}\n"),
    )
    results = grade(edited(f"without_a_net_{name}", edits), name_bugs=False)
    assert failed(results) == {"loss", "gradients", "numerical_gradient"}
    assert [results[check].score for check in ("loss", "gradients", "numerical_gradient")] == [0, 0, 0]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "body",
    ["raise ValueError('no')", "raise NotImplementedError('predict')", "return None", "return np.zeros((len(x), 3))",
     "return np.full((len(x), self.params['b2'].size), np.nan)", "return x", "return -x @ self.params['W1']"],
)  # fmt: skip
def test_a_wrong_predict_costs_the_scores_alone(body, seed):
    results = grade(edited("no_predict", (in_method("predict", f"        {body}\n"),)), seed, name_bugs=False)
    assert failed(results) == {"scores"}


def test_what_builds_on_a_wrong_predict_is_still_judged():
    wrong = {
        "loss": ("return data_loss + 0.5", "return data_loss + 1"),
        "accuracy": ("np.argmax(self.predict(x), axis=1)", "np.argmin(self.predict(x), axis=1)"),
        "gradients": ('grads[f"b{i}"] = affine.db', 'grads[f"b{i}"] = 0 * affine.db'),
        "numerical_gradient": ("eval_numerical_gradient(lambda", "3 * eval_numerical_gradient(lambda"),
        "update_params": ("-= learning_rate * grad", "-= grad"),
    }
    crash = in_method("predict", "        raise ValueError('no')\n")
    for check, edit in wrong.items():
        results = grade(edited(f"crash_and_{check}", (crash, edit)), name_bugs=False)
        assert failed(results) == {"scores", check}


def test_every_row_that_is_drawn_has_units_on_and_units_off():
    for seed in range(20):
        params, x = draw_net(Draw(seed, "rows"), 12, 3, 5, 10)
        on = x @ params["W1"] + params["b1"] > 0
        assert (on.any(axis=1) & ~on.all(axis=1)).all()


@pytest.mark.parametrize("draws", range(3))
def test_only_gradients_of_the_scores_come_through_the_net(draws):
    params, x = draw_net(draw := Draw(draws, "through"), 3, 4, 9, 3)
    hidden = np.maximum(0, x @ params["W1"] + params["b1"])
    dscores = draw.normal(3, 3)
    dhidden = (dscores @ params["W2"].T) * (hidden > 0)
    grads = {
        "W1": x.T @ dhidden,
        "b1": dhidden.sum(axis=0),
        "W2": hidden.T @ dscores,
        "b2": dscores.sum(axis=0),
    }
    assert comes_through_the_net(grads, params, x)
    assert comes_through_the_net({name: g + 0.3 * params[name] for name, g in grads.items()}, params, x)
    assert not comes_through_the_net(params, params, x)
    for name in grads:
        wrong = grads[name] * (1 + 1e-9 * draw.normal(*grads[name].shape))
        assert not comes_through_the_net({**grads, name: wrong}, params, x)


GARBAGE = (
    "None", "1", "'text'", "(1, 2, 3)", "[]", "{}", "np.nan", "np.zeros(0)", "True", "np.zeros((3, 3, 3))",
    "{k: None for k in ('W1', 'b1', 'W2', 'b2')}", "{k: np.zeros(2) for k in ('W1', 'b1', 'W2', 'b2')}",
    "{k: np.full((4, 6), np.inf) for k in ('W1', 'b1', 'W2', 'b2')}", "np.array(['a'])", "10**18",
    "np.array(1 + 2j)", "np.zeros((5, 3), dtype=bool)", "float('inf')", "np.float32(3)",
)  # fmt: skip
_STARTS = (
    'check_array("x", x, ndim=2)', "return dout * (self.probabilities", "self.mask = x > 0",
    "return np.where(self.mask", "return dout * self.out", "small = np.exp(-np.abs(x))",
    "self.x = x", "self.dW = self.x.T", "self._hand_over_params()\n        for",
    "data_loss = self.output_layer", "return float(np.mean(", "self.loss(x, t)\n        dout", "return {\n",
    "for name, grad in",
)  # fmt: skip
BODIES = [f"        {start}" for start in _STARTS]


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(GARBAGE)))
def test_no_returned_value_can_break_a_check(index):
    results = grade(edited(f"garbage_{index}", returning(BODIES, GARBAGE[index])), name_bugs=False)
    verdicts = {name: r.verdict for name, r in results.items()}
    assert verdicts.pop("initial_params") == "passed"
    assert set(verdicts.values()) == {"failed"}
    assert sum(r.score for name, r in results.items() if name != "initial_params") == 0


@pytest.mark.slow
@pytest.mark.parametrize("value", ["None", "3", "{}", "{'W1': 'a', 'b1': 1, 'W2': None, 'b2': []}"])
def test_garbage_in_attributes_is_failed_not_ungraded(value):
    edits = (
        ("self.dW = self.x.T @ dout", f"self.dW = {value}"),
        ("self.db = dout.sum(axis=0)", f"self.db = {value}"),
        ('self.layers["ReLU"] = ReLU()', f'self.layers["ReLU"] = ReLU()\n        self.params = {value}'),
    )
    results = grade(edited(f"attributes_{abs(hash(value))}", edits))
    assert {r.verdict for r in results.values()} <= {"passed", "failed"}
    assert failed(results) >= {"affine", "initial_params"}


@pytest.mark.slow
def test_the_unwritten_milestone_earns_nothing():
    results = grade(edited("stubs", (*returning(BODIES, "_unwritten()"), *STUB)))
    assert sum(r.score for name, r in results.items() if name != "initial_params") == 0
    assert results["relu"].message.startswith("Not written yet")


STUB = (
    (
        "class TwoLayerNet:",
        "def _unwritten():\n    raise NotImplementedError('write this part')\n\n\nclass TwoLayerNet:",
    ),
)


# --- the trained net ---------------------------------------------------------------------------------------------


def test_the_grader_subtracts_the_same_mean_and_scales_as_the_notebook(monkeypatch):
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(12_000, 3, 32, 32), dtype=np.uint8)
    images[10_000:] //= 2  # another mean than that of the first 10,000
    labels = rng.integers(10, size=12_000)
    stored = images, labels, images[:50] // 3, labels[:50]
    monkeypatch.setattr(hidden_images, "read_CIFAR10", lambda root=None: stored)
    monkeypatch.setattr("nndl.data.cifar10.read_CIFAR10", lambda root=None: stored)
    for cached in (hidden_images._mean_image, hidden_images._test_set):
        cached.cache_clear()
    try:
        X, y = HiddenImages("somewhere").unseen_scaled(0)
    finally:
        for cached in (hidden_images._mean_image, hidden_images._test_set):
            cached.cache_clear()
    *_, X_test, y_test = data_utils.get_flat_CIFAR10_data(10_000, 1000, 50, dtype=np.float32)
    np.testing.assert_allclose(X, X_test / 255, atol=1e-6)
    np.testing.assert_array_equal(y, y_test)


# --- through the sandbox -----------------------------------------------------------------------------------------


@pytest.fixture
def few_hidden_images(monkeypatch):
    """Hidden images that need no drawing: class k is bright in the k-th block of features."""

    def drawn(self, seed):
        y = np.random.default_rng(seed).integers(10, size=300)
        return np.repeat(np.eye(10, dtype=np.float32)[y], 300, axis=1), y

    monkeypatch.setattr(HiddenImages, "unseen_scaled", drawn)


def right_params():
    """Return the parameters of a net that reads the class off the brightest block."""
    W1 = np.repeat(np.eye(10), 300, axis=0)
    return {"W1": W1, "b1": np.zeros(10), "W2": np.eye(10), "b2": np.zeros(10)}


@pytest.mark.sandbox
def test_release_with_solutions_scores_everything(tmp_path, few_hidden_images):
    report = hand_in(tmp_path / MILESTONE.name, MILESTONE.name, files={"trained_net.npz": right_params()})
    assert (report["verdict"], report["score"], report["max_score"]) == ("graded", 40, 40)
    assert [c["message"] for c in report["checks"]] == [""] * 12


@pytest.mark.slow
@pytest.mark.sandbox
def test_scores_are_lent_in_the_sandbox_too(tmp_path):
    crash = in_method("predict", "        raise ValueError('no')\n")
    report = hand_in(tmp_path / MILESTONE.name, MILESTONE.name, edits={"modules.py": [crash]})
    lost = {c["name"] for c in report["checks"] if c["verdict"] == "failed"}
    assert lost == {"scores", "trained_net"}


@pytest.mark.sandbox
@pytest.mark.parametrize("kind", ["units", "nan", "text", "names", "shapes", "numbers"])
def test_a_stored_net_that_is_none_earns_nothing_and_says_why(kind, tmp_path, few_hidden_images):
    params = right_params()
    if kind == "units":
        params |= {"W1": np.zeros((3000, 1025)), "b1": np.zeros(1025), "W2": np.zeros((1025, 10))}
    elif kind == "nan":
        params["W2"] = params["W2"] * np.nan
    elif kind == "text":
        params["b2"] = np.array(["a"] * 10)
    elif kind == "names":
        del params["b2"]
    elif kind == "shapes":
        params["W2"] = params["W2"][:5]
    else:
        params["W1"] = np.float64(3)
    report = hand_in(tmp_path / MILESTONE.name, MILESTONE.name, files={"trained_net.npz": params})
    assert (report["verdict"], report["score"]) == ("graded", 34)
    assert "trained_net.npz" in report["checks"][-1]["message"]


@pytest.mark.parametrize("number", ["1e-9", "1e-6"])
def test_a_small_number_beside_the_sum_of_a_softmax_costs_a_demand_alone(number):
    softmax = (
        "self.probabilities = softmax(x)",
        "powers = np.exp(x - x.max(axis=1, keepdims=True))\n"
        f"        self.probabilities = powers / (powers.sum(axis=1, keepdims=True) + {number})",
    )
    only = {"output_layer", "loss", "gradients"}
    results = grade(edited("beside_the_sum", [softmax]), only=only, name_bugs=False)
    wrong = {part for part, credit in results["output_layer"].credits.items() if credit < 1}
    if number == "1e-9":
        assert failed(results) == {"output_layer"}
        assert wrong == {"large scores"}
    else:
        assert {"forward", "backward"} <= wrong
