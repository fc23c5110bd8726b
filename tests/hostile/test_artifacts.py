"""Stored arrays that are none: they are read inside the sandbox, and never unpickled even there."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from autograder.failures import ProtocolViolation, StudentError

pytestmark = pytest.mark.sandbox


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("/scratch/unpickled",))


LOOK = """
import os

def TwoLayerNet():
    return None

class Look:
    def __call__(self):
        return os.listdir("/scratch")

TwoLayerNet = Look
"""


def pickled() -> bytes:
    file = io.BytesIO()
    np.savez(file, W1=np.array([Evil()], dtype=object))
    return file.getvalue()


def bare_pickle() -> bytes:
    import pickle

    return pickle.dumps({"W1": Evil()})


def lying_header() -> bytes:
    array = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (1 << 40,)}
    np.lib.format.write_array_header_2_0(array, header)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("W1.npy", array.getvalue() + bytes(64))
    return file.getvalue()


def bomb() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, W1=np.zeros(2 << 20))
    return file.getvalue()


def truncated() -> bytes:
    file = io.BytesIO()
    np.savez(file, W1=np.ones(1000))
    return file.getvalue()[:-200]


def outward_names() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../../scratch/escaped.npy", b"\x93NUMPY")
    return file.getvalue()


@pytest.mark.parametrize("make", [pickled, bare_pickle, lying_header, bomb, truncated, outward_names, bytes])
def test_a_malicious_file_is_an_error_of_the_student(attack, tmp_path: Path, make):
    library = attack("look", source=LOOK)
    stored = tmp_path / "submission-0" / "best_net.npz"
    stored.write_bytes(make())
    stored.chmod(0o644)
    with pytest.raises(StudentError):
        library.load_arrays("best_net.npz")
    assert library.workers == 1
    look = library.TwoLayerNet()
    assert look.call("__call__") == []


def test_a_good_file_comes_back(attack, tmp_path: Path):
    library = attack("look", source=LOOK)
    stored = tmp_path / "submission-0" / "best_net.npz"
    np.savez(stored, W1=np.arange(6.0).reshape(2, 3), b1=np.zeros(2))
    stored.chmod(0o644)
    arrays = library.load_arrays("best_net.npz")
    assert arrays.keys() == {"W1", "b1"}
    np.testing.assert_array_equal(arrays["W1"], np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize("value", ["[1]", "{'W1': 1}", "{1: np.ones(1)}", "None", "np.ones(3)"])
def test_an_answer_that_is_no_set_of_arrays_is_a_violation(attack, value):
    # the submission patches the worker, which is the only way to such an answer
    source = (
        "import sys\n"
        "import numpy as np\n"
        f"sys.modules['__main__'].Server._do_load_arrays = lambda self, path: {{'value': {value}}}\n"
        "TwoLayerNet = int\n"
    )
    library = attack("patch", source=source)
    library.TwoLayerNet()
    with pytest.raises(ProtocolViolation, match="arrays"):
        library.load_arrays("best_net.npz")


@pytest.mark.parametrize("name", ["missing.npz", "../nndl/neural_net.py", "/etc/ld.so.cache"])
def test_other_files_are_errors_too(attack, name):
    with pytest.raises(StudentError):
        attack("look", source=LOOK).load_arrays(name)
