"""The linear classifier's checks catch and name every known mistake, and let every right solution pass."""

from __future__ import annotations

import pytest

from autograder.judging import milestone_content
from autograder.judging.edited_reference import EditedReference
from autograder.proofs import strength
from autograder.sources import Sources

from .proofs import of_values

MILESTONE = Sources().milestone("linear_classifier")
FILE = "linear_classifier.py"
BUGS = milestone_content.bugs(MILESTONE)
RESIDUAL = "(softmax(linear_pred(X, W, b)) - Y) / X.shape[0]\n"
BATCH = "        W -= alpha * (X.T @ residual)\n        b -= alpha * residual.sum(axis=0)\n"
STOCHASTIC = "        W -= alpha * (x.T @ residual)\n        b -= alpha * residual.sum(axis=0)\n"
RECORD = (
    "        if is_measured(iteration):\n            J_history.append(linear_cost_func(X, Y, W, b))\n"
    "        if is_kept(iteration):\n            W_history.append(W.copy())\n"
)


def grade(library, seed=1, **options):
    return strength.grade_in_process(library, MILESTONE, seed, **options)


def edited(name, edits):
    return strength.edited(MILESTONE, name, FILE, *edits)


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_bug_is_caught_and_named_on_other_seeds(bug):
    assert [strength.shortcomings(bug, MILESTONE, seed) for seed in range(2, 7)] == [[]] * 5


def test_every_function_has_four_bugs_or_more():
    by_function = {
        "softmax": ("softmax",),
        "cross_entropy": ("cross_entropy",),
        "scores": ("scores",),
        "cost": ("cost",),
        "batch": ("batch_steps", "batch_history"),
        "stochastic": ("stochastic_steps", "stochastic_history"),
    }
    for prefix, names in by_function.items():
        mine = [b for b in BUGS if b.name.startswith(prefix + "_") and b.concerns[0] in names]
        assert len(mine) >= 4, prefix
    assert {name for bug in BUGS for name in bug.concerns} == {
        c.name for c in milestone_content.checks(MILESTONE) if not c.needs_images
    }


def test_a_mistake_in_softmax_costs_nothing_in_the_descents_that_use_it():
    bug = next(b for b in BUGS if b.name == "softmax_not_normalized")
    results = grade(bug.edited.library(MILESTONE))
    assert [name for name, r in results.items() if r.verdict == "failed"] == ["softmax"]


def test_two_mistakes_are_told_apart():
    first, second = (
        next(b for b in BUGS if b.name == name) for name in ("softmax_over_columns", "cross_entropy_summed")
    )
    both = EditedReference("two", (*first.edited.edits, *second.edited.edits))
    results = grade(both.library(MILESTONE))
    assert [b.name for b, _ in results["softmax"].bugs] == [first.name]
    assert [b.name for b, _ in results["cross_entropy"].bugs] == [second.name]
    assert first.explanation in results["softmax"].message
    assert {name for name, r in results.items() if r.verdict == "failed"} == {"softmax", "cross_entropy"}


def test_unknown_mistake_gets_a_diagnosis_instead_of_a_wrong_name():
    results = grade(edited("third", (("np.mean(-np.sum(", "np.mean(-np.sum(3 * "),)))
    assert results["cross_entropy"].bugs == []
    assert "the loss" in results["cross_entropy"].message


def test_part_of_a_check_earns_part_of_the_points():
    results = grade(edited("no_b", ((BATCH, BATCH.splitlines(keepends=True)[0]),)))
    assert of_values(results["batch_steps"]) == {"W": 1, "b": 0}
    assert results["batch_steps"].score == pytest.approx(3.6)


def test_a_softmax_that_remembers_the_targets_does_not_make_standing_still_right():
    """Standing still would be right by one's own softmax, if that gave back the targets."""
    results = grade(
        edited(
            "remembers",
            (
                (
                    "    exponentials = np.exp(",
                    "    if _seen:\n        return 1.0 * _seen[-1]\n    exponentials = np.exp(",
                ),
                ("def softmax(", "_seen = []\n\n\ndef softmax("),
                ("        residual = " + RESIDUAL + BATCH, "        _seen.append(Y)\n"),
            ),
        )
    )
    assert results["batch_steps"].score == 0


LAZY_SOFTMAX = (
    "np.zeros(x.shape)", "np.full(x.shape, np.nan)", "x", "None", "np.ones(3)", "np.exp(x) * 1e300",
)  # fmt: skip


