"""`autograder serve` with the workers of a real Dask cluster."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from .served import Running, free_port

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]


def test_a_cluster_grades_for_the_service(tmp_path):
    pytest.importorskip("distributed", reason="needs Dask distributed")
    port = free_port()
    command = [sys.executable, "-m", "autograder", "cluster"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    url = f"dask://127.0.0.1:{port}"
    started = [
        subprocess.Popen([*command, "scheduler", "--port", str(port)], cwd=tmp_path, env=environment),
        subprocess.Popen([*command, "worker", url, "--workers", "1"], cwd=tmp_path, env=environment),
    ]
    running = None
    try:
        running = Running(tmp_path / "course", "", "--executor", url)
        state = running.result(running.hand_in("ada"), "ada")
        assert (state["state"], state["result"]["score"] > 30) == ("done", True)
        assert running.service.workers == 1  # as many as the cluster has, for the estimates
        started[1].terminate()
        started[1].wait(30)
        waits = running.hand_in("ada", "while no worker is there")
        time.sleep(5)
        assert running.ask(f"/hand-ins/{waits}", "ada")["state"] in ("queued", "grading")
        started.append(
            subprocess.Popen([*command, "worker", url, "--workers", "1"], cwd=tmp_path, env=environment)
        )
        assert running.result(waits, "ada")["state"] == "done"
    finally:
        if running is not None:
            running.end()
        for process in started:
            process.terminate()
            process.wait(30)
