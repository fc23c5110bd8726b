"""A net whose layers are wrong is judged again with the reference's: each mistake costs once, in the sandbox too."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import nndl
from autograder.failures import SandboxUnavailable
from autograder.judging import milestone_content
from autograder.judging.check import check
from autograder.judging.compare import close, dict_with_keys, keeps_dtype
from autograder.judging.second_judgement import failing, run_checks, to_lend
from autograder.library.local import LocalLibrary
from autograder.library.remote.library import RemoteLibrary, sandboxed_reference
from autograder.milestone import cache_owner
from autograder.sources import Sources

from ..borrowing import API, LAYERS, MILESTONE, WRONG_AFFINE, WRONG_RELU, edited_library


def judge_backward(trial, layer, shapes, names):
    arrays = [trial.draw.normal(*shape) for shape in shapes]
    _, cache = trial.student.call(f"{layer}_forward", tuple(arrays))
    want, right = trial.reference.call(f"{layer}_forward", tuple(arrays))
    dout = trial.draw.normal(*want.shape)
    got = trial.student.call(f"{layer}_backward", (dout, cache))
    want = trial.reference.call(f"{layer}_backward", (dout, right))
    pairs = zip(names, got if len(names) > 1 else [got], want if len(names) > 1 else [want], strict=True)
    yield from close({name: (mine, right) for name, mine, right in pairs}, part="result")


@check(points=2)
def affine_backward(trial):
    """Gradients of the affine layer."""
    yield from judge_backward(trial, "affine", ((3, 2, 2), (4, 2), (2,)), ("dx", "dw", "db"))


@check(points=2)
def relu_backward(trial):
    """Gradient of the ReLU."""
    yield from judge_backward(trial, "relu", ((3, 5),), ("dx",))


@check(points=2, tests=("relu_forward",))
def rectified(trial):
    """Output of the ReLU."""
    x = trial.draw.normal(3, 5)
    yield from close(
        {"out": (trial.student.relu_forward(x)[0], trial.reference.relu_forward(x)[0])}, part="result"
    )


def net_values(library, params, X, y):
    net = library.TwoLayerNet(4, 6, 3)
    net.set("params", params)
    loss, grads = net.loss(X, y)
    return {"loss": loss, **dict_with_keys(grads, ("W1", "b1", "W2", "b2"), "grads")}


@check(points=6, parts=("loss", "W1", "b1", "W2", "b2"), cases=({"n": 5}, {"n": 1}), borrows=LAYERS)
def net(trial, *, n):
    """Loss and gradients of the net."""
    params = {
        "W1": trial.draw.normal(4, 6),
        "b1": trial.draw.normal(6),
        "W2": trial.draw.normal(6, 3),
        "b2": trial.draw.normal(3),
    }
    X, y = trial.draw.normal(n, 4), trial.draw.labels(n, 3)
    got, want = (net_values(library, params, X, y) for library in trial.libraries)
    yield from close({name: (got[name], want[name]) for name in want})


CHECKS = (affine_backward, relu_backward, rectified, net)

STUB_RELU = (
    "layers/activations.py",
    ("    out = np.maximum(0, x)\n", "    raise NotImplementedError('relu_forward: write this part (x)')\n"),
)
WRONG_NET = ("fc_net.py", ('"b1": db1, "W2"', '"b1": 2 * db1, "W2"'))
STUB_NET = (
    "fc_net.py",
    ("        hidden, hidden_cache = affine_relu_forward(X, W1, b1)\n",
     "        raise NotImplementedError('TwoLayerNet.loss: write this part (x)')\n"),
)  # fmt: skip


class Here:
    """Edited copies of the reference, in this process."""

    def __init__(self, *mistakes):
        self.library = edited_library(*mistakes)

    def grade(self, todo=CHECKS, **settings):
        reference = LocalLibrary(nndl, API, is_reference=True)
        settings = {"run_seed": 4, "milestone": MILESTONE, **settings}
        results = run_checks(
            todo, lambda check: self.library, reference, lambda: LocalLibrary(nndl, API), **settings
        )
        return {result.check.name: result for result in results}


def scores(results):
    return {name: (result.verdict, round(result.score, 2)) for name, result in results.items()}


RIGHT = {
    "affine_backward": ("passed", 2),
    "relu_backward": ("passed", 2),
    "rectified": ("passed", 2),
    "net": ("passed", 6),
}


def test_a_right_library_borrows_nothing():
    results = Here().grade()
    assert scores(results) == RIGHT
    assert {result.borrowed for result in results.values()} == {()}
    assert {result.message for result in results.values()} == {""}


def test_a_wrong_layer_costs_its_own_check_and_not_the_net():
    results = Here(WRONG_AFFINE).grade()
    assert scores(results) == RIGHT | {"affine_backward": ("failed", 0)}
    assert results["net"].borrowed == ("affine_forward", "affine_backward")
    assert results["net"].message == (
        "This is right: it was judged with the course's own affine_forward and affine_backward, because your "
        "affine_backward fails its own check (see affine_backward)."
    )


def test_a_layer_that_is_not_written_does_not_cost_the_net():
    results = Here(STUB_RELU).grade()
    assert scores(results) == RIGHT | {"rectified": ("failed", 0), "relu_backward": ("failed", 0)}
    assert results["net"].message.endswith(
        "because your relu_forward and relu_backward fail their own checks (see rectified and relu_backward)."
    )


FLOAT64_RELU = ("layers/activations.py", ("dx = np.where(x > 0, dout, 0)", "dx = (x > 0) * 1.0 * dout"))


@check(points=2, parts=("affine_backward", "relu_backward"), tests=("affine_backward", "relu_backward"))
def float32(trial):
    """Gradients are float32 where their inputs are."""
    for layer, shapes in (("affine", ((3, 4), (4, 2), (2,))), ("relu", ((3, 5),))):
        arrays = [trial.draw.normal(*shape).astype(np.float32) for shape in shapes]
        out, cache = trial.student.call(f"{layer}_forward", tuple(arrays))
        got = trial.student.call(f"{layer}_backward", (out, cache))
        dx = got[0] if layer == "affine" else got
        yield keeps_dtype(f"{layer}_backward", "dx", dx, np.float32)


def test_of_a_check_of_several_functions_only_those_are_blamed_that_it_shows_wrong():
    results = list(Here(FLOAT64_RELU).grade((float32, net)).values())
    assert list(failing(results[0])) == ["relu_backward"]
    assert to_lend(net, results, API) == ("relu_forward", "relu_backward")


def test_what_is_lent_and_changes_nothing_is_not_blamed():
    """The net is float64: the gate's dtype does not matter to it, and the affine layer does."""
    results = Here(FLOAT64_RELU, WRONG_AFFINE).grade((float32, affine_backward, net))
    assert results["net"].verdict == "passed"
    assert results["net"].borrowed == ("affine_forward", "affine_backward")
    assert results["net"].message.endswith(
        "because your affine_backward fails its own check (see affine_backward)."
    )

    results = Here(FLOAT64_RELU, WRONG_NET).grade((float32, net))
    assert (results["net"].verdict, results["net"].borrowed) == ("failed", ())
    assert "because" not in results["net"].message


