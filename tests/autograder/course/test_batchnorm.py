"""What is special to the checks of batch and layer normalization: one mistake costs once, and nothing made up earns."""

from __future__ import annotations

import re

import pytest

from autograder.judging import milestone_content
from autograder.judging.edited_reference import EditedReference, TextEdit
from autograder.proofs import strength
from autograder.sources import Sources

from .proofs import GARBAGE, failed, not_passed, returning, too_few_bugs

MILESTONE = Sources().milestone("batchnorm")
FILES = ("layers/batchnorm.py", "layers/layernorm.py", "fc_net.py")
BATCH, LAYER, NET = FILES
BUGS = {bug.name: bug for bug in milestone_content.bugs(MILESTONE)}
FUNCTIONS = {
    "batchnorm_forward, training": ("variance_with_n_minus_1", "eps_outside_the_root", "gamma_forgotten",
                                    "beta_forgotten", "statistics_of_rows", "mean_not_subtracted"),
    "batchnorm_forward, running statistics": ("momentum_reversed", "running_statistics_not_stored",
                                              "running_variance_unbiased", "running_statistics_summed"),
    "batchnorm_forward, test": ("batch_statistics_at_test_time", "running_statistics_updated_at_test_time",
                                "running_variance_without_root", "eps_missing_at_test_time"),
    "batchnorm_backward": ("mean_taken_as_constant", "variance_taken_as_constant", "dgamma_with_inputs",
                           "dbeta_is_a_mean", "averaged_over_n_twice"),
    "batchnorm_backward_alt": tuple(name for name in BUGS if name.startswith("closed_form")),
    "layernorm_forward": ("layernorm_over_the_batch", "layernorm_with_running_statistics",
                          "layernorm_variance_with_d_minus_1", "layernorm_without_gamma"),
    "layernorm_backward": ("layernorm_backward_over_the_batch", "layernorm_gamma_taken_out_of_the_sums",
                           "layernorm_mean_taken_as_constant", "layernorm_averaged_over_rows"),
    "FullyConnectedNet.__init__": ("gammas_start_at_zero", "betas_start_at_one", "last_layer_normalized",
                                   "gammas_counted_from_zero"),
    "_normalize": ("one_bn_param_for_all_layers", "bn_param_thrown_away", "mode_never_becomes_test",
                   "always_batchnorm", "gamma_and_beta_handed_over_in_wrong_order"),
    "_normalize_backward": ("gradient_passes_by_the_normalization", "always_batchnorm_backward",
                            "gradients_of_gamma_and_beta_exchanged", "always_layernorm_backward"),
}  # fmt: skip

FORWARD = "        out = gamma * x_hat + beta\n        running"
LAYER_FORWARD = "    out = gamma * x_hat + beta\n    cache"
TEST = "        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta\n"
BACKWARD = "    dbeta = dout.sum(axis=0)\n    dgamma = (dout * x_hat).sum(axis=0)\n    dx_hat"
CLOSED = "    rows = len(dout)\n"
PARAMS = 'self.params[f"gamma{i}"] = np.ones(dims[i])'
NORMALIZE = "        forward = batchnorm_forward if"
NORMALIZE_BACKWARD = "        backward = batchnorm_backward if"


def grade(library, seed=1):
    return strength.grade_in_process(library, MILESTONE, seed, name_bugs=False)


def edited(name, file, *edits):
    return strength.edited(MILESTONE, name, file, *edits)


def test_every_function_has_four_named_mistakes_or_more():
    assert too_few_bugs(FUNCTIONS, BUGS.values()) == []


def test_part_of_the_gradients_earns_part_of_the_points():
    result = grade(BUGS["dbeta_is_a_mean"].edited.library(MILESTONE))["batchnorm_backward"]
    assert {part for part, credit in result.credits.items() if credit < 1} == {"dbeta"}
    assert result.score == 4.8
    assert re.search(r"N = \d+ times too small", result.message)


def test_a_backward_pass_that_fits_its_own_forward_pass_is_right():
    """Divided by N - 1 throughout: wrong by the contract, but its gradient is that of its own forward pass."""
    library = edited(
        "unbiased_throughout",
        BATCH,
        ("var = x.var(axis=0)", "var = x.var(axis=0, ddof=min(1, len(x) - 1))"),
        ("dcentred += dstd * x_hat / len(dout)", "dcentred += dstd * x_hat / max(len(dout) - 1, 1)"),
    )
    results = grade(library)
    assert failed(results) == {"batchnorm_train"}
    credits = results["batchnorm_train"].credits
    assert {part for part, credit in credits.items() if credit < 1} == {"normalization"}


