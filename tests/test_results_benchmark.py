"""The results benchmark: claims, the record that runs resume from, and the page."""

import importlib
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def results(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = importlib.import_module("results")
    monkeypatch.setattr(module, "RECORD", tmp_path / "results.json")
    monkeypatch.setattr(module, "OFFLINE_RECORD", tmp_path / "results_offline.json")
    monkeypatch.setattr(module, "PAGE", tmp_path / "results.md")
    return module


@pytest.fixture
def toy(results, monkeypatch):
    """One experiment in place of the real ones; its list says with which seeds it ran."""
    ran = []

    def run(data, seed):
        ran.append(seed)
        yield results.Claim("accuracy", f"0.{seed}", "≥ 0.2", seed >= 2)
        yield results.Claim("loss", "1.5")

    toys = {
        name: results.Experiment(name, "fc_net", f"A {name}", (2, 3), run, lesson=name == "toy")
        for name in ("toy", "other")
    }
    monkeypatch.setattr(results, "EXPERIMENTS", toys)
    monkeypatch.setattr(results.Data, "describe", lambda self: "toy data")
    monkeypatch.setattr(results.main.params[0], "type", results.click.Choice(list(toys)))
    return ran


def invoke(results, *arguments):
    outcome = CliRunner().invoke(results.main, arguments, catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return results.PAGE.read_text(encoding="utf-8")


def test_claims_decide_by_their_bounds(results):
    base = sys.modules["experiments.base"]
    verdicts = [
        base.at_least("a", 0.5, 0.5),
        base.at_least("a", 0.4999, 0.5),
        base.above("a", 0.5, 0.5),
        base.below("a", 0.05, 0.05),
        base.between("a", 0.31, 0.25, 0.31),
        base.between("a", 0.32, 0.25, 0.31),
        base.greater("a", ("x", 2.0), ("y", 1.0)),
        base.greater("a", ("x", 1.0), ("y", 1.0)),
        base.report("a", 1.0),
        base.below("a", float("nan"), 1.0),
    ]
    assert [claim.holds for claim in verdicts] == [
        True,
        False,
        False,
        False,
        True,
        False,
        True,
        False,
        None,
        False,
    ]
    assert verdicts[6].required == "x > y"


def test_every_milestone_has_an_experiment(results):
    milestones = {experiment.milestone for experiment in results.EXPERIMENTS.values()}
    numpy_only = {"linear_classifier", "nn_modules", "two_layer_net", "fc_net", "batchnorm", "dropout", "cnn"}
    assert numpy_only <= milestones


def test_a_run_is_recorded_and_not_repeated(results, toy):
    invoke(results, "--only", "toy")
    assert toy == [2, 3]
    invoke(results, "--only", "toy")
    assert toy == [2, 3]
    invoke(results, "--only", "toy", "--seeds", "1")
    assert toy == [2, 3, 1]
    invoke(results, "--only", "toy", "--seeds", "2", "--again")
    assert toy == [2, 3, 1, 2]
    assert set(json.loads(results.RECORD.read_text(encoding="utf-8"))["runs"]["toy"]) == {"1", "2", "3"}


def test_the_page_shows_seeds_side_by_side_and_what_was_not_run(results, toy):
    text = invoke(results, "--only", "toy")
    assert "| fc_net | A toy (seed 2, 3) | accuracy | 0.2; 0.3 | ≥ 0.2 | yes |" in text
    assert "|  |  | loss | 1.5; 1.5 | – | – |" in text
    assert "| fc_net | A other | | not run | | |" in text
    assert "Not run: other." in text
    assert "Data: toy data." in text


def test_a_requirement_that_one_seed_misses_does_not_hold(results, toy):
    assert "| 0.1; 0.2 | ≥ 0.2 | **no** |" in invoke(results, "--only", "toy", "--seeds", "1,2")


def test_lessons_on_the_drawn_set_have_a_record_and_a_table_of_their_own(results, toy):
    text = invoke(results, "--data", "offline", "--lessons")
    assert toy == [2, 3]
    assert not results.RECORD.exists()
    above, _, below = text.partition("## The same lessons on the drawn image set")
    assert "| A toy | | not run |" in above
    assert "| A toy (seed 2, 3) | accuracy | 0.2; 0.3 | ≥ 0.2 | yes |" in below
    assert "A other" not in below
    assert "do not compare settings" not in below


def test_other_experiments_on_the_drawn_set_are_reported_even_if_a_bound_fails(results, toy):
    text = invoke(results, "--data", "offline", "--only", "other", "--seeds", "1,2")
    lessons, _, besides = text.partition("## The same lessons on the drawn image set")[2].partition(
        "do not compare settings"
    )
    assert "A other" not in lessons
    assert "| A other (seed 1, 2) | accuracy | 0.1; 0.2 | ≥ 0.2 | **no** |" in besides
