"""What is special to the checks of dropout: chance is allowed for exactly, and the layer's mistakes spare the net."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from autograder.course.dropout.checks_masks import (
    FALSE_ALARM,
    agreement,
    binomial_range,
    independence,
    share,
    where_draws_show,
)
from autograder.judging import milestone_content
from autograder.judging.run_case import CheckRun
from autograder.proofs import strength
from autograder.sources import Sources

from .proofs import GARBAGE, failed, returning, too_few_bugs

MILESTONE = Sources().milestone("dropout")
FILES = LAYER, NET = ("layers/dropout.py", "fc_net.py")
BUGS = {bug.name: bug for bug in milestone_content.bugs(MILESTONE)}
FUNCTIONS = {
    "dropout_forward, training": ("p_taken_for_the_chance_of_dropping", "kept_values_not_scaled",
                                  "one_mask_for_all_rows", "output_becomes_float64", "drawn_twice"),
    "dropout_forward, test": tuple(n for n, b in BUGS.items() if "forward_test" in b.concerns),
    "dropout_backward": tuple(n for n in BUGS if n.startswith("backward")),
    "_drop_out": ("net_always_in_training", "net_never_drops", "net_turns_p_around", "net_forgets_the_seed"),
    "_drop_out_backward": tuple(n for n in BUGS if n.startswith("net_way_back")),
}  # fmt: skip

TRAIN = "        mask = (np.random.rand(*x.shape) < p).astype(x.dtype) / p\n"
TEST = "        out = x\n"
BACK = "    dx = dout if mask is None else dout * mask\n"
DROP_OUT = "        return dropout_forward(x, self.dropout_param)\n"
DROP_OUT_BACKWARD = "        return dropout_backward(dout, cache)\n"
STARTS = {LAYER: (TRAIN, TEST, BACK), NET: (DROP_OUT, DROP_OUT_BACKWARD)}
LAYER_CHECKS = {"forward_train", "forward_test", "seeds", "backward"}
NET_CHECKS = {"net_scores", "net_loss", "net_gradients"}


def grade(library, seed=1):
    return strength.grade_in_process(library, MILESTONE, seed, name_bugs=False)


def edited(name, file, *edits):
    return strength.edited(MILESTONE, name, file, *edits)


def test_dropout_as_it_was_first_described_costs_the_training_pass_alone():
    """It leaves what is kept as it is, and multiplies by p at test time."""
    unscaled = ("< p).astype(x.dtype) / p", "< p).astype(x.dtype)")
    times_p = ("        out = x\n", "        out = (x * p).astype(x.dtype)\n")
    assert failed(grade(edited("classical", "layers/dropout.py", unscaled, times_p))) == {"forward_train"}
    assert failed(grade(edited("twice", "layers/dropout.py", times_p))) == {"forward_test"}
    ones = ("        out = x\n", "        out = (x * p * 0.9).astype(x.dtype)\n")
    both = failed(grade(edited("another_factor", "layers/dropout.py", unscaled, ones)))
    assert both == {"forward_train", "forward_test"}


@pytest.mark.parametrize("shape", ["(len(x), *(1,) * (x.ndim - 1))", "(1, *x.shape[1:])"])
def test_one_draw_for_several_units_does_not_hide_a_wrong_share(shape):
    old = "(np.random.rand(*x.shape) < p).astype(x.dtype)"
    for limit, credit in (("p", 1), ("0.5", 0)):
        mask = f"((np.random.rand(*{shape}) < {limit}) * np.ones(x.shape)).astype(x.dtype)"
        found = grade(edited(f"one_for_several_{limit}", "layers/dropout.py", (old, mask)))["forward_train"]
        assert (found.credits["share"], found.credits["independence"]) == (credit, 0)


def test_normal_draws_cost_the_share_of_the_training_pass_alone():
    normal = ("np.random.rand(*x.shape) < p", "np.random.randn(*x.shape) < p")
    assert failed(grade(edited("normal", "layers/dropout.py", normal))) == {"forward_train"}
    own = ("np.random.rand(*x.shape) < p", "np.random.default_rng().standard_normal(x.shape) < p")
    assert failed(grade(edited("own", "layers/dropout.py", own))) == {"forward_train", "seeds"}


def test_every_function_has_four_named_mistakes_or_more():
    assert too_few_bugs(FUNCTIONS, BUGS.values()) == []


# --- what chance may do ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [Fraction(1, 4), Fraction(1, 2), Fraction(4, 5)])
@pytest.mark.parametrize("n", [1, 7, 60])
@pytest.mark.parametrize("false_alarm", [1e-7, 1e-2])
def test_the_range_is_the_narrowest_that_chance_allows(n, p, false_alarm):
    chances = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    low, high = binomial_range(n, float(p), false_alarm)
    half = Fraction(false_alarm) / 2
    assert sum(chances[:low]) <= half < sum(chances[: low + 1])
    assert sum(chances[high + 1 :]) <= half < sum(chances[high:])


def test_the_range_of_many_draws_is_near_that_of_a_normal_distribution():
    n, p = 40_000, 0.3
    low, high = binomial_range(n, p, 2e-3)
    width = 3.09 * math.sqrt(n * p * (1 - p))  # the normal quantile of 1 - 1e-3
    assert low == pytest.approx(n * p - width, abs=2)
    assert high == pytest.approx(n * p + width, abs=2)


def test_what_is_certain_allows_no_exception():
    assert binomial_range(50, 1.0) == (50, 50)


def test_false_alarms_are_as_rare_as_they_are_said_to_be():
    """Fewer than 40 claims about counts in a run, so fewer than 1 of 100,000 right solutions meets a false one."""
    claims = 0
    for check in milestone_content.checks(MILESTONE):
        check_run = CheckRun(check, strength.reference(MILESTONE), 1, MILESTONE)
        for index in range(len(check.cases)):
            findings = check_run.run_case(strength.reference(MILESTONE), index).findings
            about_counts = ("how many are kept", "neighbours", "another seed", "no seed")
            claims += sum(f.label.startswith(about_counts) for f in findings)
    assert 10 < claims < 40
    assert claims * FALSE_ALARM < 1e-5


def test_masks_of_the_right_distribution_pass_and_others_do_not():
    rng = np.random.default_rng(0)
    for p in (0.25, 0.8):
        kept = rng.random((60, 50)) < p
        assert share(kept, p).passed
        assert all(finding.passed for finding in independence(kept, p))
        assert not share(kept, 1 - p).passed
        _, along_rows = independence(np.repeat(kept[:, :1], 50, axis=1), p)
        along_columns, _ = independence(np.repeat(kept[:1], 60, axis=0), p)
        assert not along_rows.passed
        assert not along_columns.passed
        assert not agreement("part", "label", kept, kept, p, "told").passed
        assert not agreement("part", "label", kept, ~kept, 0.5, "told").passed


def test_p_is_explained_only_where_it_is_turned_around():
    draws = np.random.default_rng(0).random((60, 50))
    explained = "p is the probability that a unit is kept"
    assert explained in share(draws < 0.75, 0.25).message
    message = share(draws < 0.5, 0.25).message
    assert "were kept with p = 0.25" in message
    assert explained not in message


def test_how_many_are_kept_counts_draws_and_not_the_units_they_stand_for():
    """Whether one draw for each row happens to keep as many units as it should is a matter of chance."""
    for seed in range(20):
        rows = np.random.default_rng(seed).random((60, 1)) < 0.25
        assert share(np.broadcast_to(rows, (60, 50)), 0.25).passed
        assert not share(np.broadcast_to(~rows, (60, 50)), 0.25).passed


def test_a_wrong_share_is_no_matter_of_independence():
    for seed in range(20):
        one, other = (np.random.default_rng((seed, i)).standard_normal((30, 40)) < 0.5 for i in (0, 1))
        assert agreement("part", "label", one, other, 0.5, "told").passed
        assert not agreement("part", "label", one, one, 0.5, "told").passed
    for constant in (np.ones((30, 40), bool), np.arange(1200) > 0):
        assert not agreement("part", "label", constant, constant, 0.5, "told").passed


def test_a_mask_in_a_pattern_is_not_random():
    """The right share of units, but always the same ones of each pair."""
    kept = np.indices((60, 50)).sum(axis=0) % 2 == 0
    assert share(kept, 0.5).passed
    assert not any(finding.passed for finding in independence(kept, 0.5))


# --- one mistake costs once --------------------------------------------------------------------------------------


def test_a_wrong_forward_pass_spares_the_net_and_the_way_back():
    library = edited(
        "thirds", LAYER, ("        out = x * mask\n", "        mask = mask / 3\n        out = x * mask\n")
    )
    results = grade(library)
    assert failed(results) == {"forward_train"}
    credits = results["forward_train"].credits
    assert {part for part, credit in credits.items() if credit < 1} == {"values", "p = 1"}
    assert "3 times too small (p = 0.25)" in results["forward_train"].message


@pytest.mark.parametrize("shape", ["x.shape[-1]", "*x.shape[1:]"])
def test_a_mask_that_is_broadcast_costs_nothing_on_the_way_back(shape):
    """One draw for each feature is a mistake of the forward pass, also where its own way back divides by p."""
    library = edited(
        "broadcast",
        LAYER,
        (TRAIN, f"        mask = np.random.rand({shape}) < p\n"),
        ("        out = x * mask\n", "        out = (x * mask / p).astype(x.dtype)\n"),
        (BACK, "    dx = dout if mask is None else (dout * mask / cache[0]['p']).astype(dout.dtype)\n"),
    )
    results = strength.grade_in_process(library, MILESTONE)
    assert failed(results) == {"forward_train"}
    assert (
        not results["forward_train"].bugs
        or results["forward_train"].bugs[0][0].name == "one_mask_for_all_rows"
    )


def test_a_right_mask_of_other_draws_costs_two_points():
    binomial = "np.random.binomial(1, p, x.shape) == 1"
    results = grade(edited("binomial", LAYER, ("np.random.rand(*x.shape) < p", binomial)))
    assert failed(results) == {"seeds"}
    assert results["seeds"].credits == {"repeats": 1, "draws": 0}
    assert "np.random.rand" in results["seeds"].message
    assert "judged with the course's own dropout_forward" in results["net_loss"].message


def test_a_generator_of_its_own_that_is_seeded_costs_two_points():
    own = "        rng = np.random.default_rng(dropout_param.get('seed'))\n"
    library = edited(
        "own_rng", LAYER, (TRAIN, own + TRAIN.replace("np.random.rand(*x.shape)", "rng.random(x.shape)"))
    )
    results = grade(library)
    assert failed(results) == {"seeds"}
    assert results["seeds"].credits == {"repeats": 1, "draws": 0}


@pytest.mark.slow
def test_a_last_mask_kept_in_the_module_is_no_cache():
    library = edited(
        "last_mask",
        LAYER,
        ("        out = x * mask\n", "        out = x * mask\n        dropout_forward.last = mask\n"),
        (BACK, "    dx = dout if mask is None else dout * dropout_forward.last\n"),
    )
    results = grade(library)
    assert results["backward"].credits["train"] == 0
    assert failed(results) == {"backward"}


def test_unknown_mistake_gets_a_diagnosis_instead_of_a_wrong_name():
    library = edited("fifths", LAYER, (BACK, "    dx = dout if mask is None else dout * mask / 5\n"))
    result = strength.grade_in_process(library, MILESTONE)["backward"]
    assert result.bugs == []
    assert "5 times too small" in result.message


def test_a_net_or_layer_that_always_drops_is_not_told_that_it_never_does():
    always = '        self.dropout_param["mode"] = "train"\n'
    message = grade(edited("always_trains", NET, (DROP_OUT, always + DROP_OUT)))["net_scores"].message
    assert "the scores" in message
    assert "without dropout" not in message
    dropped = "        out = x * (np.random.rand(*x.shape) < p)\n"
    result = grade(edited("drops_at_test_time", LAYER, (TEST, dropped)))["forward_test"]
    assert result.score == 0
    assert "in training the function gives back its input" not in result.message


def test_a_way_back_that_stops_after_a_test_pass_keeps_what_it_earned_in_training():
    result = grade(edited("no_mask", LAYER, (BACK, "    dx = dout * mask\n")))["backward"]
    assert {part for part, credit in result.credits.items() if credit == 1} == {
        "train", "float32 kept", "dout unchanged", "second call"
    }  # fmt: skip
    assert "after a test pass (nndl/" in result.message


# --- nothing made up earns ---------------------------------------------------------------------------------------


MADE_UP = {
    "identity": ((TRAIN, "        mask = np.ones_like(x)\n"), (BACK, "    dx = dout\n")),
    "nothing": ((TRAIN, "        mask = np.zeros_like(x)\n"), (TEST, "        out = 0 * x\n")),
    "first_half": ((TRAIN, "        mask = np.ones_like(x)\n        mask[..., ::2] = 0\n"),),
    "noise": ((TRAIN, "        mask = 1 + np.random.randn(*x.shape)\n"),),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_masks_earn_nothing_for_chance(name):
    results = grade(edited(f"made_up_{name}", LAYER, *MADE_UP[name]))
    assert (
        results["forward_train"].credits["share"] == 0
        or results["forward_train"].credits["independence"] == 0
    )
    assert results["forward_train"].credits["values"] == 0
    assert results["seeds"].score == 0 if name != "noise" else results["seeds"].score < 4


@pytest.mark.slow
def test_a_net_is_right_also_where_its_layer_does_nothing():
    edits = (
        (TRAIN + "        out = x * mask\n", "        mask = None\n        out = x\n"),
        (BACK, "    dx = dout\n"),
    )
    results = grade(edited("does_nothing", LAYER, *edits))
    assert failed(results) == {"forward_train", "forward_test", "seeds", "backward"}
    assert "judged with the course's own dropout_forward" in results["net_scores"].message


def test_a_net_that_skips_its_layer_earns_nothing():
    edits = ((DROP_OUT, "        return x, None\n"), (DROP_OUT_BACKWARD, "        return dout\n"))
    results = grade(edited("skips", NET, *edits))
    assert failed(results) == NET_CHECKS
    assert sum(results[name].score for name in NET_CHECKS) == 0


def test_differences_of_a_forward_pass_with_another_mask_are_no_gradient():
    nudged = (
        "    nudge = 1e-3\n"
        "    high, low = (dropout_forward(0 * dout + by, cache[0])[0] for by in (nudge, 0.0))\n"
        "    dx = (high - low) / nudge * dout\n"
    )
    results = grade(edited("nudged", LAYER, (BACK, nudged)))
    assert results["backward"].credits["train"] == 0


# --- anything may come back --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("index", range(len(GARBAGE)))
def test_no_returned_value_can_break_a_check(file, index):
    results = grade(edited(f"garbage_{index}", file, *returning(STARTS[file], GARBAGE[index])))
    assert failed(results) >= (LAYER_CHECKS if file == LAYER else NET_CHECKS)
    assert {r.verdict for r in results.values()} <= {"passed", "failed"}
    assert sum(results[name].score for name in failed(results)) == 0


@pytest.mark.slow
@pytest.mark.parametrize("value", ["np.nan", "np.inf", "1e308", "-0.0"])
def test_odd_masks_are_failed_not_ungraded_and_spare_the_way_back(value):
    results = grade(
        edited(f"odd_{abs(hash(value))}", LAYER, (TRAIN, f"        mask = np.full_like(x, {value})\n"))
    )
    assert {r.verdict for r in results.values()} <= {"passed", "failed"}
    assert failed(results) >= {"forward_train", "seeds"}
    assert results["backward"].verdict == "passed"


@pytest.mark.slow
def test_the_unwritten_milestone_earns_nothing():
    for file, concerned in ((LAYER, LAYER_CHECKS), (NET, NET_CHECKS)):
        stub = "(_ for _ in ()).throw(NotImplementedError('write this part'))"
        results = grade(edited("stubs", file, *returning(STARTS[file], stub)))
        assert failed(results) == concerned
        assert sum(results[name].score for name in concerned) == 0
        assert all(results[name].message.startswith("Not written yet") for name in concerned)


def test_dividing_by_the_mask_costs_the_values_only():
    edits = (("out = x * mask\n", "with np.errstate(divide='ignore'):\n            out = x / mask\n"),)
    results = grade(edited("divided", "layers/dropout.py", *edits))
    assert failed(results) & LAYER_CHECKS == {"forward_train"}
    assert results["forward_train"].credits["values"] == 0
    assert results["forward_train"].credits["share"] == 1


@pytest.mark.parametrize(
    ("mask", "part"),
    [
        ("np.tile(np.random.rand(*x.shape[1:]) < p, (len(x),) + (1,) * (x.ndim - 1))", "independence"),
        ("np.random.rand(*x.shape) < 1 - p", "share"),
        ("np.random.rand(*x.shape) > p", "share"),
    ],
)
def test_a_wrong_chance_or_fewer_draws_cost_one_check(mask, part):
    library = edited("other_mask", "layers/dropout.py", ("(np.random.rand(*x.shape) < p)", f"({mask})"))
    results = grade(library)
    assert failed(results) & LAYER_CHECKS == {"forward_train"}
    assert results["forward_train"].credits[part] == 0


def test_draws_show_once():
    rows = np.random.default_rng(0).random((6, 9)) < 0.5
    assert where_draws_show(rows) == (slice(None), slice(None))
    assert where_draws_show(rows[:1].repeat(6, axis=0)) == (slice(0, 1), slice(None))
    assert where_draws_show(np.ones((6, 9), dtype=bool)) == (slice(None), slice(None))


def test_a_mistake_that_shows_in_one_of_its_checks_and_not_in_the_other_is_not_named():
    """An output that is the input has as few zeros as one that was only divided by p; its values say which it is."""
    library = edited(
        "input_back", "layers/dropout.py", ("/ p\n        out = x * mask", "/ p\n        out = x")
    )
    results = strength.grade_in_process(library, MILESTONE)
    assert not results["seeds"].bugs, results["seeds"].message
    assert "divided by p" not in results["seeds"].message
