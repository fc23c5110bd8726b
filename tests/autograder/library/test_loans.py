"""What a loan does on either side, and that nothing in a request for one is trusted."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

import nndl
from autograder.failures import LimitExceeded, ProtocolViolation, StudentError
from autograder.library.interface import Library
from autograder.library.loans import Loan, LoanLimits, is_request
from autograder.library.local import LocalLibrary
from autograder.library.remote.library import RemoteLibrary, sandboxed_reference
from autograder.sandbox.inside.protocol import Handle, decode, encode

from ..borrowing import API, LAYERS, MILESTONE, NORMS, WRONG_AFFINE, WRONG_LAYER, WRONG_RELU, edited_library


@pytest.fixture(params=["here", pytest.param("sandbox", marks=pytest.mark.sandbox)])
def borrower(request):
    """Lend to a library whose own layers are all wrong."""
    with contextlib.ExitStack() as stack:

        def lend(*names, limits=None):
            library: Library
            lender: Library
            if request.param == "here":
                lender = LocalLibrary(nndl, API)
                library = edited_library(WRONG_AFFINE, WRONG_LAYER)
            else:
                root = request.getfixturevalue("submission")(WRONG_AFFINE, WRONG_LAYER)
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


def test_a_forward_pass_that_is_borrowed_alone_gives_its_cache_in_the_documented_layout(borrower):
    library = borrower("affine_forward", "dropout_forward")
    x, w, b = np.ones((2, 3)), np.ones((3, 4)), np.ones(4)
    _, cache = library.affine_forward(x, w, b)
    for got, want in zip(cache.fetch(), (x, w, b), strict=True):
        np.testing.assert_array_equal(got, want)
    # the student's own way back, which is wrong in db alone
    dx, _, db = library.affine_backward(np.ones((2, 4)), cache)
    np.testing.assert_array_equal(dx, np.full((2, 3), 4.0))
    np.testing.assert_array_equal(db, np.ones(4))
    out, cache = library.dropout_forward(x, {"mode": "train", "p": 0.5})
    np.testing.assert_array_equal(cache.fetch()[1] * x, out)


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


def test_a_borrowed_class_keeps_its_attributes_with_the_borrower(borrower):
    library, right = borrower("Affine"), LocalLibrary(nndl, API)
    W, b, x, dout = (np.random.default_rng(3).normal(size=s) for s in ((2, 3), (3,), (4, 2), (4, 3)))
    results = []
    for lib in (library, right):
        kept = lib.put(W)
        layer = lib.Affine(kept, b)
        kept.call("__imul__", (2.0,), result="handle")  # the layer uses the very array that it was given
        out = layer.forward(x)
        results.append((out, layer.backward(dout), layer.get("dW"), layer.get("db"), layer.get("W")))
    assert encode(results[0]) == encode(results[1])
    np.testing.assert_array_equal(results[0][4], 2 * W)
    with pytest.raises(StudentError, match="W must be a NumPy array"):
        library.Affine([1.0], b)


@pytest.mark.parametrize(
    "args", [[], [{}], [[], "forward"], [{}, "_require_forward"], [{}, 3], [{1: 2}, "forward"]], ids=repr
)
def test_of_a_lent_class_only_its_methods_can_be_called(args):
    loan = Loan(("Affine",), LocalLibrary(nndl, API))
    with pytest.raises(ProtocolViolation, match="calls no method"):
        loan.answer(request(borrow="Affine", args=args), 0, 7, 1.0)


def test_a_loan_has_an_end(borrower):
    library = borrower("relu_forward", limits=LoanLimits(calls=3))
    for _ in range(3):
        library.relu_forward(np.ones((1, 1)))
    with pytest.raises(LimitExceeded, match="borrowed functions more than 3 times"):
        library.relu_forward(np.ones((1, 1)))


def test_bytes_are_counted_in_both_directions():
    loan = Loan(("relu_forward",), LocalLibrary(nndl, API), LoanLimits(exchanged=30_000))
    with edited_library(WRONG_RELU).borrowing(loan) as library:
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
