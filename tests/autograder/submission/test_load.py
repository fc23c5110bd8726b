"""Reading a submitted folder: the tree is the release with what the student may edit."""

from __future__ import annotations

import os
import socket
import stat

import pytest

from autograder.submission.load import Submission, SubmissionError, load

ANSWER = "class TwoLayerNet:\n    pass\n"


@pytest.fixture
def alice(course):
    return course.submit("alice")


@pytest.fixture
def loaded(course, alice, tmp_path):
    def run() -> Submission:
        number = len(list(tmp_path.glob("work*")))
        return load(alice, course.release, tmp_path / f"work{number}")

    return run


def warning(submission: Submission, text: str) -> str:
    found = [w for w in submission.warnings if text in w]
    assert len(found) == 1, submission.warnings
    return found[0]


def test_an_untouched_submission_is_the_release(course, loaded):
    submission = loaded()
    released = course.release.files
    found = {p.relative_to(submission.root).as_posix() for p in submission.root.rglob("*") if p.is_file()}
    assert found == set(released)
    assert submission.student == "alice"
    assert submission.repairs == ()
    assert [f.path for f in submission.files] == ["two_layer_net.ipynb", "nndl/neural_net.py"]
    assert submission.warnings == ("best_net.npz was not read: it is missing; nothing is used instead",)


def test_editable_files_come_from_the_student_and_nothing_else_does(course, alice, loaded):
    (alice / "nndl" / "neural_net.py").write_text(ANSWER)
    (alice / "best_net.npz").write_bytes(b"PK not really")
    (alice / "nndl" / "linear.py").write_text("import os")
    (alice / "nndl" / "helper.py").write_text("x = 1")
    (alice / "numpy").mkdir()
    (alice / "numpy" / "__init__.py").write_text("x = 1")
    (alice / "sitecustomize.py").write_text("x = 1")
    (alice / "setup.py").unlink()
    submission = loaded()
    root = submission.root
    assert (root / "nndl" / "neural_net.py").read_text() == ANSWER
    assert (root / "best_net.npz").read_bytes() == b"PK not really"
    assert submission.artifacts == ("best_net.npz",)
    released = course.release.files
    assert (root / "nndl" / "linear.py").read_bytes() == released["nndl/linear.py"]
    assert (root / "setup.py").exists()
    assert not (root / "nndl" / "helper.py").exists()
    assert not (root / "numpy").exists()
    assert "nndl/linear.py" in warning(submission, "not yours to change")
    left_out = warning(submission, "left out")
    for name in ("nndl/helper.py", "numpy/__init__.py", "sitecustomize.py"):
        assert name in left_out
    assert "goes into nndl/neural_net.py" in left_out


def test_no_solution_of_a_later_milestone_is_in_the_tree(loaded):
    assert "reshape" not in (loaded().root / "nndl" / "layers.py").read_text()


def test_caches_and_course_files_are_ignored_in_silence(alice, loaded):
    before = loaded().warnings
    for name in (
        "__pycache__/a.pyc",
        ".ipynb_checkpoints/two_layer_net-checkpoint.ipynb",
        ".DS_Store",
        "timestamp.txt",
    ):
        path = alice / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert loaded().warnings == before


@pytest.mark.parametrize("content", [b"def f(:\n", b"\xff\xfe\x00\x01", b"x = \x001"])
def test_a_file_that_is_not_valid_python_is_kept_for_the_worker_to_report(alice, loaded, content):
    (alice / "nndl" / "neural_net.py").write_bytes(content)
    assert (loaded().root / "nndl" / "neural_net.py").read_bytes() == content


def test_a_missing_file_leaves_the_stub_and_says_so(alice, loaded):
    (alice / "nndl" / "neural_net.py").unlink()
    submission = loaded()
    assert "NotImplementedError" in (submission.root / "nndl" / "neural_net.py").read_text()
    assert "it is missing" in warning(submission, "nndl/neural_net.py was not read")


