"""A net whose layers are wrong is judged again with the reference's: each mistake costs once, in the sandbox too."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nndl
from autograder.failures import LimitExceeded, ProtocolViolation, SandboxUnavailable, StudentError
from autograder.judging import room
from autograder.judging.check import check
from autograder.judging.compare import close, dict_with_keys
from autograder.judging.edited_reference import EditedReference, TextEdit
from autograder.judging.second_judgement import run_checks, sandboxed_reference, to_lend
from autograder.library.interface import Library
from autograder.library.loans import Loan, LoanLimits, is_request
from autograder.library.local import LocalLibrary
from autograder.library.remote import RemoteLibrary
from autograder.milestone import Milestone, cache_owner, classes, values, with_cache
from autograder.sandbox.availability import sandbox_availability
from autograder.sandbox.inside.protocol import Handle, decode, encode
from autograder.sources import Sources

LAYERS = ("affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss")
NORMS = ("batchnorm_forward", "batchnorm_backward", "dropout_forward", "dropout_backward")
API = {
    **with_cache("nndl.layers", "affine_forward", "affine_backward"),
    **with_cache("nndl.layers", "relu_forward", "relu_backward"),
    **values("nndl.layers", "softmax_loss"),
    **with_cache("nndl.layers", "batchnorm_forward", "batchnorm_backward"),
    **with_cache("nndl.layers", "dropout_forward", "dropout_backward"),
    **with_cache("nndl.layer_utils", "affine_relu_forward"),
    **classes("nndl.fc_net", "TwoLayerNet", "FullyConnectedNet"),
    **values("nndl.optim", "adam"),
}
MILESTONE = Milestone("borrowed", "Borrowed", api=API)


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

WRONG_AFFINE = ("layers/affine.py", ("db = dout.sum(axis=0)", "db = dout.mean(axis=0)"))
WRONG_RELU = ("layers/activations.py", ("dx = np.where(x > 0, dout, 0)", "dx = np.where(x < 0, dout, 0)"))
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


def source(file, *edits, base=Path(nndl.__file__).parent):
    return changed(file, *edits).apply(file, (base / file).read_text())


def changed(file, *edits):
    return EditedReference("edit", tuple(TextEdit(file, old, new) for old, new in edits))


class Here:
    """Edited copies of the reference, in this process."""

    def __init__(self, *mistakes):
        edits = tuple(edit for mistake in mistakes for edit in changed(*mistake).edits)
        self.library = LocalLibrary(EditedReference("borrower", edits).load(), API)

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


NOT_IMPORTED = (
    "fc_net.py",
    ("        hidden, hidden_cache = affine_relu_forward(X, W1, b1)\n",
     "        raise ImportError('no such name')\n"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("mistake", "told"),
    [(STUB_NET, "Not written yet: TwoLayerNet.loss"), (NOT_IMPORTED, "Your code stopped with ImportError")],
)
def test_a_net_that_no_loan_can_help_is_not_judged_twice(monkeypatch, mistake, told):
    grader = Here(mistake)
    monkeypatch.setattr(LocalLibrary, "borrowing", lambda *a: pytest.fail("judged twice"))

    @check(points=1, tests=("relu_forward",))
    def fails(trial):
        """Fails always."""
        yield from close({"out": (1.0, 2.0)}, part="result")

    results = grader.grade((fails, net))
    assert results["net"].message.startswith(told)


# --- in the sandbox ----------------------------------------------------------------------------------------------


@pytest.fixture
def submission(tmp_path):
    """Write a submission: the reference with mistakes in any number of its files."""
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)

    def write(*mistakes):
        root = tmp_path / "submission"
        base = root / "nndl"
        shutil.copytree(
            Path(nndl.__file__).parent,
            base,
            ignore=shutil.ignore_patterns("__pycache__", ".*", "*.so", "data"),
        )
        shutil.copytree(Path(nndl.__file__).parent / "data", base / "data", ignore=lambda *_: {"__pycache__"})
        for file, *edits in mistakes:
            (base / file).write_text(source(file, *edits, base=base))
        for path in (root, *root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        return root

    return write


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


# --- what a loan does on either side -----------------------------------------------------------------------------


@pytest.fixture(params=["here", pytest.param("sandbox", marks=pytest.mark.sandbox)])
def borrower(request):
    """Lend to a library whose own layers are all wrong."""
    with contextlib.ExitStack() as stack:

        def lend(*names, limits=None):
            library: Library
            lender: Library
            if request.param == "here":
                lender = LocalLibrary(nndl, API)
                library = Here(WRONG_AFFINE).library
            else:
                root = request.getfixturevalue("submission")(WRONG_AFFINE)
                lender = stack.enter_context(sandboxed_reference(MILESTONE))
                library = RemoteLibrary(root, MILESTONE)
            return stack.enter_context(library.borrowing(Loan(names, lender, limits)))

        yield lend


def test_a_borrowed_function_gives_what_the_reference_gives(borrower):
    library, right = borrower("affine_forward", "affine_backward"), LocalLibrary(nndl, API)
    x, w, b, dout = (np.random.default_rng(1).normal(size=s) for s in ((3, 2, 2), (4, 5), (5,), (3, 5)))
    (out, cache), (want, right_cache) = (lib.affine_forward(x, w, b) for lib in (library, right))
    np.testing.assert_array_equal(out, want)
    wanted = right.affine_backward(dout, right_cache)
    got = library.affine_backward(dout, cache)
    assert type(got) is tuple
    for mine, correct in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(mine, correct)
    # by name as well, in place of what another module has imported, and in float32
    out, _ = library.affine_relu_forward(x, w, b=b)
    np.testing.assert_array_equal(out, np.maximum(want, 0))
    assert library.affine_forward(x.astype("f4"), w.astype("f4"), b.astype("f4"))[0].dtype == np.float32


def test_errors_of_the_reference_come_as_ordinary_exceptions(borrower):
    library = borrower("affine_forward", "affine_backward")
    with pytest.raises(StudentError) as caught:
        library.affine_relu_forward(np.ones((2, 3)), np.ones((4, 5)), np.ones(5))
    assert caught.value.type_name == "ValueError"
    assert caught.value.message.startswith("w must have shape (3, ")
    assert caught.value.file is not None
    assert caught.value.file.endswith("layer_utils.py")
    with pytest.raises(StudentError, match="TypeError"):
        library.affine_forward(np.ones((2, 3)))
    assert library.affine_forward(np.ones((1, 1)), np.ones((1, 1)), np.ones(1))[0] == [[2.0]]


def test_dicts_and_the_random_state_are_the_borrowers_own(borrower):
    library, right = borrower(*LAYERS, *NORMS), LocalLibrary(nndl, API)
    x, gamma, beta = np.random.default_rng(2).normal(size=(3, 6, 4)).copy(), np.ones(4), np.zeros(4)
    results = []
    for lib in (library, right):
        lib.seed(11)
        net = lib.FullyConnectedNet(
            [5, 6], 4, 3, dtype="float64", dropout_keep_ratio=0.5, normalization="batchnorm"
        )
        losses = [net.loss(rows, np.array([0, 1, 2, 0, 1, 2])) for rows in x]
        lib.seed(3)
        bn_param = lib.put({"mode": "train"})
        lib.batchnorm_forward(x[0], gamma, beta, bn_param)
        masked, _ = lib.dropout_forward(x[0], {"mode": "train", "p": 0.5})
        again, _ = lib.dropout_forward(x[0], {"mode": "train", "p": 0.5})
        results.append((losses, net.get("bn_params"), bn_param.fetch(), masked, again))
    assert encode(results[0]) == encode(results[1])
    assert not np.array_equal(results[0][3], results[0][4])


def test_a_registered_rule_is_borrowed_where_the_registry_names_it(borrower):
    library, right = borrower("adam"), LocalLibrary(nndl, API)
    w, dw = np.arange(3.0), np.ones(3)
    config = library.put({"learning_rate": 0.1})
    got, want = library.adam(w, dw, config), right.adam(w, dw, {"learning_rate": 0.1})
    assert encode(got) == encode(want)
    assert encode(config.fetch()) == encode(want[1])


def test_a_loan_has_an_end(borrower):
    library = borrower("relu_forward", limits=LoanLimits(calls=3))
    for _ in range(3):
        library.relu_forward(np.ones((1, 1)))
    with pytest.raises(LimitExceeded, match="borrowed functions more than 3 times"):
        library.relu_forward(np.ones((1, 1)))


def test_bytes_are_counted_in_both_directions():
    loan = Loan(("relu_forward",), LocalLibrary(nndl, API), LoanLimits(exchanged=30_000))
    with Here(WRONG_RELU).library.borrowing(loan) as library:
        library.relu_forward(np.ones((1, 1000)))
        with pytest.raises(LimitExceeded, match="exchanged more than"):
            library.relu_forward(np.ones((1, 1000)))


# --- the request as it comes: nothing in it is trusted -----------------------------------------------------------


@pytest.fixture
def loan():
    return Loan(("affine_forward", "affine_backward", "relu_backward"), LocalLibrary(nndl, API))


def request(**fields):
    whole = {
        **{"id": 7, "borrow": "affine_forward", "args": [np.ones((1, 1)), np.ones((1, 1)), np.ones(1)]},
        **{"kwargs": {}, "random": None, "drop": []},
    }
    return {**whole, **fields}


STATE = np.random.RandomState(0).get_state(legacy=False)
BAD: dict[str, dict[str, Any]] = {
    "another request": {"id": 8},
    "a truth for a number": {"id": True},
    "a name that is not lent": {"borrow": "softmax_loss"},
    "a name that is none of ours": {"borrow": "__class__"},
    "no name": {"borrow": None},
    "arguments of another kind": {"args": {}},
    "names that are none": {"kwargs": {1: 2}},
    "a field too many": {"score": 40},
    "a forged handle": {"borrow": "affine_backward", "args": [np.ones((1, 1)), Handle(99)]},
    "a nested forged handle": {"args": [[{"a": (Handle(1),)}]]},
    "no state": {"random": {}},
    "a state of another generator": {"random": {**STATE, "bit_generator": "PCG64"}},
    "an index behind the end": {"random": {**STATE, "state": {**STATE["state"], "pos": 625}}},
    "an index before the start": {"random": {**STATE, "state": {**STATE["state"], "pos": -1}}},
    "too few words": {"random": {**STATE, "state": {"key": np.zeros(3, np.uint32), "pos": 0}}},
    "words of another size": {"random": {**STATE, "state": {"key": np.zeros(624), "pos": 0}}},
    "no number": {"random": {**STATE, "gauss": float("nan")}},
}


@pytest.mark.parametrize("name", BAD)
def test_a_request_that_is_none_of_the_loans_ends_it(loan, name):
    message = encode(request(**BAD[name]))
    with pytest.raises(ProtocolViolation):
        loan.answer(decode(message), len(message), 7, 1.0)


def test_a_cache_goes_back_to_its_own_function_only(loan):
    loan.answer(request(), 0, 7, 1.0)
    back = {"borrow": "affine_backward", "args": [np.ones((1, 1)), Handle(1)]}
    assert b"value" in loan.answer(request(**back), 0, 7, 1.0)
    with pytest.raises(ProtocolViolation, match="not one of its caches"):
        loan.answer(request(**{**back, "borrow": "relu_backward"}), 0, 7, 1.0)
    with pytest.raises(ProtocolViolation, match="not one of its caches"):
        loan.answer(request(**back, drop=[1, "x", None]), 0, 7, 1.0)


def test_a_reply_is_not_taken_for_a_request():
    assert is_request(request())
    assert not is_request({"id": 7, "value": 3})
    assert not is_request([1])


def test_time_that_is_up_is_up_for_loans_too(loan):
    class Slow(LocalLibrary):
        def lend(self, *arguments):
            raise LimitExceeded("wall", 0.1)

    with pytest.raises(TimeoutError):
        Loan(("affine_forward",), Slow(nndl, API)).answer(request(), 0, 7, 0.1)


def test_a_loan_that_takes_too_much_memory_says_so():
    class Heavy(LocalLibrary):
        def lend(self, *arguments):
            raise LimitExceeded("memory", 2**30)

    with pytest.raises(LimitExceeded, match=r"borrowed affine_forward: .*1024 MiB of memory"):
        Loan(("affine_forward",), Heavy(nndl, API)).answer(request(), 0, 7, 0.1)


# --- what the milestones borrow ----------------------------------------------------------------------------------


@pytest.mark.parametrize("milestone", Sources().milestones, ids=lambda milestone: milestone.name)
def test_what_is_borrowed_is_public_has_a_check_and_comes_with_all_that_share_its_cache(milestone):
    todo = room.checks(milestone)
    tested = {name for check in todo for name in check.tests}
    for each in todo:
        assert set(each.borrows) <= set(milestone.api), each.name
        owners = {cache_owner(milestone.api, name) for name in each.borrows}
        assert owners <= {cache_owner(milestone.api, name) for name in tested & set(milestone.api)}, each.name
        together = {name for name in milestone.api if cache_owner(milestone.api, name) in owners}
        assert together == set(each.borrows), each.name
