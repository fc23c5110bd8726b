"""The checks of the fully connected nets: what `test_all_checks.py` does not prove for every milestone."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from autograder.judging import hidden_images, milestone_content
from autograder.judging.hidden_images import HiddenImages
from autograder.proofs import strength
from autograder.sources import Sources
from nndl import data_utils
from nndl.checking.fc_net.stored import MOST_NUMBERS, layout
from nndl.fc_net import FullyConnectedNet

from .proofs import GARBAGE, PACKAGE, failed, hand_in, of_values, returning

MILESTONE = Sources().milestone("fc_net")
BUGS = milestone_content.bugs(MILESTONE)
FILES = (
    "layers/affine.py",
    "layers/activations.py",
    "layers/losses.py",
    "fc_net.py",
    "optim.py",
)
CHECKS_OF = {
    "layers/affine.py": {"affine_forward", "affine_backward"},
    "layers/activations.py": {"relu_forward", "relu_backward"},
    "layers/losses.py": {"softmax_loss"},
    "fc_net.py": {"two_layer_loss", "two_layer_gradients", "deep_loss", "deep_gradients"},
    "optim.py": {"sgd_momentum", "rmsprop", "adam"},
}
_ROWS = "    rows = x.reshape(x.shape[0], w.shape[0])\n"
FIRST_LINES = {
    "layers/affine.py": (f"{_ROWS}    out", f"{_ROWS}    dx"),
    "layers/activations.py": ("    out = np.maximum(0, x)", "    dx = np.where("),
    "layers/losses.py": ("    shifted = x - x.max(",),
    "fc_net.py": ("        W1, b1, W2, b2 = (self", "        out = X\n"),
    "optim.py": ('    velocity = config["momentum"] * config["velocity"] - config["learning_rate"] * dw\n    config',
                 '    decay = config["decay_rate"]', '    beta1, beta2 = config["beta1"], config["beta2"]'),
}  # fmt: skip


def grade(library, seed=1, name_bugs=False):
    return strength.grade_in_process(library, MILESTONE, seed, name_bugs=name_bugs)


def edited(name, file, *edits):
    return strength.edited(MILESTONE, name, file, *edits)


def test_every_function_has_four_named_mistakes_or_more():
    """By the text that is edited: which of the student's functions does it belong to?"""
    known = {bug.name for bug in BUGS}
    groups = {
        "affine_forward": "affine_",
        "affine_backward": ("dx_", "dw_", "db_"),
        "relu_forward": "relu_",
        "relu_backward": "relu_gradient",
        "softmax_loss": ("softmax_", "loss_", "gradient_"),
        "TwoLayerNet.loss": ("penalty_", "gradient_", "no_relu", "relu_on"),
        "FullyConnectedNet.loss": ("deep_penalty", "deep_gradient", "deep_relu"),
        "_block": "block_",
        "sgd_momentum": "sgd_momentum_",
        "rmsprop": "rmsprop_",
        "adam": "adam_",
    }
    prefixes: Any
    for function, prefixes in groups.items():
        assert sum(name.startswith(prefixes) for name in known) >= 4, function
    starts = Counter(bug.concerns for bug in BUGS)
    assert starts["two_layer_start",] >= 4
    assert starts["deep_start",] >= 4


def test_a_wrong_layer_costs_its_own_checks_and_leaves_the_nets_their_points():
    results = grade(
        edited("bias_three_times", "layers/affine.py", ("dout.sum(axis=0)", "3 * dout.sum(axis=0)"))
    )
    assert failed(results) == {"affine_backward"}
    assert of_values(results["affine_backward"]) == {"dx": 1, "dw": 1, "db": 0}
    assert "course's own" in results["deep_gradients"].message


def test_an_unwritten_forward_function_does_not_cost_the_backward_function():
    results = grade(edited("no_forward", "layers/affine.py", ("    rows = x.reshape(x.shape[0], w.shape[0])\n    out",
                                                             "    raise NotImplementedError\n    out")))  # fmt: skip
    assert results["affine_forward"].score == 0
    assert results["affine_backward"].score == results["affine_backward"].check.points


