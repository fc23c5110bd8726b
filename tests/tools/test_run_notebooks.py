"""The tool that runs all notebooks: what it tells of good, bad and dead ones; and the notebooks themselves."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

SCRIPT = Path(__file__).parents[2] / "tools" / "run_notebooks.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("run_notebooks", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["run_notebooks"] = module  # the processes that run a notebook look its function up there
    path = str(SCRIPT.parent)
    sys.path.insert(0, path)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(path)
    del sys.modules["run_notebooks"]


def write(folder, name, *sources):
    """Write a notebook with these code cells; return its path."""
    cells = [new_code_cell(source, id=f"cell_{i}") for i, source in enumerate(sources)]
    path = folder / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells), path)
    return path


GOOD = (
    "import os\nfrom pathlib import Path",
    "print(os.environ['NNDL_DATA'], os.environ['OPENBLAS_NUM_THREADS'], Path('data.txt').read_text())",
    "Path('written_here').touch()",
)
BAD = ("x = 1", "x += 1\nraise ValueError('what [went]\\nwrong')", "print('never reached')")


def test_good_and_bad_notebooks_in_copies_of_their_folders(tool, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(tool, "find_CIFAR10", lambda root: Path(root))
    sources = tmp_path / "assignments"
    for name, cells in {"good": GOOD, "bad": BAD}.items():
        write(sources, name, *cells)
    (sources / "good" / "data.txt").write_text("beside the notebook")
    (sources / "good" / "net.npz").write_text("of an earlier run")
    out = tmp_path / "out"
    options = ("--assignments", str(sources), "--out", str(out), "--jobs", "2")
    assert tool.main(options) == 1
    told = capsys.readouterr().out
    assert "good" in told
    assert "cell cell_1: x += 1 (ValueError: what [went])" in " ".join(told.replace("│", " ").split())
    assert (out / "good" / "written_here").is_file()
    assert not (out / "good" / "net.npz").exists()
    assert not (sources / "good" / "written_here").exists()
    executed = nbformat.read(out / "good" / "good.ipynb", as_version=4)
    assert executed.cells[1].outputs[0].text == "offline 1 beside the notebook\n"
    stopped = nbformat.read(out / "bad" / "bad.ipynb", as_version=4)
    assert stopped.cells[1].outputs[0].ename == "ValueError"
    assert stopped.cells[2].outputs == []
    assert tool.main(("good", *options)) == 0


def test_a_dead_kernel_and_an_endless_cell_are_failures(tool, tmp_path):
    dead = tool.run(write(tmp_path, "dead", "import os; os._exit(3)"), tmp_path / "out", "offline", 60)
    endless = tool.run(write(tmp_path, "endless", "while True: pass"), tmp_path / "out", "offline", 2)
    assert [outcome.status for outcome in (dead, endless)] == ["failed", "failed"]
    assert "DeadKernelError" in dead.reason
    assert "CellTimeoutError" in endless.reason


def test_unknown_names_and_folders_are_reported(tool, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        tool.main(("no_such_notebook",))
    assert "there is no notebook no_such_notebook; there are" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        tool.main(("dropout", "--data", str(tmp_path)))
    assert "has the file data_batch_1" in capsys.readouterr().err


def test_every_notebook_is_known_and_the_longest_start_first(tool):
    names = [path.stem for path in tool.notebooks()]
    assert sorted(names) == sorted(tool.SECONDS)
    assert [tool.SECONDS[name] for name in names] == sorted(tool.SECONDS.values(), reverse=True)


def test_what_cannot_run_here_is_skipped_with_the_reason(tool, tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "why_not", lambda name: "not here" if name == "other" else "")
    sources = [write(tmp_path, "other", "1 / 0")]
    (outcome,) = tool.run_all(sources, tmp_path / "out", "offline", 1, 60)
    assert (outcome.status, outcome.reason) == ("skipped", "not here")
    assert not (tmp_path / "out").exists()


def problems(tool, names, out):
    known = {path.stem: path for path in tool.notebooks()}
    outcomes = tool.run_all([known[name] for name in names], out, "offline", 2, 3000)
    return [f"{o.name}: {o.reason}" for o in outcomes if o.status == "failed"]


def test_the_three_quickest_notebooks_run_from_top_to_bottom(tool, tmp_path):
    quickest = [path.stem for path in tool.notebooks() if not tool.why_not(path.stem)][-3:]
    assert problems(tool, quickest, tmp_path) == []


@pytest.mark.slow
def test_all_notebooks_run_from_top_to_bottom(tool, tmp_path):
    assert problems(tool, sorted(tool.SECONDS), tmp_path) == []
