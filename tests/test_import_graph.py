"""The house: no import circle, no arrow upwards, no room that nobody finds anything in.

How the rooms of the autograder lie above each other is drawn in docs/architecture.md and written down in `FLOORS`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import autograder
import nndl

from .import_graph import circle, files_in, module_graph, modules, room_graph, rooms_in, tree

AUTOGRADER = Path(autograder.__file__).parent
NNDL = Path(nndl.__file__).parent
TESTS = Path(__file__).parent
ARCHITECTURE = TESTS.parent / "docs" / "architecture.md"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli.lms", "cli.platforms", "cli.review", "cli.service"),
    ("cli",),
    ("service.live",),
    ("service.processes",),
    ("service.web",),
    ("service",),
    ("service.graders", "service.store"),
    ("nbgrader_plugin", "proofs", "scaffold"),
    ("platforms", "cluster"),
    ("grading", "similarity"),
    ("explain",),
    ("lms",),
    ("reports", "submission"),
    ("submission.notebook",),
    ("slips",),
    ("release", "judging"),
    ("messages",),
    ("library.remote",),
    ("library",),
    ("sandbox",),
    ("sandbox.inside",),
    ("gradebook",),
    ("sources",),
    ("made_before",),
    ("failures", "milestone"),
)
"""The rooms of the autograder from the top down. A room imports from the floors below its own and nowhere else."""
COURSE = "course"
"""The rooms of the milestones stand beside the floors: the engine finds them by name and never imports them."""
COURSE_IMPORTS = {"judging", "library", "milestone", "failures", COURSE}
"""What a milestone's room may import; of the course, what lies beside the rooms for several of them, such as `nets`."""

TOP_OF_AUTOGRADER = 8
TOP_OF_NNDL = 24
ROOM = 14
LISTS = {
    "hostile/attacks": "a corpus: one attack a file, which nobody reads from end to end",
}
"""Rooms that may be larger, with the reason."""


def short(package: Path, module: str) -> str:
    return module.removeprefix(package.name).lstrip(".")


def milestones(package: Path) -> list[str]:
    return sorted(path.parent.name for path in (package / COURSE).glob("*/__init__.py"))


# circles


@pytest.mark.parametrize("package", [AUTOGRADER, NNDL], ids=["autograder", "nndl"])
@pytest.mark.parametrize("graph", [module_graph, room_graph], ids=["modules", "rooms"])
def test_nothing_imports_itself_by_a_detour(package, graph):
    assert circle(graph(package)) == []


# floors


def upwards(package: Path, floors: Sequence[Sequence[str]]) -> list[str]:
    """Return the imports of a package that do not lead to a lower floor, and the rooms that are on no floor."""
    level = {room: number for number, rooms in enumerate(floors) for room in rooms}
    wrong = []
    for module, imported in room_graph(package).items():
        room = short(package, module)
        if room == "" or room.split(".")[0] == COURSE:
            continue
        if room not in level:
            wrong.append(f"{room} is on no floor")
            continue
        for target in sorted(short(package, name) for name in imported):
            if level.get(target, -1) <= level[room]:
                wrong.append(f"{room} imports {target}")
    return wrong


def test_arrows_lead_down():
    assert upwards(AUTOGRADER, FLOORS) == []


def test_the_floors_are_those_of_the_architecture_page():
    page = ARCHITECTURE.read_text(encoding="utf-8")
    (drawn,) = re.findall(r"<!-- floors -->\n+```\n(.*?)```", page, re.DOTALL)
    floors = [tuple(line.split("  ")[0].split(" · ")) for line in drawn.strip().splitlines()]
    assert floors == [rooms for rooms in FLOORS if rooms != ("__main__",)]


def test_judging_reaches_code_through_the_library_only():
    imported = {short(AUTOGRADER, name) for name in room_graph(AUTOGRADER)["autograder.judging"]}
    assert imported == {"messages", "library", "milestone", "failures"}


@pytest.mark.parametrize("milestone", milestones(AUTOGRADER))
def test_a_milestone_imports_what_checks_are_made_of_and_no_other_milestone(milestone):
    imported = {
        short(AUTOGRADER, name) for name in room_graph(AUTOGRADER)[f"autograder.{COURSE}.{milestone}"]
    }
    assert imported <= COURSE_IMPORTS


