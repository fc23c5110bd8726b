"""What the visible checks say of beginner's mistakes: how many get their cause named, and that no name is false."""

from __future__ import annotations

import re

import pytest

from .playing import CORPORA, HERE, MILESTONES, mistakes, said

NAMED = re.compile(r"(?:a known mistake gives|two known mistakes give) exactly this: [^\n]*")
KINDS = {
    *(
        "shape",
        "axis",
        "sign",
        "factor",
        "mode",
        "cache",
        "in_place",
        "dtype",
        "returns",
        "prints",
        "loop",
        "syntax",
    ),
    *("indentation", "name"),
}


def told(corpus: str, milestone: str) -> dict[str, str]:
    """Return the words that name each mistake, as they were judged; empty where none do."""
    lines = (HERE / "told" / corpus / f"{milestone}.txt").read_text(encoding="utf-8").splitlines()
    found = dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))
    return {name: "" if words == "-" else without_lines(words) for name, words in found.items()}


def without_lines(words: str) -> str:
    """Return words without the numbers of lines: they change whenever something above is edited."""
    return re.sub(r"\bline \d+", "line N", words)


def text(says: dict) -> str:
    """Return all that the checks say of a mistake, without line breaks."""
    lines = [line for check in says.values() for line in check["says"]]
    return without_lines(re.sub(r"\n {4}", " ", "\n".join(lines)))


@pytest.mark.parametrize("corpus", CORPORA)
def test_the_corpus_fits_the_reference_and_is_judged_whole(corpus: str) -> None:
    count = 0
    for milestone in MILESTONES:
        found = mistakes(corpus, milestone)
        assert set(found) == set(told(corpus, milestone)), milestone
        for mistake in found.values():
            assert mistake.edited("nndl").sources()
            assert set(mistake.concerns) <= KINDS
        count += len(found)
    assert count >= CORPORA[corpus]


def test_four_of_five_of_the_first_corpus_are_named() -> None:
    words = [words for milestone in MILESTONES for words in told("first", milestone).values()]
    assert sum(map(bool, words)) / len(words) >= 0.8


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("milestone", MILESTONES)
@pytest.mark.parametrize("corpus", CORPORA)
def test_what_the_checks_say(corpus: str, milestone: str) -> None:
    if milestone in ("pytorch", "network_visualization"):
        pytest.importorskip("torch")
    judged = told(corpus, milestone)
    for name, says in said(corpus, milestone).items():
        heard = text(says)
        assert judged[name] in heard, f"{name}: {heard}"
        # a name that nobody has judged may be false
        for given in NAMED.findall(heard):
            assert given in FURTHER or (judged[name] and judged[name] in given), f"{name}: {given}"


FURTHER = {
    "a known mistake gives exactly this: running_var averages the variance divided by N - 1; this course averages "
    "that of the forward pass.",
    "two known mistakes give exactly this: running_var averages the standard deviation instead of the variance. Or: "
    "running_var averages what the inputs are divided by, the root of the variance and eps, instead of the variance.",
    "a known mistake gives exactly this: The first convolution has padding 1, with which a filter of 5 x 5 makes the "
    "images smaller.",
}
"""Names that are true as well, beside the one that was judged."""
