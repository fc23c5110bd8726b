"""Where a course's sources are looked for."""

from __future__ import annotations

import sys

import pytest

from autograder.sources import Sources


def test_a_course_folder_brings_what_it_has_and_the_repository_the_rest(tmp_path):
    default, assignments = Sources(), tmp_path / "source" / ".." / "assignments"
    found = Sources.of_course(tmp_path, assignments)
    assert (found.library, found.constraints) == (default.library, default.constraints)
    assert found.assignments == tmp_path / "assignments"
    (tmp_path / "source_lib" / "nndl").mkdir(parents=True)
    (tmp_path / "constraints.txt").touch()
    found = Sources.of_course(tmp_path, assignments)
    assert (found.library, found.constraints) == (tmp_path / "source_lib", tmp_path / "constraints.txt")


@pytest.fixture
def rooms(tmp_path, monkeypatch):
    """A course of two milestones about a package that is not called nndl."""
    room = "from autograder.milestone import Milestone\n\nMILESTONE = Milestone({0!r}, {0!r}.title())\n"
    files = {"__init__.py": 'MILESTONES = ("second", "first")\n'}
    files |= {f"{name}/__init__.py": room.format(name) for name in ("first", "second")}
    for name, text in files.items():
        path = tmp_path / "rooms_of_a_course" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "rooms_of_a_course"
    for name in [name for name in sys.modules if name.partition(".")[0] == "rooms_of_a_course"]:
        del sys.modules[name]


def test_milestones_come_in_teaching_order_and_know_their_room_and_package(rooms, tmp_path):
    sources = Sources(library=tmp_path, rooms=rooms, package="robots")
    assert sources.milestone_names == ("second", "first")
    assert sources.package_folder == tmp_path / "robots"
    first = sources.milestone("first")
    assert (first.room, first.package, first.title) == (f"{rooms}.first", "robots", "First")
    with pytest.raises(KeyError, match="the milestones are: second, first"):
        sources.milestone("third")
