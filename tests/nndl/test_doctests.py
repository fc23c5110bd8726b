"""The examples in docstrings give what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import nndl
from nndl._support import update_rules

PACKAGE = Path(nndl.__file__).parent
WITH_EXAMPLES = [
    ".".join(["nndl", *path.relative_to(PACKAGE).with_suffix("").parts])
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings(name, monkeypatch):
    monkeypatch.setattr(update_rules, "UPDATE_RULES", dict(update_rules.UPDATE_RULES))  # one registers a rule
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0
