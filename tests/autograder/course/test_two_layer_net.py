"""The two-layer net's checks are strong (every named bug is caught and named) and fair (other right code passes)."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.course.two_layer_net.draws import draw_net_and_rows, tells_how_chosen, to_large_scores
from autograder.judging import milestone_content
from autograder.judging.check import Draw
from autograder.judging.edited_reference import EditedReference, TextEdit
from autograder.proofs import strength
from autograder.sources import Sources

from .proofs import failed, not_passed, of_values

MILESTONE = Sources().milestone("two_layer_net")
BUGS = milestone_content.bugs(MILESTONE)


def grade(library, seed=1, **options):
    return strength.grade_in_process(library, MILESTONE, seed, **options)


def edited(name, edits):
    return strength.edited(MILESTONE, name, "neural_net.py", *edits)


def test_a_small_number_beside_a_softmax_costs_a_demand_at_most():
    old = "        data_loss = -log_probabilities[np.arange(len(y)), y].mean()\n"
    small = "        data_loss = -np.log(np.exp(log_probabilities) + 1e-11)[np.arange(len(y)), y].mean()\n"
    results = grade(edited("small_in_log", [(old, small)]), name_bugs=False)
    assert {part for part, credit in results["loss"].credits.items() if credit < 1} == {"large scores"}
    assert results["gradients"].verdict == "passed"
    last = "return float(data_loss + penalty), np.exp(log_probabilities)"
    sums = "np.exp(shifted).sum(axis=1, keepdims=True)"
    p = f"np.exp(shifted) / ({sums} + 1e-9)"
    results = grade(
        edited("small_in_sum", [(last, f"return float(data_loss + penalty), {p}")]), name_bugs=False
    )
    assert {results[name].verdict for name in ("loss", "gradients")} == {"passed"}
    p = p.replace("1e-9", "1e-6")
    results = grade(
        edited("more_in_sum", [(last, f"return float(data_loss + penalty), {p}")]), name_bugs=False
    )
    assert results["gradients"].score < 1


def test_the_message_has_the_teachers_explanation_and_the_score_is_lower():
    bug = BUGS[0]
    result = grade(bug.edited.library(MILESTONE))[bug.concerns[0]]
    assert bug.explanation in result.message
    assert result.score < result.check.points


def test_a_bug_is_recognised_for_its_part_while_another_mistake_spoils_the_rest():
    bug = next(b for b in BUGS if b.name == "gradient_not_averaged")
    penalty = TextEdit("neural_net.py", "return float(data_loss + penalty)", "return float(data_loss)")
    both = EditedReference("two_mistakes", (*bug.edited.edits, penalty))
    results = grade(both.library(MILESTONE))
    assert [b.name for b, _ in results["loss"].bugs] == ["penalty_missing"]
    assert [b.name for b, _ in results["gradients"].bugs] == ["gradient_not_averaged"]


def test_unknown_mistake_gets_a_diagnosis_instead_of_a_wrong_name():
    results = grade(edited("third", (("y].mean()", "y].mean() / 3"),)))
    assert results["loss"].bugs == []
    assert "loss with reg=0" in results["loss"].message


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["relu_on_scores", "probabilities_as_scores", "no_relu", "softmax_without_shift", "same_batch_every_time",
     "gradients_of_all_steps", "predicts_by_shares_of_a_column", "predicts_largest_size"],
)  # fmt: skip
def test_a_mistake_costs_the_same_with_every_seed(name):
    """A small net may hide it, and labels and accuracies may be right by chance."""
    bug = next(b for b in BUGS if b.name == name)
    assert strength.points_by_seed(bug, MILESTONE, range(1, 13)) == {}


@pytest.mark.parametrize(("n", "d", "h", "c"), [(3, 2, 1, 2), (1, 7, 3, 2), (12, 3, 6, 10)])
def test_rows_and_parameters_are_drawn_until_mistakes_show(n, d, h, c):
    for seed in range(100):
        params, X = draw_net_and_rows(Draw(seed), n, d, h, c)
        before = X @ params["W1"].T + params["b1"]
        scores = np.maximum(before, 0) @ params["W2"].T + params["b2"]
        assert before.min() < 0 < before.max()
        assert scores.min() < 0
        assert (to_large_scores(scores, params["b2"]) * (scores - params["b2"])).max() == pytest.approx(1e4)


def test_labels_chosen_by_size_or_by_columns_are_told_from_right_ones():
    assert tells_how_chosen(np.array([[1.0, 2.0, -3.0], [3.0, 1.0, -4.0], [2.9, 2.0, 1.0]]))
    assert not tells_how_chosen(
        np.array([[1.0, 2.0, 0.5], [3.0, 1.0, 0.5]])
    )  # the largest size is the highest
    assert not tells_how_chosen(np.array([[1.0, 2.0, -3.0], [1.0, 3.0, -4.0]]))  # one class for all rows


def test_part_of_the_gradients_earns_part_of_the_points():
    results = grade(edited("wrong_b2", (('"b2": dscores.sum(axis=0)', '"b2": 0 * dscores.sum(axis=0)'),)))
    assert of_values(results["gradients"]) == {"W1": 1, "b1": 1, "W2": 1, "b2": 0}
    assert results["gradients"].score == pytest.approx(6.4)


GARBAGE = (
    "None", "1", "'text'", "(1, 2, 3)", "[]", "{}", "(np.nan, {})", "(0.5, {'W1': 1, 'b1': 'x', 'W2': None, 'b2': []})",
    "(2.0, {k: np.zeros(0) for k in self.params})", "(True, dict(self.params))", "np.zeros((3, 3, 3))",
    "({}, [])", "(np.float32(1), {k: v.astype('f4')[None] for k, v in self.params.items()})",
    "(np.zeros(3), {k: v * np.inf for k, v in self.params.items()})",
    "(10**18, {k: v > 0 for k, v in self.params.items()})",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("value", GARBAGE)
def test_no_returned_value_can_break_a_check(value):
    library = edited(
        f"garbage_{GARBAGE.index(value)}",
        (
            (
                '        check_array("X", X, shape=(None, self.params["W1"].shape[1]))\n',
                f"        return {value}\n",
            ),
            ("        return self.loss(X).argmax(axis=1)\n", f"        return {value}\n"),
        ),
    )
    results = grade(library)
    assert {r.verdict for r in results.values()} == {"failed"}
    assert sum(r.score for r in results.values()) == 0


@pytest.mark.slow
def test_garbage_from_train_alone_is_failed_not_ungraded():
    for index, value in enumerate(
        (
            "None",
            "{'loss_history': 3}",
            "{'loss_history': 'a', 'train_acc_history': {}, 'val_acc_history': 0}",
        )
    ):
        results = grade(
            edited(f"history_{index}", (("        return history\n", f"        return {value}\n"),))
        )
        assert results["training_history"].verdict == "failed"
        assert results["training_step"].verdict == "failed"
        assert results["gradients"].verdict == "passed"


def test_a_failure_after_a_right_answer_earns_nothing_for_what_was_not_shown():
    # The first call is right; the second raises. The claims that come later must not count as right.
    library = edited(
        "once",
        (
            (
                '        check_array("X", X, shape=(None, self.params["W1"].shape[1]))\n',
                "        if reg:\n            raise KeyError('reg')\n",
            ),
        ),
    )
    results = grade(library)
    assert of_values(results["loss"]) == {"data loss": 1, "penalty": 0}


BODY = '        check_array("X", X, shape=(None, self.params["W1"].shape[1]))\n'
DRAW = "rows = np.random.choice(num_rows, min(num_rows, batch_size))"
STEP = "self.params[name] = self.params[name] - learning_rate * gradient"
PREDICT = "return self.loss(X).argmax(axis=1)"
FIRST_ROWS = (DRAW, "rows = np.arange(min(num_rows, batch_size))")
NO_CLASS = (PREDICT, "return -np.ones(len(X), int)")


def answer(loss, gradient):
    """Make `loss` answer with these two expressions, whatever the data are."""
    grads = f"{{k: np.full_like(v, {gradient}) for k, v in self.params.items()}}"
    return BODY, f"        if y is not None:\n            return {loss}, {grads}\n{BODY}"


MADE_UP = {
    "loss_of_the_batch_size": (FIRST_ROWS, NO_CLASS, answer("len(X) + float(self.params['W1'].sum())", 1.0)),
    "loss_counts_its_calls": (
        FIRST_ROWS,
        NO_CLASS,
        answer("float(self.__dict__.__setitem__('q', self.__dict__.get('q', 0) + 1) or self.q)", 1.0),
    ),
    "step_lost_in_rounding": (
        FIRST_ROWS,
        NO_CLASS,
        (STEP, "pass"),
        answer("float(X.sum() + y[0] + len(y))", 1e-30),
    ),
    "infinite_gradients": (
        FIRST_ROWS,
        NO_CLASS,
        (STEP, "self.params[name] = self.params[name] - gradient"),
        answer("float(X.sum() + y[0] + len(y))", "np.inf"),
    ),
    "huge_gradients": (FIRST_ROWS, NO_CLASS, answer("float(len(X))", 1e307)),
    "nan_everywhere": (
        FIRST_ROWS,
        NO_CLASS,
        (STEP, "self.params[name] = gradient"),
        ("if not np.isfinite(loss):", "if False:"),
        answer("float(len(X) if len(X) < 8 else np.nan)", "np.nan"),
    ),
}


@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_values_earn_nothing_for_training(name):
    results = grade(edited(f"made_up_{name}", MADE_UP[name]))
    for check in ("training_step", "training_history"):
        assert (results[check].verdict, results[check].score) == ("failed", 0), check


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "body",
    ["raise ValueError('no')", "return None", "return np.zeros(len(X), int)", "return self.loss(X)",
     "return self.loss(X).argmin(axis=1)", "return self.loss(X).argmax(axis=0)", "return np.full(len(X), np.nan)"],
)  # fmt: skip
def test_a_wrong_predict_costs_the_prediction_alone(body, seed):
    results = grade(edited("wrong_predict", ((PREDICT, body),)), seed, name_bugs=False)
    assert {name for name, r in results.items() if r.verdict == "failed"} == {"prediction"}


def test_an_accuracy_that_leaves_predict_out_earns_nothing_beside_a_constant_predict():
    constant = ("self.predict(X_val) == y_val", "y_val == 0"), (PREDICT, "return np.zeros(len(X), int)")
    results = grade(edited("one_class", constant), name_bugs=False)
    assert of_values(results["training_history"]) == {
        "loss_history": 1,
        "train_acc_history": 1,
        "val_acc_history": 0,
    }


def test_training_is_still_judged_where_predict_is_wrong():
    wrong = {
        "batch": ((DRAW, "rows = np.arange(min(num_rows, batch_size))"), {"training_step"}),
        "step": ((STEP, "self.params[name] = self.params[name] - gradient"), {"training_step"}),
    }
    for name, (edit, concerns) in wrong.items():
        results = grade(edited(f"crash_and_{name}", ((PREDICT, "raise ValueError"), edit)), name_bugs=False)
        assert {name for name, r in results.items() if r.verdict == "failed"} == {"prediction", *concerns}


@pytest.mark.slow
@pytest.mark.parametrize(
    "edits",
    [
        (("        return history\n", "        return {k: np.array(1.0) for k in history}\n"),),
        (
            (STEP, "pass"),
            (
                BODY,
                "        if y is not None:\n"
                "            return float(X.sum()), {k: [[1.0], [1.0, 2.0]] for k in self.params}\n" + BODY,
            ),
        ),
    ],
    ids=["histories_without_axes", "ragged_gradients"],
)
def test_odd_values_in_training_are_failed_not_ungraded(request, edits):
    results = grade(edited(f"odd_{request.node.callspec.id}", edits))
    assert {results[check].verdict for check in ("training_step", "training_history")} == {"failed"}


def test_bugs_of_two_milestones_may_share_a_name():
    one = edited("same_name", (("y].mean()", "y].sum()"),))
    two = edited("same_name", (("return self.loss(X).argmax(axis=1)", "return self.loss(X).argmin(axis=1)"),))
    failed = [{name for name, r in grade(lib).items() if r.verdict == "failed"} for lib in (one, two)]
    assert failed == [{"loss"}, {"prediction"}]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("np.maximum(0, X @ W1.T + b1)", "np.maximum(0, X @ W1.T) + b1"),
        ("np.maximum(0, X @ W1.T + b1)", "np.maximum(0, X @ W1.T - b1)"),
        ("scores = hidden @ W2.T + b2", "scores = 2 * (hidden @ W2.T) + b2"),
    ],
)
def test_a_wrong_forward_pass_costs_the_scores_only(old, new):
    results = grade(edited("forward", ((old, new),)), name_bugs=False)
    assert failed(results) == {"scores"}, not_passed(results)


def test_a_wrong_forward_pass_does_not_hide_a_wrong_gradient():
    edits = (
        ("scores = hidden @ W2.T + b2", "scores = np.maximum(0, hidden @ W2.T + b2)"),
        ('"b1": dpre_activation.sum(axis=0)', '"b1": dpre_activation.mean(axis=0)'),
    )
    result = grade(edited("both", edits), name_bugs=False)["gradients"]
    assert {part for part, credit in result.credits.items() if credit == 1} >= {"W1", "W2", "b2"}
    assert "the gradient of b1 is exactly N = " in result.message


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("X[rows], y[: len(rows)]", "the rows are right, but their labels are the first ones of y"),
        ("X[: len(rows)], y[rows]", "the labels are right, but their rows are the first ones of X"),
        (
            "X[rows], y[np.random.choice(num_rows, len(rows))]",
            "the rows are right, but their labels are drawn anew",
        ),
    ],
)
def test_rows_and_labels_that_do_not_belong_together_are_told_apart(returned, said):
    edits = (
        ("return X[rows], y[rows]", f"return {returned}"),
        ("learning_rate * gradient", "learning_rate / gradient"),
    )
    assert said in grade(edited(f"labels_{len(returned)}", edits))["training_step"].message


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("np.random.choice(num_rows, min(num_rows, batch_size), replace=False)", "drawn without replacement"),
        ("np.random.permutation(num_rows)[:batch_size]", "drawn without replacement"),
        ("np.arange(num_rows)[:batch_size]", "the first rows"),
        ("np.random.randint(0, num_rows - 1, min(num_rows, batch_size))", "never gives the last row"),
        ("np.random.choice(num_rows, min(num_rows, batch_size)) * 0", ""),
    ],
)
def test_how_a_wrong_minibatch_was_drawn_is_said(rows, said):
    """Also where the step is wrong, too; where a known mistake is that, its name is told instead."""
    edits = (
        ("rows = np.random.choice(num_rows, min(num_rows, batch_size))", f"rows = {rows}"),
        ("learning_rate * gradient", "learning_rate / gradient"),
    )
    message = grade(edited(f"drawn_{len(rows)}", edits), name_bugs=False)["training_step"].message
    assert "the minibatch is not the one" in message
    assert ("; here they are" in message) is bool(said)
    assert said in message


def test_a_step_without_the_learning_rate_is_told_by_it():
    """Beside biases that stay, so that no known mistake explains the whole."""
    edits = [("- learning_rate * gradient", "- gradient * name.startswith('W')")]
    message = grade(edited("no_rate", edits))["training_step"].message
    assert "the change of W1 is exactly 1 / learning_rate = " in message


def test_a_step_that_is_divided_by_its_gradient_looks_like_it():
    edits = [("learning_rate * gradient", "learning_rate / gradient")]
    message = grade(edited("quotient", edits))["training_step"].message
    assert "divided by what it should be multiplied by" in message


@pytest.mark.parametrize("bias", ["b1", "b2"])
def test_an_axis_too_many_in_a_bias_gradient_does_not_cost_the_training(bias):
    source = {"b1": "dpre_activation", "b2": "dscores"}[bias]
    edits = ((f'"{bias}": {source}.sum(axis=0)', f'"{bias}": {source}.sum(axis=0, keepdims=True)'),)
    results = grade(edited(f"axis_of_{bias}", edits), name_bugs=False)
    assert failed(results) == {"gradients"}, not_passed(results)


def test_an_axis_too_many_does_not_hide_a_wrong_step():
    edits = (('"b1": dpre_activation.sum(axis=0)', '"b1": dpre_activation.sum(axis=0, keepdims=True)'),
             (STEP, "self.params[name] = self.params[name] + learning_rate * gradient"))  # fmt: skip
    results = grade(edited("axis_and_ascent", edits), name_bugs=False)
    assert failed(results) == {"gradients", "training_step"}


SOFTMAX = "np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)"


def test_a_prediction_by_probabilities_without_a_shift_loses_the_large_scores_alone():
    edits = ((PREDICT, f"scores = self.loss(X)\n        return ({SOFTMAX}).argmax(axis=1)"),)
    result = grade(edited("by_probabilities", edits), name_bugs=False)["prediction"]
    assert of_values(result) == {"labels": 1}
    assert [part for part, credit in result.credits.items() if credit < 1] == ["large scores"]
    assert "np.exp is infinite above 709" in result.message


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        ("log_probabilities = np.log(np.exp(log_probabilities) + 1e-7)", "with 1e-07 added before the logarithm"),
        ("log_probabilities = np.log(np.maximum(np.exp(log_probabilities), 1e-5))", "that are 1e-05 at least"),
        (f"log_probabilities = np.log({SOFTMAX})", "infinite above 709"),
    ],
    ids=["added", "limited", "overflow"],
)  # fmt: skip
def test_how_a_probability_is_kept_from_zero_is_told(probability, said):
    line = "        data_loss = -log"
    edits = ((line, f"        {probability}\n{line}"),)
    result = grade(edited(f"kept_from_zero_{said[:4]}", edits), name_bugs=False)["loss"]
    assert said in result.message
    assert "N = 1" not in result.message


def test_a_minibatch_of_another_size_is_told_by_it():
    edits = ((DRAW, "rows = np.random.choice(num_rows, X.shape[1])"),)
    message = grade(edited("columns_as_size", edits))["training_step"].message
    assert "here they are D rows" in message


def test_a_mistake_is_named_beside_scores_that_overflow():
    edits = (
        ("+ penalty), np.exp(log_probabilities)", f"+ penalty), {SOFTMAX}"),
        ("np.where(hidden > 0, dhidden, 0)", 'np.where(X @ self.params["W1"].T > 0, dhidden, 0)'),
    )
    result = grade(edited("overflow_and_mask", edits))["gradients"]
    assert "gradient_mask_without_bias" in {bug.name for bug, _ in result.bugs}
    assert "np.exp is infinite above 709" in result.message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("min(num_rows, batch_size))", "min(num_rows, batch_size), replace=False)"),
        ("min(num_rows, batch_size))", "batch_size)"),
        (
            "choice(num_rows, min(num_rows, batch_size))",
            "randint(0, num_rows - 1, min(num_rows, batch_size))",
        ),
        ("learning_rate * gradient", "learning_rate * gradient / 2"),
        ("- learning_rate * gradient", "+ learning_rate * gradient"),
    ],
)
def test_a_wrong_minibatch_or_step_costs_the_step_alone(old, new):
    results = grade(edited(f"once_{len(new)}", ((old, new),)), name_bugs=False)
    assert failed(results) == {"training_step"}


def test_rows_drawn_otherwise_leave_the_step_its_points():
    without = ("min(num_rows, batch_size))", "min(num_rows, batch_size), replace=False)")
    credits = of_values(grade(edited("without_replacement", (without,)))["training_step"])
    assert credits["minibatch"] < 1
    assert credits["step"] == 1


def test_histories_that_do_not_follow_from_the_students_own_training_are_wrong():
    """A wrong step does not excuse a wrong history."""
    edits = (
        ("learning_rate * gradient", "learning_rate * gradient / 2"),
        ("learning_rate *= learning_rate_decay", "learning_rate *= 1"),
        ("== y_val).mean()", "!= y_val).mean()"),
    )
    results = grade(edited("step_and_history", edits), name_bugs=False)
    assert failed(results) == {"training_step", "training_history"}


def test_sizes_are_not_told_beside_a_loss_that_overflows():
    """Whether exp overflows in a case depends on what was drawn for it."""
    edits = (("shifted = scores - scores.max(axis=1, keepdims=True)", "shifted = scores"),)
    message = grade(edited("no_shift", edits))["loss"].message
    assert "for scores near 1e4" in message
    assert "of the inputs tried" not in message


CHEAP_SCORES = {
    "units never on": "-np.abs(np.tile(X, c)[:, :c]) - 1",
    "no parameter": "np.tile(X, c)[:, :c]",
    "the same for all classes": "np.tile(X[:, :1], c)",
    "next to nothing": "1e-12 * np.tile(X, c)[:, :c]",
}

CHEAP_NET = """\
        if True:
            c = self.params["b2"].size
            scores = {scores}
            if y is None:
                return scores
            shifted = scores - scores.max(axis=1, keepdims=True)
            log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            squares = sum((self.params[k] ** 2).sum() for k in ("W1", "W2"))
            loss = -log_p[np.arange(len(X)), y].mean() + 0.5 * reg * squares
            return loss, {{k: reg * v if k[0] == "W" else 0 * v for k, v in self.params.items()}}
"""


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", CHEAP_SCORES)
def test_scores_that_need_no_backward_pass_earn_no_gradient(kind, seed):
    """The gradients that come are the slope of the own loss: that of the penalty, and 0."""
    body = CHEAP_NET.format(scores=CHEAP_SCORES[kind])
    results = grade(edited(f"cheap_{kind.replace(' ', '_')}", ((BODY, body + BODY),)), seed, name_bugs=False)
    # In the demand of one row, all units may be off by chance.
    assert set(of_values(results["gradients"]).values()) == {0}
    assert results["gradients"].score <= 0.4
    assert results["loss"].credits["data loss"] == (kind in ("units never on", "no parameter"))