def test_wrong_scores_of_a_net_do_not_cost_its_loss():
    edits = ("scores, scores_cache = affine_forward(hidden, W2, b2)",
             "scores, scores_cache = affine_forward(hidden, 2 * W2, b2)")  # fmt: skip
    results = grade(edited("doubled_scores", "fc_net.py", edits))
    assert of_values(results["two_layer_loss"]) == {"scores": 0, "data loss": 1, "penalty": 1}


@pytest.mark.parametrize(
    "scores", ["np.zeros((len(X), self.params['b2'].size))", "np.full((len(X), 3), 7.0)"]
)
def test_the_same_scores_for_every_row_do_not_make_a_constant_loss_right(scores):
    body = (
        f"        if y is None:\n            return {scores}\n"
        "        return float(np.log(self.params['b2'].size)), {}\n"
    )
    line = FIRST_LINES["fc_net.py"][0]
    results = grade(edited(f"made_up_{len(scores)}", "fc_net.py", (line, body + line)))
    assert results["two_layer_loss"].credits["data loss"] == 0
    assert results["two_layer_loss"].credits["scores"] == 0


def test_constant_results_of_layers_earn_nothing_for_their_dtype():
    edits = ("dx = np.where(x > 0, dout, 0)", "dx = np.ones(x.shape, dtype=dout.dtype)")
    results = grade(edited("ones", "layers/activations.py", edits))
    assert results["float32_layers"].credits["relu_backward"] == 0


def test_float64_on_the_way_costs_a_share_of_one_point():
    edits = ("dx = np.exp(log_probs)", "dx = np.exp(log_probs).astype(np.float64)")
    results = grade(edited("double", "layers/losses.py", edits))
    assert failed(results) == {"float32_layers"}
    assert results["float32_layers"].score == pytest.approx(0.8)


def test_a_rule_with_one_wrong_state_keeps_the_points_for_its_steps():
    results = grade(edited("forgets", "optim.py", ('config["velocity"] = velocity\n    return w + velocity, config',
                                                   "return w + velocity, config")))  # fmt: skip
    assert of_values(results["sgd_momentum"]) == {"parameters": 1, "state": 0}


@pytest.mark.parametrize(
    ("velocity", "step"),
    [
        ('config["momentum"] * config["velocity"] + dw', 'w - config["learning_rate"] * velocity'),
        ('config["momentum"] * config["velocity"] - dw', 'w + config["learning_rate"] * velocity'),
        ('config["momentum"] * config["velocity"] + config["learning_rate"] * dw', "w - velocity"),
    ],
)
def test_a_velocity_in_other_units_with_the_same_steps_costs_the_state_alone(velocity, step):
    tail = '\n    config["velocity"] = velocity\n    return '
    old = f'config["momentum"] * config["velocity"] - config["learning_rate"] * dw{tail}w + velocity, config'
    new = f"{velocity}{tail}{step}, config"
    result = grade(edited("units", "optim.py", (old, new)))["sgd_momentum"]
    assert {part for part, credit in result.credits.items() if credit < 1} == {"state"}
    assert "the velocity is kept with" in result.message


@pytest.mark.parametrize(
    ("probabilities", "logarithm"),
    [
        ("np.exp(shifted) / (np.exp(shifted).sum(axis=1, keepdims=True) + 1e-9)", "p"),
        ("np.exp(log_probs)", "p + 1e-11"),
    ],
)
def test_a_small_number_beside_a_softmax_costs_a_demand_at_most(probabilities, logarithm):
    old = "    loss = -log_probs[rows, y].mean()\n\n    dx = np.exp(log_probs)\n"
    new = f"    p = {probabilities}\n    loss = -np.log({logarithm})[rows, y].mean()\n    dx = p\n"
    credits = grade(edited("small", "layers/losses.py", (old, new)))["softmax_loss"].credits
    assert {part for part, credit in credits.items() if credit < 1} == {"large scores"}
    less = new.replace("1e-9", "1e-5").replace("1e-11", "1e-4")
    assert grade(edited("less_small", "layers/losses.py", (old, less)))["softmax_loss"].credits["loss"] == 0


