"""The strength benchmark: who judges a mutant, which survivors are excused, and when the page says that all holds."""

import copy
import importlib
from pathlib import Path

import pytest

from autograder.judging import milestone_content
from autograder.judging.edited_reference import EditedReference
from autograder.proofs import played
from autograder.slips.mutation import Mutant, fenced_files
from autograder.sources import Sources

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("check_strength")


@pytest.fixture
def page(benchmark):
    return benchmark.page


GOOD = {
    "cnn": {
        "mutants": {"total": 100, "survivors": [{"key": "f: a → b", "file": "x.py"}]},
        "bugs": {"total": 10, "missed": [], "inexact": [], "not_named": {"swap": ["other"]}},
        "fairness": {"seeds": 50, "solutions": ["reference"], "checks": 500, "faults": {}},
    }
}
REASON = {"equivalent": {"cnn": {"f: a → b": "the same number"}}}


def test_all_holds(page):
    text, holds = page(GOOD, REASON, ["cnn"])
    assert holds
    assert "| cnn | 100 | 1 | 0 | 0 | 100.0 % | 99.0 % |" in text
    assert "equivalent: `f: a → b`: the same number" in text


def test_a_right_answer_is_counted_apart(page):
    text, _ = page(GOOD, {"another_right_answer": REASON["equivalent"]}, ["cnn"])
    assert "| cnn | 100 | 0 | 1 | 0 | 100.0 % | 99.0 % |" in text


def test_a_survivor_without_a_reason_is_told_and_counted(page):
    text, holds = page(GOOD, {}, ["cnn"])
    assert holds  # 99 of 100
    assert "- survives: `f: a → b`" in text
    assert "| cnn | 100 | 0 | 0 | 1 | 99.0 % | 99.0 % |" in text


def test_a_reason_for_what_does_not_survive_excuses_nothing(page):
    reasons = {"equivalent": {"cnn": {"f: a → b": "same", "g: c → d": "caught in the meantime"}}}
    text, _ = page(GOOD, reasons, ["cnn"])
    assert "| cnn | 100 | 1 | 0 | 0 |" in text
    assert "g: c → d" not in text


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("mutants", "survivors", [{"key": f"f: {i} → b", "file": "x.py"} for i in range(6)]),
        ("mutants", "survivors", [{"key": f"f: {i} → b", "file": "x.py"} for i in range(3)]),
        ("bugs", "missed", ["swap"]),
        ("bugs", "not_named", {"swap": [], "drop": []}),
        ("fairness", "faults", {"einsum": ["seed 3, conv_forward"]}),
    ],
    ids=["too many in one milestone", "too many in all", "missed bug", "bugs without a name", "unfair"],
)
def test_what_does_not_hold_is_said(page, part, field, value):
    record = copy.deepcopy(GOOD)
    record["cnn"][part][field] = value
    _, holds = page(record, REASON, ["cnn"])
    assert not holds


def test_a_milestone_that_was_not_measured_is_named(page):
    text, _ = page(GOOD, REASON, ["cnn", "dropout"])
    assert "Not measured yet: dropout." in text


def test_later_milestones_judge_a_net_that_grows(benchmark):
    def judges(milestone, function):
        mutant = Mutant(milestone, "fc_net.py", function, "a → b", EditedReference("mutant", ()))
        return [each.name for each in benchmark.judging(mutant)]

    assert judges("fc_net", "FullyConnectedNet._block_forward") == ["fc_net", "batchnorm", "dropout"]
    assert judges("fc_net", "affine_forward") == ["fc_net"]
    assert judges("two_layer_net", "TwoLayerNet.loss") == ["two_layer_net"]  # fc_net has another of that name


def test_every_reason_is_of_a_function_with_a_fence(benchmark):
    fenced = {m.name: "".join(text for _, text in fenced_files(m)) for m in Sources().milestones}
    for kind in benchmark.explained().values():
        for milestone, reasons in kind.items():
            for key in reasons:
                name = key.split(":")[0].split(".")[-1]
                assert f"def {name}(" in fenced[milestone], key


def test_trivial_code_that_earns_something_is_told(page):
    record = copy.deepcopy(GOOD)
    record["cnn"]["trivial"] = {"total": 7, "earned": {}, "seconds": 1}
    assert page(record, REASON, ["cnn"])[1]
    record["cnn"]["trivial"]["earned"] = {"zeros": {"conv_forward": {"plain": 1.0}}}
    text, holds = page(record, REASON, ["cnn"])
    assert not holds
    assert "cnn: zeros earn in conv_forward" in text


def test_points_lost_by_what_a_check_is_not_about_are_told(page):
    record = copy.deepcopy(GOOD)
    record["cnn"]["breaking"] = {"total": 9, "spared": 70, "lost": [], "seconds": 1}
    text, holds = page(record, REASON, ["cnn"])
    assert holds
    assert "| cnn | 9 | 70 | none |" in text
    record["cnn"]["breaking"]["lost"] = ["conv_forward_naive: raises: pool loses 2"]
    text, holds = page(record, REASON, ["cnn"])
    assert not holds
    assert "cnn: conv_forward_naive: raises: pool loses 2" in text


def test_the_page_says_what_each_check_plays_today():
    """Run `python benchmarks/check_strength.py --write-only` where this fails."""
    page = (BENCHMARKS.parent / "docs" / "check-strength.md").read_text(encoding="utf-8")
    assert played.section(Sources().milestones) in page


def test_what_a_case_plays_is_read_from_its_arguments():
    case = {"x": (2, 3, 5, 4), "w": (4, 3, 3, 2), "stride": 2, "dtype": "float32", "demand": "float32"}
    assert played.sizes(case) == {"N": 2, "C": 3, "H": 5, "W": 4, "F": 4, "HH": 3, "WW": 2, "stride": 2}
    assert played.settings({"n": 3, "dims": (5, 4, 4, 2), "normalization": None}) == {
        "N": "3", "D": "5", "classes": "2", "hidden layers": "2", "normalization": "none",
    }  # fmt: skip
    assert played.equal_sizes([case, {"n": 1, "d": 1}, {"n": 6, "d": 6}]) == {"W = F": 1, "N = D": 1}


@pytest.mark.parametrize("name", ["batchnorm", "dropout", "cnn"])
def test_no_two_sizes_are_equal_by_accident(name):
    checks = milestone_content.checks(Sources().milestone(name))
    equal = {what for check in checks for what in played.equal_sizes(check.cases)}
    # square windows and filters are the usual ones; others are played as well
    assert equal <= {"height = width", "HH = WW"}
