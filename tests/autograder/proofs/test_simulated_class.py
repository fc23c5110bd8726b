"""The simulated class: a folder for every student, right and wrong as announced, for every milestone."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.judging import milestone_content
from autograder.proofs import simulated_class as simulate
from autograder.release.build import Release
from autograder.sources import Sources

MILESTONES = [pytest.param(m, id=m.name) for m in Sources().milestones]
TWO_LAYER_NET = Sources().milestone("two_layer_net")


@pytest.fixture(autouse=True)
def no_training(monkeypatch):
    made = milestone_content.simulated_nets

    def simulated_nets(milestone):
        return made(milestone) and (lambda data: {"tuned": b"tuned", "untuned": b"untuned"})

    monkeypatch.setattr(milestone_content, "simulated_nets", simulated_nets)


@pytest.mark.parametrize("milestone", MILESTONES)
def test_a_class_of_every_milestone(milestone, tmp_path):
    told = dict(simulate.write_class(tmp_path, milestone, seed=3))
    assert sorted(told) == sorted(folder.name for folder in tmp_path.iterdir())
    by_kind = {what.partition(":")[0]: name for name, what in told.items()}
    release = Release.current(milestone)
    released, last = release.files, release.editable_code[-1]

    def handed_in(kind, file):
        return (tmp_path / by_kind[kind] / milestone.name / file).read_text(encoding="utf-8")

    for file in release.editable_code:
        assert handed_in("the release, untouched", file) == released[file].decode()
        right = handed_in("everything right", file)
        assert "### BEGIN SOLUTION" not in right
        compile(right, file, "exec")
    with pytest.raises(SyntaxError):
        compile(handed_in("half a line", last), last, "exec")
    assert "os._exit(0)" in handed_in("the last task ends the process", last)
    mistakes = [what.partition(": ")[2] for what in told.values() if what.startswith("mistake")]
    assert len(mistakes) == 5
    assert set(mistakes) <= {bug.name for bug in milestone_content.bugs(milestone)}
    for name, what in told.items():
        if what.startswith(("mistake", "two mistakes", "right, written")):
            code = [
                (tmp_path / name / milestone.name / f).read_text(encoding="utf-8")
                for f in release.editable_code
            ]
            assert code != [handed_in("everything right", f) for f in release.editable_code]


def test_the_same_seed_draws_the_same_class(tmp_path):
    first = simulate.write_class(tmp_path / "a", TWO_LAYER_NET, seed=1)
    assert simulate.write_class(tmp_path / "b", TWO_LAYER_NET, seed=1) == first
    assert simulate.write_class(tmp_path / "c", TWO_LAYER_NET, seed=2) != first
    assert (tmp_path / "a" / first[0][0] / "two_layer_net").is_dir()


def test_two_mistakes_concern_different_checks():
    random = np.random.default_rng(0)
    for milestone in Sources().milestones:
        (member,) = (m for m in simulate._members(milestone, False, random) if len(m.edited) == 2)
        known = {bug.name: bug for bug in milestone_content.bugs(milestone)}
        first, second = (set(known[name].concerns) for name in (edited.name for edited in member.edited))
        assert not first & second


def test_nets_are_handed_in_where_the_room_makes_some(tmp_path):
    told = simulate.write_class(tmp_path, TWO_LAYER_NET, seed=1)
    kinds = {what.partition(":")[0]: name for name, what in told}
    stored = {
        kind: (tmp_path / kinds[kind] / "two_layer_net" / "best_net.npz")
        for kind in ("everything right", "right, but the net is not tuned", "right, but no net was handed in")
    }
    tuned, untuned, missing = stored.values()
    assert (tuned.read_bytes(), untuned.read_bytes(), missing.exists()) == (b"tuned", b"untuned", False)
    assert milestone_content.simulated_nets(Sources().milestone("dropout")) is None
