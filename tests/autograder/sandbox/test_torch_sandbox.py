"""PyTorch in the sandbox: it is there where a milestone allows it, imported beforehand, and within every limit."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from traitlets.config import Config, LoggingConfigurable

from autograder.failures import LimitExceeded, StudentError, WorkerDied
from autograder.grading.grade import Settings, grade_folder
from autograder.library.remote.library import RemoteLibrary
from autograder.milestone import Milestone, values
from autograder.nbgrader_plugin.execute import SandboxedExecute
from autograder.release import fences
from autograder.release.build import Release
from autograder.sandbox.availability import sandbox_availability
from autograder.sandbox.limits import SandboxLimits
from autograder.sources import Sources
from autograder.submission.load import load

pytest.importorskip("torch", reason="PyTorch is not installed")
from nndl import pytorch

pytestmark = [pytest.mark.sandbox, pytest.mark.torch]


class Converter(LoggingConfigurable):
    """Stands for nbgrader's converter."""

    submission: Any = None


class Exporter(LoggingConfigurable):
    """Stands for nbconvert's exporter, between the converter and its preprocessors."""


CODE = """
import sys
import time

IMPORTED_BEFORE = "torch" in sys.modules
START = time.perf_counter()
import torch
SECONDS = time.perf_counter() - START


def facts():
    return {"before": IMPORTED_BEFORE, "seconds": SECONDS, "threads": torch.get_num_threads()}


def product(a, b):
    return torch.from_numpy(a) @ torch.from_numpy(b)


def tensors():
    return [torch.ones(2, dtype=torch.float64), {"w": torch.arange(3)}]


def gradient(x):
    x = torch.from_numpy(x).requires_grad_()
    (x ** 3).sum().backward()
    return x.grad


def hoard(mebibytes):
    kept = [torch.ones(2 ** 18) for _ in range(mebibytes)]
    time.sleep(0.5)
    return len(kept)


def hoard_at_once(mebibytes):
    return torch.ones(mebibytes * 2 ** 18).numel()


def many_threads():
    torch.set_num_threads(64)
    a = torch.ones(4000, 4000)
    return float((a @ a).sum())


def endless():
    a = torch.ones(300, 300)
    while True:
        a = a @ a / 300


def address_space():
    import resource
    return resource.getrlimit(resource.RLIMIT_AS)


def raise_address_space():
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def optimizer_seconds():
    start = time.perf_counter()
    torch.optim.SGD([torch.zeros(2, requires_grad=True)], lr=0.1)
    return time.perf_counter() - start


def other_libraries():
    found = []
    for name in ("torchvision", "matplotlib", "PIL", "nbgrader", "psutil", "autograder.judging"):
        try:
            __import__(name)
            found.append(name)
        except ImportError:
            pass
    return found


def has_torch():
    return True
"""
NAMES = ("facts", "product", "tensors", "gradient", "hoard", "hoard_at_once", "many_threads", "endless",
         "address_space", "raise_address_space", "other_libraries", "optimizer_seconds")  # fmt: skip
RELEASE = Release.current(Sources().milestone("pytorch"))
MILESTONE = Milestone(
    "torched",
    "Torched",
    values("nndl.pytorch", *NAMES),
    libraries=("torch",),
    used_later=("torch._dynamo",),
)


@pytest.fixture(scope="module", autouse=True)
def possible():
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)


