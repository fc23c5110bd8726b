"""Attacks on the grader: graded, with 0 for what they do not do; time and memory bounded; nobody else hurt."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..hostile.ordinary_user import NOBODY, as_nobody
from . import attacks
from .attacks import CASES, EXCHANGE, FAILS_TODAY
from .material import right, write
from .nbgrader_course import Course, command, environment, generate
from .processes import MEBIBYTE, watched
from .project import (
    ROOT,
    autograder,
    grade,
    grade_arguments,
    grade_command,
    read_in,
    read_report,
    write_empty_report,
)
from .tables import parameters

pytestmark = pytest.mark.sandbox

QUICK = {"redos", "corrupt_report"}
NEEDS_TORCH = {"open_net_size", "forge_open_net"}
STUDENT = "mallory"


def graded(name: str, folder: Path, **options: Any) -> dict[str, Any]:
    """Hand an attack in, and return the report, which must be one of a graded submission."""
    attack = CASES[name]
    write(folder / "submitted" / STUDENT / attack.milestone, attack.files(**options))
    report = grade(attack.milestone, folder / "submitted", folder / "reports")
    assert report["verdict"] == "graded", report["reason"]
    return report


def scores(report: dict[str, Any]) -> dict[str, float]:
    return {entry["name"]: entry["score"] for entry in report["checks"]}


def lost(report: dict[str, Any]) -> set[str]:
    """Return the checks without all their points."""
    return {entry["name"] for entry in report["checks"] if entry["verdict"] != "passed"}


def redos(tmp_path: Path) -> None:
    def seconds(blanks: int) -> float:
        folder = tmp_path / str(blanks)
        write(folder / "submitted", attacks.redos(blanks))
        start = time.process_time()
        tree = read_in(folder / "submitted", "two_layer_net", folder / "work")
        took = time.process_time() - start
        assert "image/png" not in (tree / "two_layer_net.ipynb").read_text()
        return took

    seconds(0)
    harmless, once, four_times = seconds(1), seconds(6_000), seconds(24_000)
    assert four_times - harmless < 8 * max(once - harmless, 0.05)


def settings_array(tmp_path: Path) -> None:
    assert {"forward_train", "forward_test"} <= lost(graded("settings_array", tmp_path))


def params_empty(tmp_path: Path) -> None:
    assert lost(graded("params_empty", tmp_path))


def adam_t(tmp_path: Path) -> None:
    assert scores(graded("adam_t", tmp_path))["adam"] == 0


def open_net_size(tmp_path: Path) -> None:
    assert scores(graded("open_net_size", tmp_path))["open_net"] == 0


def kernel_memory(tmp_path: Path) -> None:
    generate(tmp_path, "two_layer_net")
    course, peaks = Course(tmp_path, "two_layer_net"), {}
    for student, outputs in (("quiet", 0), ("loud", 20)):
        course.submit(attacks.kernel_memory(outputs), student)
        words = command("autograde", course.milestone, f"--student={student}")
        done = watched(words, course.root, environment(course.root))
        assert course.graded(student).checks["gradients"] == 8
        peaks[student] = done.peak
    assert peaks["loud"] - peaks["quiet"] < 48 * MEBIBYTE


def memory_hog_1(tmp_path: Path) -> None:
    peaks = []
    for numbers in (3, MEBIBYTE // 8):
        folder = tmp_path / str(numbers)
        write(folder / "submitted" / STUDENT / "cnn", attacks.memory_hog_1(numbers))
        done = watched(grade_command("cnn", folder / "submitted", folder / "reports"), ROOT)
        peaks.append(done.peak)
    small, large = peaks
    assert large - small < 24 * MEBIBYTE


def exchange_leak(tmp_path: Path) -> None:
    """nbgrader's exchange is shown to one command only: nothing is written under /usr/local."""
    other = "nndl/inbound/alice+two_layer_net+2026-01-01 10:00:00 UTC+abcd1234"
    write(tmp_path / "exchange" / other, right("two_layer_net"))
    write(tmp_path / "submitted" / STUDENT / "two_layer_net", attacks.exchange_leak())
    folder = Path(EXCHANGE).parent
    shown = [
        "--tmpfs",
        str(folder.parent),
        "--dir",
        str(folder),
        "--bind",
        str(tmp_path / "exchange"),
        EXCHANGE,
    ]
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    view = ["bwrap", "--dev-bind", "/", "/", *shown]
    doctor = [*view, sys.executable, "-m", "autograder", "doctor"]
    tried = subprocess.run(doctor, cwd=ROOT, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"an exchange cannot be shown to one command here: {tried.stdout}{tried.stderr}")
    there = subprocess.run([*view, "ls", f"{EXCHANGE}/{other}"], capture_output=True, text=True, check=True)
    assert "nndl" in there.stdout
    done = watched([*view, *grade_command("two_layer_net", tmp_path / "submitted", tmp_path)], ROOT)
    report = read_report(tmp_path / STUDENT / "two_layer_net.json")
    assert (report["verdict"], report["score"]) == ("graded", 0), done.output


