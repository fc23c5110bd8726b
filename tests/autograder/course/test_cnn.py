"""What is special to the checks of convolutional nets; `test_all_checks.py` proves what holds for all milestones."""

from __future__ import annotations

import numpy as np
import pytest

import nndl
from autograder.course.cnn import checks as checks
from autograder.course.cnn.checks_layers import FINISHED_MODULES
from autograder.course.cnn.checks_nets import ARTIFACT, _stored_net
from autograder.failures import StudentError
from autograder.judging import milestone_content
from autograder.judging.hidden_images import HiddenImages
from autograder.judging.judge import run_check
from autograder.library.local import LocalLibrary
from autograder.proofs import strength
from autograder.release.build import Release
from autograder.sources import Sources

from .proofs import GARBAGE, failed, hand_in, not_passed, returning

MILESTONE = Sources().milestone("cnn")
EDITED = ("cnn.py", "layers/convolution.py", "layers/pooling.py", "layers/spatial_norm.py")
CONVOLUTION = {"conv_forward", "conv_backward"}
NORMS = {f"spatial_{kind}norm_{way}" for kind in ("batch", "group") for way in ("forward", "backward")}
NET = {"initial_params", "convnet_scores", "convnet_loss", "convnet_gradients"}

# The first line of each student's part, and the checks that nothing is right in when it returns at once.
STARTS = {
    "layers/convolution.py": (
        ("    ### BEGIN SOLUTION cnn\n    kernel_height", "    height, width = x.shape[2:]\n"),
        CONVOLUTION,
    ),
    "layers/pooling.py": (
        ("    out = np.zeros((*x.shape[:2]", "    dx = np.zeros(x.shape, dtype=dout.dtype)\n"),
        {"max_pool_forward", "max_pool_backward"},
    ),
    "layers/spatial_norm.py": (
        (
            "    pixels = x.transpose(",
            "    shape, pixel_cache = cache\n",
            "    groups = x.reshape(",
            "    x_hat, gamma, std, groups = cache\n",
        ),
        NORMS,
    ),
    "cnn.py": (('        W1, b1 = self.params["W1"]',), NET - {"initial_params"}),
}


def grade(library, seed=1, *, name_bugs=False):
    return strength.grade_in_process(library, MILESTONE, seed, name_bugs=name_bugs)


def grade_only(library, names):
    """Grade some checks, which is faster."""
    right = LocalLibrary(nndl, MILESTONE.api, is_reference=True)
    chosen = [check for check in checks.CHECKS if check.name in names]
    return {c.name: run_check(c, library, right, run_seed=1, milestone=MILESTONE) for c in chosen}


def edited(name, file, *edits):
    return strength.edited(MILESTONE, name, file, *edits)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "index"), [(f, i) for k, f in enumerate(EDITED) for i in range(k, len(GARBAGE), 4)]
)
def test_no_returned_value_can_break_a_check(file, index):
    names = STARTS[file][1]
    results = grade_only(edited(f"garbage_{index}", file, *returning(STARTS[file][0], GARBAGE[index])), names)
    assert {name: (r.verdict, r.score) for name, r in results.items()} == dict.fromkeys(names, ("failed", 0))


@pytest.mark.slow
@pytest.mark.parametrize("file", EDITED)
def test_no_returned_value_of_any_kind_can_break_a_check(file):
    for index, value in enumerate(GARBAGE):
        results = grade(edited(f"garbage_{index}", file, *returning(STARTS[file][0], value)))
        failed = {name: (r.verdict, r.score) for name, r in results.items() if r.verdict != "passed"}
        assert failed == dict.fromkeys(STARTS[file][1], ("failed", 0)), value


@pytest.mark.slow
@pytest.mark.parametrize(
    "value", ["None", "[]", "{'W1': 3}", "{k: None for k in ('W1','b1','W2','b2','W3','b3')}"]
)
def test_garbage_in_params_is_failed_not_ungraded(value):
    edits = (
        ('            self.params[name] = value.astype(self.dtype)\n', "            pass\n"),
        ("        for name, value in self.params.items():\n", f"        self.params = {value}\n        for _ in ():\n"),
    )  # fmt: skip
    results = grade_only(edited(f"params_{abs(hash(value))}", "cnn.py", *edits), NET)
    assert {r.verdict for r in results.values()} <= {"passed", "failed"}
    assert (results["initial_params"].verdict, results["initial_params"].score) == ("failed", 0)


