"""The examples in docstrings do what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

import nndl
from nndl.optim import UPDATE_RULES

ROOT = Path(nndl.__file__).parent
MODULES = [
    ".".join(("nndl", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


def test_there_are_examples():
    assert {"nndl.solver", "nndl._support.update_rules"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    rules = dict(UPDATE_RULES)
    np.random.seed(0)
    try:
        failed, tried = doctest.testmod(importlib.import_module(name))
    finally:  # an example may register a rule
        UPDATE_RULES.clear()
        UPDATE_RULES.update(rules)
    assert tried > 0
    assert failed == 0
