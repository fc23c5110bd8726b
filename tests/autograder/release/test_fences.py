"""Fences: found, refused where they are wrong, and turned into stubs."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from autograder.release import fences
from autograder.release.fences import ReleaseError

NAMES = ("linear_classifier", "two_layer_net", "fc_net")
HIDDEN = NAMES[1:]

FUNCTION = '''class Net:
    def loss(self, x):
        """Loss."""
        check(x)
        ### BEGIN SOLUTION {milestone}
        if x > 0:
            y = x * 2
        else:
            y = 0
        ### END SOLUTION
        return y
'''


def parse(source, path="net.py"):
    return fences.parse(source, path, NAMES)


def answered(source, path):
    return fences.answered(source, path, NAMES)


def stub(source, path="net.py", hidden=HIDDEN):
    return fences.stub(source, path, parse(source, path), hidden)


def test_a_fence_knows_its_function_lines_and_milestone():
    (fence,) = parse(FUNCTION.format(milestone="two_layer_net"))
    assert (fence.milestone, fence.begin, fence.end) == ("two_layer_net", 5, 10)
    assert fence.function == "Net.loss"
    assert fence.indent == " " * 8


@pytest.mark.parametrize("milestone", ["two_layer_net", "fc_net"])
def test_hidden_milestones_become_stubs_that_name_their_milestone(milestone):
    text = stub(FUNCTION.format(milestone=milestone), "nndl/net.py")
    assert "# YOUR CODE HERE" in text
    assert "x * 2" not in text
    assert "SOLUTION" not in text
    namespace: dict[str, Any] = {"check": lambda x: None}
    exec(text, namespace)
    with pytest.raises(NotImplementedError, match=rf"^Net\.loss: .*\(nndl/net\.py, milestone {milestone}\)$"):
        namespace["Net"]().loss(1)


def test_other_milestones_stay_solved_without_markers():
    text = stub(FUNCTION.format(milestone="linear_classifier"))
    assert text == "\n".join(line for line in FUNCTION.split("\n") if "SOLUTION" not in line)


def test_a_marker_inside_a_string_is_no_fence():
    source = 'TEXT = """\n### BEGIN SOLUTION two_layer_net\n"""\n'
    assert parse(source) == []
    assert stub(source) == source


def test_fences_in_nested_blocks_and_nested_functions():
    source = """def outer(a):
    def inner(b):
        try:
            for i in b:
                ### BEGIN SOLUTION two_layer_net
                total = i
                total += 1
                ### END SOLUTION
        except ValueError:
            ### BEGIN SOLUTION two_layer_net
            total = 0
            ### END SOLUTION
        match a:
            case 1:
                ### BEGIN SOLUTION fc_net
                total = 1
                ### END SOLUTION
        return total
    return inner
"""
    assert [fence.function for fence in parse(source, "n.py")] == ["outer.inner"] * 3
    ast.parse(stub(source))


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("### BEGIN SOLUTION two_layer_net\n    y = 1", 2, "never closed"),
        ("y = 1\n    ### END SOLUTION", 3, "without a"),
        ("## BEGIN SOLUTION two_layer_net\n    y = 1\n    ### END SOLUTION", 2, "looks like a fence"),
        ("### BEGIN SOLUTIONS two_layer_net\n    y = 1\n    ### END SOLUTION", 2, "looks like a fence"),
        ("### begin solution two_layer_net\n    y = 1\n    ### END SOLUTION", 2, "looks like a fence"),
        ("### BEGIN SOLUTION\n    y = 1\n    ### END SOLUTION", 2, "looks like a fence"),
        ("### BEGIN SOLUTOIN two_layer_net\n    y = 1", 2, "looks like a fence"),
        ("#### BEGIN-SOLUTION two_layer_net\n    y = 1", 2, "looks like a fence"),
        ("###BEGINSOLUTION\n    y = 1", 2, "looks like a fence"),
        ("### BEGIN SOLUTION two_layer_net\n    y = 1\n    ### END SOLUTION two_layer_net", 4, "looks like"),
        ("y = 1  ### BEGIN SOLUTION two_layer_net\n    ### END SOLUTION", 2, "line of its own"),
        (
            "### BEGIN SOLUTION two_layer_nett\n    y = 1\n    ### END SOLUTION",
            2,
            "no milestone 'two_layer_nett'",
        ),
        (
            "### BEGIN SOLUTION two_layer_net\n    y = 1\n    ### BEGIN SOLUTION fc_net\n    ### END SOLUTION",
            4,
            "inside the fence opened in line 2",
        ),
        ("### BEGIN SOLUTION two_layer_net\n    # nothing\n    ### END SOLUTION", 2, "no statement"),
        ("y = [\n    ### BEGIN SOLUTION two_layer_net\n    1\n    ### END SOLUTION\n    ]", 3, "cut through"),
        (
            "y = [\n    ### BEGIN SOLUTION two_layer_net\n    1]\n    z = 2\n    ### END SOLUTION",
            3,
            "cut through",
        ),
        (
            "if x:\n        ### BEGIN SOLUTION two_layer_net\n        y = 1\n    z = 1\n    ### END SOLUTION",
            3,
            "one block",
        ),
    ],
)
def test_what_only_looks_like_a_fence_is_an_error_with_file_and_line(body, line, message):
    source = f"def f(x):\n    {body}\n    return x\n"
    with pytest.raises(ReleaseError, match=message) as caught:
        stub(source, "nndl/f.py")
    assert str(caught.value).startswith(f"nndl/f.py:{line}: ")