def test_running_statistics_of_any_kind_are_failed_not_ungraded():
    call = "out, pixel_cache = batchnorm_forward(pixels, gamma, beta, bn_param)\n"
    for value in ("None", "'text'", "[1, 2]", "np.zeros((3, 3))", "np.array(['a'])"):
        spoil = call + f"    bn_param.update(running_mean={value}, running_var={value})\n"
        results = grade_only(
            edited(f"statistics_{abs(hash(value))}", "layers/spatial_norm.py", (call, spoil)), NORMS
        )
        assert failed(results) == {"spatial_batchnorm_forward"}
        assert {r.verdict for r in results.values()} == {"passed", "failed"}


def test_a_forward_pass_that_stops_does_not_cost_the_backward_pass():
    start = STARTS["layers/convolution.py"][0][0]
    results = grade(edited("stops", "layers/convolution.py", (start, "    raise KeyError('x')\n" + start)))
    assert failed(results) == {"conv_forward"}


def test_a_backward_pass_that_fits_its_own_normalization_is_right():
    means = ("groups.mean(", "groups.var(", "dx_hat.mean(", "(dx_hat * x_hat).mean(")
    over_the_batch = [(f"{mean}axis=2", f"{mean}axis=(0, 2)") for mean in means]
    results = grade_only(edited("over_the_batch", "layers/spatial_norm.py", *over_the_batch), NORMS)
    assert failed(results) == {"spatial_groupnorm_forward"}


def test_a_gradient_earns_nothing_if_the_forward_pass_does_not_normalize():
    edits = (
        ("x_hat = ((groups - mean) / std).reshape(x.shape)", "x_hat = x"),
        ("dx = ((dx_hat - through_mean - through_std) / std).reshape(dout.shape)", "dx = dout * gamma"),
    )
    results = grade_only(edited("no_normalization", "layers/spatial_norm.py", *edits), NORMS)
    assert results["spatial_groupnorm_backward"].credits["dx"] == 0
    assert results["spatial_groupnorm_backward"].credits["dgamma"] == 0


def test_a_wrong_stride_costs_only_the_parts_with_a_stride():
    (bug,) = (bug for bug in milestone_content.bugs(MILESTONE) if bug.name == "stride_forgotten")
    result = grade_only(bug.edited.library(MILESTONE), CONVOLUTION)["conv_forward"]
    lost = {part for part, credit in result.credits.items() if credit < 1}
    assert lost == {"stride", "together", "rows and columns left over"}
    assert result.score == 2.75


@pytest.mark.parametrize(
    ("file", "window", "check"),
    [
        ("layers/convolution.py", "2 * conv_param['pad'] - w.shape[2:]", "conv_forward"),
        ("layers/pooling.py", "-1 * np.array(list(pool_param.values())[:2])", "max_pool_forward"),
    ],
)
def test_code_that_insists_on_sizes_that_fit_loses_one_demand(file, window, check):
    start = STARTS[file][0][0]
    param = "conv_param" if check == "conv_forward" else "pool_param"
    insists = (
        f"    assert not ((np.array(x.shape[2:]) + {window}) % {param}['stride']).any(), 'does not fit'\n"
    )
    results = grade(edited(f"insists_{check}", file, (start, insists + start)))
    assert failed(results) == {check}
    lost = {part for part, credit in results[check].credits.items() if credit < 1}
    assert lost == {"rows and columns left over"}


def test_code_that_stops_where_the_padding_is_as_wide_as_a_filter_loses_one_demand():
    start = "    height, width = x.shape[2:]\n"
    stops = f"    if pad >= min(w.shape[2:]):\n        raise ValueError('negative padding')\n{start}"
    results = grade(edited("narrow_padding", "layers/convolution.py", (start, stops)))
    assert failed(results) == {"conv_backward"}
    lost = {part for part, credit in results["conv_backward"].credits.items() if credit < 1}
    assert lost == {"padding as wide as a filter"}


