"""What takes long to import and is not needed is not imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import sys
from autograder.release.without_grammars import without_grammars
with without_grammars():
    import jsonschema
assert "lark" not in sys.modules
jsonschema.validate({"a": 1}, {"type": "object"})
try:
    import rfc3987_syntax
except ImportError as error:
    assert error.name == "rfc3987_syntax" and "None" not in str(error), error
"""


def test_jsonschema_comes_without_grammars_and_others_may_still_have_them():
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True)


def test_an_error_in_the_block_leaves_nothing_behind(monkeypatch):
    from autograder.release.without_grammars import without_grammars

    monkeypatch.delitem(sys.modules, "rfc3987_syntax", raising=False)  # the commands leave it out for good
    with pytest.raises(KeyError), without_grammars():
        raise KeyError
    assert sys.modules.get("rfc3987_syntax", "nothing") is not None
