"""Folders that a sandbox shows with all that is in them: nobody but their owner and root may write to them."""

from __future__ import annotations

import functools
import grp
import os
import pwd
import re
import stat
from collections.abc import Iterable

from ..failures import SandboxUnavailable

_ACCESS_LIST = "system.posix_acl_access"
_SHARED_OBJECT = re.compile(r"\.so(\.[0-9]+)*$")


def shown_whole(path: str, left_out: Iterable[str] = ()) -> list[str]:
    """Look through a file, or a folder and all that is in it, and return the shared objects.

    Parameters
    ----------
    path : str
    left_out : iterable of str
        Names of folders directly in it that are not shown.

    Raises
    ------
    SandboxUnavailable
        If others can write to something in it: it may hold what no submission must see.
    """
    found: list[str] = []
    pending = [path]
    _require_own(path, os.stat(path))
    while os.path.isdir(path) and pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_symlink() or (entry.name in left_out and os.path.dirname(entry.path) == path):
                    continue
                _require_own(entry.path, entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif ".so" in entry.name and _SHARED_OBJECT.search(entry.name):
                    found.append(entry.path)
    if _SHARED_OBJECT.search(path):
        found.append(path)
    return found


def _require_own(path: str, status: os.stat_result) -> None:
    mode = status.st_mode
    if not mode & (stat.S_IWGRP | stat.S_IWOTH):
        return
    if mode & stat.S_IWOTH or not _is_private(status.st_gid, status.st_uid) or _has_access_list(path):
        raise SandboxUnavailable(
            f"others than its owner can write to {path}, which submissions get to see; run: chmod -R go-w {path}"
        )


@functools.cache
def _is_private(group: int, owner: int) -> bool:
    """Return whether a group has no member but the owner, as many systems give each user one."""
    try:
        members = set(grp.getgrgid(group).gr_mem) | {u.pw_name for u in pwd.getpwall() if u.pw_gid == group}
        return members <= {pwd.getpwuid(owner).pw_name, "root"}
    except KeyError:
        return False


def _has_access_list(path: str) -> bool:
    try:
        return _ACCESS_LIST in os.listxattr(path, follow_symlinks=False)
    except OSError:  # a file system without them
        return False