def test_changed_arguments_cost_their_part_only():
    padded = "    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))\n    out = "
    results = grade(edited("touches", "layers/convolution.py", (padded, padded + "x[:] = 0\n    out = ")))
    assert results["conv_forward"].credits["inputs unchanged"] == 0
    assert results["conv_forward"].score == 4.75
    assert "x was modified" in results["conv_forward"].message


def test_scores_that_are_the_same_for_every_image_earn_nothing_for_the_data_loss():
    start = '        W1, b1 = self.params["W1"], self.params["b1"]\n'
    constant = (
        '        zeros = np.zeros((len(X), self.params["b3"].size))\n'
        "        if y is None:\n            return zeros\n"
        "        return softmax_loss(zeros, y)[0], {}\n"
    )
    results = grade(edited("constant_scores", "cnn.py", (start, constant + start)))
    assert results["convnet_loss"].score == 0
    assert "the same scores to every image" in results["convnet_loss"].message


def test_unknown_mistake_gets_a_diagnosis_instead_of_a_wrong_name():
    edit = ("(w * window).sum(axis=(1, 2, 3)) + b", "(w * window).sum(axis=(1, 2, 3)) / 3 + b")
    result = grade(edited("third", "layers/convolution.py", edit), name_bugs=True)["conv_forward"]
    assert result.bugs == []
    assert "the output is wrong" in result.message


# --- the stored net ----------------------------------------------------------------------------------------------


def right_params():
    """Return the parameters of a net that reads the class off the two rows that are bright in red."""
    W1 = np.zeros((1, 3, 1, 1), dtype=np.float32)
    W1[0, 0] = 1
    W2 = np.repeat(np.eye(16, 10, dtype=np.float32), 16, axis=0)
    return {"W1": W1, "b1": np.zeros(1), "W2": W2, "b2": np.zeros(10), "W3": np.eye(10), "b3": np.zeros(10)}


def few_images(self, seed):
    """Return flat images of height, width and channel: class k is bright in rows 2k and 2k + 1 of channel 0."""
    y = np.random.default_rng(seed).integers(10, size=300)
    X = np.zeros((300, 32, 32, 3), dtype=np.float32)
    for i, k in enumerate(y):
        X[i, 2 * k : 2 * k + 2, :, 0] = 1
    X[..., 1:] = np.random.default_rng(seed).normal(size=(300, 32, 32, 2))
    return X.reshape(300, -1), y


SPOILT = {
    "filters": {"W1": np.zeros((65, 3, 3, 3))},
    "wide": {"W1": np.zeros((1, 3, 11, 11))},
    "even": {"W1": np.zeros((1, 3, 2, 2))},
    "not square": {"W1": np.zeros((1, 3, 3, 1))},
    "grey": {"W1": np.zeros((1, 1, 3, 3))},
    "no filter": {"W1": np.zeros((0, 3, 3, 3))},
    "axes": {"W1": np.zeros((3, 3))},
    "number": {"W2": np.float64(3)},
    "units": {"W2": np.zeros((256, 1001))},
    "shape": {"W2": np.zeros((256, 11))},
    "text": {"b2": np.array(["a"] * 10)},
    "nan": {"W3": np.full((10, 10), np.nan)},
    "too large for float32": {"W3": np.full((10, 10), 1e300)},
    "classes": {"W3": np.zeros((10, 9)), "b3": np.zeros(9)},
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_stored_net_that_is_none_is_refused_with_a_reason(kind):
    with pytest.raises(StudentError, match=ARTIFACT):
        _stored_net(strength.reference(MILESTONE), right_params() | SPOILT[kind])


def test_a_stored_net_is_put_into_the_reference():
    net = _stored_net(strength.reference(MILESTONE), right_params())
    X, y = few_images(None, 3)
    images = X.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).copy()
    np.testing.assert_array_equal(net.loss(images).argmax(axis=1), y)


# --- through the sandbox -----------------------------------------------------------------------------------------


def test_what_is_forbidden_is_in_the_release():
    assert set(FINISHED_MODULES) <= set(Release.current(MILESTONE).files)


@pytest.fixture
def few_hidden_images(monkeypatch):
    monkeypatch.setattr(HiddenImages, "unseen", few_images)


