"""A course's folder with a released milestone, and `autograder serve` running in it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import psutil
from nbgrader.api import Gradebook

from autograder.nbgrader_plugin.course import Course
from autograder.service import identity
from autograder.service.settings import Service
from autograder.sources import Sources

MILESTONE = "linear_classifier"
OURS = ("autograder.service.processes", "autograder.service.live", "multiprocessing")
CONFIG = """
from autograder import nbgrader_plugin
c = get_config()
nbgrader_plugin.configure(c)
c.RecordScores.data = "offline"
c.GradingService.policies = {"default": {"attempts": None, "cool_down_after": None}}
c.GradingService.uploads = "1000/hour"
c.GradingService.requests = "100000/minute"
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Running:
    """A course's folder with a released milestone, and the service on it."""

    def __init__(self, root: Path, config="", *options):
        self.root, self.port = root, free_port()
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        root.mkdir(exist_ok=True)
        (root / "nbgrader_config.py").write_text(CONFIG + config)
        sources = Sources()
        shutil.copytree(
            sources.assignment_folder(sources.milestone(MILESTONE)), root / "assignments" / MILESTONE
        )
        self.call("nbgrader", "generate_assignment", MILESTONE)
        self.service = Service(Course.around(root))
        with Gradebook(str(self.service.course.directory.db_url)) as gradebook:
            for student in ("ada", "ben"):
                gradebook.add_student(student)
        self.tokens = {name: identity.invite(self.service.store, name) for name in ("ada", "ben")}
        self.options = options or ("--workers", "2")
        self.start()

    def start(self):
        command = [sys.executable, "-m", "autograder", "serve", "--port", str(self.port), *self.options]
        self.process = subprocess.Popen(command, cwd=self.root, env=self.environment)

    def call(self, *command):
        program = Path(sys.executable).parent / command[0]
        subprocess.run(
            [program, *command[1:]], cwd=self.root, env=self.environment, check=True, capture_output=True
        )

    def ask(self, path, student, data=None):
        """Ask until there is an answer, as a client does whose network drops."""
        headers = {"Authorization": f"Bearer {self.tokens[student]}"}
        if data is not None:
            digest = hashlib.sha256(data).hexdigest()
            headers |= {"Content-Type": "application/zip", "X-Digest": f"sha256={digest}"}
        until = time.monotonic() + 180
        while True:
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1{path}", data, headers)
            try:
                return json.load(urllib.request.urlopen(request, timeout=30))
            except urllib.error.HTTPError:
                raise
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)

    def hand_in(self, student, remark=""):
        """Hand in finished code with a remark of its own."""
        made = io.BytesIO()
        code = (Sources().package_folder("nndl") / "linear_classifier.py").read_text()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(self.root / "release" / MILESTONE / f"{MILESTONE}.ipynb", f"{MILESTONE}.ipynb")
            archive.writestr("nndl/linear_classifier.py", f"{code}\n# {remark}\n")
        return self.ask(f"/milestones/{MILESTONE}/hand-ins", student, made.getvalue())["id"]

    def result(self, id, student, seconds=240.0):
        until = time.monotonic() + seconds
        while (state := self.ask(f"/hand-ins/{id}?wait=5", student))["state"] in ("queued", "grading"):
            assert time.monotonic() < until, state
            time.sleep(0.5)
        return state

    def processes(self):
        found = []
        for one in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if one.status() != psutil.STATUS_ZOMBIE and any(
                    word in " ".join(one.cmdline()) for word in OURS
                ):
                    found.append(one)
            except psutil.Error:
                continue
        return found

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def end(self):
        self.stop()
        self.service.store.close()