def test_without_a_declaration_nothing_is_lent():
    results = Here(WRONG_AFFINE).grade((affine_backward, dataclasses.replace(net, borrows=())))
    assert results["net"].verdict == "failed"
    assert results["net"].score == pytest.approx(6 * 3 / 5)
    assert results["net"].borrowed == ()


def test_a_check_cannot_borrow_what_it_tests():
    with pytest.raises(ValueError, match="cannot borrow what it tests: affine_forward"):
        check(points=1, tests=("affine_forward",), borrows=LAYERS)(net.body)
    with pytest.raises(ValueError, match="cannot borrow what it tests: net"):
        check(points=1, borrows=("net",))(net.body)


def test_only_what_failed_is_lent_and_what_shares_its_cache():
    results = list(Here(WRONG_RELU).grade().values())
    assert to_lend(net, results, API) == ("relu_forward", "relu_backward")
    assert to_lend(affine_backward, results, API) == ()


def test_a_net_that_no_loan_can_help_is_not_judged_twice(monkeypatch):
    grader = Here(STUB_NET)
    monkeypatch.setattr(LocalLibrary, "borrowing", lambda *a: pytest.fail("judged twice"))

    @check(points=1, tests=("relu_forward",))
    def fails(trial):
        """Fails always."""
        yield from close({"out": (1.0, 2.0)}, part="result")

    results = grader.grade((fails, net))
    assert results["net"].message.startswith("Not written yet: TwoLayerNet.loss")


