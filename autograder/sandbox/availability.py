"""Whether submissions can be sandboxed on this machine, and what to do if not."""

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
from .mounts import python_executable

_SECONDS = 60.0


@dataclass(frozen=True)
class SandboxAvailability:
    """Whether sandboxes work on this machine.

    Attributes
    ----------
    ok : bool
    how : str
        ``"root"``, ``"user namespace"`` or ``""``.
    advice : str
        Why they do not work, and what to do.
    """

    ok: bool
    how: str
    advice: str = ""


@functools.cache
def sandbox_availability() -> SandboxAvailability:
    """Start an empty sandbox and say whether that works. If it does not, nothing is run without one."""
    if sys.platform != "linux":
        return _unavailable("the sandbox needs Linux; a virtual machine will do (docs/instructor-guide.md)")
    try:
        spec = build_command([python_executable(), "-I", "-S", "-c", "pass"])
    except SandboxUnavailable as error:
        return _unavailable(str(error))
    with spec:
        asked = subprocess.run([spec.argv[0], "--version"], capture_output=True, text=True, check=False)
        version = asked.stdout.strip()
        if tuple(map(int, re.findall(r"\d+", version)[:2])) < MINIMUM_VERSION:
            wanted = ".".join(map(str, MINIMUM_VERSION))
            return _unavailable(f"bubblewrap {wanted} or newer is needed, but this is {version}")
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
            return _unavailable(f"bubblewrap could not be run: {error}")
    if done.returncode == 0:
        return SandboxAvailability(True, "root" if spec.uid is not None else "user namespace")
    said = done.stderr.decode("utf-8", "replace").strip()
    return _unavailable(f"bubblewrap failed here ({said or done.returncode}). {_remedy()}")


def _unavailable(advice: str) -> SandboxAvailability:
    return SandboxAvailability(False, "", advice)


def _remedy() -> str:
    """Return the likely reason and the one thing to do about it."""
    apparmor = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    namespaces = Path("/proc/sys/user/max_user_namespaces")
    root = os.geteuid() == 0
    if root or "container" in os.environ or os.path.exists("/.dockerenv"):
        as_root = '; for root, --user "$(id -u):$(id -g)", too: root lacks rights here' if root else ""
        return (
            "A container must be allowed to make namespaces: start it with --security-opt seccomp=unconfined and "
            f"--security-opt systempaths=unconfined (Podman: unmask=ALL){as_root}"
        )
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
