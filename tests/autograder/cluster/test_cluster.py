"""Grading on a cluster: who may connect, what travels, and that nothing is lost or different."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.cluster import certificates, dask_executor, parcel, same_versions
from autograder.cluster.dask_executor import FILES, ClusterUnusable, DaskExecutor, scheduler_address
from autograder.grading import run
from autograder.grading.grade import not_graded

from ..grading.hand_ins import MILESTONE, SETTINGS, hand_in
from ..grading.test_stopping import jobs, without_times


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("dask://127.0.0.1:99", "tcp://127.0.0.1:99"),
        ("dask://localhost", "tcp://localhost:8786"),
        ("dask://[::1]:99", "tcp://::1:99"),
        ("tcp://127.0.0.1:99", "tcp://127.0.0.1:99"),
    ],
)
def test_without_certificates_only_this_machine_is_spoken_to(url, address):
    assert scheduler_address(url, None) == address


@pytest.mark.parametrize(
    "url", ["dask://10.0.0.3:99", "tcp://10.0.0.3:99", "dask://127.0.0.1.example.org", "tls://127.0.0.1:99"]
)
def test_another_machine_needs_certificates(url):
    with pytest.raises(ClusterUnusable, match="certificates"):
        scheduler_address(url, None)


def test_with_certificates_everything_is_encrypted(tmp_path):
    assert scheduler_address("dask://10.0.0.3", tmp_path) == "tls://10.0.0.3:8786"
    with pytest.raises(ClusterUnusable):
        scheduler_address("tcp://10.0.0.3", tmp_path)
    with pytest.raises(ClusterUnusable, match="takes dask"):
        scheduler_address("http://10.0.0.3", tmp_path)


@pytest.fixture
def odd_folder(tmp_path):
    """A hand-in with what travels badly: links, a fifo, an empty folder, a name that is no text."""
    folder = tmp_path / "submitted" / "ada" / MILESTONE
    (folder / "nndl" / "empty").mkdir(parents=True)
    (folder / "nndl" / "neural_net.py").write_bytes(b"x = 1\n")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "nndl" / "away").symlink_to("..", target_is_directory=True)
    os.mkfifo(folder / "pipe")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_bytes(b"?")
    return folder


def listed(folder):
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        found[name] = (
            os.readlink(path)
            if path.is_symlink()
            else path.read_bytes()
            if path.is_file()
            else oct(path.lstat().st_mode)[:4]
        )
    return found


def test_a_folder_arrives_as_it_is(odd_folder, monkeypatch):
    seen: dict[str, Any] = {}

    def grade_folder(folder, student, settings, known_digest):
        seen.update(files=listed(folder), name=folder.name, settings=settings, digest=known_digest)
        return not_graded(student, settings, "for a test")

    monkeypatch.setattr(parcel.grade, "grade_folder", grade_folder)
    report = json.loads(parcel.grade_parcel(parcel.pack(odd_folder, "ada", SETTINGS, "abc")))
    assert report["student"] == "ada"
    assert seen["files"] == listed(odd_folder)
    assert (seen["name"], seen["digest"]) == (MILESTONE, "abc")
    assert seen["settings"] == SETTINGS


def test_a_worker_with_other_checks_refuses(odd_folder, monkeypatch):
    packed = parcel.pack(odd_folder, "ada", SETTINGS)
    here = same_versions.versions(SETTINGS)
    monkeypatch.setattr(parcel, "versions", lambda settings: {**here, "numpy": "0.1"})
    with pytest.raises(same_versions.WrongVersion, match="another version of numpy"):
        parcel.grade_parcel(packed)


def test_a_large_submission_is_graded_where_it_lies(odd_folder, monkeypatch):
    monkeypatch.setattr(parcel, "LARGEST", 3)
    with pytest.raises(parcel.TooLargeToTravel):
        parcel.pack(odd_folder, "ada", SETTINGS)


def test_a_cluster_that_is_not_there_is_said(monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra `cluster`")
    monkeypatch.setattr(dask_executor, "_CONNECT_SECONDS", 0.2)
    with pytest.raises(ClusterUnusable, match="no scheduler"):
        DaskExecutor("tcp://127.0.0.1:9", None)


class Cluster:
    """A scheduler and workers on this machine, as their commands start them."""

    def __init__(self, folder, port):
        self.folder, self.port, self.processes = folder, port, []
        self.url = f"dask://127.0.0.1:{port}"
        self.certificates = folder / "certificates"
        certificates.make(self.certificates)
        self.scheduler = self.start("scheduler", "--port", str(port))
        self.workers = [self.start("worker", self.url, "--workers", "1") for _ in range(3)]

    def start(self, *command):
        log = (self.folder / f"log{len(self.processes)}").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "autograder", "cluster", *command, "--certificates", str(self.certificates)],
            cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "NNDL_DATA": "offline"},
        )  # fmt: skip
        self.processes.append(process)
        return process

    def executor(self, workers):
        return DaskExecutor(scheduler_address(self.url, self.certificates), self.certificates)

    def end(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(30)


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed", reason="needs the extra `cluster`")
    (tmp_path / "cluster").mkdir()
    made = Cluster(tmp_path / "cluster", 20_000 + os.getpid() % 20_000)
    try:
        yield made
    finally:
        made.end()


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.timeout(1800)
def test_a_cluster_writes_the_same_reports_whoever_is_killed(tmp_path, cluster):
    for number, mistakes in enumerate(((), ("loss_sign",), (), ("gradient_not_averaged",), (), ())):
        hand_in(tmp_path / "submitted", f"s{number}", *mistakes)
    class_ = jobs(tmp_path, [f"s{n}" for n in range(6)])
    class_ = [run.Job(j.student, j.folder / MILESTONE, j.report) for j in class_]
    done = 0
    for _, report, _ in run.run(class_, SETTINGS, workers=3, executor=cluster.executor):
        assert report["verdict"] == "graded"
        done += 1
        if done == 1:
            cluster.workers[0].kill()
        if done == 3:
            cluster.scheduler.kill()
            cluster.scheduler.wait()
            cluster.scheduler = cluster.start("scheduler", "--port", str(cluster.port))
            cluster.workers += [cluster.start("worker", cluster.url, "--workers", "1") for _ in range(2)]
    assert done == 6
    from_cluster = without_times(tmp_path)
    for job in class_:
        job.report.unlink()
    list(run.run(class_, SETTINGS, workers=1))
    assert without_times(tmp_path) == from_cluster


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_worker_of_another_version_is_refused_by_name(tmp_path, cluster, monkeypatch):
    with cluster.executor(1) as pool:
        pool.refuse_other_versions(SETTINGS)
        real = dask_executor.versions
        monkeypatch.setattr(dask_executor, "versions", lambda settings: {**real(settings), "numpy": "0.1"})
        with pytest.raises(ClusterUnusable, match="another version of numpy"):
            pool.refuse_other_versions(SETTINGS)


def test_certificates_are_their_owners_alone(tmp_path):
    pytest.importorskip("cryptography", reason="needs the extra `cluster`")
    certificates.make(tmp_path / "c")
    assert [oct((tmp_path / "c" / name).stat().st_mode)[-3:] for name in FILES] == ["600"] * 3
    assert oct((tmp_path / "c").stat().st_mode)[-3:] == "700"
    with pytest.raises(FileExistsError):
        certificates.make(tmp_path / "c")
