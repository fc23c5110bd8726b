"""``python -m nndl doctor``: what it looks at, and that it says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from nndl import doctor


@pytest.fixture
def assignment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the one of an assignment."""
    monkeypatch.setattr(doctor, "_ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nndl").mkdir()
    (tmp_path / "requirements.txt").write_text("# tried\nnumpy==0.0.1\nno-such-package-at-all==1.0\n")
    return tmp_path


def test_missing_packages_are_to_mend_and_other_versions_are_not(assignment: Path) -> None:
    (wrong, missing), (note, other) = doctor._packages()
    assert (wrong, note) == ("wrong", "note")
    assert missing.startswith(
        "not installed: no-such-package-at-all; run `python -m pip install -r requirements.txt`"
    )
    assert "(0.0.1)" in other


def test_another_package_than_that_of_the_folder_is_noticed(
    assignment: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor._package()[0][0] == "ok"
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "nndl").mkdir()
    monkeypatch.chdir(elsewhere)
    ((kind, text),) = doctor._package()
    assert kind == "wrong"
    assert str(assignment / "nndl") in text


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        ("offline", "note", "drawn image set"),
        ("/no/such/folder", "wrong", "%env NNDL_DATA=offline"),
        ("", "note", "%env NNDL_DATA=offline"),
    ],
)
def test_data(value: str, kind: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNDL_DATA", value)
    monkeypatch.setenv("NNDL_CACHE", str(tmp_path / "not yet"))
    assert [(k, said in text) for k, text in doctor._data()] == [(kind, True)]


def test_little_memory_is_told_and_the_sum_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_free_memory", lambda: 0.5)
    monkeypatch.setattr(doctor, "_LOOKS", (doctor._python, doctor._memory))
    assert doctor.examine()
    assert "0.5 GB" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "_PYTHON", (99, 0))
    assert not doctor.examine()
    assert "1 thing to mend" in capsys.readouterr().out


def test_the_kernels_are_asked_for_in_a_process_of_their_own() -> None:
    ((kind, text),) = doctor._kernels()
    assert kind in ("ok", "note")
    assert "kernels" in text