@pytest.mark.parametrize(("step", "parameters"), [("w + velocity", 1), ("w - velocity", 0)])
def test_a_state_under_another_name_costs_the_state_alone(step, parameters):
    first = '("velocity",), learning_rate=1e-2, momentum=0.9)\n    ### BEGIN SOLUTION fc_net\n    velocity = '
    last = 'config["velocity"] = velocity\n    return w + velocity, config'
    edits = (
        (f'{first}config["momentum"] * config["velocity"]',
         first.replace('"velocity"', '"speed"') + 'config["momentum"] * config["speed"]'),
        (last, f'config["speed"] = velocity\n    return {step}, config'),
    )  # fmt: skip
    result = grade(edited(f"speed: {step}", "optim.py", *edits))["sgd_momentum"]
    assert of_values(result) == {"parameters": parameters, "state": 0}
    assert "no entry 'velocity'" in result.message
    assert "it holds 'learning_rate', 'momentum', 'speed'" in result.message


LAST_LINES = {
    "sgd_momentum": "return w + velocity, config",
    "rmsprop": 'return w - config["learning_rate"] * dw / (np.sqrt(cache) + config["epsilon"]), config',
    "adam": 'return w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"]), config',
}


@pytest.mark.parametrize("rule", LAST_LINES)
def test_a_rule_that_leaves_out_the_end_of_a_large_array_is_wrong(rule):
    value = LAST_LINES[rule].removeprefix("return ").removesuffix(", config")
    body = f"next_w = {value}\n    next_w.reshape(-1)[100_000:] = w.reshape(-1)[100_000:]\n    return next_w, config"
    results = grade(edited(f"blocks_{rule}", "optim.py", (LAST_LINES[rule], body)))
    assert failed(results) == {rule}
    state = {part: 1 for part in results[rule].check.parts if part != "parameters"}
    assert of_values(results[rule]) == {"parameters": 0, **state}
    assert "601 x 521 entries" in results[rule].message


def test_a_step_that_a_large_array_counts_twice_is_wrong():
    edits = ('config["t"] += 1', 'config["t"] += 1 + (w.size > 1000)')
    results = grade(edited("counts_blocks", "optim.py", edits))
    assert of_values(results["adam"]) == {"parameters": 0, "state": 1, "count": 0}


@pytest.mark.parametrize("spoiled", ["np.full(w.shape, np.nan)", "None", "w[0]"])
def test_steps_that_lead_nowhere_cost_the_steps_and_not_the_state(spoiled):
    last = LAST_LINES["adam"]
    results = grade(edited(f"nowhere_{len(spoiled)}", "optim.py", (last, f"return {spoiled}, config")))
    assert failed(results) == {"adam"}
    assert of_values(results["adam"]) == {"parameters": 0, "state": 1, "count": 1}


def test_a_state_that_is_no_number_costs_the_state_and_not_the_steps():
    last = LAST_LINES["rmsprop"]
    body = f"next_w = {last.removeprefix('return ').removesuffix(', config')}\n"
    body += "    config['cache'] = np.full(w.shape, np.nan)\n    return next_w, config"
    results = grade(edited("nan_in_state", "optim.py", (last, body)))
    assert of_values(results["rmsprop"]) == {"parameters": 1, "state": 0}


def test_unknown_mistake_gets_a_diagnosis_instead_of_a_wrong_name():
    edits = ("dw = rows.T @ dout", "dw = 1.7 * (rows.T @ dout)")
    results = grade(edited("factor", "layers/affine.py", edits), name_bugs=True)
    assert results["affine_backward"].bugs == []
    assert "1.7 times too large" in results["affine_backward"].message


def judge_garbage(file, index):
    results = grade(
        edited(f"garbage_{index}_{FILES.index(file)}", file, *returning(FIRST_LINES[file], GARBAGE[index]))
    )
    assert {r.verdict for r in results.values()} <= {"passed", "failed"}
    assert failed(results) >= CHECKS_OF[file]
    assert sum(results[name].score for name in CHECKS_OF[file]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(GARBAGE)))
def test_no_returned_value_can_break_a_check(index):
    judge_garbage(FILES[index % len(FILES)], index)


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("index", range(len(GARBAGE)))
def test_no_returned_value_of_any_function_can_break_a_check(index, file):
    judge_garbage(file, index)


GARBAGE_GRADS = (
    "None", "[]", "{'W1': 'a', 'b1': 1, 'W2': None, 'b2': []}", "{k: np.nan for k in self.params}",
    "{k: np.zeros(2) for k in self.params}", "{k: np.full(v.shape, np.inf) for k, v in self.params.items()}",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(GARBAGE_GRADS)))