@pytest.mark.parametrize("softmax", LAZY_SOFTMAX)
def test_descents_that_do_nothing_earn_nothing_whatever_softmax_gives(softmax):
    value = f"    return {softmax}\n"
    results = grade(
        edited(
            f"lazy_{LAZY_SOFTMAX.index(softmax)}",
            (
                ('    check_array("x", x, ndim=2)\n', value),
                ("        residual = " + RESIDUAL + BATCH, ""),
                ("        residual = (softmax(linear_pred(x, W, b)) - y) / mini_batch\n" + STOCHASTIC, ""),
            ),
        )
    )
    for name in ("batch_steps", "batch_history", "stochastic_steps", "stochastic_history"):
        assert (results[name].verdict, results[name].score) == ("failed", 0), name


@pytest.mark.parametrize("steps", ["batch", "stochastic"])
def test_weights_that_all_stay_are_not_said_to_be_the_biases_alone(steps):
    lines = BATCH if steps == "batch" else STOCHASTIC
    x, y = ("X", "Y") if steps == "batch" else ("x", "y")
    residual = f"        residual = (softmax(linear_pred({x}, W, b)) - {y}) / "
    rows = "X.shape[0]\n" if steps == "batch" else "mini_batch\n"
    library = edited(f"stays_{steps}", ((residual + rows + lines, residual.replace("- ", "+ 0 * ") + rows),))
    result = grade(library, only={f"{steps}_steps"})[f"{steps}_steps"]
    assert (result.score, result.bugs) == (0, [])
    assert "W and b come back as they were given: no step changes them" in result.message
    bias = lines.split("\n")[1] + "\n"
    result = grade(
        edited(f"bias_{steps}", ((residual + rows + lines, residual + rows + lines.replace(bias, "")),))
    )
    assert [bug.name for bug, _ in result[f"{steps}_steps"].bugs] == [f"{steps}_bias_stays"]


MEAN_LOSS = "    return float(np.mean(-np.sum(target * np.log(score + 1e-9), axis=1)))\n"


@pytest.mark.parametrize("small", ["1e-7", "1e-12", "0"])
def test_another_small_number_in_the_logarithm_costs_a_demand(small):
    result = grade(edited(f"small_{small}", ((MEAN_LOSS, MEAN_LOSS.replace("1e-9", small)),)))[
        "cross_entropy"
    ]
    assert {part for part, credit in result.credits.items() if credit < 1} == {"zero probability"}
    assert result.score > 3.5
    if small != "0":
        assert f"with {float(small):.3g} added before the logarithm" in result.message
    large = grade(edited("small_large", ((MEAN_LOSS, MEAN_LOSS.replace("1e-9", "1e-3")),)))["cross_entropy"]
    assert large.credits["mean"] == 0


def test_steps_may_choose_the_right_class_among_a_few():
    """`np.choose` takes a few dozen arrays at most: code is right that would not do for more classes."""
    residual = "        residual = (softmax(linear_pred(X, W, b)) - Y) / X.shape[0]\n"
    chosen = "        np.choose(Y.argmax(axis=1), softmax(linear_pred(X, W, b)).T)\n"
    results = grade(edited("chooses", ((residual, residual + chosen),)), only={"batch_steps"})
    assert results["batch_steps"].verdict == "passed"


def test_a_loss_that_is_a_constant_costs_its_own_points_only():
    edits = (('    check_one_hot("target"', '    return 1.0\n    check_one_hot("target"'),)
    results = grade(edited("constant", edits))
    assert [name for name, r in results.items() if r.verdict == "failed"] == ["cross_entropy"]
    assert results["cross_entropy"].score == 0


def test_a_softmax_that_stops_costs_its_own_points_only():
    edits = (
        (
            "    exponentials = np.exp(",
            "    raise NotImplementedError('softmax: write this part')\n    exponentials = np.exp(",
        ),
    )
    results = grade(edited("unwritten", edits))
    assert [name for name, r in results.items() if r.verdict == "failed"] == ["softmax"]
    assert results["softmax"].score == 0


COST = "    return cross_entropy_loss(softmax(linear_pred(X, W, b)), Y)\n"
LOSS = '    check_one_hot("target"'
COUNT = "next(_count)"
COUNTER = ("def softmax(", "import itertools\n_count = itertools.count(1)\n\n\ndef softmax(")


