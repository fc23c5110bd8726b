"""Files of the release come to a worker compiled, and those that a student has changed do not."""

from __future__ import annotations

from autograder.library.local import files_of_modules
from autograder.sandbox.inside import statements
from autograder.sandbox.inside.protocol import decode
from autograder.sandbox.tree import SUBMISSION, compiled_files
from autograder.sources import Sources


def test_what_public_names_need_is_found_and_compiled_by_its_content():
    used = files_of_modules(Sources().milestone("two_layer_net"))
    assert {"nndl/neural_net.py", "nndl/__init__.py"} <= used
    request = decode(compiled_files({"nndl/neural_net.py": b"x = 1\n", "nndl/broken.py": b"def (\n"}))
    assert request["op"] == "compiled"
    path = f"{SUBMISSION}/nndl/neural_net.py"
    assert list(request["files"]) == [statements.digest(b"x = 1\n", path)]
    assert statements.digest(b"x = 2\n", path) not in request["files"]
