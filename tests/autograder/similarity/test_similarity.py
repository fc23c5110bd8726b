"""What looks alike: rare wrong values, passages of code, and the page that shows both."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.similarity import page, passages, rare_values
from autograder.similarity.compared_code import Compared, laid_out
from autograder.similarity.passages import CodePair, Compare50Missing, Passage
from autograder.sources import Sources

from ..grading.hand_ins import MILESTONE, hand_in

SOURCES = Sources()


def finding(actual, part="W1", case=0, expected="array([0.12345, 0.54321])"):
    return {
        "case": case,
        "arguments": {"n": 3},
        "part": part,
        "label": part,
        "credit": 0.0,
        "message": "",
        "expected": expected,
        "actual": actual,
        "error": 0.1,
    }


def report(student, *findings, seed="7", bugs=()):
    check = {"name": "gradients", "bugs": list(bugs), "findings": list(findings)}
    return {"student": student, "seed": seed, "verdict": "graded", "checks": [check]}


OWN = "array([0.77123, 0.91442])"


def test_a_value_that_only_two_have_is_shared():
    others = [report(f"s{i}", finding(f"array([0.{i}1111, 0.{i}2222])")) for i in range(10)]
    found, left = rare_values.pairs([report("ada", finding(OWN)), report("eve", finding(OWN)), *others])
    (pair,) = found
    assert (pair.first, pair.second) == ("ada", "eve")
    (value,) = pair.values
    assert (value.check, value.part, value.case, value.students) == ("gradients", "W1", "case 0: n=3", 2)
    assert left == {}


@pytest.mark.parametrize(
    "actual", ["None", "0.0", "nan", "zeros of shape (3, 4)", "array([nan, 0.12345])", "array([1., 2.])", ""]
)
def test_values_that_say_nothing_are_no_evidence(actual):
    assert rare_values.pairs([report("ada", finding(actual)), report("eve", finding(actual))])[0] == []


def test_known_mistakes_common_values_and_other_inputs_are_no_evidence():
    bug = {"name": "gradient_ignores_relu"}
    assert rare_values.pairs([report(s, finding(OWN), bugs=[bug]) for s in ("ada", "eve")])[0] == []
    assert rare_values.pairs([report(s, finding(OWN)) for s in "abcd"])[0] == []
    apart = [report("ada", finding(OWN)), report("eve", finding(OWN), seed="8"), report("bob", finding("x"))]
    assert rare_values.pairs(apart) == ([], {"8": ["eve"]})


def test_cases_of_one_part_count_once():
    many = [finding(OWN, case=case) for case in range(4)]
    more = [finding(OWN, part=part) for part in ("W1", "W2")]
    others = [report(f"s{i}") for i in range(6)]
    (one,), _ = rare_values.pairs([report("ada", *many), report("eve", *many), *others])
    (two,), _ = rare_values.pairs([report("ada", *more), report("eve", *more), *others])
    assert one.weight == 2.0
    assert two.weight == 4.0


def test_the_page_shows_both_sides_and_escapes_them(tmp_path):
    folders = {}
    for name, text in (
        ("ada", "def f(x):\n    return x < 1  # <b>\n"),
        ("eve", "def g(x):\n    return x < 1\n"),
    ):
        folders[name] = tmp_path / name
        folders[name].mkdir()
        (folders[name] / "net.py").write_text(text)
    at = [(folders[n] / "net.py").read_text().index("return") for n in ("ada", "eve")]
    places = ((Passage("net.py", at[0], at[0] + 12),), (Passage("net.py", at[1], at[1] + 12),))
    pair = CodePair("ada", "eve", 3.5, (places,), False)
    (value,), _ = rare_values.pairs([report("ada", finding(OWN)), report("eve", finding(OWN))])
    code = Compared(submissions=folders, left_out={"bob": "nothing was written"})
    page.write(tmp_path / "page.html", SOURCES.milestone(MILESTONE), code, [pair], [value], {"9": ["tom"]})
    text = (tmp_path / "page.html").read_text()
    assert text.count("<mark>return x &lt; 1</mark>") == 2
    assert "<b>" not in text.replace("<b>Alike is not copied.</b>", "")
    assert "Alike is not copied" in text
    assert "tom: graded with other inputs (seed 9)" in text
    assert "bob: nothing was written" in text
    assert "0.77123" in text


def test_code_is_laid_out_without_what_was_given(tmp_path):
    hand_in(tmp_path, "ada", net=False)
    milestone = SOURCES.milestone(MILESTONE)
    folders = {"ada": tmp_path / "ada" / MILESTONE, "bob": tmp_path / "nobody"}
    with laid_out(milestone, SOURCES, folders, {"last year": tmp_path / "ada"}) as code:
        assert set(code.submissions) == {"ada"}
        assert set(code.left_out) == {"bob"}
        assert "the course's solution" in code.archive
        assert "last year" in code.archive
        assert any(name.startswith("right solution: ") for name in code.archive)
        starter = "".join(p.read_text() for p in code.starter["starter code"].rglob("*.py"))
        assert "YOUR CODE HERE" in starter
        written = "".join(p.read_text() for p in code.submissions["ada"].rglob("*.py"))
        assert "YOUR CODE HERE" not in written


def fake_compare50(folder, pairs):
    """Write a program that answers as the driver does."""
    program = folder / "python"
    answer = folder / "answer.json"
    answer.write_text(json.dumps(pairs))
    program.write_text(f"#!/bin/sh\ncat > {folder}/asked.json\ncat {answer}\n")
    program.chmod(0o755)
    return str(program)


def test_pairs_of_compare50_get_their_names(tmp_path):
    folders = {
        name: tmp_path / number
        for name, number in (("eve", "s1"), ("ada", "s0"), ("public", "a0"), ("also public", "a1"))
    }
    for folder in folders.values():
        folder.mkdir()
        (folder / "net.py").write_text("x = 1\n")
    archive = {name: folders[name] for name in ("public", "also public")}
    code = Compared({"eve": folders["eve"], "ada": folders["ada"]}, archive)
    spans = [[str(folders["eve"] / "net.py"), 0, 3], [str(folders["ada"] / "net.py"), 1, 4]]
    python = fake_compare50(
        tmp_path,
        [
            {"a": str(folders["eve"]), "b": str(folders["ada"]), "score": 2.0, "passages": [spans]},
            {"a": str(folders["public"]), "b": str(folders["eve"]), "score": 1.0, "passages": []},
            {"a": str(folders["eve"]), "b": str(folders["also public"]), "score": 0.5, "passages": []},
        ],
    )
    first, second = passages.compare(code, python)
    assert (first.first, first.second, first.in_archive) == ("ada", "eve", False)
    assert first.passages == (((Passage("net.py", 1, 4),), (Passage("net.py", 0, 3),)),)
    assert (second.first, second.second, second.in_archive) == ("eve", "public", True)
    asked = json.loads((tmp_path / "asked.json").read_text())
    assert asked["pass"] == "structure"
    assert asked["submissions"][str(folders["ada"])] == [str(folders["ada"] / "net.py")]


def test_without_compare50_the_command_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Compare50Missing, match="pip install compare50"):
        passages.compare50_python()
    outcome = CliRunner().invoke(main, ["similarity", MILESTONE, "--python", "/no/python"])
    assert outcome.exit_code == 2
    assert "an environment of its own" in outcome.output
    with pytest.raises(Compare50Missing, match="did not run"):
        passages.compare(Compared(), sys.executable)