def loss_edits(value):
    return LOSS, f"    return {value}\n{LOSS}"


MADE_UP_COSTS = {
    "loss_alternates": (COUNTER, loss_edits(f"1.0 + {COUNT} % 2"), (COST, "    return 2.0\n")),
    "loss_counts": (COUNTER, loss_edits(f"float({COUNT})"), (COST, "    return 1.0\n")),
    "both_count": (COUNTER, loss_edits(f"float({COUNT} // 2)"), (COST, f"    return float({COUNT} // 2)\n")),
    "differs_by_rounding": (
        COUNTER,
        loss_edits("2.0 + 1e-12 * float(score[0, 0])"),
        (COST, "    return 2.0\n"),
    ),
    "nan": (loss_edits("np.nan"), (COST, "    return np.nan\n")),
    "infinite": (loss_edits("np.inf"), (COST, "    return np.inf\n")),
    "what_the_loss_gave_last": (
        ("def softmax(", "_last = [0.0]\n\n\ndef softmax("),
        loss_edits("_last.__setitem__(0, float(np.sum(score * target))) or _last[0]"),
        (COST, "    return _last[0]\n"),
    ),
}


@pytest.mark.parametrize("name", MADE_UP_COSTS)
def test_a_made_up_cost_earns_nothing(name):
    library = edited(f"cost_{name}", MADE_UP_COSTS[name])
    for seed in range(3):
        result = grade(library, seed, name_bugs=False, only=("softmax", "cross_entropy", "scores", "cost"))[
            "cost"
        ]
        assert (result.verdict, result.score) == ("failed", 0)


HONEST_RECORD = "J_history.append(linear_cost_func(X, Y, W, b))"


def descents(step, record):
    """Make both descents change W by this much a step, and record these costs."""
    recorded = RECORD.replace(HONEST_RECORD, f"J_history.append({record})")
    return (
        ("        residual = " + RESIDUAL + BATCH + RECORD, f"        W += {step}\n{recorded}"),
        (
            "        residual = (softmax(linear_pred(x, W, b)) - y) / mini_batch\n" + STOCHASTIC + RECORD,
            f"        W += {step}\n{recorded}",
        ),
    )


MADE_UP_HISTORIES = {
    "cost_counts": (COUNTER, (COST, f"    return float({COUNT})\n"), *descents("1.0", "float(iteration)")),
    "cost_alternates": (
        COUNTER,
        (COST, f"    return 1.0 + {COUNT} % 2\n"),
        *descents("1.0", "2.0 - iteration % 2"),
    ),
    "cost_changes_by_rounding": ((COST, "    return 2.0 + 1e-12 * W[0, 0]\n"), *descents("1.0", "2.0")),
    "cost_forgets_the_rows": (
        (COST, "    return float(W[0, 0])\n"),
        *descents("1.0", "float(W[0, 0])"),
    ),
    "cost_is_nan": ((COST, "    return np.nan\n"), *descents("1.0", "np.nan")),
    "weights_change_by_rounding": descents("1e-12 * W", HONEST_RECORD[len("J_history.append(") : -1]),
    "weights_overflow": ((COST, "    return float(W[0, 0])\n"), *descents("1.7e308", "float(W[0, 0])")),
}


@pytest.mark.parametrize("name", MADE_UP_HISTORIES)
def test_made_up_costs_and_steps_earn_nothing_for_the_cost_history(name):
    results = grade(edited(f"history_{name}", MADE_UP_HISTORIES[name]), name_bugs=False)
    for check in ("batch_history", "stochastic_history"):
        assert (results[check].verdict, results[check].credits["J_history"]) == ("failed", 0), check


def test_steps_lost_in_rounding_earn_nothing():
    """By one's own softmax, a step of 1e-20 would be right: it changes no weight."""
    remembered = "    if _seen:\n        return _seen[-1] + 1e-20\n    exponentials = np.exp("
    library = edited(
        "rounding",
        (
            ("    exponentials = np.exp(", remembered),
            ("def softmax(", "_seen = []\n\n\ndef softmax("),
            ("        residual = " + RESIDUAL + BATCH, "        _seen.append(Y)\n"),
        ),
    )
    assert grade(library, name_bugs=False)["batch_steps"].score == 0


