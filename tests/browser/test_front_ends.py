"""Released notebooks in JupyterLab 4 and Notebook 7, as a browser sees them: rendered whole, explorers that react."""

from __future__ import annotations

import re

import nbformat
import pytest

from autograder.release.build import Release
from autograder.sources import Sources

from ..assignments.notebooks import NAMES, SOME_TEXT, load, run
from .front_end import (
    FRONT_ENDS,
    KERNEL,
    PATIENCE,
    SECOND,
    complaints,
    defects,
    keep_picture,
    open_notebook,
    run_all,
    wait_for_formulas,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420), pytest.mark.parametrize("front_end", FRONT_ENDS)]

# What explorers need of the cells before them, small.
PRELUDES = {
    "fc_net": """
data = {"X_train": np.random.default_rng(0).normal(size=(50, 3072)).astype(np.float32),
        "y_train": np.arange(50) % 10}
""",
    "network_visualization": """
subject = Subject(small_convnet(), np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8),
                  np.arange(3), dict(enumerate("abcdefghij")), "an untrained net")
""",
}
SOURCES = "all => all.map(one => one.src).join()"
NEED_TORCH = ("pytorch", "network_visualization")


def explorers(name):
    """Return the cells of a notebook that show an explorer."""
    return [c for c in load(name).cells if c.cell_type == "code" and "explorer" in c.id]


def written(jupyter, path, cells, metadata=KERNEL):
    """Store a notebook where the server finds it."""
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), jupyter.folder / path)
    return path


def test_every_milestone_has_an_explorer(front_end):
    assert [name for name in NAMES if not explorers(name)] == []


def test_a_question_for_the_kernel_is_answered(front_end, jupyter, page):
    """As it is asked where a notebook is there before the list of the kernels; here it names none."""
    cells = [nbformat.v4.new_code_cell("print(6 * 7)")]
    path = written(jupyter, f"no_kernel_{front_end}.ipynb", cells, metadata={})
    open_notebook(page, jupyter, path, len(cells))
    run_all(page)
    page.locator(".jp-OutputArea-output", has_text="42").wait_for()


def test_defects_are_noticed(front_end, jupyter, page):
    texts = [
        r"$\nosuchmacro x$",
        r"$\frac{1}$",
        "![too short](missing.png)",
        r"a \frac outside of a formula",
    ]
    cells = [nbformat.v4.new_markdown_cell(text) for text in texts]
    cells.append(nbformat.v4.new_code_cell("import sys; print('oh', file=sys.stderr)"))
    path = written(jupyter, f"defects_{front_end}.ipynb", cells)
    open_notebook(page, jupyter, path, len(cells))
    run_all(page)
    page.wait_for_selector(".jp-OutputArea-output")
    wait_for_formulas(page, 2)
    kinds = [line.split(":")[0] for line in defects(page)]
    assert set(kinds) == {"formula", "picture", "picture without a text", "output", "not typeset"}
    assert any("missing.png" in line for line in complaints(page))


@pytest.mark.parametrize("name", NAMES)
def test_released_notebook_is_rendered_without_a_complaint(name, front_end, jupyter, page, usual):
    folder = jupyter.folder / f"released_{name}"
    if not folder.exists():
        Release.current(Sources().milestone(name)).write(folder)
    path = f"{folder.name}/{name}.ipynb"
    cells = nbformat.read(jupyter.folder / path, as_version=4).cells
    texts = [c.source for c in cells if c.cell_type == "markdown"]
    open_notebook(page, jupyter, path, len(cells))
    wait_for_formulas(page, sum("$" in text for text in texts))
    assert page.locator(".jp-MarkdownCell .jp-RenderedMarkdown").count() == len(texts)
    assert page.locator(".jp-MarkdownCell img").count() == sum(
        len(re.findall(r"!\[", text)) for text in texts
    )
    keep_picture(page, f"{name}_{front_end}")
    assert defects(page) == []
    assert complaints(page) - usual == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_key_on_each_control_of_an_explorer_changes_the_figure(name, front_end, jupyter, page, usual):
    if name in NEED_TORCH:
        pytest.importorskip("torch", reason="PyTorch is not installed")
    setup = next(c.source for c in load(name).cells if c.id == "setup")
    sources = [setup + "\n" + PRELUDES.get(name, ""), *(c.source for c in explorers(name))]
    path = written(
        jupyter, f"explorers_{name}_{front_end}.ipynb", [nbformat.v4.new_code_cell(s) for s in sources]
    )
    open_notebook(page, jupyter, path, len(sources))
    run_all(page)
    for cell in page.locator(".jp-CodeCell").all()[1:]:
        cell.locator(".jupyter-widgets").first.wait_for()
        cell.locator("img:visible").first.wait_for()
        cell.locator("details").wait_for()
        controls = cell.locator(".jupyter-widgets :is(.noUi-handle, select, button)")
        assert controls.count() > 0
        assert (
            controls.evaluate_all("all => all.filter(one => one.tabIndex < 0).map(one => one.outerHTML)")
            == []
        )
        # One control may leave another nothing to do, as a batch of one row leaves gamma: all are moved twice.
        all_controls = list(enumerate(cell.locator(".jupyter-widgets :is(.noUi-handle, select)").all()))
        idle = set(range(len(all_controls)))
        for patience in (15 * SECOND, PATIENCE):
            for place, control in all_controls:
                before = figure(cell)
                assert len(before[1]) > SOME_TEXT
                press(page, control, front_end)
                if place in idle and changes(page, cell, before, patience):
                    idle.remove(place)
        assert idle == set()
    keep_picture(page, f"explorers_{name}_{front_end}")
    assert defects(page) == []
    assert complaints(page) - usual == set()