def test_eps_outside_of_the_root_costs_the_forward_pass_alone():
    """With the gradient that belongs to it."""
    library = edited(
        "outside_throughout",
        BATCH,
        ("std = np.sqrt(var + eps)", "std = np.sqrt(var) + eps"),
        (
            "dcentred += dstd * x_hat / len(dout)",
            "dcentred += dstd * x_hat / len(dout) / np.maximum((x_hat**2).mean(axis=0) ** 0.5, 1e-300)",
        ),
    )
    results = strength.grade_in_process(library, MILESTONE, name_bugs=False)
    assert failed(results) & {"batchnorm_train", "batchnorm_backward"} == {"batchnorm_train"}


def test_a_function_that_gives_nothing_has_no_mistake_with_a_name():
    first = "        mean = x.mean(axis=0)\n"
    library = edited("gives_nothing", BATCH, (first, f"        return None, None\n{first}"))
    results = strength.grade_in_process(library, MILESTONE)
    assert results["running_statistics"].bugs == []
    assert "write that first" in results["running_statistics"].message
    assert results["running_statistics"].score == 0


def test_the_divisor_of_another_forward_pass_is_wrong():
    unbiased = ("x_hat * dgamma)\n", "x_hat * dgamma * rows / max(rows - 1, 1))\n")
    results = grade(edited("unbiased_backward", "layers/batchnorm.py", unbiased))
    assert failed(results) == {"batchnorm_backward_alt"}


def test_a_mistake_in_a_layer_does_not_cost_the_net():
    results = grade(BUGS["variance_without_root"].edited.library(MILESTONE))
    assert failed(results) == {"batchnorm_train"}
    assert "judged with the course's own batchnorm_forward" in results["batchnorm_net"].message


def test_unknown_mistake_gets_a_diagnosis_instead_of_a_wrong_name():
    library = edited("thirds", BATCH, (FORWARD, FORWARD.replace("gamma * x_hat", "gamma * x_hat / 3")))
    result = strength.grade_in_process(library, MILESTONE)["batchnorm_train"]
    assert result.bugs == []
    assert "3 times too small" in result.message


MADE_UP = {
    "identity": (
        BATCH,
        (FORWARD, "        x_hat, std, out = x, 1.0, x\n        running"),
        (TEST, "        out = x\n"),
        (BACKWARD, "    return dout, dout.sum(axis=0), dout.sum(axis=0)\n    dx_hat"),
    ),
    "constants": (
        BATCH,
        (
            FORWARD,
            "        out = 0 * x + beta\n        running_mean, running_var = gamma, beta\n        running",
        ),
        (TEST, "        out = 0 * x + beta\n"),
        (BACKWARD, "    return 0 * dout, 0 * dout[0], 0 * dout[0]\n    dx_hat"),
    ),
    "no_numbers": (BATCH, (FORWARD, "        x_hat = np.full_like(x, np.nan)\n" + FORWARD)),
}


@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_passes_earn_nothing(name):
    file, *edits = MADE_UP[name]
    results = grade(edited(f"made_up_{name}", file, *edits))
    assert results["batchnorm_train"].score == 0
    # A backward pass that is not made up is judged with another forward pass.
    assert results["batchnorm_backward"].credits["dx"] == (name == "no_numbers")


def test_differences_instead_of_a_gradient_are_not_exact_enough():
    numeric = (
        "    x, gamma, beta = given\n"
        "    dx = np.zeros_like(x)\n"
        "    for index in np.ndindex(x.shape):\n"
        "        ends = []\n"
        "        for sign in (1e-5, -1e-5):\n"
        "            nudged = x.copy()\n"
        "            nudged[index] += sign\n"
        "            ends.append(batchnorm_forward(nudged, gamma, beta, {'mode': 'train'})[0])\n"
        "        dx[index] = (dout * (ends[0] - ends[1])).sum() / 2e-5\n"
        "    return dx, dout.sum(axis=0), dout.sum(axis=0)\n"
    )
    start = "    rows = len(dout)\n    dbeta"
    fence = (
        '    """\n    _check_backward(dout, cache)\n    ### BEGIN SOLUTION batchnorm\n    x_hat, gamma, std'
    )
    unpack, first = f"N may be 1.\n{fence}", f"and ``beta``.\n{fence}"
    library = edited(
        "differences",
        BATCH,
        ("cache = (x_hat, gamma, std)", "cache = (x_hat, gamma, std, (x, gamma, beta))"),
        (unpack, unpack + ", given"),
        (first, first + ", _"),
        (start, numeric + start),
    )
    assert grade(library)["batchnorm_backward_alt"].credits["dx"] == 0


