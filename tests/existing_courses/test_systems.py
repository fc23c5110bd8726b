"""The seed notebooks' systems: a script for each goes through the same steps, under the course's own import lines.

The figures that it reports are compared with those that the course's notebooks have saved (`figures.json`).
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from nndl import compat, data_utils
from nndl.gradient_check import rel_error

from ..golden.interpreter import load_entries

HERE = Path(__file__).parent
FIGURES = json.loads((HERE / "figures.json").read_text())
NOTE = HERE.parents[1].parent / "shared" / "notes" / "existing-courses.md"

#: Each script with the line in front of it: course and year.
SCRIPTS = {
    "c147_two_layer_and_fc": ("c147", 2018),
    "c147_fc_nets": ("c147", 2023),
    "c147_normalization": ("c147", 2023),
    "cs231n_fully_connected": ("cs231n", 2022),
    "cs231n_batch_normalization": ("cs231n", 2022),
    "cs231n_dropout": ("cs231n", 2022),
    "cs231n_convolution": ("cs231n", 2022),
    "hw1": ("hw1", None),
}
TABLES = {entry["id"]: entry.get("expected") for entry in load_entries()}


def images(train: int, val: int) -> dict[str, np.ndarray]:
    """Return small sets of images, each brighter in the channel and corner of its class."""
    rng = np.random.default_rng(0)

    def draw(n):
        y = np.arange(n) % 10
        X = rng.normal(size=(n, 3, 32, 32)) * 20
        for row, label in enumerate(y):
            X[row, label % 3, 3 * label : 3 * label + 5] += 100
        return X, y

    sets = {"train": draw(train), "val": draw(val), "test": draw(10)}
    return {
        f"{kind}_{name}": array for name, pair in sets.items() for kind, array in zip("Xy", pair, strict=True)
    }


def flat_images(num_training, num_validation, num_test, subtract_mean, root):
    """Stands in for `nndl.data_utils.get_flat_CIFAR10_data`: few images, whatever is asked for."""
    X, y = images(200, 1)["X_train"], np.arange(200) % 10
    rows = (X - X.min()).transpose(0, 2, 3, 1).reshape(200, 3072)
    rows *= 255 / rows.max()
    return rows[:150], y[:150], rows[:0], y[:0], rows[150:], y[150:]


@pytest.fixture
def run(monkeypatch):
    """Run a script and return what it reports."""
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("Agg")
    monkeypatch.setattr(data_utils, "get_flat_CIFAR10_data", flat_images)

    def run(name):
        course, year = SCRIPTS[name]
        reported: dict = {}

        def report(figure, value):
            assert figure not in reported, f"{figure} is reported twice"
            reported[figure] = value

        namespace = {
            "report": report,
            "rel_error": rel_error,
            "table": lambda id: np.array(TABLES[id]),
            "images": images,
        }
        code = compile((HERE / "systems" / f"{name}.py").read_text(), f"{name}.py", "exec")
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # another module called `utils` may be hidden meanwhile
            compat.install(course, year=year)
        exec(code, namespace)
        return reported

    compat.uninstall()
    yield run
    compat.uninstall()
    plt.close("all")


def assert_agrees(figure: dict, got) -> None:
    saved, kind = np.array(figure["saved"]), figure["kind"]
    if kind == "value":  # printed with eight decimals or more
        np.testing.assert_allclose(got, saved, rtol=1e-7, atol=2e-8)
    elif (
        kind == "table"
    ):  # how far a table of eight decimals is off: rounding of the table, the same everywhere
        np.testing.assert_allclose(got, saved, rtol=1e-3)
    elif kind == "gradient":  # rounding of a numeric gradient, which differs from machine to machine
        assert got <= 10 * saved + 1e-9, f"{got} is far from {saved}"
    elif kind == "about":  # drawn without a seed
        np.testing.assert_allclose(got, saved, rtol=0.1)
    else:
        assert kind == "at least"
        assert got >= saved


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_system_runs_and_reports_the_saved_figures(run, name):
    output, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(said):
        reported = run(name)
    wanted = {figure["figure"]: figure for figure in FIGURES if figure["script"] == name}
    assert reported.keys() == wanted.keys()
    for figure, value in reported.items():
        try:
            assert_agrees(wanted[figure], value)
        except AssertionError as error:
            raise AssertionError(f"{name}: {figure}: {error}") from None
    assert "it/s" not in said.getvalue()  # no progress bar
    if name.startswith("cs231n"):
        lines = re.findall(r"\(Iteration \d+ / \d+\) loss: \d+\.\d{6}$", output.getvalue(), re.MULTILINE)
        assert lines
        assert re.search(
            r"\(Epoch \d+ / \d+\) train acc: \d\.\d{6}; val_acc: \d\.\d{6}$", output.getvalue(), re.M
        )


def test_every_pair_of_the_note_is_compared():
    pairs = [figure for figure in FIGURES if figure.get("of_the_note")]
    assert len(pairs) == 60
    assert {figure["script"] for figure in FIGURES} == SCRIPTS.keys()
    assert {figure["kind"] for figure in pairs} == {"value", "table", "gradient"}


@pytest.mark.skipif(not NOTE.is_file(), reason=f"{NOTE} is not there")
def test_the_pairs_are_those_of_the_note():
    table = NOTE.read_text().split("## Numbers, side by side")[1]
    saved = [line.split("|")[3] for line in table.splitlines() if re.match(r"\| \S.*\d.* \|$", line)]
    numbers = [[float(n) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", cell)] for cell in saved]
    ours = [np.ravel(figure["saved"]).tolist() for figure in FIGURES if figure.get("of_the_note")]
    assert [row for row in numbers if row] == ours
