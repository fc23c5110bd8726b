"""The archive on a machine laid out as Gradescope's: /autograder/source, submission, results, and its metadata.

The machine is a view of this one with another /autograder in it. With the rights that Docker gives to root, and the
system calls that it allows, no sandbox can be started in it, which is how Gradescope's are; with all rights one can.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.sandbox import unprotected

from ..grading.hand_ins import MILESTONE, hand_in

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="the machine is made with the rights of root"),
]

METADATA = {
    "id": 123456,
    "created_at": "2026-11-02T14:22:32.365935-07:00",
    "assignment": {"due_date": "2026-11-03T23:00:00.000000-07:00", "id": 25828, "title": "HW 1"},
    "submission_method": "upload",
    "users": [{"email": "ada@uni.example", "id": 1234, "name": "Ada Lovelace"}],
    "previous_submissions": [],
}


DOCKER_CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID", "SETPCAP")


def docker_filter():
    """Return a descriptor with a filter that forbids what Docker forbids: namespaces and mounts."""
    seccomp = pytest.importorskip("pyseccomp")
    new_user = 0x10000000
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in ("unshare", "setns", "mount", "pivot_root"):
        rules.add_rule(seccomp.ERRNO(1), name)
    rules.add_rule(seccomp.ERRNO(38), "clone3")
    rules.add_rule(seccomp.ERRNO(1), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, new_user, new_user))
    descriptor = os.memfd_create("filter")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        rules.export_bpf(file)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


@pytest.fixture
def machine(tmp_path):
    """Make the folder that becomes /autograder, and return a function that runs a script there."""
    root = tmp_path / "autograder"
    for name in ("source", "submission", "results"):
        (root / name).mkdir(parents=True)
    (root / "submission_metadata.json").write_text(json.dumps(METADATA))

    def unpack(*arguments):
        bundle = tmp_path / "grader.zip"
        outcome = CliRunner().invoke(main, ["gradescope", MILESTONE, "--to", str(bundle), *arguments])
        assert outcome.exit_code == 0, outcome.output
        with zipfile.ZipFile(bundle) as archive:
            for member in archive.infolist():
                path = archive.extract(member, root / "source")
                os.chmod(path, member.external_attr >> 16)
        shutil.copy(root / "source" / "run_autograder", root / "run_autograder")

    def run(script, *, rights):
        view = ["bwrap", "--dev-bind", "/", "/", "--bind", str(root), "/autograder", "--chdir", "/autograder"]
        filter_fd = docker_filter()
        if rights:
            view += ["--cap-add", "ALL"]
        else:
            view += ["--seccomp", str(filter_fd)]
            for capability in DOCKER_CAPABILITIES:
                view += ["--cap-add", f"CAP_{capability}"]
        env = {"PATH": os.environ["PATH"], "AUTOGRADER_PYTHON": sys.executable, "HOME": "/root"}
        done = subprocess.run(
            [*view, script],
            env=env,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
            pass_fds=(filter_fd,),
        )
        os.close(filter_fd)
        path = root / "results" / "results.json"
        return done, json.loads(path.read_text()) if path.exists() else None

    return root, unpack, run


def put(root, tmp_path, *mistakes):
    shutil.rmtree(root / "submission")
    shutil.copytree(hand_in(tmp_path / "submitted", "ada", *mistakes), root / "submission")


@pytest.fixture(autouse=True)
def _place():
    """An empty folder that the machine's view can put another one over."""
    made = not os.path.isdir("/autograder")
    os.makedirs("/autograder", exist_ok=True)
    yield
    if made:
        os.rmdir("/autograder")


def test_a_submission_is_graded_in_a_sandbox(machine, tmp_path):
    root, unpack, run = machine
    unpack("--visibility", "after_published")
    put(root, tmp_path, "gradient_ignores_relu")
    done, found = run("/autograder/run_autograder", rights=True)
    assert done.returncode == 0, done.stderr
    assert found["score"] < 40
    tests = {test["name"]: test for test in found["tests"]}
    assert tests["scores"]["status"] == "passed"
    assert tests["gradients"]["status"] == "failed"
    assert {test["visibility"] for test in found["tests"]} == {"after_published"}
    assert unprotected.WARNING not in json.dumps(found)
    assert "is not known here" not in found["output"]
    done, _ = run("/autograder/source/grade_here", rights=True)
    assert done.returncode == 1, done.stderr
    assert "✗ gradients" in done.stdout


def test_where_no_sandbox_starts_nothing_runs_and_nothing_is_lost(machine, tmp_path):
    root, unpack, run = machine
    unpack()
    put(root, tmp_path)
    done, found = run("/autograder/run_autograder", rights=False)
    assert done.returncode == 0, done.stderr
    assert found["output"].startswith("not graded: no sandbox")
    assert "score" not in found
    done, _ = run("/autograder/source/grade_here", rights=False)
    assert done.returncode == 3


def test_without_a_sandbox_only_if_asked_and_said_in_every_result(machine, tmp_path):
    root, unpack, run = machine
    unpack("--unsafe-without-sandbox")
    put(root, tmp_path, "gradient_ignores_relu")
    done, found = run("/autograder/run_autograder", rights=False)
    assert done.returncode == 0, done.stderr
    assert found["score"] < 40, done.stderr
    assert {test["name"]: test["status"] for test in found["tests"]}["scores"] == "passed"
    assert all(text["output"].startswith(unprotected.WARNING) for text in [found, *found["tests"]])