STARTS = {
    BATCH: (FORWARD, TEST, BACKWARD, CLOSED),
    LAYER: (LAYER_FORWARD, "    dbeta = dout.sum(axis=0)\n"),
    NET: (NORMALIZE, NORMALIZE_BACKWARD),
}
CONCERNED = {
    BATCH: {
        "batchnorm_train",
        "running_statistics",
        "batchnorm_test",
        "batchnorm_backward",
        "batchnorm_backward_alt",
    },
    LAYER: {"layernorm_forward", "layernorm_backward"},
    NET: {"norm_params", "batchnorm_net", "layernorm_net", "net_gradients"},
}


def slow_but_some(count):
    """Return indices as parameters, most of them marked slow: they take long together, and differ little."""
    return [pytest.param(i, marks=() if i % 7 == 0 else pytest.mark.slow) for i in range(count)]


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("index", slow_but_some(len(GARBAGE)))
def test_no_returned_value_can_break_a_check(file, index):
    edits = returning(STARTS[file], GARBAGE[index])
    if file == NET:
        edits.append((PARAMS, f'self.params[f"gamma{{i}}"] = {GARBAGE[index]}'))
    results = grade(edited(f"garbage_{index}", file, *edits))
    assert failed(results) == CONCERNED[file]
    assert {r.verdict for r in results.values()} <= {"passed", "failed"}
    earned = sum(results[name].score for name in CONCERNED[file])
    assert earned <= (results["norm_params"].check.points / 2 if file == NET else 0)


GARBAGE_IN_THE_CACHE = ("None", "3", "(1, 2, 3)", "({}, [], None)", "object()")


@pytest.mark.slow
@pytest.mark.parametrize("value", GARBAGE_IN_THE_CACHE)
def test_garbage_in_the_dicts_and_caches_is_failed_not_ungraded(value):
    in_the_dict = ('bn_param["running_mean"] = running_mean\n', f'bn_param["running_mean"] = {value}\n')
    in_the_cache = ("cache = (x_hat, gamma, std)", f"cache = {value}")
    name = f"in_the_dict_{abs(hash(value))}"
    # A forward pass that fails its own check is replaced where the backward pass is judged, cache and all.
    for edits, wrong in (
        ((in_the_dict, in_the_cache), {"running_statistics"}),
        ((in_the_cache,), {"batchnorm_backward", "batchnorm_backward_alt"}),
    ):
        results = grade(edited(f"{name}_{len(edits)}", BATCH, *edits))
        assert {r.verdict for r in results.values()} <= {"passed", "failed"}
        assert failed(results) >= wrong


def test_reference_passes_with_the_names_of_all_bugs_loaded():
    assert not_passed(strength.grade_in_process(strength.reference(MILESTONE), MILESTONE, 11)) == []


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("gamma * (x - running_mean) + beta", "without the division by the root of the variance"),
        ("gamma * x / np.sqrt(running_var + eps)", "without taking off the mean and without beta"),
        ("gamma * (x - running_mean) / np.sqrt(running_var + 1e-6) + beta", "with 1e-06 for eps"),
    ],
)
def test_a_wrong_formula_of_test_mode_is_told(formula, said):
    old = "gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"
    results = grade(edited("formula", "layers/batchnorm.py", (old, formula)))
    assert f"it is the right formula {said}" in results["batchnorm_test"].message


def test_an_unwritten_function_is_not_said_to_give_its_input_back():
    """The net leaves layer normalization out, whose function is not written, either."""
    normalize = "        forward = batchnorm_forward if self.use_batchnorm else layernorm_forward\n"
    back = "        backward = batchnorm_backward if self.use_batchnorm else layernorm_backward\n"
    if_it_is = '        if self.normalization == "layernorm":\n            return '
    start = "    eps = layernorm_settings(x, gamma, beta, ln_param)\n"
    unwritten = '    raise NotImplementedError("layernorm_forward: write this part (x)")\n'
    edits = (
        TextEdit("fc_net.py", normalize, f"{if_it_is}x, None\n{normalize}"),
        TextEdit("fc_net.py", back, f"{if_it_is}dout, None, None\n{back}"),
        TextEdit("layers/layernorm.py", start, start + unwritten),
    )
    library = EditedReference("no_layernorm", edits).library(MILESTONE)
    result = strength.grade_in_process(library, MILESTONE)["layernorm_net"]
    assert [bug.name for bug, _ in result.bugs] == ["FullyConnectedNet_normalize_gives_back_its_input"]