def test_what_is_unwritten_itself_is_named_before_what_it_calls():
    call = "        hidden, hidden_cache = affine_relu_forward(X, W1, b1)\n"
    stub = "        raise NotImplementedError('TwoLayerNet.loss: write this part (x)')\n"
    results = Here(STUB_RELU, ("fc_net.py", (call, call + stub))).grade()
    assert results["net"].message.startswith("Not written yet: TwoLayerNet.loss")
    assert results["net"].score == 0
    assert results["net"].borrowed == ()


# --- in the sandbox ----------------------------------------------------------------------------------------------


def grade_sandboxed(root, todo=CHECKS):
    reference = LocalLibrary(nndl, API, is_reference=True)
    with RemoteLibrary(root, MILESTONE) as student, sandboxed_reference(MILESTONE) as lender:
        results = run_checks(
            todo, lambda check: student, reference, lambda: lender, run_seed=4, milestone=MILESTONE
        )
        return {result.check.name: result for result in results}


@pytest.mark.sandbox
def test_in_the_sandbox_two_wrong_layers_cost_their_checks_only(submission):
    results = grade_sandboxed(submission(WRONG_AFFINE, WRONG_RELU))
    assert scores(results) == RIGHT | {"affine_backward": ("failed", 0), "relu_backward": ("failed", 0)}
    assert results["net"].message == (
        "This is right: it was judged with the course's own affine_forward, affine_backward, relu_forward and "
        "relu_backward, because your affine_backward and relu_backward fail their own checks "
        "(see affine_backward and relu_backward)."
    )


@pytest.mark.sandbox
def test_in_the_sandbox_a_mistake_of_the_net_still_costs_it(submission):
    results = grade_sandboxed(submission(WRONG_RELU, WRONG_NET))
    assert scores(results) == RIGHT | {"relu_backward": ("failed", 0), "net": ("failed", 4.8)}
    told = results["net"].message
    assert told.startswith("This was judged with the course's own relu_forward and relu_backward, because")
    assert "b1" in told.partition(". ")[2]
    assert results["net"].credits == {"loss": 1, "W1": 1, "b1": 0, "W2": 1, "b2": 1}


@pytest.mark.sandbox
def test_without_a_sandbox_to_lend_from_the_check_is_not_graded(submission):
    def lender():
        raise SandboxUnavailable("no sandbox today")

    reference = LocalLibrary(nndl, API, is_reference=True)
    with RemoteLibrary(submission(WRONG_AFFINE), MILESTONE) as student:
        results = run_checks(
            CHECKS, lambda check: student, reference, lender, run_seed=4, milestone=MILESTONE
        )
    assert {r.check.name: r.verdict for r in results}["net"] == "not graded"


# --- what the milestones borrow ----------------------------------------------------------------------------------


@pytest.mark.parametrize("milestone", Sources().milestones, ids=lambda milestone: milestone.name)
def test_what_is_borrowed_is_public_has_a_check_and_comes_with_all_that_share_its_cache(milestone):
    todo = milestone_content.checks(milestone)
    tested = {name for check in todo for name in check.tests}
    for each in todo:
        assert set(each.borrows) <= set(milestone.api), each.name
        owners = {cache_owner(milestone.api, name) for name in each.borrows}
        assert owners <= {cache_owner(milestone.api, name) for name in tested & set(milestone.api)}, each.name
        together = {name for name in milestone.api if cache_owner(milestone.api, name) in owners}
        # Alone, it is the forward pass of what the check tests.
        alone = len(each.borrows) == 1 and set(each.tests) <= together - owners
        assert set(each.borrows) == (owners if alone else together), each.name
