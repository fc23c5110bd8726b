"""A student edits files while a notebook runs: a check judges what is on disk, with true lines, and always ends."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.assignments import notebooks

SETUP = """\
import os, signal, threading, time
from pathlib import Path
from nndl import layers
from nndl.layers import affine_forward
from nndl.fc_net import FullyConnectedNet, TwoLayerNet
from nndl.checking import fc_net as check
import numpy as np

net = TwoLayerNet(4, 5, 3)
affine, fc_net = Path("nndl/layers/affine.py"), Path("nndl/fc_net.py")
first, first_net = affine.read_text(), fc_net.read_text()

def write(source, path=affine):
    path.write_text(source)
    time.sleep(0.02)

def in_body(line, source=first):
    "Put a line at the start of affine_forward."
    head, found, tail = source.partition("def affine_forward")
    signature, end, body = tail.partition(':\\n    \"\"\"')
    text, close, rest = body.partition('\"\"\"\\n')
    return head + found + signature + end + text + close + f"    {line}\\n" + rest
"""
# Each cell edits; the next one checks, as autoreload looks at the files before a cell runs.
STEPS = {
    "right": "",
    "syntax": 'write(first.replace("def affine_forward(", "def affine_forward(("))',
    "right again": "write(first)",
    "renamed": 'write(first.replace("def affine_forward", "def affine_foward"))',
    "twice": 'write(first + "\\n\\ndef affine_forward(x, w, b):\\n    raise NotImplementedError\\n")',
    "exit": 'write(in_body("raise SystemExit"))',
    "wrong line": 'write(in_body("features = height"))',
    "wrong line, moved": 'write("\\n" * 7 + in_body("features = height"))',
    "wrong value": 'write(in_body("return np.zeros((2, 3)), None"))',
    "two files": """\
write(first + "\\n\\ndef helper():\\n    return 1\\n")
write(first_net + "\\nfrom .layers.affine import helper\\n", fc_net)
""",
    "gone": "affine.unlink()",
    "back": "write(first); write(first_net, fc_net)",
    "method renamed": 'write(first_net.replace("    def loss(", "    def losss(", 1), fc_net)',
    "and back": "write(first_net, fc_net)",
    "endless": 'write(in_body("while True: pass"))',
    "too long": """\
import dataclasses
name = "affine_forward"
check.progress.checks[name] = dataclasses.replace(check.progress.checks[name], limit=1)
""",
    "last": "write(first)",
}
INTERRUPT = "threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
CALL = """\
try:
    affine_forward(np.zeros((1, 2)), np.zeros((2, 1)), np.zeros(1))
except NameError as error:
    print(error.__traceback__.tb_next.tb_lineno)
"""
SHOW = "print(affine_forward is layers.affine_forward, type(net) is TwoLayerNet, net.loss(np.zeros((2, 4))).shape)"


def said(cell: Any) -> list[str]:
    """Return the lines that a check shows; its own traceback is nothing but its lines."""
    lines = []
    for output in cell.outputs:
        if output.output_type == "error":
            lines += output.traceback
        elif output.get("name") == "stdout":
            lines += output.text.splitlines()
    return lines


@pytest.mark.parametrize(
    "autoreload",
    [
        pytest.param("", id="none", marks=pytest.mark.slow),
        pytest.param(
            "%load_ext autoreload\n%autoreload 1\n%aimport nndl.layers", id="1", marks=pytest.mark.slow
        ),
        pytest.param("%load_ext autoreload\n%autoreload 2\n", id="2"),
    ],
)
def test_checks_judge_what_is_on_disk(tmp_path: Path, autoreload: str):
    notebooks.copied_package(tmp_path)
    notebook = nbformat.v4.new_notebook()
    cells = {"setup": nbformat.v4.new_code_cell(autoreload + "\n" + SETUP)}
    for name, edit in STEPS.items():
        cells[f"edit {name}"] = nbformat.v4.new_code_cell(textwrap.dedent(edit) + "\n")
        cells[name] = nbformat.v4.new_code_cell("check.affine_forward()")
    cells["wrong line, moved"].source = CALL + cells["wrong line, moved"].source
    cells["method renamed"].source = "check.two_layer_loss()"
    cells["endless"].source = INTERRUPT + cells["endless"].source
    cells["show"] = nbformat.v4.new_code_cell(SHOW)
    notebook.cells = list(cells.values())
    notebooks.run(notebook, tmp_path, allow_errors=True, timeout=120, PYTHONPATH=str(tmp_path))
    for name, cell in cells.items():
        assert not name.startswith(("edit", "setup")) or not said(cell), (name, said(cell))
    results = {name: said(cells[name]) for name in STEPS}
    for name, cell in cells.items():
        warned = [o.text for o in cell.outputs if o.get("name") == "stderr"]
        assert len("".join(warned).splitlines()) <= (1 if autoreload else 0), (name, warned)

    source = (tmp_path / "nndl/layers/affine.py").read_text(encoding="utf-8").splitlines()
    definition = next(i for i, line in enumerate(source, 1) if line.startswith("def affine_forward"))
    body = next(i for i, line in enumerate(source[definition + 1 :], definition + 2) if '"""' in line) + 1

    for name in ("right", "right again", "two files", "back", "and back", "last"):
        assert results[name][0].startswith("✓ affine_forward passes"), (name, results[name])
    (line,) = results["syntax"]
    assert line.startswith(
        f"✗ affine_forward was not run: nndl/layers/affine.py, line {definition}: SyntaxError"
    )
    (line,) = results["renamed"]
    assert line.startswith("✗ affine_forward was not run: nndl/layers/affine.py has no `affine_forward`")
    assert line.endswith("is it `affine_foward` now?")
    assert "and the last one counts" in " ".join(results["twice"])
    assert f"exit() ends the program in affine_forward, nndl/layers/affine.py line {body}" in " ".join(
        results["exit"]
    )
    assert "`TwoLayerNet` in nndl/fc_net.py has no `loss`: is it `losss` now?" in " ".join(
        results["method renamed"]
    )
    (line,) = results["gone"]
    assert line.startswith("✗ affine_forward was not run: nndl/layers/affine.py is not there any more")
    assert results["wrong value"][0].startswith("✗ affine_forward does not pass yet")
    for name, shift in (("wrong line", 0), ("wrong line, moved", 7)):
        text = " ".join(" ".join(results[name]).split())
        assert f"`affine_forward`, nndl/layers/affine.py, line {body + shift}: features = height" in text, (
            text
        )
    if autoreload:
        assert results["wrong line, moved"][0] == str(body + 7), "lines are true in other cells, too"
    for name in ("endless", "too long"):
        (line,) = results[name]
        place = rf"✗ affine_forward stopped in affine_forward, nndl/layers/affine\.py line {body}, after [1-9]\d* s"
        assert re.fullmatch(place, line), line
    assert said(cells["show"]) == ["True True (2, 3)"]
