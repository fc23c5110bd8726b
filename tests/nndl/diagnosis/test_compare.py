"""How a wrong value is wrong: each trace of a mistake is recognised, and no right value is called wrong."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from nndl.diagnosis import Diagnosis, compare, describe, tolerance

WANT = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
SQUARE = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]])


def found(got, want=WANT, **options) -> Diagnosis:
    diagnosis = compare(got, want, "dW", **options)
    assert diagnosis is not None
    assert diagnosis.message.startswith("dW ")
    assert "\n" not in diagnosis.message
    return diagnosis


class TestRightValues:
    @pytest.mark.parametrize(
        ("got", "want"),
        [
            (WANT, WANT),
            (WANT * (1 + 1e-14), WANT),
            (2.5, 2.5),
            (np.float32(0.1), 0.1),
            (3, np.array(3)),
            (True, np.array(True)),
            (np.array([1, 2]), np.array([1, 2])),
            (np.array([1, 2]), np.array([1.0, 2.0])),
            (np.zeros((0, 3)), np.zeros((0, 3))),
            (np.array([np.nan, np.inf, 1.0]), np.array([np.nan, np.inf, 1.0])),
            (np.full(3, np.nan), np.full(3, np.nan)),
        ],
        ids=str,
    )
    def test_are_not_wrong(self, got, want):
        assert compare(got, want, rtol=1e-6) is None
        if np.asarray(got).dtype != np.float32:
            assert compare(got, want) is None

    def test_rounding_of_a_long_sum_in_another_order(self):
        rng = np.random.default_rng(0)
        a, b = rng.normal(size=(50, 1000)), rng.normal(size=(1000, 50))
        another_order = sum(a[:, i : i + 100] @ b[i : i + 100] for i in range(0, 1000, 100))
        assert compare(another_order, a @ b) is None

    def test_float32_is_judged_as_float32_where_the_dtype_is_checked(self):
        rng = np.random.default_rng(1)
        a, b = rng.normal(size=(20, 300)).astype(np.float32), rng.normal(size=(300, 20)).astype(np.float32)
        exact = (a.astype(np.float64) @ b).astype(np.float32)
        assert compare((a @ b), exact, check_dtype=True) is None

    def test_a_small_difference_of_large_numbers_is_judged_by_their_size(self):
        assert compare(5e-9, 0.0, rtol=1e-9) is not None
        assert compare(5e-9, 0.0, rtol=1e-9, scale=10) is None

    @given(
        arrays_of.arrays(
            np.float64, arrays_of.array_shapes(max_dims=4, max_side=4), elements=st.floats(-1e100, 1e100)
        )
    )
    @settings(max_examples=50, derandomize=True)
    def test_no_array_differs_from_itself(self, array):
        assert compare(array, array.copy()) is None


class TestTolerance:
    def test_grows_with_epsilon_terms_and_condition(self):
        assert tolerance(np.float32) / tolerance(np.float64) == pytest.approx(2.0**29)
        assert tolerance(np.float64, terms=4000) == pytest.approx(2 * tolerance(np.float64, terms=1000))
        assert tolerance(np.float64, condition=60) == pytest.approx(2 * tolerance(np.float64))
        assert tolerance(np.int64) == tolerance(np.float64)

    def test_is_tight_and_yet_far_above_rounding(self):
        assert 1e-14 < tolerance(np.float64) < 1e-12
        assert 1e-5 < tolerance(np.float32) < 1e-3


class TestNoNumbers:
    def test_none(self):
        diagnosis = found(None)
        assert diagnosis.kind == "type"
        assert diagnosis.message == "dW is None: is a return statement missing?"
        assert diagnosis.error == float("inf")

    @pytest.mark.parametrize("got", [[1.0], (WANT,), {"dW": WANT}, "text", object(), print], ids=type)
    def test_another_type(self, got):
        diagnosis = found(got)
        assert diagnosis.kind == "type"
        assert f"is a {type(got).__name__}, but numbers are expected" in diagnosis.message
        assert ("np.array" in diagnosis.message) == isinstance(got, list)

    @pytest.mark.parametrize("dtype", [object, complex, "U3"])
    def test_an_array_of_something_else(self, dtype):
        diagnosis = found(np.ones((2, 3), dtype=dtype))
        assert diagnosis.kind == "dtype"
        assert "real numbers are expected" in diagnosis.message


class TestShape:
    def test_transposed(self):
        diagnosis = found(WANT.T)
        assert diagnosis.kind == "transpose"
        assert diagnosis.message == "dW has shape (3, 2), but it should be (2, 3): it is transposed"

    def test_axes_in_reverse(self):
        assert found(np.zeros((4, 3, 2)), np.ones((2, 3, 4))).kind == "shape"

    @pytest.mark.parametrize("shape", [(6,), (1, 6), (2, 3, 1)])
    def test_as_many_entries(self, shape):
        diagnosis = found(WANT.reshape(shape))
        assert diagnosis.kind == "shape"
        assert "the numbers are right, only the shape is not" in diagnosis.message
        other = found(-WANT.reshape(shape))
        single = "an axis of length 1 is superfluous"
        said = single if len(shape) == 3 else "the number of entries is right, so an axis is missing"
        assert said in other.message

    def test_entries_that_a_mask_has_picked_out(self):
        want = np.array([[3.0, 0.0, -10.0], [5.0, 0.0, 0.0]])
        diagnosis = found(want[want != 0], want)
        assert diagnosis.message.endswith("alone, in one row, as a mask in [ ] picks them out")
        assert (
            "all in one row, as a mask in [ ] picks entries out" in found(np.ones(7), np.ones((3, 4))).message
        )
        assert "mask" not in found(np.ones(3), np.ones((3, 4))).message

    def test_axes_in_another_order(self):
        diagnosis = found(np.ones((2, 4, 5, 3)), np.ones((2, 3, 4, 5)))
        assert diagnosis.message.startswith(
            "dW has shape (2, 4, 5, 3), but it should be (2, 3, 4, 5): its axes are those"
        )
        assert "with the numbers (0, 2, 3, 1) of the right ones" in diagnosis.message

    def test_an_array_where_a_number_is_expected(self):
        diagnosis = found(WANT, 3.0)
        assert diagnosis.kind == "shape"
        assert "was a sum or mean left out?" in diagnosis.message

    @pytest.mark.parametrize(("rows", "said"), [(4, True), (3, False), (6, False)])
    def test_one_number_for_each_row_of_the_batch(self, rows, said):
        sizes = {"N": 4, "D": 5} if rows != 6 else {"N": 6, "C": 6}
        message = found(np.ones(rows), np.arange(5.0), sizes=sizes).message
        assert ("one number for each of the 4 rows of the batch" in message) == said
        assert ("rows of the batch" in message) == said

    def test_one_row_too_many(self):
        assert found(np.eye(3)).message == "dW has shape (3, 3), but it should be (2, 3)"

    @pytest.mark.parametrize("shape", [(2,), (2, 1)])
    def test_an_axis_that_is_gone(self, shape):
        assert (
            "axis 1 is gone, as in a sum, mean or maximum over it"
            in found(np.arange(2.0).reshape(shape)).message
        )

    def test_the_same_number_everywhere(self):
        assert found(np.full((3, 3), 1.5)).message.endswith("; all its entries are 1.5")


class TestDtype:
    def test_is_looked_at_only_if_asked_for(self):
        got, want = WANT.copy(), WANT.astype(np.float32)
        assert compare(got, want) is None
        diagnosis = found(got, want, check_dtype=True)
        assert diagnosis.kind == "dtype"
        assert "has dtype float64, but it should be float32" in diagnosis.message

    def test_right_numbers_in_float32_have_few_digits(self):
        want = np.random.default_rng(0).normal(size=(4, 5))
        diagnosis = found(want.astype(np.float32), want)
        assert diagnosis.kind == "precision"
        assert "digits only: its values are rounded to float32" in diagnosis.message

    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_float32_is_suspected_only_where_the_values_are_rounded_to_it(self, dtype):
        x = np.random.default_rng(0).normal(size=(8, 5))
        want, got = x / np.sqrt(x.var(axis=0) + 1e-5), x / (np.sqrt(x.var(axis=0)) + 1e-5)
        diagnosis = found(got.astype(dtype), want)
        assert diagnosis.kind == "precision"
        assert ("float32" in diagnosis.message) == (dtype == np.float32)
        assert ("eps" in diagnosis.message) == (dtype == np.float64)


class TestNotFinite:
    @pytest.mark.parametrize(
        ("bad", "what"),
        [
            ([np.nan], "1 of 6 entries that are NaN: look for 0 divided by 0"),
            ([np.inf], "1 of 6 entries that are infinite: look for a division by 0"),
            ([-np.inf], "1 of 6 entries that are infinite: look for a division by 0"),
            ([np.nan, np.inf], "2 of 6 entries that are NaN or infinite: the infinite ones come first"),
        ],
    )
    def test_where_it_should_be(self, bad, what):
        got = WANT.copy()
        got.reshape(-1)[: len(bad)] = bad
        diagnosis = found(got)
        assert diagnosis.kind == "nonfinite"
        assert f"has {what}" in diagnosis.message

    @pytest.mark.parametrize(
        ("got", "want"),
        [([0.0, 1.0], [np.nan, 1.0]), ([np.inf, 1.0], [-np.inf, 1.0]), ([np.nan, 1.0], [np.inf, 1.0])],
    )
    def test_where_it_should_not_be(self, got, want):
        diagnosis = found(np.array(got), np.array(want))
        assert diagnosis.kind == "nonfinite"
        assert "must carry NaN and infinity through" in diagnosis.message

    def test_numbers_beside_an_expected_nan_are_judged(self):
        assert found(np.array([np.nan, 2.0]), np.array([np.nan, 1.0])).kind != "nonfinite"


class TestPatterns:
    def test_zeros(self):
        assert found(np.zeros((2, 3))).kind == "zeros"
        assert found(np.zeros((2, 3))).message == "dW is 0 everywhere, but should not be"

    def test_sign(self):
        assert found(-WANT).kind == "sign"
        assert found(-WANT).message == "dW has the wrong sign: it is exactly minus the right value"

    @pytest.mark.parametrize(
        ("factor", "words"),
        [
            (5, "N = 5 times too large: was the mean over the batch left out?"),
            (1 / 5, "N = 5 times too small: was the mean over the batch taken twice, or in place of a sum?"),
            (-5, "minus the right value times N = 5"),
            (-1 / 5, "minus the right value divided by N = 5"),
            (7, "D = 7 times too large"),
            (1 / 7, "D = 7 times too small"),
            (2, "2 times too large"),
            (0.5, "2 times too small"),
            (-3, "-3 times the right value"),
            (-1 / 2.6, "-0.384615 times the right value"),
        ],
    )
    def test_factor(self, factor, words):
        diagnosis = found(factor * WANT, sizes={"N": 5, "D": 7})
        assert diagnosis.kind == "factor"
        assert diagnosis.message.startswith(f"dW is exactly {words}")
        if "D" in words:
            assert "batch" not in diagnosis.message

    @pytest.mark.parametrize(
        ("factor", "kind"), [(2, "factor"), (0.5, "factor"), (-1, "sign"), (5, "factor")]
    )
    def test_the_ratio_of_two_single_numbers_is_named_where_it_means_something(self, factor, kind):
        assert found(factor * 2.3, 2.3, sizes={"N": 5}).kind == kind

    @pytest.mark.parametrize(("base", "words"), [(10, "ln 10"), (2, "ln 2")])
    def test_the_logarithm_to_another_base(self, base, words):
        message = found(np.log(5.0) / np.log(base), np.log(5.0)).message
        assert words in message
        assert "instead of the natural one, or the other way round" in message

    @pytest.mark.parametrize("factor", [1.7, 3, 0.9, -0.4])
    def test_other_ratios_of_two_single_numbers_mean_nothing(self, factor):
        diagnosis = found(factor * 2.3, 2.3, sizes={"N": 5})
        assert diagnosis.kind == "value"
        assert diagnosis.message == f"dW is {describe(factor * 2.3)}, but it should be 2.3"

    def test_a_factor_that_is_only_nearly_one_everywhere_is_not_claimed(self):
        got = 5 * WANT
        got[0, 0] += 0.01
        assert found(got, sizes={"N": 5}).kind not in ("factor", "sign")

    def test_offset(self):
        diagnosis = found(WANT + 0.25)
        assert diagnosis.kind == "offset"
        assert diagnosis.message == "dW is off by the same constant, 0.25, in every entry"

    def test_a_square_matrix_that_is_transposed(self):
        diagnosis = found(SQUARE.T, SQUARE)
        assert diagnosis.kind == "transpose"
        assert "rows and columns are exchanged" in diagnosis.message

    def test_nothing_to_recognise_where_zeros_are_expected(self):
        diagnosis = found(WANT, np.zeros((2, 3)))
        assert diagnosis.kind == "value"
        assert diagnosis.error == float("inf")


class TestEntries:
    def test_one(self):
        got = WANT.copy()
        got[1, 2] = 0.0
        diagnosis = found(got)
        assert diagnosis.kind == "entries"
        assert diagnosis.message == "dW is wrong in 1 of 6 entries; at [1, 2] it is 0 instead of -6"
        assert diagnosis.error == pytest.approx(1)

    def test_the_worst_of_several(self):
        got = WANT.copy()
        got[0] += (0.1, 0.0, 0.0)
        got[1] += (0.0, 0.0, 3.0)
        assert "wrong in 2 of 6 entries; at [1, 2] it is -3 instead of -6" in found(got).message

    def test_all(self):
        got = WANT * np.array([[1.1, 0.3, 2.0], [0.7, -1.0, 5.0]])
        diagnosis = found(got)
        assert diagnosis.kind == "value"
        assert "is wrong in every entry; at [1, 2]" in diagnosis.message

    def test_one_row(self):
        got = SQUARE.copy()
        got[1] = (0.0, 9.0, -1.0)
        assert found(got, SQUARE).message.startswith("dW is wrong in row 1 only; ")

    def test_one_column(self):
        got = SQUARE.copy()
        got[:, 2] = (0.0, 9.0, -1.0)
        assert found(got, SQUARE).message.startswith("dW is wrong in column 2 only; ")

    def test_the_border_of_images(self):
        want = np.random.default_rng(0).normal(size=(2, 3, 5, 5))
        got = want.copy()
        got[:, :, 0] += np.arange(1, 6)
        assert found(got, want).message.startswith("dW is wrong in the first row of the images only: look at")
        got[0, 0, 2, 2] += 1
        assert "first row" not in found(got, want).message

    def test_integers(self):
        diagnosis = found(np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2]))
        assert diagnosis.kind == "entries"
        assert "wrong in 1 of 4 entries; at [2] it is 2 instead of 1" in diagnosis.message
        assert found(3, 4).message == "dW is 3, but it should be 4"

    def test_truth_values(self):
        assert found(np.array([True, False]), np.array([True, True])).kind == "entries"

    def test_a_huge_wrong_value_does_not_disturb(self):
        got = WANT.copy()
        got[0, 0], got[1, 2] = 1e308, -1e308
        with np.errstate(over="raise"):
            diagnosis = found(got)
        assert diagnosis.kind == "entries"


GARBAGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=3),
    arrays_of.arrays(
        st.sampled_from([np.dtype(t) for t in (np.float64, np.float32, np.int8, bool, complex, "U2")]),
        arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
    ),
)


@given(GARBAGE, arrays_of.arrays(np.float64, arrays_of.array_shapes(min_dims=0, max_dims=4, max_side=3)))
@settings(max_examples=150, derandomize=True)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_whatever_comes_gets_an_answer_of_one_short_line(got, want):
    diagnosis = compare(got, want, "dW")
    if diagnosis is not None:
        assert diagnosis.message.startswith("dW ")
        assert "\n" not in diagnosis.message
        assert len(diagnosis.message) < 600
        assert diagnosis.kind in {
            *("type", "shape", "dtype", "nonfinite", "zeros", "sign", "factor", "transpose", "offset"),
            *("precision", "entries", "value", "order", "shift", "function", "place"),
        }
        assert diagnosis.error >= 0


class TestDescribe:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (None, "None"),
            (True, "True"),
            (np.bool_(False), "False"),
            (3, "3"),
            (0.1 + 0.2, "0.3"),
            (np.float32(0.5), "0.5"),
            (float("nan"), "nan"),
            ("text", "'text'"),
            (np.array([1.0, 2.5]), "[1. , 2.5]"),
            (np.array(4), "4"),
            (np.zeros((2, 2), int), "[[0, 0], [0, 0]]"),
        ],
        ids=str,
    )
    def test_small_values_in_full(self, value, text):
        assert " ".join(describe(value).split()) == text

    def test_large_arrays_by_shape_dtype_and_range(self):
        assert describe(np.arange(100.0)) == "array of shape (100,), float64, values 0 to 99"
        assert describe(np.full((20, 5), np.nan)) == "array of shape (20, 5), float64, all NaN"

    @pytest.mark.parametrize(
        "value",
        [
            "x" * 10**6,
            [np.zeros(10**5)] * 1000,
            {i: np.ones(1000) for i in range(1000)},
            10**1000,
            [10**10_000],
            [[[[[[[[1]]]]]]]],
        ],
        ids=[
            "text",
            "list of arrays",
            "dict of arrays",
            "huge integer",
            "huger integer in a list",
            "nested lists",
        ],
    )
    def test_anything_else_is_bounded_in_length_and_time(self, value):
        begin = time.perf_counter()
        assert len(describe(value)) <= 200
        assert time.perf_counter() - begin < 2


def test_describing_a_value_takes_no_time_whatever_it_is():
    arrays = [np.zeros(300) for _ in range(20)]
    assert len(describe({"k": [arrays] * 50})) <= 200
    assert "array of shape (300,)" in describe(arrays)
    assert "0., 0." not in describe(arrays)


def test_a_sum_without_an_axis_and_exchanged_axes_are_told():
    said = compare(np.float64(3.0), np.ones(3), "db").message
    assert said.endswith("without axis=, a sum, mean or maximum makes one number of a whole array")
    for number in (7.0, 0.0):
        said = compare(np.float64(number), np.array([3.0]), "db").message
        assert said.endswith("an axis of length 1 is missing, as after squeeze")
    assert "axis=" not in compare(0, np.ones(3), "db").message
    said = compare(np.arange(24.0).reshape(2, 4, 3), np.arange(24.0).reshape(2, 3, 4) + 1, "dx").message
    assert said.endswith("axes 1 and 2 are exchanged")
    assert "exchanged" not in compare(np.ones((2, 5, 3)), np.ones((2, 3, 4)), "dx").message
