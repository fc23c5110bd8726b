"""What a student is shown holds no right value, and what went wrong on our side stays with us."""

from __future__ import annotations

import pytest

from autograder.judging.compare import close
from autograder.service.policy import Policy
from autograder.service.shown import result_of, visible, why_not, without_expected


def finding(expected="", actual=""):
    return {"expected": expected, "actual": actual}


def test_no_expected_entry_is_told():
    message = "W1 is wrong: at [0, 3] it is 0.5123 instead of -1.2345. The largest difference is 1.75."
    told = without_expected(message, [finding("[[-1.2345, 2.5]]", "[[0.5123, 2.5]]")])
    assert told == "W1 is wrong: at [0, 3] it is 0.5123. The largest difference is 1.75."
    for value in ("1.5e-05", "-0.25", "[1.5, 2.5]", "nan", "inf", "True", "7"):
        assert value not in without_expected(f"it is 3 instead of {value}.", [])


@pytest.mark.parametrize(
    ("got", "want", "secret"),
    [
        ("cab", "it's (a, b)", "it's"),
        (["a", "my, word"], ["a", 'se"cret, 1'], "cret"),
        ({"k": 3}, {"k": 4711}, "4711"),
        ("x", "y" * 200, "yyy"),
        (["a"], ["b\nc"], "b\\nc"),
        (None, "secret", "secret"),
    ],
)
def test_no_right_word_is_told(got, want, secret):
    (wrong,) = close({"the words": (got, want)}, part="result")
    told = without_expected(f"{wrong.message} (for n = 3). Next.", [])
    assert secret not in told
    assert told.endswith(" (for n = 3). Next.")
    assert wrong.message.partition(",")[0] in told


def test_a_right_value_is_hidden_wherever_it_stands():
    told = without_expected("the mean 0.73512 is meant, yours is 0.111", [finding("0.735117", "0.111")])
    assert told == "the mean … is meant, yours is 0.111"
    assert (
        without_expected("2 of 10 rows of 0.500", [finding("2.0 10.0", "0.500")]) == "2 of 10 rows of 0.500"
    )


def test_a_report_becomes_what_may_be_seen():
    entry = {
        "name": "loss", "title": "The loss", "points": 2.0, "score": 0.5, "verdict": "failed",
        "message": "it is 3.125 instead of 1.5", "findings": [finding("1.5", "3.125")],
        "bugs": [{"name": "no_mean", "parts": [], "explanation": "A sum.", "hint": "Divide."}],
    }  # fmt: skip
    report = {
        "score": 0.5, "max_score": 2.0, "checks": [entry], "seed": "1234567",
        "submission": {"repairs": ["a cell was moved"], "warnings": []},
    }  # fmt: skip
    result = result_of(report, {"loss"})
    assert "1234567" not in str(result)
    check = result["checks"][0]
    assert (check["message"], check["hint"], check["again"]) == ("it is 3.125 A sum.", "Divide.", True)
    assert result["remarks"] == ["a cell was moved"]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("mean: A sum. Divide by what?", "mean: A sum."),
        ("mean: A sum. Divide by what? wrong in 3 of 4 entries", "mean: A sum. wrong in 3 of 4 entries"),
        ("mean: A sum. Divide by wh...", "mean: A sum."),
        (None, "A sum."),
    ],
)
def test_a_message_tells_a_mistake_once_and_keeps_its_hint_for_the_second_try(message, told):
    bug = {"name": "no_mean", "parts": [], "explanation": "A sum.", "hint": "Divide by what?"}
    entry = {
        "name": "loss", "title": "The loss", "points": 2.0, "score": 0.5, "verdict": "failed",
        "message": message, "findings": [], "bugs": [bug],
    }  # fmt: skip
    report = {
        "score": 0.5,
        "max_score": 2.0,
        "checks": [entry],
        "submission": {"repairs": [], "warnings": []},
    }
    for before, hint in ((set(), None), ({"loss"}, "Divide by what?")):
        (check,) = visible(result_of(report, before), Policy(shows="hints"))["checks"]
        assert (check["message"], check["hint"]) == (told, hint)


def test_whose_fault_it_was():
    assert why_not("OSError: /srv/secret is full").startswith("We could not grade this. ")
    assert "there is no notebook" in why_not("there is no notebook.")
    missing = "files not found: nndl/fc_net.py; what was handed in: nothing"
    assert missing in why_not(f"{missing}.", [missing])  # their own files may be named
    two = "these files differ: hand-in.zip/a.py, hand-in.zip/x/a.py"
    assert "differ: a.py, x/a.py." in why_not(two, [two])


def test_the_archive_that_the_service_made_is_not_remarked_upon():
    submission = {
        "repairs": ["a text was put back"],
        "warnings": ["the files were taken from the subfolder hand-in.zip/"],
    }
    report = {"score": 0.0, "max_score": 1.0, "checks": [], "submission": submission}
    assert result_of(report)["remarks"] == ["a text was put back"]