@pytest.mark.sandbox
def test_release_with_solutions_scores_everything(tmp_path, few_hidden_images):
    report = hand_in(tmp_path / MILESTONE.name, MILESTONE.name, files={ARTIFACT: right_params()})
    assert [c["message"] for c in report["checks"]] == [""] * 13
    assert (report["verdict"], report["score"], report["max_score"]) == ("graded", 40, 40)
    assert [c["name"] for c in report["checks"]] == [check.name for check in checks.CHECKS]


DELEGATING = """
def conv_forward_naive(x, w, b, conv_param):
    from ..fast_layers import conv_forward_fast

    return conv_forward_fast(x, w, b, conv_param)[0], (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    from ..fast.numpy_layers import conv_backward_fast, conv_forward_fast

    return conv_backward_fast(dout, conv_forward_fast(*cache)[1])
"""


@pytest.mark.sandbox
def test_naive_layers_that_call_finished_ones_earn_nothing_and_the_net_still_works(
    tmp_path, few_hidden_images
):
    end = "    return dx, dw, db\n"
    edits = {"layers/convolution.py": [(end, end + DELEGATING)]}
    report = hand_in(tmp_path / MILESTONE.name, MILESTONE.name, edits=edits, files={ARTIFACT: right_params()})
    lost = {c["name"]: c["message"] for c in report["checks"] if c["score"] < c["points"]}
    assert set(lost) == CONVOLUTION
    assert all("own work" in message for message in lost.values())
    assert report["score"] == 27


def test_delegating_layers_are_right_where_nothing_is_forbidden():
    """So it is the forbidden files that cost the points above, and nothing else."""
    end = "    ### END SOLUTION\n    return dx, dw, db\n"
    library = edited("delegates", "layers/convolution.py", (end, end + DELEGATING))
    assert not_passed(grade(library)) == []


def test_a_dout_in_another_order_than_the_images_is_told_by_what_is_right():
    edits = ("dout.transpose(0, 2, 3, 1)", "dout.transpose(2, 0, 3, 1)")
    results = grade_only(
        edited("another_order", "layers/spatial_norm.py", edits), ["spatial_batchnorm_backward"]
    )
    message = results["spatial_batchnorm_backward"].message
    assert "dbeta is right: does each entry of dout meet the normalized one of its own place?" in message


ROWS_IN, ROWS_OUT = (
    "x.transpose(0, 2, 3, 1).reshape(n * height",
    "out.reshape(n, height, width, channels).transpose(0, 3, 1, 2)",
)
GRADIENT_IN = "dout.transpose(0, 2, 3, 1).reshape(n * height"
GRADIENT_OUT = "dx.reshape(n, height, width, channels).transpose(0, 3, 1, 2)"


@pytest.mark.parametrize("mixed", [("in", "out"), ("in",), ("out",)], ids="-".join)
def test_channels_mixed_up_on_the_way_cost_the_forward_pass_alone(mixed):
    """The gradient takes the same wrong way back, which is right for that forward pass."""
    edits = []
    if "in" in mixed:
        edits += [(ROWS_IN, "x.reshape(n * height"), (GRADIENT_OUT, "dx.reshape(shape)")]
    if "out" in mixed:
        edits += [(ROWS_OUT, "out.reshape(x.shape)"), (GRADIENT_IN, "dout.reshape(n * height")]
    results = grade_only(edited(f"mixed_{'_'.join(mixed)}", "layers/spatial_norm.py", *edits), NORMS)
    assert failed(results) == {"spatial_batchnorm_forward"}, not_passed(results)


def test_a_gradient_that_takes_another_wrong_way_than_the_forward_pass_is_wrong():
    forward = (ROWS_IN, "x.reshape(n * height"), (ROWS_OUT, "out.reshape(x.shape)")
    edits = (*forward, (GRADIENT_IN, "dout.reshape(n * height"))
    results = grade_only(edited("mixed_forward_and_dout", "layers/spatial_norm.py", *edits), NORMS)
    assert failed(results) == {"spatial_batchnorm_forward", "spatial_batchnorm_backward"}


def test_what_is_right_without_a_penalty_is_told_by_reg_and_not_by_a_size():
    edits = (
        "grads[name] += self.reg * self.params[name]",
        "grads[name] += self.reg * grads[name] * (name != 'W3')",
    )
    message = grade_only(edited("penalizes_itself", "cnn.py", edits), NET)["convnet_gradients"].message
    assert "right for reg = 0 only" in message
    assert "filters" not in message