# the engine names no milestone


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each identifier and each string of a file with its line; docstrings may give examples."""
    parsed = tree(path)
    prose = {id(node.value) for node in ast.walk(parsed) if isinstance(node, ast.Expr)}
    for node in ast.walk(parsed):
        if id(node) not in prose:
            for field in ("id", "attr", "arg", "name", "module", "value"):
                if isinstance(text := getattr(node, field, None), str):
                    yield getattr(node, "lineno", 0), text


def named(package: Path, words: Sequence[str]) -> list[str]:
    """Return where the engine, which is all but the course, names one of these words."""
    word = re.compile(rf"\b({'|'.join(words)})\b")
    return [
        f"{path.relative_to(package)}:{line}: {found[0]}"
        for path in modules(package)
        if COURSE not in path.relative_to(package).parts
        for line, text in names_in(path)
        if (found := word.search(text))
    ]


def test_the_engine_imports_no_milestone():
    graph = room_graph(AUTOGRADER)
    users = {
        room
        for room, imported in graph.items()
        for name in imported
        if short(AUTOGRADER, name).split(".")[0] == COURSE
    }
    assert {room for room in users if not short(AUTOGRADER, room).startswith(COURSE)} == set()


def test_the_engine_names_no_milestone():
    assert len(milestones(AUTOGRADER)) > 1
    assert named(AUTOGRADER, milestones(AUTOGRADER)) == []


# sizes


@pytest.mark.parametrize(
    ("package", "most"),
    [(AUTOGRADER, TOP_OF_AUTOGRADER), (NNDL, TOP_OF_NNDL)],
    ids=["autograder", "nndl"],
)
def test_few_files_stand_at_the_door(package, most):
    files = files_in(package)
    assert len(files) <= most, files


def too_big(folder: Path, lists: Sequence[str] = ()) -> dict[str, int]:
    """Return the rooms below a folder with too many files; not its own top, which has a bound of its own."""
    sizes = {room: len(files) for room, files in rooms_in(folder) if room != "." and room not in lists}
    return {room: size for room, size in sizes.items() if size > ROOM}


@pytest.mark.parametrize(
    "folder",
    [
        AUTOGRADER,
        NNDL,
        TESTS,
    ],
    ids=["autograder", "nndl", "tests"],
)
def test_a_room_can_be_taken_in_at_a_glance(folder):
    assert too_big(folder, list(LISTS)) == {}


def test_only_folders_over_the_size_are_named_as_lists():
    sizes = {room: len(files) for room, files in rooms_in(TESTS)}
    assert {room: sizes[room] > ROOM for room in LISTS} == dict.fromkeys(LISTS, True)


# the test of the tests: a house with faults


@pytest.fixture
def house(tmp_path):
    """Build a package of two rooms on two floors."""
    package = tmp_path / "house"
    files = {
        "__init__.py": "",
        "words.py": "",
        "cellar/__init__.py": "",
        "cellar/store.py": "from ..words import word\n",
        "attic/__init__.py": "",
        "attic/view.py": "from ..cellar import store\nfrom ..cellar.store import jam\n",
        "course/__init__.py": "",
        "course/first_steps/__init__.py": "from ...cellar import store\n",
    }
    for name, source in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(source)
    return package


HOUSE_FLOORS = (("attic",), ("cellar",), ("words",))


def test_a_house_in_order_is_left_alone(house):
    assert module_graph(house)["house.attic.view"] == {"house.cellar.store"}
    assert circle(module_graph(house)) == circle(room_graph(house)) == upwards(house, HOUSE_FLOORS) == []
    assert too_big(house) == {}
    assert named(house, milestones(house)) == []


@pytest.mark.parametrize(
    "line",
    [
        "from ..attic import view",
        "import house.attic.view",
        "from house.attic.view import window",
        "def late():\n    from ..attic.view import window",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..attic.view import Window",
    ],
)
def test_a_planted_circle_is_found_however_it_is_written(house, line):
    (house / "cellar" / "store.py").write_text(line + "\n")
    found = circle(module_graph(house))
    assert found[0] == found[-1]
    assert set(found) == {"house.attic.view", "house.cellar.store"}
    assert set(circle(room_graph(house))) == {"house.attic", "house.cellar"}
    assert upwards(house, HOUSE_FLOORS) == ["cellar imports attic"]


def test_a_circle_of_rooms_is_found_where_no_module_is_in_one(house):
    (house / "cellar" / "stairs.py").write_text("from ..attic import floor\n")
    (house / "attic" / "floor.py").write_text("")
    assert circle(module_graph(house)) == []
    assert set(circle(room_graph(house))) == {"house.attic", "house.cellar"}


def test_a_planted_arrow_upwards_is_found_without_any_circle(house):
    (house / "words.py").write_text("from .cellar.empty import nothing\n")
    (house / "cellar" / "store.py").write_text("")
    (house / "cellar" / "empty.py").write_text("")
    assert circle(room_graph(house)) == []
    assert upwards(house, HOUSE_FLOORS) == ["words imports cellar"]


def test_a_room_on_no_floor_and_an_import_of_the_course_are_found(house):
    (house / "shed.py").write_text("")
    (house / "attic" / "view.py").write_text("from ..course import first_steps\n")
    assert upwards(house, HOUSE_FLOORS) == ["attic imports course.first_steps", "shed is on no floor"]


def test_a_room_that_is_too_big_is_found(house):
    for number in range(ROOM):
        (house / "attic" / f"{number}.py").write_text("")
        (house / "attic" / f"{number}.so").write_text("")
    assert too_big(house) == {"attic": ROOM + 2}
    assert too_big(house, ["attic"]) == {}


@pytest.mark.parametrize(
    "line",
    [
        'name = "first_steps"',
        "from course import first_steps",
        "first_steps = 1",
        "f'in {x} first_steps {y}'",
    ],
)
def test_a_milestone_named_by_the_engine_is_found(house, line):
    (house / "attic" / "view.py").write_text(f'"""As in first_steps."""\n{line}\n')
    assert len(named(house, milestones(house))) == 1
