"""The checks of the network visualization: what no solution earns points with, and the way through the sandbox."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")

from autograder.course.network_visualization import checks as checks
from autograder.course.network_visualization import checks_models as models
from autograder.judging import milestone_content
from autograder.judging.check import Draw
from autograder.proofs import strength
from autograder.sources import Sources
from nndl.as_arrays import visualization

from .proofs import GARBAGE, failed, hand_in

pytestmark = pytest.mark.torch

MILESTONE, FILE = Sources().milestone("network_visualization"), "net_visualization.py"
STARTS = {
    "compute_saliency_maps": "    X = X.detach().requires_grad_()\n    scores",
    "make_fooling_image": "    X_fooling = X.clone().requires_grad_()\n",
    "class_visualization_update_step": "    objective = model(img)",
}
TENSORS = (
    "torch.zeros(2)",
    "torch.tensor(float('nan'))",
    "torch.zeros(1, 3, 5, 7, dtype=torch.complex64)",
    "torch.zeros(1, 5, 7, dtype=torch.bfloat16)",
    "torch.full((1, 3, 5, 7), float('inf'), dtype=torch.float64)",
    "torch.zeros(1, 3, 5, 7, dtype=torch.bool)",
    "torch.zeros(1, 1).expand(300, 300)",
    "torch.eye(3).to_sparse()",
)


def grade(library, seed=1, **options):
    return strength.grade_in_process(library, MILESTONE, seed, **options)


def edited(name, *edits):
    return strength.edited(MILESTONE, name, FILE, *edits)


def beginning(**bodies):
    """Return edits that let functions begin with these statements."""
    return [(STARTS[name], f"    {body}\n{STARTS[name]}") for name, body in bodies.items()]


def test_every_function_has_four_named_mistakes_or_more():
    names = [bug.name for bug in milestone_content.bugs(MILESTONE)]
    for function in ("saliency_", "fooling_", "visualization_"):
        assert sum(name.startswith(function) for name in names) >= 12


@pytest.mark.parametrize("model", models.MODELS)
def test_the_graders_scores_are_those_of_the_models_that_students_see(model):
    draw = Draw(3, model)
    X, weights = models.images(draw, 4), models.MODELS[model](draw, 5)
    tensors = visualization.to_tensor(X)
    want = visualization.small_classifier(weights)(tensors).numpy()
    np.testing.assert_allclose(models.scores(weights, X), want, rtol=1e-12, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(GARBAGE) + len(TENSORS)))
def test_no_returned_value_earns_points_or_breaks_a_check(index):
    value = (*GARBAGE, *TENSORS)[index]
    library = edited(f"garbage_{index}", *beginning(**dict.fromkeys(STARTS, f"return {value}")))
    results = grade(library, name_bugs=False)
    assert {name: (r.verdict, r.score) for name, r in results.items()} == {
        check.name: ("failed", 0) for check in checks.CHECKS
    }


ANSWERS = (
    "None", "3", "[]", "{}", "{'maps': 1}", "{'image': None, 'X': None, 'requires_grad': 'no', 'gave_up': [1]}",
    "{'image': 1, 'X': 'a', 'grad': {}, 'requires_grad': 2, 'returned': 3}", "{'maps': None, 'X': [], 'grad': None}",
)  # fmt: skip


@pytest.mark.parametrize("index", range(len(ANSWERS)))
def test_code_that_takes_the_place_of_the_functions_for_arrays_is_failed_not_ungraded(index):
    # visualization runs beside the student's code, which may replace its functions from within a call.
    names = ("saliency_maps", "fooling_image", "visualization_step")
    replace = "; ".join(f"visualization.{name} = lambda *a, **k: {ANSWERS[index]}" for name in names)
    body = f"from .as_arrays import visualization; {replace}"
    results = grade(edited(f"replaced_{index}", *beginning(**dict.fromkeys(STARTS, body))), name_bugs=False)
    assert {r.verdict for r in results.values()} == {"failed"}
    assert results["visualization_in_place"].score == 0


@pytest.mark.slow
def test_the_unwritten_milestone_earns_nothing():
    stub = "raise NotImplementedError('write this part')"
    results = grade(edited("stubs", *beginning(**dict.fromkeys(STARTS, stub))))
    assert {r.score for r in results.values()} == {0}
    assert all(r.message.startswith("Not written yet") for r in results.values())


MADE_UP = {
    "copy": {"make_fooling_image": "return X.clone()"},
    "raises": {"make_fooling_image": "raise RuntimeError('out of reach')"},
    "brighter": {"class_visualization_update_step": "img.data += 1; return"},
    "still": {"class_visualization_update_step": "return"},
    "of_the_pixels": {"compute_saliency_maps": "return X.abs().amax(dim=1)"},
}


@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_answers_earn_nothing(name):
    (function,) = MADE_UP[name]
    part = {"make_fooling_image": "fooling", "class_visualization_update_step": "visualization"}
    results = grade(edited(f"made_up_{name}", *beginning(**MADE_UP[name])), name_bugs=False)
    scores = {key: r.score for key, r in results.items() if key.startswith(part.get(function, "saliency"))}
    assert set(scores.values()) == {0}


def test_a_mistake_that_shows_in_an_error_alone_gets_no_name():
    climb = "X_fooling += learning_rate * gradient / gradient.norm().clamp_min(1e-12)"
    results = grade(
        edited(
            "own_text",
            (climb, climb.replace("+=", "-=")),
            ('f"the image was not taken', 'f"no luck: not taken'),
        )
    )
    for name in ("fooling_image", "fooling_limit"):
        assert results[name].bugs == []  # no numbers were compared: other mistakes end there, too
        assert "stopped with a RuntimeError" in results[name].message


def test_an_error_of_pytorch_is_told():
    no_grad = (
        "        with torch.no_grad():\n"
        "            X_fooling += learning_rate * gradient / gradient.norm().clamp_min(1e-12)\n"
    )
    plain = "        X_fooling += learning_rate * gradient / gradient.norm()\n"
    results = grade(edited("in_place", (no_grad, plain)))
    assert "leaf Variable that requires grad" in results["fooling_image"].message
    assert results["fooling_limit"].score == 0


def test_a_wrong_formula_does_not_cost_the_rules_beside_it():
    no_penalty = ("- l2_reg * img.square().sum()", "- l2_reg * img.square().mean()")
    no_length = ("X_fooling += learning_rate * gradient / gradient.norm().clamp_min(1e-12)",
                 "X_fooling += learning_rate * gradient")  # fmt: skip
    results = grade(edited("formulas", no_penalty, no_length), name_bugs=False)
    assert failed(results) == {
        "fooling_image",
        "visualization_step",
    }
    assert results["visualization_step"].credits == {"without penalty": 1, "with penalty": 0}


def test_a_batch_axis_that_is_lost_costs_its_part_only():
    results = grade(
        edited("squeezed", ("return gradient.abs().amax(dim=1)", "return gradient.abs().amax(1).squeeze()"))
    )
    assert results["saliency_maps"].score == pytest.approx(11.76)
    assert [bug.name for bug, _ in results["saliency_maps"].bugs] == ["saliency_without_batch_axis"]


# --- through the sandbox -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_loop_without_end_costs_its_own_check_only(tmp_path):
    body = ("for _ in range(max_steps + 1):", "while True:")
    away = ("X_fooling += learning_rate", "X_fooling -= learning_rate")
    report = hand_in(tmp_path / MILESTONE.name, MILESTONE.name, edits={FILE: (body, away)})
    found = {c["name"]: (c["verdict"], c["score"]) for c in report["checks"]}
    assert report["verdict"] == "graded"
    assert found["fooling_image"][0] == found["fooling_limit"][0] == "failed"
    assert found["saliency_maps"] == ("passed", 12)
    assert found["visualization_step"] == ("passed", 10)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "X_fooling += learning_rate",
            "X_fooling += 0 * learning_rate",
            "The model was shown the same image",
        ),
        ("X_fooling += learning_rate", "X_fooling -= learning_rate", "the target's score fell from"),
    ],
)
def test_a_search_that_does_not_arrive_is_told_by_where_it_went(old, new, said):
    results = grade(edited("no_way", (old, new)))
    assert said in results["fooling_image"].message


def test_one_step_too_many_costs_the_part_about_stopping():
    bug = next(b for b in milestone_content.bugs(MILESTONE) if b.name == "fooling_one_step_late")
    result = grade(bug.edited.library(MILESTONE), name_bugs=False)["fooling_image"]
    assert {part for part, credit in result.credits.items() if credit < 1} == {"already there"}
