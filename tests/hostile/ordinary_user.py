"""Running a command without root's rights, where this run has them."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534


def closed_folders(paths: list[Path]) -> set[Path]:
    """Return the outermost folders above ``paths`` that others may not pass."""
    found = set()
    for path in paths:
        for folder in reversed([path, *path.parents]):
            if folder.is_dir() and not folder.stat().st_mode & 0o001:
                found.add(folder)
                break
    return found


def as_nobody(command: list[str], home: Path) -> list[str]:
    """Return a command that runs ``command`` as an ordinary user who can read Python and the project."""
    paths = [Path(sys.base_prefix), Path(sys.prefix), ROOT, home]
    options = ["--dev-bind", "/", "/"]
    for folder in sorted(closed_folders(paths)):
        options += ["--perms", "0755", "--tmpfs", str(folder)]
        for path in (path for path in paths if path.is_relative_to(folder)):
            for parent in reversed(path.relative_to(folder).parents):
                options += ["--perms", "0755", "--dir", str(folder / parent)]
            options += ["--bind" if path == home else "--ro-bind", str(path), str(path)]
    for name in ("HOME", "TMPDIR"):
        options += ["--setenv", name, str(home)]
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all"]
    return ["bwrap", *options, *drop, "--bounding-set=-all", "--", *command]