def test_settings_of_ones_own_in_bn_param_cost_the_settings_alone():
    edit = (
        '        bn_param["running_var"] = running_var\n',
        '        bn_param["running_var"] = running_var\n        bn_param["layer"] = 0\n',
    )
    result = strength.grade_in_process(
        strength.edited(MILESTONE, "own_key", BATCH, edit), MILESTONE, only={"running_statistics"}
    )
    found = result["running_statistics"]
    assert {part for part, credit in found.credits.items() if credit < 1} == {"settings unchanged"}
    assert "'layer' came into bn_param" in found.message


OVER_THE_BATCH = (
    ("mean = x.mean(axis=1, keepdims=True)", "mean = x.mean(axis=0, keepdims=True)"),
    ("np.sqrt(x.var(axis=1, keepdims=True) + eps)", "np.sqrt(x.var(axis=0, keepdims=True) + eps)"),
)
BACK_OVER_THE_BATCH = (
    ("dx_hat.mean(axis=1, keepdims=True)", "dx_hat.mean(axis=0)"),
    ("(dx_hat * x_hat).mean(axis=1, keepdims=True)", "(dx_hat * x_hat).mean(axis=0)"),
)
OF_ALL_ENTRIES = (
    ("mean = x.mean(axis=1, keepdims=True)", "mean = x.mean()"),
    ("np.sqrt(x.var(axis=1, keepdims=True) + eps)", "np.sqrt(x.var() + eps)"),
)
BACK_OF_ALL_ENTRIES = (
    ("dx_hat.mean(axis=1, keepdims=True)", "dx_hat.mean()"),
    ("(dx_hat * x_hat).mean(axis=1, keepdims=True)", "(dx_hat * x_hat).mean()"),
)
LAYER_CHECKS = {"layernorm_forward", "layernorm_backward"}


@pytest.mark.parametrize(
    ("edits", "wrong"),
    [
        (OVER_THE_BATCH + BACK_OVER_THE_BATCH, {"layernorm_forward"}),
        (OF_ALL_ENTRIES + BACK_OF_ALL_ENTRIES, {"layernorm_forward"}),
        (OVER_THE_BATCH, {"layernorm_forward"}),
        (BACK_OVER_THE_BATCH, {"layernorm_backward"}),
        (BACK_OF_ALL_ENTRIES, {"layernorm_backward"}),
        (OVER_THE_BATCH + BACK_OF_ALL_ENTRIES, LAYER_CHECKS),
    ],
)
def test_a_normalization_of_other_entries_costs_the_forward_pass_alone(edits, wrong):
    library = edited("elsewhere", LAYER, *edits)
    results = strength.grade_in_process(library, MILESTONE, name_bugs=False, only=LAYER_CHECKS)
    assert failed(results) == wrong
    credits = results["layernorm_forward"].credits
    assert credits["gamma and beta"] == 1
    assert credits["normalization"] == ("layernorm_forward" not in wrong)


@pytest.mark.parametrize("number", ["1e-6", "1e-3"])
def test_a_number_in_the_place_of_eps_costs_once_and_is_told(number):
    only = {"batchnorm_train", "batchnorm_test"}
    training = ("std = np.sqrt(var + eps)", f"std = np.sqrt(var + {number})")
    test = ("np.sqrt(running_var + eps)", f"np.sqrt(running_var + {number})")

    def graded(*edits):
        library = edited("another_eps", BATCH, *edits)
        return strength.grade_in_process(library, MILESTONE, name_bugs=False, only=only)

    both = graded(training, test)
    assert failed(both) == {"batchnorm_train"}
    assert f"it is that with {float(number):.3g} for eps" in both["batchnorm_train"].message
    assert failed(graded(training)) == {"batchnorm_train"}
    assert failed(graded(test)) == {"batchnorm_test"}
    assert failed(graded(training, (test[0], "np.sqrt(running_var + 0.01)"))) == only