def test_garbage_in_the_gradients_costs_the_gradients_only(index):
    edit = ('return loss, {"W1": dW1 + self.reg * W1, "b1": db1, "W2": dW2 + self.reg * W2, "b2": db2}',
            f"return loss, {GARBAGE_GRADS[index]}")  # fmt: skip
    assert failed(grade(edited(f"grads_{index}", "fc_net.py", edit))) == {"two_layer_gradients"}


@pytest.mark.slow
@pytest.mark.parametrize("value", ["None", "3", "{}", "{'W1': 'a', 'b1': 1, 'W2': None, 'b2': []}"])
def test_garbage_in_params_is_failed_not_ungraded(value):
    line = 'self.params["b2"] = np.zeros(num_classes)'
    results = grade(edited(f"params_{len(value)}", "fc_net.py", (line, f"self.params = {value}")))
    assert failed(results) == {"two_layer_start"}


# --- the stored net ----------------------------------------------------------------------------------------------


def arrays_of(net):
    arrays = dict(net.params)
    for i, bn_param in enumerate(net.bn_params, 1):
        arrays |= {
            f"{name}{i}": bn_param[name] for name in ("running_mean", "running_var") if name in bn_param
        }
    return arrays


@pytest.mark.parametrize("hidden", [[], [5], [6, 4, 3]])
@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_layout_is_read_from_the_names_of_the_arrays(hidden, normalization):
    net = FullyConnectedNet(hidden, 8, 3, normalization=normalization)
    net.loss(np.ones((4, 8)), np.array([0, 1, 2, 0]))
    found = layout(arrays_of(net), 8, 3)
    assert found.hidden_dims == tuple(hidden)
    assert found.normalization == (normalization if hidden else None)