@pytest.fixture
def start(tmp_path: Path):
    """Start a library of the code above."""
    package = tmp_path / "nndl"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "pytorch.py").write_text(CODE)
    for path in (tmp_path, package, *package.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    started = []

    def begin(milestone=MILESTONE, **limits):
        library = RemoteLibrary(tmp_path, milestone, limits=dataclasses.replace(SandboxLimits(), **limits))
        started.append(library)
        return library

    yield begin
    for library in started:
        library.close()


def test_torch_is_imported_before_anything_of_the_submission_and_not_on_its_time(start):
    library = start(wall=5.0)
    facts = library.facts()
    assert facts["before"] is True
    assert facts["seconds"] < 0.5  # an import that has been made already
    assert facts["threads"] == 1


def test_what_torch_imports_with_its_first_optimizer_is_there_before(start):
    assert start().optimizer_seconds() < 0.3


def test_tensors_come_back_as_arrays_with_the_values_of_numpy(start):
    library = start()
    random = np.random.default_rng(0)
    a, b = random.normal(size=(5, 7)), random.normal(size=(7, 3))
    np.testing.assert_allclose(library.product(a, b), a @ b, rtol=1e-12)
    np.testing.assert_allclose(library.gradient(a), 3 * a**2, rtol=1e-12)
    ones, count = library.tensors()
    assert isinstance(ones, np.ndarray)
    np.testing.assert_array_equal(count["w"], [0, 1, 2])


def test_only_what_the_milestone_allows_is_there(start):
    assert start().other_libraries() == []


def test_torch_is_missing_unless_the_milestone_names_it(start):
    with pytest.raises(StudentError, match="graded code has no torch"):
        start(dataclasses.replace(MILESTONE, libraries=(), used_later=())).facts()


def test_address_space_is_limited_beyond_what_the_import_takes_and_for_good(start):
    library = start(address_space=1 << 30)
    soft, hard = library.address_space()
    assert soft == hard
    assert 1 << 30 < soft < 64 << 30
    with pytest.raises(StudentError, match=r"not allowed|exceed"):
        library.raise_address_space()
    assert library.hoard(16) == 16


def test_one_large_tensor_ends_in_an_error_of_the_submission(start):
    library = start(address_space=1 << 30)
    with pytest.raises(StudentError, match=r"(?i)memory|alloc"):
        library.hoard_at_once(1200)
    assert library.hoard(1) == 1  # the process lives on


def test_memory_is_limited_over_all(start):
    library = start(memory=512 << 20)
    with pytest.raises((LimitExceeded, WorkerDied)) as caught:
        library.hoard(700)
    assert isinstance(caught.value, LimitExceeded)
    assert caught.value.kind == "memory"


def test_threads_are_limited_too(start):
    """OpenMP cannot start what it wants; either it makes do with less, or the process ends."""
    library = start(processes=8, wall=20.0)
    try:
        value = library.many_threads()
        assert value == pytest.approx(4000.0**3)
    except (LimitExceeded, WorkerDied, StudentError):
        pass
    assert library.facts()["before"] is True  # and a new worker can be had


def test_an_endless_loop_of_tensor_operations_ends(start):
    with pytest.raises(LimitExceeded, match="longer than 1 s"):
        start(wall=1.0).endless()


@pytest.mark.slow
def test_the_notebook_runs_in_the_graders_kernel(tmp_path):
    """All cells but those that train: with PyTorch, within the kernel's limits, and without an error."""
    folder = tmp_path / "ada" / "pytorch"
    RELEASE.write(folder)
    solved = fences.without_markers(Path(pytorch.__file__).read_text(encoding="utf-8"))
    (folder / "nndl" / "pytorch.py").write_text(solved, encoding="utf-8")
    converter = Converter()
    converter.submission = load(folder, RELEASE, tmp_path / "work")
    notebook = nbformat.read(converter.submission.root / "pytorch.ipynb", as_version=4)
    step = SandboxedExecute(parent=Exporter(parent=converter), config=Config())
    notebook, _ = step.preprocess(notebook, {})
    outputs = {c.id: c.outputs for c in notebook.cells if c.cell_type == "code"}
    errors = {
        name: o.get("evalue") for name, found in outputs.items() for o in found if o.output_type == "error"
    }
    assert errors == {}
    said = "".join(o.get("text", "") for o in outputs["twins_figure"])
    assert said.count("the same net") == 2


def test_a_grader_without_torch_says_so_and_gives_no_zero(tmp_path, monkeypatch):
    folder = tmp_path / "pytorch"
    RELEASE.write(folder)

    def missing(names):
        raise ModuleNotFoundError("the library torch is not installed", name="torch")

    monkeypatch.setattr("autograder.sandbox.worker_sandbox.library_binds", missing)
    report = grade_folder(folder, "ada", Settings(RELEASE.milestone, seed=1, data="offline"))
    assert report["verdict"] == "not graded"
    assert "torch is not installed" in report["reason"]
