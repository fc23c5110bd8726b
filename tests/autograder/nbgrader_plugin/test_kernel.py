"""Notebook kernels in the sandbox: what they show, and what a hostile one cannot do."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbclient.client import CellExecutionComplete
from traitlets.config import Config, LoggingConfigurable

from autograder.nbgrader_plugin.execute import SandboxedExecute
from autograder.submission.load import load

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(180)]


class Converter(LoggingConfigurable):
    """Stands for nbgrader's converter."""

    submission: Any = None


class Exporter(LoggingConfigurable):
    """Stands for nbconvert's exporter, between the converter and its preprocessors."""


@pytest.fixture
def run(course, tmp_path):
    """Run code cells beside an untouched submission and return the notebook."""

    def run_cells(*sources: str | Any, timeout: int = 20, total: float = 60.0) -> Any:
        folder = course.submit("alice")
        submission = load(folder, course.release, tmp_path / "work")
        converter = Converter()
        converter.submission = submission
        config = Config()
        config.Execute.timeout = timeout
        config.SandboxedExecute.total_timeout = total
        step = SandboxedExecute(parent=Exporter(parent=converter), config=config)
        cells = [nbformat.v4.new_code_cell(s) if isinstance(s, str) else s for s in sources]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook, _ = step.preprocess(notebook, {})
        left = psutil.Process().children(recursive=True)
        assert [p for p in left if "ipykernel" in " ".join(_command(p))] == []
        nbformat.validate(notebook)
        return notebook

    return run_cells


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def text(cell: Any) -> str:
    parts = []
    for output in cell.outputs:
        parts.append(
            output.get("text", "") or output.get("evalue", "") or output.get("data", {}).get("text/plain", "")
        )
    return "".join(parts)


def test_cells_run_beside_the_submission_and_the_ones_with_points_or_the_tag_do_not(run):
    skipped = nbformat.v4.new_code_cell("print('ran')", metadata={"tags": ["skip-at-grading"]})
    skipped.outputs = [nbformat.v4.new_output("stream", text="from the student's run")]
    graded = nbformat.v4.new_code_cell(
        "print('ran')",
        metadata={"nbgrader": {"grade": True, "solution": False, "grade_id": "a", "points": 1}},
    )
    notebook = run(
        "import nndl.neural_net; print(nndl.__file__)",
        skipped,
        graded,
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "from IPython.display import HTML\nHTML('<script>x</script>')",
        "1 / 0",
        "print('after an error')",
        "open('mine.txt', 'w').write('x'); print(open('mine.txt').read())",
    )
    cells = notebook.cells
    assert text(cells[0]).strip() == "/scratch/nndl/__init__.py"
    assert text(cells[1]) == "from the student's run"
    assert cells[2].outputs == []
    assert "image/png" in cells[3].outputs[-1].data
    assert "text/html" not in str(cells[4].outputs)
    assert cells[5].outputs[0].ename == "ZeroDivisionError"
    assert text(cells[6]).strip() == "after an error"
    assert text(cells[7]).strip() == "x"
    assert "widgets" not in notebook.metadata


def test_a_kernel_sees_nothing_of_the_course_the_machine_or_the_network(run, course, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "in the environment")
    (course.root / "gradebook.db").write_text("grades")
    repository = Path(__file__).parents[3]
    private = [str(course.root), str(repository), os.path.expanduser("~/.ssh")]
    notebook = run(
        f"import os\nprint([p for p in {private!r} if os.path.exists(p)])",
        "print([k for k, v in os.environ.items() if 'environment' in v])",
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 22), 2)\n"
        "except OSError:\n    print('refused')",
        "print(sorted(p for p in os.listdir('/proc') if p.isdigit())[:20], os.getppid())",
        "import autograder",
        "open('nndl/neural_net.py', 'w')",
        "import importlib.util; print(importlib.util.find_spec('nbgrader'))",
    )
    cells = notebook.cells
    assert text(cells[0]).strip() == "[]"
    assert text(cells[1]).strip() == "[]"
    assert text(cells[2]).strip() == "refused"
    assert len(text(cells[3]).split(",")) < 8
    assert cells[4].outputs[0].ename == "ModuleNotFoundError"
    assert cells[5].outputs[0].ename in ("OSError", "PermissionError")
    assert text(cells[6]).strip() == "None"


