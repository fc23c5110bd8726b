"""A worker without a sandbox, where none can be started: only if somebody asked for that by name.

What runs so can use the network, and read what its user can read. When this process is root's, and Python is installed
for everybody, that is a user of its own, so what root keeps to itself stays hidden; limits on each process and the
watchdog's hold as ever. Nothing else of what a sandbox promises does. `autograder grade` and nbgrader never use this.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .bubblewrap import ENVIRONMENT, LaunchSpec, as_user, limited, slot_uid
from .limits import SandboxLimits
from .mounts import PYTHON_PATH, Bind

WARNING = (
    "Graded without a sandbox: the submission could use the network, and read files of this machine. "
    "Its score is not to be trusted without a look at the code."
)

_OURS = Path(__file__).resolve().parents[1]
_allowed = False
_base: tempfile.TemporaryDirectory[str] | None = None


@contextlib.contextmanager
def allowed() -> Iterator[None]:
    """Have workers started without a sandbox, inside of this block."""
    global _allowed
    before, _allowed = _allowed, True
    try:
        yield
    finally:
        _allowed = before


def is_allowed() -> bool:
    """Return whether workers are started without a sandbox at the moment."""
    return _allowed


def build_command(
    argv: Sequence[str],
    *,
    binds: Iterable[Bind] = (),
    limits: SandboxLimits | None = None,
    pass_fds: Sequence[int] = (),
    status_fd: int | None = None,
    **_: Any,
) -> LaunchSpec:
    """Return the command that runs ``argv`` without a sandbox; the arguments are those of `bubblewrap.build_command`.

    The files that a sandbox would show are laid out in a folder of its own whose name nobody can guess.
    """
    folder = _new_folder()
    for bind in binds:
        _lay_out(bind, folder)
    scratch = folder / "scratch"
    scratch.mkdir()
    scratch.chmod(0o777)
    tops = [f"/{name}" for name in sorted(os.listdir(folder))]
    moved = [
        f"{folder}{text}" if any(text == top or text.startswith(f"{top}/") for top in tops) else text
        for text in argv
    ]
    uid = slot_uid() if _everybody_reaches(argv[0]) else None
    inner = [*(as_user(uid) if uid is not None else ()), *limited(limits or SandboxLimits()), *moved]
    say = "" if status_fd is None else f"printf '{{\"child-pid\": %d}}\\n' $$ >&{status_fd}; "
    command = f'{say}cd {shlex.quote(str(scratch))}; exec "$@"'
    home = {"HOME": str(scratch), "TMPDIR": str(scratch)}
    inherited = (*pass_fds, *(() if status_fd is None else (status_fd,)))
    return LaunchSpec(["/bin/bash", "-c", command, "worker", *inner], inherited, ENVIRONMENT | home, (), uid)


def _everybody_reaches(program: str) -> bool:
    """Return whether another user can run a program: an interpreter in root's own folders is for root alone."""
    path = Path(program)
    return all(os.stat(folder).st_mode & 0o001 for folder in (path, *path.parents))


def _new_folder() -> Path:
    """Make a folder that can be entered by those who know its name, and listed by nobody."""
    global _base
    if _base is None or not os.path.isdir(_base.name):
        _base = tempfile.TemporaryDirectory(prefix="unprotected-")
        os.chmod(_base.name, 0o711)
    folder = Path(_base.name) / secrets.token_hex(16)
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    return folder


def _lay_out(bind: Bind, folder: Path) -> None:
    target = folder / bind.target.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    source = Path(bind.source)
    if bind.target.startswith(PYTHON_PATH) and _OURS not in source.parents:
        target.symlink_to(source)  # a library, which everybody can read
    elif source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy(source, target)
        target.chmod(0o644)