@pytest.mark.parametrize(
    "source",
    [
        "### BEGIN SOLUTION two_layer_net\nx = 1\n### END SOLUTION\n",
        "class A:\n    ### BEGIN SOLUTION two_layer_net\n    x = 1\n    ### END SOLUTION\n",
        "### BEGIN SOLUTION two_layer_net\ndef f():\n    return 1\n### END SOLUTION\n",
    ],
)
def test_a_fence_outside_a_function_would_break_the_import_and_is_refused(source):
    with pytest.raises(ReleaseError, match="inside a function"):
        parse(source, "f.py")


def test_a_file_that_is_not_python_is_named():
    broken = "def f(:\n    ### BEGIN SOLUTION two_layer_net\n    ### END SOLUTION\n"
    for read in (lambda: parse(broken, "f.py"), lambda: fences.require_python("def f(:\n", "f.py")):
        with pytest.raises(ReleaseError, match=r"f\.py:1: not valid Python"):
            read()


def test_prose_about_solutions_is_not_taken_for_a_marker():
    assert parse("# The solution of this system begins at x.\n# end of the loop\nx = 1\n", "f.py") == []


def test_a_file_may_answer_a_task_as_a_whole():
    source = '"""Softmax."""\n\n### ANSWERS fc_net\n\nx = 1\n'
    assert answered(source, "softmax.py") == "fc_net"
    assert answered("x = 1  # it ANSWERS nothing\n# Answers: none\n", "x.py") is None
    assert answered('TEXT = """\n### ANSWERS fc_net\n"""\n', "x.py") is None
    assert fences.without_markers(source) == '"""Softmax."""\n\n\nx = 1\n'


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1\n### ANSWERS\n", "m.py:2: write '### ANSWERS <milestone>', once"),
        ("### ANSWER fc_net\n", "m.py:1: write '### ANSWERS <milestone>', once"),
        ("# ANSWERS fc_net\n", "m.py:1: write '### ANSWERS <milestone>', once"),
        (
            "x = 1  ### ANSWERS fc_net\n",
            "m.py:1: write '### ANSWERS <milestone>', once, on a line of its own",
        ),
        ("### ANSWERS fc_net\n### ANSWERS cnn\n", "m.py:2: write '### ANSWERS <milestone>', once"),
        ("### ANSWERS fc_nets\n", "m.py:1: there is no milestone 'fc_nets'"),
    ],
)
def test_a_line_that_only_looks_so_is_an_error(source, message):
    with pytest.raises(ReleaseError) as caught:
        answered(source, "m.py")
    assert str(caught.value).startswith(message)
