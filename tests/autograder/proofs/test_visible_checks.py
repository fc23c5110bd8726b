"""What the visible checks know of mistakes is what these really give."""

from __future__ import annotations

import json

import pytest

from autograder.proofs.visible_checks import known, mistakes, path, play
from autograder.sources import Sources
from nndl.checking.shared.known_mistakes import Trace, same

MILESTONES = Sources().milestone_names


def traces(found: dict) -> dict[str, list[tuple[Trace, list[str]]]]:
    return {
        check: [((entry["what"], tuple(entry["numbers"])), entry["says"]) for entry in entries]
        for check, entries in found.items()
    }


def assert_kept(fresh: dict, kept: dict) -> None:
    """Assert that every entry of one table stands in the other, with the same words."""
    for check, entries in traces(fresh).items():
        for trace, says in entries:
            assert any(same(trace, other) and says == words for other, words in traces(kept)[check]), (
                check,
                says,
            )


def test_some_mistakes_are_known_by_what_they_give_and_the_reference_by_nothing() -> None:
    milestone = Sources().milestone("linear_classifier")
    kept = json.loads(path(milestone).read_text(encoding="utf-8"))
    some = [bug for bug in mistakes(milestone) if bug.concerns == ("cross_entropy",)][:3]
    assert len(some) == 3
    assert_kept(known(milestone, some), kept)
    assert play(milestone, {"right": {}})["right"] == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", MILESTONES)
def test_the_file_is_what_the_catalogues_give(name: str) -> None:
    if name in ("pytorch", "network_visualization"):
        pytest.importorskip("torch")
    milestone = Sources().milestone(name)
    kept, fresh = (
        json.loads(path(milestone).read_text(encoding="utf-8")),
        known(milestone, mistakes(milestone)),
    )
    assert_kept(fresh, kept)
    assert_kept(kept, fresh)