def test_a_kernel_that_dies_costs_outputs_only(run):
    notebook = run("print('before')", "import os\nos._exit(3)", "print('after')")
    assert text(notebook.cells[0]).strip() == "before"
    assert "not run to its end" in text(notebook.cells[-1])


def test_a_cell_that_ignores_interrupts_is_ended_by_the_clock(run):
    start = time.monotonic()
    notebook = run(
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('here')\nwhile True: pass",
        "print('after')",
        timeout=2,
        total=15.0,
    )
    assert time.monotonic() - start < 90
    assert "here" in text(notebook.cells[0])
    assert "not run to its end" in text(notebook.cells[-1])


def test_floods_of_output_are_capped(run):
    notebook = run(
        "print('x' * 3_000_000)",
        "import sys\nfor i in range(4000):\n    print(i)\n    sys.stdout.flush()",
        "from IPython.display import display\nfor i in range(2500): display(i)",
        "print('still here')",
    )
    assert len(str(notebook)) < 1_500_000


def test_a_message_that_is_too_large_ends_the_connection_and_not_the_grader(run):
    notebook = run("print('x' * 30_000_000)", "print('after')", timeout=5, total=30.0)
    assert len(str(notebook)) < 1_000_000


def test_a_connection_that_is_gone_stops_nothing(run):
    start = time.monotonic()
    notebook = run(
        "get_ipython().set_next_input('x' * 10**7)", "print('after')", "print('more')", timeout=3, total=20.0
    )
    assert time.monotonic() - start < 60
    assert "not run to its end" in text(notebook.cells[-1])


def test_forks_and_memory_stay_inside(run):
    notebook = run(
        "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(300)",
        "print('parent')",
    )
    assert "parent" in text(notebook.cells[1])


def message(kind, **content):
    header = {"msg_type": kind}
    return {"msg_type": kind, "header": header, "content": content, "parent_header": {}, "buffers": []}


@pytest.fixture
def execute():
    step = SandboxedExecute(record_timing=False)
    step._messages = step._all_messages = step._bytes = 0
    step.reset_execution_trackers()
    step.clear_before_next_output = False
    return step


def test_of_an_output_only_what_may_be_shown_is_kept(execute):
    cell = nbformat.v4.new_code_cell()
    text = {"text/plain": "x" * 7_000_000, "text/html": "<script>", "image/png": "AAAA"}
    execute.process_message(message("display_data", data=text, metadata={"big": "x" * 7_000_000}), cell, 0)
    execute.process_message(message("stream", name="stdout", text="y" * 7_000_000), cell, 0)
    execute.process_message(message("error", ename="E", evalue="v", traceback=["z"]), cell, 0)
    shown, stream, error = cell.outputs
    assert shown.data.keys() == {"text/plain", "image/png"}
    assert len(shown.data["text/plain"]) < 200_000
    assert len(stream.text) < 200_000
    assert (error.ename, error.evalue, error.traceback) == ("E", "v", ["z"])
    assert len(json.dumps(cell)) < 500_000


@pytest.mark.parametrize(
    "make",
    [
        lambda i: message("display_data", data={"image/png": "A" * 5_000_000}, metadata={}),
        lambda i: message(
            "comm_open", comm_id=str(i), target_name="t", data={"state": {"x": "y" * 7_000_000}}
        ),
        lambda i: {**message("comm_msg", comm_id="a", data={}), "buffers": [b"z" * 7_000_000]},
    ],
    ids=["pictures", "comms", "buffers"],
)
def test_a_notebook_has_a_budget_of_bytes(execute, make):
    cell = nbformat.v4.new_code_cell()
    for i in range(20):
        execute.process_message(make(i), cell, 0)
    assert sum(len(output.data["image/png"]) for output in cell.outputs) <= 16 << 20
    assert not execute.widget_state
    assert not execute.widget_buffers
    with pytest.raises(CellExecutionComplete):  # what is no output is processed all the same
        execute.process_message(message("status", execution_state="idle"), cell, 0)


def test_a_notebook_has_a_budget_of_messages(execute, monkeypatch):
    monkeypatch.setattr("autograder.nbgrader_plugin.execute._NOTEBOOK_MESSAGES", 30)
    cells = [nbformat.v4.new_code_cell() for _ in range(4)]
    for index, cell in enumerate(cells):
        execute._messages = 0
        for _ in range(10):
            execute.process_message(message("stream", name="stdout", text="x"), cell, index)
    assert [len(cell.outputs) for cell in cells] == [10, 10, 10, 0]