PENALTIES = {
    "doubled": [("loss += 0.5 * self.reg", "loss += self.reg"), ("+= self.reg * ", "+= 2 * self.reg * ")],
    "halved": [
        ("loss += 0.5 * self.reg", "loss += 0.25 * self.reg"),
        ("+= self.reg * ", "+= 0.5 * self.reg * "),
    ],
    "of biases, too": [('for name in ("W1", "W2", "W3"):', "for name in self.params:")],
}


@pytest.mark.parametrize("name", PENALTIES)
def test_another_penalty_costs_the_loss_alone_if_its_gradient_goes_with_it(name):
    results = grade_only(
        edited(f"penalty_{len(name)}", "cnn.py", *PENALTIES[name]), {"convnet_loss", "convnet_gradients"}
    )
    assert {n: r.verdict for n, r in results.items()} == {
        "convnet_loss": "failed",
        "convnet_gradients": "passed",
    }


@pytest.mark.parametrize("edit", [edit for edits in list(PENALTIES.values())[:2] for edit in edits])
def test_a_penalty_and_a_gradient_that_do_not_go_together_cost_the_one_that_is_wrong(edit):
    results = grade_only(
        edited(f"one_{len(edit[1])}_{edit[1][:4]}", "cnn.py", edit), {"convnet_loss", "convnet_gradients"}
    )
    failed = "convnet_loss" if edit[0].startswith("loss") else "convnet_gradients"
    assert [n for n, r in results.items() if r.verdict == "failed"] == [failed]


def test_a_size_that_is_right_for_even_images_costs_the_demand_for_odd_ones():
    edit = ("num_filters * (height // 2) * (width // 2)", "num_filters * height * width // 4")
    result = grade_only(edited("even_only", "cnn.py", edit), {"initial_params"})["initial_params"]
    assert {part for part, credit in result.credits.items() if credit < 1} == {"odd sizes"}


def test_code_that_stops_without_padding_keeps_what_has_nothing_to_do_with_it():
    cut = "dx = dpadded[:, :, pad : pad + height, pad : pad + width]"
    stops = (cut, "dx = np.zeros_like(x)\n    dx[:] = dpadded[:, :, pad:-pad, pad:-pad]")
    empty = (cut, "dx = dpadded[:, :, pad:-pad, pad:-pad]")
    wrong = ("db = dout.sum(axis=(0, 2, 3))", "db = 2 * dout.sum(axis=(0, 2, 3))")
    results = [
        grade_only(edited(f"stops_{i}", "layers/convolution.py", *edits), {"conv_backward"})["conv_backward"]
        for i, edits in enumerate([(stops,), (empty,), (stops, wrong)])
    ]
    assert results[0].credits["dx"] == 0
    assert results[0].credits["dw"] == results[0].credits["db"] == 1
    assert results[0].score >= results[1].score - 0.7  # two demands have no other case
    assert results[2].credits["db"] == 0


def test_a_mean_for_each_pixel_costs_the_forward_pass_alone():
    """With the gradient that goes with it."""
    edits = (
        (
            "    out, pixel_cache = batchnorm_forward(pixels, gamma, beta, bn_param)\n",
            "    gamma, beta = (np.repeat(v, height * width) for v in (gamma, beta))\n"
            "    out, pixel_cache = batchnorm_forward(x.reshape(n, -1), gamma, beta, bn_param)\n",
        ),
        (ROWS_OUT, "out.reshape(x.shape)"),
        (
            "    dx, dgamma, dbeta = batchnorm_backward(pixels, pixel_cache)\n",
            "    dx, dgamma, dbeta = batchnorm_backward(dout.reshape(n, -1), pixel_cache)\n"
            "    dgamma, dbeta = (v.reshape(channels, -1).sum(axis=1) for v in (dgamma, dbeta))\n",
        ),
        (GRADIENT_OUT, "dx.reshape(shape)"),
    )
    results = grade_only(edited("mean_of_each_pixel", "layers/spatial_norm.py", *edits), NORMS)
    assert "spatial_batchnorm_forward" in failed(results)
    credits = results["spatial_batchnorm_backward"].credits  # one image normalizes nothing
    assert {part for part, credit in credits.items() if credit < 1} == {"a batch of one"}