WRONG: dict[str, tuple[dict[str, np.ndarray], str]] = {
    "nothing": ({}, "1 to 8 arrays"),
    "too_deep": ({f"{k}{i}": np.ones((3, 3)) for i in range(1, 10) for k in "Wb"}, "1 to 8 arrays"),
    "too_large": ({"W1": np.broadcast_to(np.float32(1), (3000, 2000)), "b1": np.ones(2)}, f"{MOST_NUMBERS:,}"),
    "missing": ({"W1": np.ones((8, 5)), "b1": np.ones(5), "W2": np.ones((5, 3))}, "b2 missing"),
    "superfluous": ({"W1": np.ones((8, 3)), "b1": np.ones(3), "x": np.ones(1)}, "'x' superfluous"),
    "numbering": ({"W2": np.ones((8, 3)), "b2": np.ones(3)}, "W1, b1 missing"),
    "features": ({"W1": np.ones((7, 3)), "b1": np.ones(3)}, "it should be (8, 3)"),
    "axes": ({"W1": np.ones(8), "b1": np.ones(5), "W2": np.ones((5, 3)), "b2": np.ones(3)}, "W1 has shape (8,)"),
    "integers": ({"W1": np.ones((8, 3), dtype=int), "b1": np.ones(3)}, "floating-point"),
    "nan": ({"W1": np.full((8, 3), np.nan), "b1": np.ones(3)}, "finite"),
    "no_units": ({"W1": np.ones((8, 0)), "b1": np.ones(0), "W2": np.ones((0, 3)), "b2": np.ones(3)}, "W1 has"),
    "variance": ({"W1": np.ones((8, 2)), "b1": np.ones(2), "gamma1": np.ones(2), "beta1": np.ones(2),
                  "running_mean1": np.ones(2), "running_var1": -np.ones(2), "W2": np.ones((2, 3)), "b2": np.ones(3)},
                 "negative"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_a_stored_net_that_is_none_is_refused_with_the_reason(kind):
    arrays, told = WRONG[kind]
    with pytest.raises(ValueError, match=re.escape(told)):
        layout(arrays, 8, 3)


def test_the_grader_prepares_its_images_as_the_notebook_does(monkeypatch):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(256, size=(49_100, 3, 4, 4), dtype=np.uint8), rng.integers(10, size=49_100)
    stored = images, labels, images[:50] // 3, labels[:50]
    monkeypatch.setattr(hidden_images, "read_CIFAR10", lambda root=None: stored)
    monkeypatch.setattr("nndl.data.cifar10.read_CIFAR10", lambda root=None: stored)
    for cached in (hidden_images._mean_image, hidden_images._test_set):
        cached.cache_clear()
    try:
        X, y = HiddenImages("somewhere").unseen(0)
    finally:
        for cached in (hidden_images._mean_image, hidden_images._test_set):
            cached.cache_clear()
    data = data_utils.get_CIFAR10_data(49_000, 100, 50, dtype=np.float32)
    pictures = X.reshape(-1, 4, 4, 3).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(pictures, data["X_test"], atol=1e-4)
    np.testing.assert_array_equal(y, data["y_test"])


# --- through the sandbox -----------------------------------------------------------------------------------------


@pytest.fixture
def few_hidden_images(monkeypatch):
    """Hidden images that need no drawing: class k is bright in three rows of the green channel."""

    def drawn(self, seed):
        y = np.random.default_rng(seed).integers(10, size=300)
        pictures = np.zeros((300, 32, 32, 3), dtype=np.float32)
        for picture, label in zip(pictures, y, strict=True):
            picture[3 * label : 3 * label + 3, :, 1] = 50
        return pictures.reshape(300, -1), y

    monkeypatch.setattr(HiddenImages, "unseen", drawn)


def right_arrays(normalization=None):
    """Return the arrays of a net that reads the class off the brightest rows of the green channel."""
    W1 = np.zeros((3, 32, 32, 10), dtype=np.float32)
    for label in range(10):
        W1[1, 3 * label : 3 * label + 3, :, label] = 1
    arrays = {"W1": W1.reshape(-1, 10), "b1": np.zeros(10), "W2": np.eye(10), "b2": np.zeros(10)}
    if normalization:
        arrays |= {"gamma1": np.ones(10), "beta1": np.ones(10)}
    if normalization == "batchnorm":
        arrays |= {"running_mean1": np.full(10, 480.0), "running_var1": np.full(10, 1e6)}
    return arrays


@pytest.mark.sandbox
@pytest.mark.parametrize("normalization", [None, "batchnorm", "layernorm"])
def test_release_with_solutions_scores_everything(normalization, tmp_path, few_hidden_images):
    report = hand_in(
        tmp_path / MILESTONE.name, MILESTONE.name, files={"best_fc_net.npz": right_arrays(normalization)}
    )
    assert {c["message"] for c in report["checks"]} == {""}
    assert (report["verdict"], report["score"], report["max_score"]) == ("graded", 40, 40)


@pytest.mark.sandbox
@pytest.mark.parametrize("kind", ["nan", "text", "names", "shapes"])
def test_a_stored_net_that_is_none_earns_nothing_and_says_why(kind, tmp_path, few_hidden_images):
    arrays = right_arrays()
    if kind == "nan":
        arrays["W2"] = arrays["W2"] * np.nan
    elif kind == "text":
        arrays["b2"] = np.array(["a"] * 10)
    elif kind == "names":
        del arrays["b2"]
    else:
        arrays["W2"] = arrays["W2"][:5]
    report = hand_in(tmp_path / MILESTONE.name, MILESTONE.name, files={"best_fc_net.npz": arrays})
    assert (report["verdict"], report["score"]) == ("graded", 35)
    assert "best_fc_net.npz" in report["checks"][-1]["message"]


DELEGATING = {
    "layers/affine.py": (
        "    out = rows @ w + b\n",
        "    from ..modules import Affine\n\n    out = Affine(w, b).forward(rows)\n",
    ),
    "layers/activations.py": (
        "    out = np.maximum(0, x)\n",
        "    from ..modules import ReLU\n\n    out = ReLU().forward(x)\n",
    ),
    "optim.py": (
        '    beta1, beta2 = config["beta1"], config["beta2"]\n',
        "    from .fast.optim import fused_adam\n\n    return fused_adam(w, dw, config)\n"
        '    beta1, beta2 = config["beta1"], config["beta2"]\n',
    ),
}


@pytest.mark.sandbox
def test_finished_functions_of_other_milestones_cannot_be_called(tmp_path, few_hidden_images):
    edits = {file: [edit] for file, edit in DELEGATING.items()}
    files = {"best_fc_net.npz": right_arrays()}
    report = hand_in(tmp_path / MILESTONE.name, MILESTONE.name, edits=edits, files=files)
    lost = {c["name"]: c["message"] for c in report["checks"] if c["verdict"] == "failed"}
    assert set(lost) == {"affine_forward", "relu_forward", "float32_layers", "adam"}
    assert all("has to do its own work" in message for message in lost.values())


def test_the_names_of_another_course_for_adams_averages_cost_the_state_alone():
    """Its "v" is the first average, which may be negative, where the contract's is the second."""
    text = (PACKAGE / "optim.py").read_text(encoding="utf-8")
    start = text.index("def adam(")
    old = text[start:]
    new = old.replace('("m", "v")', '("first", "second")').replace('config["v"]', 'config["second"]')
    new = new.replace('config["m"]', 'config["first"]').replace('"first"', '"v"').replace('"second"', '"a"')
    result = grade(edited("v_and_a", "optim.py", (old, new)))["adam"]
    assert of_values(result) == {"parameters": 1, "state": 0, "count": 1}
    assert "NaN" not in result.message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("log_probs = np.log(np.exp(log_probs) + 1e-9)", "with 1e-09 added before the logarithm"),
        ("log_probs = np.log(np.maximum(np.exp(log_probs), 1e-8))", "that are 1e-08 at least"),
    ],
    ids=["added", "limited"],
)  # fmt: skip
def test_how_a_probability_is_kept_from_zero_is_told(line, said):
    place = "    loss = -log"
    result = grade(edited(f"kept_from_zero_{said[:4]}", "layers/losses.py", (place, f"    {line}\n{place}")))
    assert said in result["softmax_loss"].message
    assert "N = 1" not in result["softmax_loss"].message