def changes(page, cell, before, patience):
    """Return whether a cell's picture and its words become other ones in time."""
    try:
        page.wait_for_function(
            """([cell, picture, words]) => {
                const now = [...cell.querySelectorAll('img')].filter(one => one.checkVisibility());
                const sources = now.map(one => one.src).join();
                return sources && sources !== picture && cell.querySelector('details').textContent !== words;
            }""",
            arg=[cell.element_handle(), *before],
            timeout=patience,
        )
    except playwright_errors().TimeoutError:
        return False
    return True


def playwright_errors():
    """Return the driver's exceptions; this file is read also where there is no driver."""
    from playwright import sync_api

    return sync_api


def figure(cell):
    """Return a cell's picture, and the words that stand for it (the front ends show no alternative text)."""
    words = cell.locator(".jupyter-widgets details").text_content() or ""
    return cell.locator("img:visible").evaluate_all(SOURCES), words


def press(page, control, front_end):
    """Move a slider or a choice with keys, away from the end that it is near."""
    control.focus()
    if control.get_attribute("role") == "slider":
        low, now, high = (
            float(control.get_attribute(f"aria-value{which}")) for which in ("min", "now", "max")
        )
        if front_end == "lab":
            keys = ["Home" if now - low > high - now else "ArrowRight"]
        else:  # Notebook takes all arrows for itself; its users have Home, End, Page Up and Down, or type the number
            keys = ["Home" if now > low else "PageUp"]
    else:
        at_its_end = control.evaluate("one => one.selectedIndex === one.options.length - 1")
        # A choice must be opened first: JupyterLab takes a plain arrow for itself and goes to the next cell.
        keys = ["Space", "ArrowUp" if at_its_end else "ArrowDown", "Enter"]
    for key in [*keys, "Tab"]:
        page.keyboard.press(key)


def test_words_stand_under_a_figure_also_in_a_notebook_that_is_not_trusted(front_end, jupyter, page):
    source = """
import matplotlib.pyplot as plt
from nndl.notebook_helpers import Screen
screen = Screen()
for end in ("left", "right"):
    figure, ax = plt.subplots()
    ax.plot([0, 1])
    screen.show(figure, f"A straight line that rises from the lower left, to the upper {end}.")
"""
    words = "A straight line that rises from the lower left, to the upper right."
    path = written(jupyter, f"words_{front_end}.ipynb", [nbformat.v4.new_code_cell(source)])
    open_notebook(page, jupyter, path, 1)
    run_all(page)
    page.locator(".jp-OutputArea-output details").wait_for()
    assert_one_figure_with(words, page)

    notebook = nbformat.read(jupyter.folder / path, as_version=4)
    shown = notebook.cells[0]
    shown.execution_count = 1
    shown.outputs = executed(source, jupyter.folder)
    assert any("<details>" in o.get("data", {}).get("text/html", "") for o in shown.outputs)
    stranger = f"words_{front_end}_not_trusted.ipynb"  # nobody has signed what came from another machine
    nbformat.write(notebook, jupyter.folder / stranger)
    open_notebook(page, jupyter, stranger, 1)
    page.locator(".jp-OutputArea-output details").wait_for()
    assert_one_figure_with(words, page)
    assert defects(page) == []


def executed(source, folder):
    """Return the outputs of a cell that a kernel of its own has run."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata=KERNEL)
    return run(notebook, folder).cells[0].outputs


def assert_one_figure_with(words, page):
    """Require one picture, and under it one text that can be unfolded with the keyboard."""
    assert page.locator(".jp-OutputArea-output img").count() == 1
    (text,) = page.locator(".jp-OutputArea-output details").all()
    assert words in text.text_content()
    assert not text.evaluate("one => one.open")
    text.locator("summary").focus()
    page.keyboard.press("Space")
    page.wait_for_function("one => one.open", arg=text.element_handle())
