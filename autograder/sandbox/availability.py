"""Whether sandboxes work on this machine, and what to do where they do not."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..failures import SandboxUnavailable
from .bubblewrap import MINIMUM_VERSION, build_command

_SECONDS = 60.0


@dataclass(frozen=True)
class Probe:
    """Whether sandboxes work on this machine.

    Attributes
    ----------
    ok : bool
    how : str
        ``"root"``, ``"user namespace"`` or ``""``.
    advice : str
        What to do when they do not.
    """

    ok: bool
    how: str
    advice: str = ""


@functools.cache
def probe() -> Probe:
    """Start an empty sandbox and say whether that works; there is no fallback when it does not."""
    elsewhere = (
        "grade in a Linux virtual machine, or in a container with the options in docs/instructor-guide.md"
    )
    if sys.platform != "linux":
        return Probe(False, "", f"the sandbox needs Linux; {elsewhere}")
    try:
        spec = build_command(["/usr/bin/true"])
    except SandboxUnavailable as error:
        return Probe(False, "", str(error))
    with spec:
        version = subprocess.run(
            [spec.argv[0], "--version"], capture_output=True, text=True, check=False
        ).stdout
        numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
        if numbers < MINIMUM_VERSION:
            wanted = ".".join(map(str, MINIMUM_VERSION))
            return Probe(False, "", f"bubblewrap {wanted} or newer is needed, but this is {version.strip()}")
        try:
            done = subprocess.run(
                spec.argv,
                pass_fds=spec.pass_fds,
                env=spec.env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Probe(False, "", f"bubblewrap could not be run: {error}")
    if done.returncode == 0:
        return Probe(True, "root" if spec.uid is not None else "user namespace")
    said = done.stderr.decode("utf-8", "replace").strip()
    return Probe(
        False, "", f"bubblewrap failed here ({said or done.returncode}). {_remedy()}; or {elsewhere}"
    )


def _remedy() -> str:
    """Return the likely reason and the one thing to do about it."""
    apparmor = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    namespaces = Path("/proc/sys/user/max_user_namespaces")
    if os.geteuid() == 0:  # in a container, as a rule
        return "Root in a container needs the capability SYS_ADMIN and an unmasked /proc"
    with contextlib.suppress(OSError):
        if apparmor.read_text().strip() == "1":
            return (
                "AppArmor forbids user namespaces to ordinary users; run: "
                "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
            )
    with contextlib.suppress(OSError):
        if namespaces.read_text().strip() == "0":
            return "User namespaces are switched off; run: sudo sysctl user.max_user_namespaces=10000"
    return "User namespaces seem to be forbidden; run: sudo sysctl kernel.unprivileged_userns_clone=1"