def test_a_scalar_bias_is_not_said_to_be_a_sum():
    edit = ('self.params["b1"] = np.zeros(hidden_dims)', 'self.params["b1"] = 0')
    message = grade(edited("scalar_bias", "fc_net.py", edit))["two_layer_start"].message
    assert "it is the single number 0" in message
    assert "without axis" not in message


def test_code_that_needs_a_hidden_layer_loses_that_demand_alone():
    edit = (
        "        out = X\n        caches = {}",
        "        self.params['W2']\n        out = X\n        caches = {}",
    )
    results = grade(edited("needs_hidden", "fc_net.py", edit))
    for name in ("deep_loss", "deep_gradients"):
        assert [p for p, credit in results[name].credits.items() if credit < 1] == ["no hidden layer"]


FIRST, SECOND = "np.random.randn(input_dim, hidden_dims)", "np.random.randn(hidden_dims, num_classes)"
BIASES = 'self.params["b1"] = np.zeros(hidden_dims)'


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ((BIASES, BIASES.replace("np.zeros", "np.random.randn")), "drawn 6 draws later than they should be"),
        ((SECOND, "np.random.randn(num_classes, hidden_dims).T"), "in the shape of its transpose and then transposed"),
        ((FIRST, f"(np.random.seed(0), {FIRST})[1]"), "what np.random.seed(0) gives"),
        ((SECOND, f"-{SECOND}"), ""),
    ],
    ids=["biases", "transposed", "seeded", "sign"],
)  # fmt: skip
def test_how_initial_weights_are_drawn_is_told(edit, said):
    message = grade(edited("drawn_in_another_way", "fc_net.py", edit))["two_layer_start"].message
    assert said in message
    hints = ("draws later", "transposed", "np.random.seed")
    assert [hint for hint in hints if hint in message] == [hint for hint in hints if hint in said]


def test_a_relu_for_matrices_alone_loses_that_demand_alone():
    flat = "dx = np.where(x > 0, dout, 0)"
    edit = (flat, f"x = x.reshape(len(x), -1)\n    {flat}")
    results = grade(edited("matrices_alone", "layers/activations.py", edit))
    result = results["relu_backward"]
    assert [part for part, credit in result.credits.items() if credit < 1] == ["any number of axes"]
    assert results["float32_layers"].verdict == "passed"

    both = (flat, edit[1].replace("x > 0", "x >= 0"))
    result = grade(edited("matrices_and_zero", "layers/activations.py", both), name_bugs=True)[
        "relu_backward"
    ]
    assert [(bug.name, parts) for bug, parts in result.bugs] == [
        ("relu_gradient_through_at_zero", ["at zero"])
    ]


