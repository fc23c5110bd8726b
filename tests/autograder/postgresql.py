"""A PostgreSQL server that only the tests can reach."""

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
