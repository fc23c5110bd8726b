"""A notebook's submit cell, run by a Jupyter kernel, against a service that really runs: over a network that drops."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.release.build import Release

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]
MILESTONE = "two_layer_net"
REPOSITORY = Path(__file__).parents[4]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Network:
    """Forwards connections to a port, and cuts those with the numbers in ``cut`` in the middle."""

    def __init__(self, to: int, cut: set[int]) -> None:
        self.to, self.cut, self.seen, self.dropped = to, cut, 0, 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                self.seen += 1
                cut = self.seen in self.cut
                threading.Thread(target=self._forward, args=(here, cut), daemon=True).start()

    def _forward(self, here: socket.socket, cut: bool) -> None:
        with here, socket.create_connection(("127.0.0.1", self.to)) as there, contextlib.suppress(OSError):
            back = threading.Thread(target=self._copy, args=(there, here), daemon=True)
            back.start()
            if cut:
                there.sendall(here.recv(300))
                self.dropped += 1
                return
            self._copy(here, there)
            back.join()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def port(service):
    """`autograder serve`, running in the course's folder."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{REPOSITORY / 'source_lib'}"}
    command = [sys.executable, "-m", "autograder", "serve", "--port", str(port), "--workers", "1"]
    root = service.root
    with (root / "nbgrader_config.py").open("a") as config:
        config.write('c.RecordScores.data = "offline"\n')
    (root / "assignments" / MILESTONE).rmdir()
    (root / "assignments" / MILESTONE).symlink_to(REPOSITORY / "assignments" / MILESTONE)
    with subprocess.Popen(command, cwd=root, env=environment, start_new_session=True) as process:
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None
                time.sleep(0.1)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def submit_in_a_kernel(folder: Path, monkeypatch: pytest.MonkeyPatch, base: str, token: str) -> str:
    monkeypatch.setenv("NNDL_SERVICE", base)
    monkeypatch.setenv("NNDL_TOKEN", token)
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY / "source_lib"))
    source = nbformat.read(folder / f"{MILESTONE}.ipynb", as_version=4)
    cell = next(cell for cell in source.cells if cell.id == "submit")
    cell.source = cell.source.replace("submit()", "submit(incomplete=True)")  # there is no trained net
    notebook = nbformat.v4.new_notebook(cells=[cell])
    client = NotebookClient(
        notebook, timeout=400, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    return json.dumps(notebook.cells[0].outputs)


def test_the_last_cell_of_a_notebook_gets_the_official_result(service, port, token, tmp_path, monkeypatch):
    folder = tmp_path / "student" / MILESTONE
    for name, data in Release(service.milestones[MILESTONE], service.course.sources).files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    code = folder / "nndl" / "neural_net.py"
    code.write_text(re.sub(r"raise NotImplementedError\([^\n]*\)", "return None", code.read_text(), count=1))
    network = Network(port, {1, 3, 5})
    ada = token("ada")["Authorization"].removeprefix("Bearer ")
    shown = submit_in_a_kernel(folder, monkeypatch, f"http://127.0.0.1:{network.port}", ada)
    assert "Official score: " in shown, shown[-3000:]
    assert network.dropped == 3  # and it was tried again each time; the line that said so is rewritten
    assert ada not in shown
    shown = submit_in_a_kernel(folder, monkeypatch, f"http://127.0.0.1:{network.port}", ada)
    assert "it counts once" in shown
    (one,) = service.store.hand_ins(student="ada")
    receipt = json.loads((folder.parent / f"{MILESTONE}-receipt-1.json").read_text())
    assert (receipt["id"], receipt["digest"]) == (one.id, one.digest)
    assert receipt["result"]["score"] == one.score
    network.close()