def test_a_mistake_in_the_step_is_named_beside_a_state_under_another_name():
    step = '= cache\n    return w - config["learning_rate"] * dw / '
    right = f'config["cache"] {step}(np.sqrt(cache) + config["epsilon"])'
    wrong = f'config["mean"] {step}np.sqrt(cache + config["epsilon"])'
    edits = (
        ('("cache",), learning_rate=1e-2, decay_rate', '("mean",), learning_rate=1e-2, decay_rate'),
        ('decay * config["cache"]', 'decay * config["mean"]'),
        (right, wrong),
    )
    result = grade(edited("mean_of_squares", "optim.py", *edits), name_bugs=True)["rmsprop"]
    assert [(bug.name, parts) for bug, parts in result.bugs] == [
        ("rmsprop_epsilon_inside_the_root", ["parameters"])
    ]


@pytest.mark.parametrize(
    "name", ["relu_on_scores", "no_relu_between", "deep_relu_on_scores", "block_without_relu"]
)
def test_a_wrong_forward_pass_costs_the_loss_alone_if_the_gradient_goes_with_it(name):
    bug = next(bug for bug in BUGS if bug.name == name)
    assert failed(grade(bug.edited.library(MILESTONE))) == set(bug.concerns) == {bug.concerns[0]}


def test_a_gradient_that_does_not_go_with_a_wrong_forward_pass_is_wrong():
    line = "scores, scores_cache = affine_forward(hidden, W2, b2)\n"
    edit = (line, f"{line}        scores = np.maximum(scores, 0)\n")
    failures = failed(grade(edited("relu_on_scores_on_one_way", "fc_net.py", edit)))
    assert failures == {"two_layer_loss", "two_layer_gradients"}


CHEAP_SCORES = {
    "no parameter": "np.stack([rows[:, j % rows.shape[1]] * (1 + j) for j in range(c)], axis=1)",
    "one layer": "np.tile(rows @ W[0], c)[:, :c]",
    "a tiny share": "np.tile(rows, c)[:, :c] + 1e-9 * sum(w.sum() for w in W)",
    "the same for all classes": "np.tile(rows[:, :1], c)",
    "next to nothing": "1e-12 * np.tile(rows, c)[:, :c]",
    "a negative bias": "-np.abs(np.tile(rows, c)[:, :c]) - 1 + 0 * b",
}
"""Scores that a pass back through the layers is not needed for."""

CHEAP_NET = """\
        W, b = [v for k, v in self.params.items() if k[0] == "W"], list(self.params.values())[-1]
        rows, c = X.reshape(len(X), -1), b.size
        scores = {scores}
        if y is None:
            return scores
        shifted = scores - scores.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        loss = -log_p[np.arange(len(X)), y].mean() + 0.5 * self.reg * sum((w**2).sum() for w in W)
        return loss, {{k: self.reg * v if k[0] == "W" else 0 * v for k, v in self.params.items()}}
"""


@pytest.mark.parametrize("kind", CHEAP_SCORES)
def test_scores_that_need_no_backward_pass_earn_no_gradient(kind):
    """The gradients that come are the slope of the own loss, or next to it: that of the penalty, and 0."""
    body = CHEAP_NET.format(scores=CHEAP_SCORES[kind])
    edits = [(line, body + line) for line in FIRST_LINES["fc_net.py"]]
    results = grade(edited(f"cheap_{kind.replace(' ', '_')}", "fc_net.py", *edits))
    for name in ("two_layer_gradients", "deep_gradients"):
        assert results[name].score == 0, name


@pytest.mark.parametrize("kind", ["the same for all classes", "next to nothing"])
def test_scores_without_a_say_earn_no_loss(kind):
    body = CHEAP_NET.format(scores=CHEAP_SCORES[kind])
    edits = [(line, body + line) for line in FIRST_LINES["fc_net.py"]]
    results = grade(edited(f"no_say_{kind.replace(' ', '_')}", "fc_net.py", *edits))
    for name in ("two_layer_loss", "deep_loss"):
        assert results[name].credits["data loss"] == 0, name


def test_one_relu_that_is_forgotten_costs_the_loss_alone():
    forward, backward = "out, relu_cache = relu_forward(out)", "dout = relu_backward(dout, relu_cache)"
    edits = (
        (forward, f"relu_cache = out\n        if i > 1:\n            {forward}"),
        (
            backward,
            f"if i > 1:\n            {backward}",
        ),
    )
    assert failed(grade(edited("first_relu_forgotten", "fc_net.py", *edits))) == {"deep_loss"}
