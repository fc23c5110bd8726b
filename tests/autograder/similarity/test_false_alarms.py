"""How often different right solutions are pointed out as alike, and whether copies with other names are.

A class is made up: every student writes each place in one of the ways that the course knows, drawn by chance. Some
students are copied, with other names, without comments and in another layout. Figures of the instructor guide.
"""

from __future__ import annotations

import ast
import os
import random
import shutil

import pytest

from autograder.judging import milestone_content
from autograder.release.build import Release
from autograder.similarity.compared_code import Compared
from autograder.similarity.passages import MUCH, compare
from autograder.sources import Sources

PYTHON = os.environ.get("COMPARE50_PYTHON") or ".compare50/bin/python"
SOURCES = Sources()
STUDENTS, COPIES = 20, 6


class _OtherNames(ast.NodeTransformer):
    def __init__(self, names):
        self.names = {name: f"v{number}" for number, name in enumerate(sorted(names))}

    def visit_Name(self, node):
        node.id = self.names.get(node.id, node.id)
        return node


def copied(texts):
    """Return files with every local variable called something else."""
    found = {}
    for file, text in texts.items():
        tree = ast.parse(text)
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        stored = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        found[file] = ast.unparse(_OtherNames(stored).visit(tree))
    return found


def drawn(milestone, solved, draw):
    """Return a right solution of mixed ways to write each place, and the names of the ways."""
    texts, ways = dict(solved), set()
    known = list(milestone_content.alternatives(milestone).values())
    for way in draw.sample(known, len(known)):
        trial = dict(texts)
        try:
            for edit in way.edits:
                name = f"{milestone.package}/{edit.file}"
                begin, end, text = edit.locate(trial[name])
                trial[name] = trial[name][:begin] + text + trial[name][end:]
                ast.parse(trial[name])
        except (ValueError, KeyError):  # another way is there already, or it is not the student's file
            continue
        texts = trial
        ways.add(way.name)
    return texts, ways


def test_a_copy_has_no_line_of_its_original():
    text = "def f(x):\n    rows = x + 1  # more\n    return rows\n"
    assert copied({"a.py": text}) == {"a.py": "def f(x):\n    v0 = x + 1\n    return v0"}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which(PYTHON) is None, reason="compare50 is not here: set COMPARE50_PYTHON")
@pytest.mark.parametrize(
    ("name", "rate"), [("linear_classifier", 0.1), ("two_layer_net", 0.02), ("fc_net", 0.02)]
)
def test_copies_are_pointed_out_and_independent_solutions_rarely(name, rate, tmp_path):
    milestone = SOURCES.milestone(name)
    release, draw = Release(milestone, SOURCES), random.Random(1)
    files = release.editable_code
    package = SOURCES.package_folder(milestone.package).parent
    solved = {file: (package / file).read_text() for file in files}
    texts, ways = {}, {}
    for number in range(STUDENTS):
        texts[f"s{number}"], ways[f"s{number}"] = drawn(milestone, solved, draw)
    original = {f"copy{number}": f"s{number}" for number in range(COPIES)}
    texts |= {copy: copied(texts[student]) for copy, student in original.items()}

    def written(student, files):
        for file, text in files.items():
            (tmp_path / student / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / student / file).write_text(text)
        return tmp_path / student

    starter = {file: release.files[file].decode() for file in files}
    code = Compared(
        {student: written(student, files) for student, files in texts.items()},
        {"the solution": written("solution", solved)},
        {"starter code": written("starter", starter)},
    )
    pairs = [pair for pair in compare(code, PYTHON, most=500) if not pair.in_archive]
    alike = {(pair.first, pair.second) for pair in pairs if pair.share >= MUCH}
    students = sorted(ways)
    independent = [
        (a, b)
        for i, a in enumerate(students)
        for b in students[i + 1 :]
        if 2 * len(ways[a] & ways[b]) <= len(ways[a] | ways[b])
    ]
    false = [pair for pair in independent if pair in alike]
    found = [copy for copy, student in original.items() if (copy, student) in alike]
    print(f"{name}: {len(found)} of {COPIES} copies, {len(false)} of {len(independent)} independent pairs")
    assert len(found) == COPIES
    assert len(independent) >= 50
    assert len(false) <= rate * len(independent)
