"""Reading files of a folder that is not trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.submission.safe_files import RefusedFile, list_entries, open_folder, read_file


def test_the_limit_is_on_what_arrives(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    with open_folder(tmp_path) as folder:
        assert read_file(folder, "file", 5) == b"12345"
        with pytest.raises(RefusedFile):
            read_file(folder, "file", 4)
        with open_folder(Path("/proc")) as proc, pytest.raises(RefusedFile, match="more than the 3 bytes"):
            read_file(proc, "version", 3)  # a file whose size reads as 0


@pytest.mark.parametrize("name", ["../file", "a/../file", "/etc/passwd", "a//b", "", ".", "a\0b"])
def test_only_plain_relative_names_are_opened(tmp_path, name):
    with open_folder(tmp_path) as folder, pytest.raises(RefusedFile, match="plain relative path"):
        read_file(folder, name, 10)


def test_empty_folders_count_when_a_submission_is_listed(tmp_path):
    for index in range(6):
        (tmp_path / f"empty{index}").mkdir()
    with open_folder(tmp_path) as folder:
        assert list_entries(folder, most=6) == ([], True)
        assert list_entries(folder, most=5) == ([], False)
