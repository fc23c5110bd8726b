"""docs/service.md from nothing: two wheels, a course, the service behind nginx with TLS, a student with Python."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import json
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.timeout(1800)]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "service.md"
MILESTONE = "linear_classifier"


def blocks() -> list[str]:
    """Return the page's blocks of code, without their indentation."""
    found = re.findall(r"^( *)```\n(.*?)^\1```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def block(word: str) -> str:
    """Return the one block with this word."""
    (found,) = [text for text in blocks() if word in text]
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine, and its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    files = folder / "fullchain.pem", folder / "privkey.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None
        time.sleep(0.1)
    raise TimeoutError


class Course:
    """A course as the page sets it up, with other ports, names and folders."""

    def __init__(self, installed, folder: Path) -> None:
        self.installed, self.root = installed, folder / "course"
        self.port, self.inside = free_port(), free_port()
        self.base = f"https://localhost:{self.port}"
        self.certificate, self.key = certificate(folder)
        self.root.mkdir()
        installed.run(self.root, "autograder", "new-course", ".", "--milestones", MILESTONE)
        with (self.root / "nbgrader_config.py").open("a") as config:
            config.write(block("c.GradingService.policies").replace("https://grader.example.edu", self.base))
            config.write('c.RecordScores.data = "offline"\n')
        installed.run(self.root, "autograder", "roster", "roster.csv")
        installed.run(self.root, "nbgrader", "generate_assignment", MILESTONE)

    @contextlib.contextmanager
    def served(self):
        command = [self.installed.folder / "bin" / "autograder", "serve", "--port", str(self.inside)]
        with subprocess.Popen(command, cwd=self.root, env=self.installed.environment) as process:
            try:
                wait_for(self.inside, process)
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(60)

    @contextlib.contextmanager
    def proxied(self, folder: Path):
        """Run nginx with the page's server block."""
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if nginx is None:
            pytest.skip("needs nginx (on Debian and Ubuntu: apt-get install nginx-light)")
        own = block("listen 443 ssl").replace("listen 443", f"listen 127.0.0.1:{self.port}")
        own = re.sub(r"/etc/letsencrypt/\S+/", f"{folder}/", own).replace("8017", str(self.inside))
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"pid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{own}}}\n"
        )
        command = [
            nginx,
            "-p",
            str(folder),
            "-c",
            str(folder / "nginx.conf"),
            "-e",
            str(folder / "error.log"),
        ]
        tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        with subprocess.Popen([*command, "-g", "daemon off;"]) as process:
            try:
                wait_for(self.port, process)
                yield
            finally:
                process.terminate()

    def invited(self) -> dict[str, str]:
        command = block("autograder invite --all").splitlines()[0].split()
        self.installed.run(self.root, *command)
        links = self.root / "links.csv"
        assert stat.S_IMODE(links.stat().st_mode) == 0o600
        return dict(line.split(",") for line in links.read_text().splitlines())

    def ask(self, path: str, link: str = "", **headers: str) -> tuple[int, str]:
        headers |= {"Authorization": f"Bearer {link.partition('#')[2]}"} if link else {}
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.base + path, headers=headers), context=trusted, timeout=60
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def submit(self, student: Path, folder: Path, link: str) -> str:
        """Do what a student does: the released folder, Python with NumPy, the link."""
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder.parent),
            "NNDL_TOKEN": link,
            "SSL_CERT_FILE": str(self.certificate),
            "LANG": "C.UTF-8",
        }
        done = subprocess.run(
            [student, "-m", "nndl", "submit", "--incomplete"],
            cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(installed, tmp_path_factory) -> Course:
    return Course(installed, tmp_path_factory.mktemp("served"))


def test_from_an_empty_folder_to_a_result_and_back_from_a_backup(course, student, tmp_path):
    folder = tmp_path / "student" / MILESTONE
    shutil.copytree(course.root / "release" / MILESTONE, folder)
    assert json.loads((folder / "assignment.json").read_text())["service"] == course.base
    with course.proxied(course.certificate.parent):
        with course.served():
            links = course.invited()
            assert set(links) == {"ada", "alan"}
            assert all(link.startswith(f"{course.base}/invitation#") for link in links.values())
            assert "as they were released" in course.submit(student, folder, links["ada"])
            code = folder / "nndl" / "linear_classifier.py"
            code.write_text(
                re.sub(r"raise NotImplementedError\([^\n]*\)", "return None", code.read_text(), count=1)
            )
            said = course.submit(student, folder, links["ada"])
            assert "Official score: " in said, said[-3000:]
            assert "attempt 1 of 10" in said
            status, page = course.ask("/invitation")
            assert (status, "Your invitation" in page) == (200, True)
            assert course.ask("/live/login")[0] == 200
            assert course.ask("/api/v1/me")[0] == 401
            me = json.loads(course.ask("/api/v1/me", links["ada"])[1])
            assert me["milestones"][MILESTONE]["attempts_used"] == 1
            assert "0 could not be graded" in course.installed.run(course.root, "autograder", "requeue")
            course.installed.run(course.root, "autograder", "serve", "--backup", "copy")
            code.write_text(code.read_text() + "# after the backup\n")
            assert "attempt 2 of 10" in course.submit(student, folder, links["ada"])
        course.root.joinpath("service").rename(course.root / "service-before")
        shutil.copytree(course.root / "copy", course.root / "service")
        with course.served():
            me = json.loads(course.ask("/api/v1/me", links["ada"])[1])
            assert me["milestones"][MILESTONE]["attempts_used"] == 1
            listed = json.loads(course.ask(f"/api/v1/milestones/{MILESTONE}/hand-ins", links["ada"])[1])
            assert [one["state"] for one in listed["hand_ins"]] == ["done"]
            # nobody passes for many strangers
            forged = [{"X-Forwarded-For": f"10.0.0.{number}"} for number in range(31)]
            assert [course.ask("/api/v1/me", **one)[0] for one in forged][-1] == 429
            again = course.submit(student, folder, links["ada"])  # what was lost is sent again
            assert "attempt 2 of 10" in again
            assert "Official score: " in again


def test_systemd_takes_the_unit(installed, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    unit = tmp_path / "autograder.service"
    own = (
        block("[Unit]")
        .replace("/home/grader/venv", str(installed.folder))
        .replace("/srv/course", str(tmp_path))
    )
    unit.write_text(own.replace("User=grader", f"User={pwd.getpwuid(os.geteuid()).pw_name}"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    about_it = [line for line in done.stderr.splitlines() if "autograder.service" in line]
    assert about_it == []


def test_the_pages_of_staff_come_with_the_wheel(installed, tmp_path):
    code = (
        "from importlib import resources\n"
        "room = resources.files('autograder.service.live')\n"
        "print(*sorted(one.name for part in ('templates', 'static') for one in room.joinpath(part).iterdir()))\n"
    )
    room = Path(__file__).resolve().parents[2] / "autograder" / "service" / "live"
    there = sorted(one.name for part in ("templates", "static") for one in (room / part).iterdir())
    assert installed.ask(tmp_path, code).split() == there
