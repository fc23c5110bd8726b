"""Play mistakes against the visible checks as a student meets them: edit a file, run the checks again."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nndl
from autograder.judging.bug_catalogue import _entries, _Entry

HERE = Path(__file__).parent
MILESTONES = (
    "linear_classifier",
    "nn_modules",
    "two_layer_net",
    "fc_net",
    "batchnorm",
    "dropout",
    "cnn",
    "pytorch",
    "network_visualization",
)

# Runs in a process of its own, beside a copy of the package whose files it edits.
_STUDENT = """
import contextlib, importlib, inspect, io, json, sys
from pathlib import Path

milestone, mistakes = json.load(sys.stdin)
import nndl
root = Path(nndl.__file__).parent
check = importlib.import_module(f"nndl.checking.{milestone}")
bodies = {name: c.body for name, c in check.progress.checks.items()}
alone = [n for n, body in bodies.items()
         if not any(p.default is p.empty for p in inspect.signature(body).parameters.values())]
said = {}
for name, files in mistakes.items():
    right = {file: (root / file).read_text(encoding="utf-8") for file in files}
    for file, text in files.items():
        (root / file).write_text(text, encoding="utf-8")
    told = {}
    for one in alone:
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                check.progress.run(one)
        except check.progress.run.__globals__["CheckFailed"] as failed:
            told[one] = failed.lines
    said[name] = told
    for file, text in right.items():
        (root / file).write_text(text, encoding="utf-8")
print(json.dumps(said), file=sys.__stdout__)
"""


def mistakes(corpus: str, milestone: str) -> dict[str, _Entry]:
    """Return the mistakes of a corpus in one milestone, by their names."""
    return {entry.name: entry for entry in _entries([HERE / corpus / f"{milestone}.txt"])}


@functools.cache
def said(corpus: str, milestone: str) -> dict[str, dict[str, list[str]]]:
    """Return for each mistake what the checks that do not pass say, line by line."""
    edited = {name: entry.edited("nndl").sources() for name, entry in mistakes(corpus, milestone).items()}
    return play(milestone, edited)


def play(milestone: str, edited: dict[str, dict[str, str]]) -> dict[str, dict[str, list[str]]]:
    """Return what the checks say of some edited files, one set after another in one running kernel."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(nndl.__file__).parent
        shutil.copytree(package, Path(folder, "nndl"), ignore=shutil.ignore_patterns("__pycache__"))
        found = subprocess.run(
            [sys.executable, "-c", _STUDENT],
            input=json.dumps([milestone, edited]),
            env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(found.stdout.splitlines()[-1])