GARBAGE = (
    "None", "1", "'text'", "(1, 2, 3)", "(1, 2, 3, 4)", "[]", "{}", "np.nan", "True", "np.zeros(0)",
    "np.zeros((3, 3, 3))", "np.array(['a', 'b'])", "np.array([1, 2]) > 1", "(None, None, None, None)",
    "([[1.0]], 'b', {'J': 1}, 3)", "(np.zeros((2, 2)), np.zeros(2), [None], ['x', np.zeros(3)])",
    "(np.zeros(0), np.zeros((1, 1)), [[1, 2], [3]], [[[1.0]], [[2.0]]])", "10**18", "np.array([1j])",
    "(1e400 * np.ones((4, 3)), np.ones(3) * np.nan, np.zeros(0), np.zeros((0, 4, 3)))",
    "(np.full(W.shape, 1e308), np.full(b.shape, -1e308), [], []) if 'W' in locals() else 1e308",
)  # fmt: skip
FIRST_LINES = {
    "softmax": '    check_array("x", x, ndim=2)\n',
    "cross_entropy": '    check_array("score", score, ndim=2)\n',
    "scores": "    check_linear(X, W, b)\n    ###",
    "cost": "    return cross_entropy_loss(softmax(linear_pred(X, W, b)), Y)\n",
    "batch": (
        "    W, b = checked_start(X, Y, W, b)\n"
        "    is_measured, is_kept = when_to_record(iterations, cost_every, history_every)\n    J"
    ),
    "stochastic": (
        "    W, b = checked_start(X, Y, W, b)\n"
        "    is_measured, is_kept = when_to_record(iterations, cost_every, history_every)\n    if"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("value", GARBAGE)
def test_no_returned_value_can_break_a_check(value):
    """Every function returns the value: nothing is earned, and nothing remains ungraded."""
    line = f"    return {value}\n"
    library = edited(
        f"garbage_{GARBAGE.index(value)}", tuple((old, line + old) for old in FIRST_LINES.values())
    )
    results = grade(library)
    assert {r.verdict for r in results.values()} == {"failed"}
    assert sum(r.score for r in results.values()) == 0


@pytest.mark.slow
@pytest.mark.parametrize("function", FIRST_LINES)
def test_garbage_of_one_function_is_failed_not_ungraded(function):
    old = FIRST_LINES[function]
    for index, value in enumerate(GARBAGE):
        results = grade(edited(f"garbage_{function}_{index}", ((old, f"    return {value}\n{old}"),)))
        assert {r.verdict for r in results.values()} <= {"passed", "failed"}
        for name, result in results.items():
            if name.startswith(function):
                assert (result.verdict, result.score) == ("failed", 0), (value, name)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "softmax(linear_pred(x, W, b)) - y",
            "softmax(linear_pred(x, W, b)) + y",
            "a step with the targets added",
        ),
        ("W -= alpha * (x.T @ residual)", "W -= alpha", "all entries change by the same number"),
    ],
)
def test_a_wrong_step_is_told_by_what_it_is_made_of(old, new, said):
    message = grade(edited("other_step", ((old, new),)), name_bugs=False)["stochastic_steps"].message
    assert said in message


@pytest.mark.parametrize(
    ("kind", "step"),
    [("batch", "W -= alpha * (X.T @ residual)"), ("stochastic", "W -= alpha * (x.T @ residual)")],
)
def test_a_loop_that_ends_early_does_not_hide_how_its_steps_are_wrong(kind, step):
    loop = "iteration in range(1, iterations + 1):\n        residual"
    if kind == "stochastic":
        loop = "iteration in range(1, iterations + 1):\n        rows"
    edits = ((loop, loop.replace("iterations + 1", "iterations")), (step, step.replace("-=", "+=")))
    message = grade(edited(f"early_{kind}", edits), name_bugs=False)[f"{kind}_steps"].message
    assert "has the wrong sign" in message
    assert "for iterations = 1 there is one step fewer: how often does the loop run?" in message


@pytest.mark.parametrize(("number", "wrong"), [("1e-9", set()), ("1e-6", {"softmax"})])
def test_a_small_number_beside_the_sum_of_a_softmax_does_not_cost_it(number, wrong):
    old = "exponentials / exponentials.sum(axis=1, keepdims=True)"
    new = f"exponentials / (exponentials.sum(axis=1, keepdims=True) + {number})"
    results = grade(edited("beside_the_sum", [(old, new)]), only={"softmax"}, name_bugs=False)
    assert {name for name, result in results.items() if result.verdict != "passed"} == wrong
