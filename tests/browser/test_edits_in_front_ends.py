"""A student edits a file and runs a check in a real front end: no false green, true lines, interrupts answered."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

import nndl

from .front_end import FRONT_ENDS, KERNEL, PATIENCE, SECOND, open_notebook, run_all

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420), pytest.mark.parametrize("front_end", FRONT_ENDS)]

SETUP = """\
import sys
sys.path.insert(0, "")  # the package beside the notebook, also where the tests' own is found by $PYTHONPATH
%load_ext autoreload
%autoreload 2
from nndl.checking import linear_classifier as check
from nndl.linear_classifier import softmax
"""
CHECK = "check.softmax()"
LINE = "    exponentials = np.exp(x - x.max(axis=1, keepdims=True))\n"


@pytest.fixture
def notebook(jupyter, page, front_end, request):
    """Open a notebook beside a package that is written right; return the file that a student edits."""
    folder = jupyter.folder / request.node.originalname
    shutil.copytree(Path(nndl.__file__).parent, folder / "nndl", ignore=shutil.ignore_patterns("__pycache__"))
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, CHECK)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), folder / "edits.ipynb")
    open_notebook(page, jupyter, f"{folder.name}/edits.ipynb", len(cells))
    run_all(page)
    return folder / "nndl" / "linear_classifier.py"


def said(page, *words):
    """Wait until the check's output holds these words; return all of it."""
    output = page.locator(".jp-CodeCell").last.locator(".jp-Cell-outputWrapper")
    for word in words:
        output.filter(has_text=word).wait_for(timeout=60 * SECOND)
    return output.inner_text()


def check_again(page):
    """Run the last cell with the keyboard."""
    page.locator(".jp-CodeCell .jp-InputPrompt").last.click()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")


def test_the_check_judges_what_is_on_the_disk(notebook, page, front_end):
    first = notebook.read_text(encoding="utf-8")
    assert "does not pass yet" not in said(page, "✓ softmax passes")

    def line_of(source, text):
        return source[: source.index(text)].count("\n") + 1

    broken = first.replace(LINE, LINE.replace("np.exp(", "np.exp(("))
    notebook.write_text(broken, encoding="utf-8")
    check_again(page)
    text = said(page, "linear_classifier.py", "SyntaxError")
    assert f"line {line_of(broken, 'np.exp((')}" in text
    assert "✓" not in text
    assert "Traceback" not in text

    wrong_name = first.replace(LINE, "    rows = no_such_name\n" + LINE)
    for source in (wrong_name, "\n" * 9 + wrong_name):
        place = f"line {line_of(source, 'no_such_name')}"
        notebook.write_text(source, encoding="utf-8")
        check_again(page)
        text = said(page, "no_such_name", place)
        assert "✓" not in text
        assert "Traceback" not in text

    endless = first.replace(LINE, "    while True:\n        rows = 1\n" + LINE)
    notebook.write_text(endless, encoding="utf-8")
    check_again(page)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].at(-1).textContent.includes('*')"
    )
    page.wait_for_timeout(1500)
    page.keyboard.press("i")
    page.keyboard.press("i")
    text = said(page, "stopped in")
    line = line_of(endless, "while True:")
    assert f"line {line}" in text or f"line {line + 1}" in text
    assert "✓" not in text
    assert "KeyboardInterrupt" not in text

    notebook.write_text(first, encoding="utf-8")
    check_again(page)
    assert "stopped" not in said(page, "✓ softmax passes")


def test_an_endless_loop_is_stopped_by_itself(notebook, page, front_end):
    said(page, "✓ softmax passes")
    first = notebook.read_text(encoding="utf-8")
    notebook.write_text(first.replace(LINE, "    while True: pass\n" + LINE), encoding="utf-8")
    check_again(page)
    page.set_default_timeout(PATIENCE)
    text = said(page, "stopped in", "softmax", "after 2")
    assert "Traceback" not in text
    assert "✓" not in text