def forge_open_net(tmp_path: Path) -> None:
    assert graded("forge_open_net", tmp_path)["score"] == 0


def dropout_zeros(tmp_path: Path) -> None:
    assert graded("dropout_zeros", tmp_path)["score"] <= 1


def paste_fast(tmp_path: Path) -> None:
    report = graded("paste_fast", tmp_path)
    pasted = ("conv_forward", "conv_backward", "max_pool_forward", "max_pool_backward")
    notes = [*report["submission"]["repairs"], *report["submission"]["warnings"]]
    told = [
        n for n in notes if re.search(r"convolution\.py|pooling\.py", n) and re.search("fast|course's own", n)
    ]
    assert told or not any(scores(report)[name] for name in pasted), scores(report)


def unreadable_folder(tmp_path: Path) -> None:
    """For an ordinary user: root may enter every folder."""
    home = tmp_path / "home"
    for student in ("ada", STUDENT):
        write(home / "submitted" / student / "two_layer_net", attacks.unreadable_folder())
    words = grade_command("two_layer_net", home / "submitted", home / "reports")
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None or shutil.which("bwrap") is None:
            pytest.skip("setpriv or bubblewrap is not installed")
        for path in (home, *home.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
            path.chmod(0o755 if path.is_dir() else 0o644)
        doctor = as_nobody([sys.executable, "-m", "autograder", "doctor"], home)
        tried = subprocess.run(doctor, cwd=ROOT, capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            pytest.skip(f"ordinary users cannot start a sandbox here: {tried.stdout}{tried.stderr}")
        words = as_nobody(words, home)
    closed = home / "submitted" / STUDENT
    closed.chmod(0)
    try:
        done = watched(words, ROOT, check=False)
    finally:
        closed.chmod(0o755)
    found = {path.parent.name: read_report(path) for path in (home / "reports").glob("*/*.json")}
    assert found.keys() == {"ada", STUDENT}, done.output
    assert (found["ada"]["verdict"], found["ada"]["score"]) == ("graded", 28)
    assert found[STUDENT]["verdict"] == "not graded"
    assert re.search("(?i)permission|cannot be (read|entered)", found[STUDENT]["reason"])


def corrupt_report(tmp_path: Path) -> None:
    for student in ("anna", "bert"):
        write_empty_report(tmp_path / student / "dropout.json", "dropout")
    path = tmp_path / "anna" / "dropout.json"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    for name in ("report", "feedback"):
        result = autograder(name, "dropout", "--reports", tmp_path)
        assert result.exit_code != 0, result.output
        assert "anna" in result.output


def long_name(tmp_path: Path) -> None:
    for student in ("ada", "x" * 255):
        write(tmp_path / "submitted" / student / "dropout", attacks.long_name())
    result = autograder(*grade_arguments("dropout", tmp_path / "submitted", tmp_path / "reports"))
    assert len(list((tmp_path / "reports").glob("*/dropout.json"))) == 2, result.output
    assert result.output.count("34 / 34") == 2, result.output


MUST: dict[str, Callable[[Path], None]] = {
    must.__name__: must
    for must in (
        redos,
        settings_array,
        params_empty,
        adam_t,
        open_net_size,
        kernel_memory,
        memory_hog_1,
        exchange_leak,
        forge_open_net,
        dropout_zeros,
        paste_fast,
        unreadable_folder,
        corrupt_report,
        long_name,
    )
}
"""Attack → what must have come of it."""


@pytest.mark.parametrize("attack", parameters(CASES, FAILS_TODAY, QUICK))
def test_attack(attack, sandboxed, tmp_path):
    if attack in NEEDS_TORCH:
        pytest.importorskip("torch")
    MUST[attack](tmp_path)