def test_links_are_not_followed(course, alice, loaded, tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("the grades of all")
    (alice / "nndl" / "neural_net.py").unlink()
    (alice / "nndl" / "neural_net.py").symlink_to(secret)
    (alice / "best_net.npz").symlink_to(secret)
    (alice / "elsewhere").symlink_to(tmp_path)
    submission = loaded()
    everything = b"".join(p.read_bytes() for p in submission.root.rglob("*") if p.is_file())
    assert b"the grades of all" not in everything
    assert "it is a link" in warning(submission, "nndl/neural_net.py was not read")
    assert "it is a link" in warning(submission, "best_net.npz")
    assert "elsewhere (link)" in warning(submission, "left out")
    assert not [p for p in submission.root.rglob("*") if p.is_symlink()]


def test_a_linked_folder_is_not_followed(alice, loaded, tmp_path):
    outside = tmp_path / "outside"
    (alice / "nndl").rename(outside)
    (outside / "neural_net.py").write_text(ANSWER)
    (alice / "nndl").symlink_to(outside)
    submission = loaded()
    assert ANSWER not in (submission.root / "nndl" / "neural_net.py").read_text()
    assert "link" in warning(submission, "nndl/neural_net.py was not read")


@pytest.mark.timeout(30)
def test_pipes_sockets_and_devices_neither_hang_nor_get_in(alice, loaded):
    path = alice / "nndl" / "neural_net.py"
    path.unlink()
    os.mkfifo(path)
    os.mkfifo(alice / "best_net.npz")
    os.mkfifo(alice / "pipe")
    server = socket.socket(socket.AF_UNIX)
    here = os.open(alice, os.O_RDONLY)
    try:
        server.bind(f"/proc/self/fd/{here}/socket")
        submission = loaded()
    finally:
        os.close(here)
        server.close()
    assert "not a regular file" in warning(submission, "nndl/neural_net.py was not read")
    assert "not a regular file" in warning(submission, "best_net.npz")
    left_out = warning(submission, "left out")
    assert "pipe (special)" in left_out
    assert "socket (special)" in left_out
    assert all(stat.S_ISREG(p.stat().st_mode) for p in submission.root.rglob("*") if not p.is_dir())


def test_a_sparse_giant_is_refused_without_being_read(alice, loaded):
    with open(alice / "best_net.npz", "wb") as file:
        file.truncate(1 << 40)
    with open(alice / "nndl" / "neural_net.py", "wb") as file:
        file.truncate(1 << 34)
    submission = loaded()
    assert "more than the 30000000" in warning(submission, "best_net.npz")
    assert "more than the 1000000" in warning(submission, "nndl/neural_net.py was not read")
    assert submission.artifacts == ()


def test_odd_names_are_shown_without_control_characters(alice, loaded):
    (alice / "red\x1b[31m\nname\u202e").write_text("x")
    with open(os.path.join(os.fsencode(alice), b"latin-\xe9"), "wb"):
        pass
    text = warning(loaded(), "left out")
    assert text.isprintable()
    assert "red?[31m?name?" in text
    text.encode("utf-8")


def test_a_folder_with_too_many_files_is_cut_short(alice, loaded):
    many = alice / "many"
    many.mkdir()
    for number in range(5100):
        (many / str(number)).touch()
    submission = loaded()
    warning(submission, "too many files")
    assert len("".join(submission.warnings)) < 2000


def test_files_in_one_subfolder_are_found(alice, loaded):
    inner = alice / "two_layer_net (1)"
    inner.mkdir()
    for path in list(alice.iterdir()):
        if path != inner:
            path.rename(inner / path.name)
    (inner / "nndl" / "neural_net.py").write_text(ANSWER)
    submission = loaded()
    assert (submission.root / "nndl" / "neural_net.py").read_text() == ANSWER
    warning(submission, "subfolder two_layer_net (1)/")


@pytest.mark.parametrize("kind", ["missing", "file", "link"])
def test_a_folder_that_cannot_be_read_is_an_error_and_not_a_grade(course, tmp_path, kind):
    folder = tmp_path / "bob" / "two_layer_net"
    folder.parent.mkdir()
    if kind == "file":
        folder.write_text("x")
    elif kind == "link":
        folder.symlink_to(course.submit("carol"))
    with pytest.raises(SubmissionError, match="cannot be read"):
        load(folder, course.release, tmp_path / "work")


def test_the_digest_is_of_the_files_that_were_taken(alice, loaded):
    first = loaded().digest
    (alice / "unrelated.txt").write_text("x")
    assert loaded().digest == first
    (alice / "nndl" / "neural_net.py").write_text(ANSWER)
    assert loaded().digest != first
