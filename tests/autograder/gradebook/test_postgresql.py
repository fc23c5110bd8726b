"""The gradebook in PostgreSQL, on a real server of its own: the same answers as in SQLite."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder.cli.main import main
from autograder.gradebook import roster
from autograder.gradebook.comments import add_comment
from autograder.gradebook.scores import Person, people, results

from ..lms import big_class

pytestmark = pytest.mark.slow
MILESTONE = "two_layer_net"


def programs() -> Path:
    """Return the folder with the server's programs, or skip."""
    pytest.importorskip("psycopg2", reason="needs the Python package psycopg2")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # Debian's are not on the path
    found += [Path(path).parent for path in [shutil.which("pg_ctl")] if path]
    if not found:
        pytest.skip("needs PostgreSQL (on Debian and Ubuntu: apt-get install postgresql)")
    return found[0]


@pytest.fixture(scope="module")
def server():
    """Start a server that only this test can reach, and end it."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the path of a socket is short
    user: dict[str, Any] = {}
    name = pwd.getpwuid(os.geteuid()).pw_name
    try:
        where = programs()
        if os.geteuid() == 0:  # the server refuses to run as root
            name = "postgres"
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                pytest.skip("root needs a user `postgres` to start the server")
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = folder / "data"

        def run(program: str, *arguments: object) -> None:
            subprocess.run(
                [where / program, *map(str, arguments)], check=True, cwd=folder,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
            )  # fmt: skip

        run("initdb", "-D", data, "-A", "trust", "-U", name, "--no-sync")
        options = f"-k {folder} -p {port} -c listen_addresses= -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg2://{name}@/postgres?host={folder}&port={port}"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def use(url: str, folder: Path) -> tuple[Any, ...]:
    """Change a gradebook in every way that we do, and return what it says then."""
    run = CliRunner().invoke
    folder.mkdir()
    back = Path.cwd()
    os.chdir(folder)  # where the list of extensions lies
    try:
        outcome = run(main, ["extend", MILESTONE, "s017", "--days", "2", "--reason", "ill", "--db", url])
    finally:
        os.chdir(back)
    assert outcome.exit_code == 0, outcome.output
    with Gradebook(url) as gradebook:
        named = [Person("s003", "Ada", "Lovelace", "ada@example.org"), Person("new", "Grace", "Hopper")]
        change = roster.change_of(gradebook, named)
        assert len(change.added) == len(change.changed) == 1
        roster.apply(gradebook, change)
        missing = add_comment(gradebook, MILESTONE, ["s001", "s019"], "why", "See the lecture.")
    with Gradebook(url) as gradebook:
        found = results(gradebook, [MILESTONE])
        return missing, sorted(people(gradebook), key=lambda one: one.id), sorted(found, key=str)


def test_a_gradebook_in_postgresql_says_and_keeps_what_one_in_sqlite_does(server, tmp_path):
    in_file = use(big_class.make(tmp_path / "gradebook.db", size=40), tmp_path / "file")
    in_server = use(big_class.fill(server, size=40), tmp_path / "server")
    assert in_server == in_file
    assert in_server[0] == ["s019"]
    late = next(one for one in in_server[2] if one.student.id == "s017")
    assert late.seconds_late == 0
