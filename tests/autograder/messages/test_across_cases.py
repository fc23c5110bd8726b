"""What separates right cases from wrong ones is said where it does, and only there."""

from __future__ import annotations

import random

import pytest

from autograder.messages.across_cases import entries, what_separates

CASES = [
    {"n": 5, "d": 4, "stride": 1, "pad": 0},
    {"n": 3, "d": 4, "stride": 1, "pad": 1},
    {"n": 5, "d": 6, "stride": 2, "pad": 0},
    {"n": 3, "d": 6, "stride": 2, "pad": 1},
]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda c: c["stride"] > 1, "right for stride = 1, wrong for stride = 2"),
        (lambda c: c["pad"] > 0, "right for pad = 0 only"),
        (lambda c: c["pad"] == 0, "wrong for pad = 0 only"),
        (lambda c: c["n"] == 3, "right for N = 5, wrong for N = 3"),
        (lambda c: True, ""),
        (lambda c: False, ""),
        (lambda c: (c["stride"] == 2) != (c["pad"] == 1), ""),
    ],
)
def test_an_argument_that_separates(wrong, said):
    cases = [case | {"d": 4} for case in CASES] if "N" in said else CASES
    cases = [{k: v for k, v in case.items() if k != "pad" or "N" not in said} for case in cases]
    cases = [{k: v for k, v in case.items() if k not in ("d", "n") or "N" in said} for case in cases]
    assert what_separates([c for c in cases if not wrong(c)], [c for c in cases if wrong(c)]) == said


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ([{"n": 5}, {"n": 12}], [{"n": 1}], "wrong for N = 1 only"),
        ([{"n": 1}], [{"n": 5}, {"n": 12}], "right for N = 1 only"),
        ([{"image": (3, 4, 4)}], [{"image": (3, 4, 6)}], "right for square images only"),
        ([{"x": (2, 3, 5, 7)}], [{"x": (2, 3, 4, 4)}], "wrong for square images only"),
        ([{"x": (1, 3, 4, 5)}], [{"x": (2, 3, 4, 5)}], "right for N = 1 only"),
        (
            [{"height": 2, "width": 2}],
            [{"height": 2, "width": 3}, {"height": 3, "width": 1}],
            "square windows only",
        ),
        ([{"hidden": (5, 4)}], [{"hidden": ()}], "wrong for nets without hidden layers only"),
        (
            [{"hidden": (5, 4)}, {"hidden": ()}],
            [{"hidden": (3,)}],
            "wrong for nets with one hidden layer only",
        ),
        ([{"n": 3, "d": 1}], [{"n": 1, "d": 6, "mode": "test"}], "wrong for mode = 'test', N = 1"),
        ([{"eps": 1e-05, "n": 4}], [{"eps": 0.7, "n": 4}], "right for eps = 1e-05, wrong for eps = 0.7"),
        ([{"shape": (7,)}], [{"shape": (2, 3)}], "right for shape = (7,), wrong for shape = (2, 3)"),
        ([{"momentum": None}], [{"momentum": 0.3}], "wrong for momentum = 0.3 only"),
        (
            [{"dims": (4, 6, 3)}, {"dims": (5, 3)}],
            [{"dims": (4, 6, 5, 3)}, {"dims": (4, 9, 5, 3)}],
            "more than one hidden",
        ),
        ([{"dims": (4, 6, 3)}], [{"dims": (4, 6, 3), "dtype": "float32"}], "wrong for dtype = 'float32'"),
        ([{"dtype": "float32", "n": 4}], [{"dtype": "float64", "n": 4}], ""),
        ([{"part": "plain"}], [{"part": "padding"}], ""),
        ([{"d": 2}, {"d": 3}, {"d": 4}], [{"d": 5}], ""),
        ([{"x": (2, 3, 5, 7)}, {"x": (3, 1, 4, 5)}, {"x": (5, 2, 8, 6)}], [{"x": (4, 3, 2, 6)}], ""),
    ],
)
def test_facts_and_settings(right, wrong, said):
    assert said in what_separates(right, wrong)
    assert bool(what_separates(right, wrong)) == bool(said)


def test_what_is_said_is_so():
    draw = random.Random(0)
    for _ in range(2000):
        cases = [
            {"n": draw.choice([1, 5]), "p": draw.choice([0.3, 0.5]), "mode": draw.choice("ab")}
            for _ in range(4)
        ]
        split = [draw.random() < 0.5 for _ in cases]
        right = [c for c, good in zip(cases, split, strict=True) if good]
        wrong = [c for c, good in zip(cases, split, strict=True) if not good]
        said = what_separates(right, wrong)
        for name, label in {"n": "N = ", "p": "p = ", "mode": "mode = "}.items():
            if label in said:
                assert not {c[name] for c in right} & {c[name] for c in wrong}


def test_code_that_does_not_stop_is_not_called_right():
    right, wrong = [{"n": 3}, {"n": 5}], [{"n": 1}]
    words = {"good": "it does not stop", "bad": "it stops"}
    assert what_separates(right, wrong, **words) == "it stops for N = 1 only"
    assert what_separates([{"d": 2}], [{"d": 3}], **words) == "it does not stop for D = 2, it stops for D = 3"


@pytest.mark.parametrize(
    ("case", "count"),
    [
        ({"x": (2, 3, 5), "w": (4, 3), "dtype": "float32"}, 30),
        ({"N": 4, "D": 5, "steps": 100}, 20),
        ({"classes": 4, "part": "input"}, 4),
        ({"mode": "test", "channels": ("a", 7)}, 1),
    ],
)
def test_a_case_is_about_so_many_numbers(case, count):
    assert entries(case) == count
