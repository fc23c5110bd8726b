"""What golden.json says about gradients, and the names that the library's own run leaves out, under course names.

`test_golden.py` runs the numbers of each course under its names. Here are the rest: gradient and agreement checks,
the derived entries, and the second set of helper names that seed 000 has.
"""

from __future__ import annotations

import json
import warnings

import pytest

from nndl import compat

from .interpreter import Names, check_entry, load_entries

HELPERS = ("optim", "solver", "vis_utils", "data_utils", "gradient_check")

# The table of module names in the specification, a column for each course; seed 000 has its helpers in `cs231n`.
COLUMNS = {
    "cs231n": {
        "nndl.layers": "cs231n.layers",
        "nndl.layer_utils": "cs231n.layer_utils",
        "nndl.fc_net": "cs231n.classifiers.fc_net",
        "nndl.cnn": "cs231n.classifiers.cnn",
        "nndl.fast_layers": "cs231n.fast_layers",
        **{f"nndl.{name}": f"cs231n.{name}" for name in HELPERS},
    },
    "c147": {
        **{f"nndl.{name}": f"nndl.{name}" for name in ("neural_net", "layers", "layer_utils", "fc_net")},
        **{f"nndl.{name}": f"utils.{name}" for name in HELPERS},
    },
    "c147 with cs231n helpers": {f"nndl.{name}": f"cs231n.{name}" for name in HELPERS},
    "hw1": {"HW_YourAnswer": "HW_YourAnswer"},
}
KINDS = ("exact", "property", "gradcheck", "agreement")
ENTRIES = [entry for entry in load_entries() if entry["kind"] in KINDS and "inputs" in entry]


class CourseNames(Names):
    """Finds targets under a course's names only, and remembers which modules were asked for."""

    def __init__(self, column):
        super().__init__({library: (course,) for library, course in column.items()})
        self.used: set[str] = set()

    def find(self, target):
        prefixes = [prefix for prefix in self.modules if target.startswith(f"{prefix}.")]
        assert prefixes, f"{target} is in no module of the course"
        self.used.add(max(prefixes, key=len))
        return super().find(target)


def modules_of(entry):
    """Every library module that an entry names, found in its text."""
    text = json.dumps([entry["inputs"], entry.get("check"), entry["target"]])
    every = {library for column in COLUMNS.values() for library in column} | {"HW_YourAnswer"}
    return {library for library in every if f'"{library}.' in text}


# Whose entries are a course's own; the second set of helper names gets every entry that it has the modules for.
SEEDS = {
    "cs231n": {"002", "derived"},
    "c147": {"000", "001", "003"},
    "c147 with cs231n helpers": {"000", "001", "002", "003", "derived"},
    "hw1": {"004"},
}


def covered_elsewhere(course, entry):
    own = entry["kind"] in ("exact", "property") and bool((SEEDS[course] - {"derived"}) & set(entry["seed"]))
    return own and course != "c147 with cs231n helpers"


CASES = [
    (course, entry)
    for course, column in COLUMNS.items()
    for entry in ENTRIES
    if SEEDS[course] & set(entry["seed"]) and not covered_elsewhere(course, entry)
    if modules_of(entry) and modules_of(entry) <= column.keys()
]


@pytest.fixture(scope="module", params=COLUMNS)
def course(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that another module called `utils` is hidden meanwhile
        compat.install(request.param.split()[0])
    yield request.param
    compat.uninstall()


@pytest.mark.parametrize(
    ("course", "entry"),
    [pytest.param(course, entry, id=f"{course}-{entry['id']}") for course, entry in CASES],
    indirect=["course"],
)
def test_entry(course, entry):
    names = CourseNames(COLUMNS[course])
    check_entry(entry, names)
    assert names.used


def test_every_course_has_a_column():
    assert {course.split()[0] for course in COLUMNS} == set(compat.COURSES)
    assert COLUMNS.keys() == SEEDS.keys()


def test_every_entry_that_names_a_module_runs_under_the_names_of_each_of_its_courses():
    run = {(course, entry["id"]) for course, entry in CASES}
    for entry in ENTRIES:
        for course in ("cs231n", "c147", "hw1"):
            if modules_of(entry) and SEEDS[course] & set(entry["seed"]):
                assert (course, entry["id"]) in run or covered_elsewhere(course, entry)
