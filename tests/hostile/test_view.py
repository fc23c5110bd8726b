"""Everything that can be read in a sandbox is held against a list of what may be there."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sysconfig
import textwrap
from pathlib import Path

import pytest

from autograder.library.remote.library import RemoteLibrary
from autograder.milestone import Milestone, values
from autograder.nbgrader_plugin.kernel import LIBRARIES
from autograder.sandbox import forked, inside
from autograder.sandbox.bubblewrap import build_command
from autograder.sandbox.mounts import library_binds, python_executable
from autograder.sandbox.tree import Base, Tree

pytestmark = pytest.mark.sandbox

LISTING = """
import os

def readable():
    found, pending = [], ["/"]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            # the sandbox's own processes and devices are no files of the machine
            if entry.path in ("/proc", "/dev"):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
            elif os.access(entry.path, os.R_OK):
                found.append(entry.path)
    return found
"""

STANDARD_LIBRARY = re.escape(os.path.dirname(os.path.realpath(os.__file__)))
COMPILED = re.escape(os.path.realpath(sysconfig.get_path("platstdlib")))
OBJECTS = r"""
    ld-linux ld-linux-x86-64 ld-linux-aarch64 libc libm libdl libpthread librt libutil libresolv libnsl libcrypt
    libgcc_s libstdc\+\+ libgomp libatomic
    libz libbz2 liblzma libffi libexpat libssl libcrypto libsqlite3 libuuid libmpdec libzstd
    libreadline libtinfo libtinfow libncurses libncursesw libpanel libpanelw libedit libgdbm libgdbm_compat libdb
    libtirpc libgssapi_krb5 libkrb5 libk5crypto libkrb5support libcom_err libkeyutils
    libcap-ng libsmartcols libselinux libpcre2-8 libpython3
"""
MACHINE = "|".join(
    [
        # the links at the top, which lead to /usr
        "/(bin|sbin|lib|lib32|lib64|libx32|tmp)",
        f"({STANDARD_LIBRARY}|{COMPILED})/(?!site-packages/|dist-packages/|test/|idlelib/).+",
        re.escape(python_executable()),
        "/usr/s?bin/(choom|prlimit|setpriv)",
        rf"/.*/({'|'.join(OBJECTS.split())})[-.\d]*\.so[.\d]*",
        r"/etc/ld\.so\.cache",
        r"/usr/lib/locale/C\.utf8/.+",
    ]
)
INSIDE = "|".join(sorted(path.stem for path in Path(inside.__file__).parent.glob("[a-z]*.py")))
_OF_OURS = "/libraries/", "/libraries/autograder/sandbox/inside/"
OURS = "|".join(
    rf"{folder}({name}\.py|__pycache__/{name}\.[\w.-]+\.pyc)"
    for folder, name in zip(_OF_OURS, ("__main__", f"({INSIDE})"), strict=True)
)
SUBMISSION = r"/submission/nndl/(__init__|neural_net)\.py"


def unexpected(paths: list[str], allowed: str) -> list[str]:
    return sorted(path for path in paths if not re.fullmatch(allowed, path))


@pytest.mark.parametrize("fresh", [False, True])
def test_a_worker_sees_python_its_libraries_and_the_submission(sandboxed, tmp_path, fresh):
    package = tmp_path / "root" / "nndl"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "neural_net.py").write_text(LISTING)
    for path in (tmp_path / "root", package, *package.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    milestone = Milestone("view", "View", api=values("nndl.neural_net", "readable"))
    files = {f"nndl/{path.name}": path.read_bytes() for path in package.iterdir()}
    trees = [tmp_path / "root", Tree(files), Tree({}, Base(files))]
    with forked.never() if fresh else contextlib.nullcontext():
        for tree in trees:
            with RemoteLibrary(tree, milestone) as library:
                require_what_may_be_seen(library.readable())


def require_what_may_be_seen(paths: list[str]) -> None:
    libraries = r"/libraries/(numpy|msgpack)([.-][^/]+)?/.+"
    assert unexpected(paths, f"{MACHINE}|{OURS}|{SUBMISSION}|{libraries}") == []
    # not vacuous: what must be there was seen
    assert {"/submission/nndl/neural_net.py", "/libraries/numpy/__init__.py", python_executable()} <= set(
        paths
    )


def test_a_kernel_sees_python_and_its_libraries(sandboxed):
    binds = library_binds(LIBRARIES)
    code = textwrap.dedent(LISTING) + "\nprint(*readable(), sep='\\0', end='')"
    argv = [python_executable(), "-I", "-S", "-B", "-c", code]
    with build_command(argv, binds=binds, profile="kernel") as spec:
        done = subprocess.run(
            spec.argv, pass_fds=spec.pass_fds, env=spec.env, capture_output=True, text=True, check=True
        )
    paths = done.stdout.split("\0")
    tops = {Path(path).parts[2] for path in paths if path.startswith("/libraries/")}
    assert unexpected(paths, f"{MACHINE}|/libraries/.+") == []
    assert {"ipykernel", "matplotlib", "numpy"} <= tops
    assert not [
        top for top in tops if re.match("autograder|nndl|nbgrader|pytest|nbconvert|sqlalchemy", top.lower())
    ]
