"""A notebook kernel inside the sandbox, for nbgrader's Execute step.

The kernel listens on Unix sockets in its own scratch folder, which this side reaches through ``/proc``; so no
writable folder is shared. It has no network, sees the submission read-only, and whatever it sends is limited in
size before it is parsed. Nothing that it sends affects a score: it only makes the outputs that a human grader looks
at.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, cast

import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from ..failures import SandboxUnavailable
from ..milestone import PACKAGE, Milestone
from ..sandbox.bubblewrap import SCRATCH
from ..sandbox.launch import Launched, launch
from ..sandbox.limits import SandboxLimits
from ..sandbox.mounts import PYTHON_PATH, Bind, library_binds, python_executable

LIBRARIES = ("ipykernel", "ipywidgets", "matplotlib", "numpy", "pooch", "threadpoolctl", "tqdm")
"""What notebooks may import in addition to what their milestone allows."""

_MESSAGE_BYTES = 8 << 20
_QUEUED_MESSAGES = 2
_SEND_MILLISECONDS = 5_000
_START_SECONDS = 60.0
_CONNECTION = "/kernel/connection.json"
_SOCKETS = f"{SCRATCH}/.kernel"
_FONTS = "/kernel/fonts"
_LAUNCH = f"""
import contextlib, os, runpy, shutil
with contextlib.suppress(OSError, shutil.Error):
    shutil.copytree({_FONTS!r}, os.path.expanduser("~/.cache/matplotlib"))
runpy.run_module("ipykernel_launcher", run_name="__main__")
"""


def kernel_limits(seconds: float) -> SandboxLimits:
    """Return the limits of a kernel that may live for ``seconds``."""
    return SandboxLimits(
        lifetime=seconds,
        cpu=seconds,
        memory=3 << 30,
        address_space=8 << 30,
        processes=64,
        open_files=512,
        scratch_bytes=256 << 20,
    )


class _CappedClient(AsyncKernelClient):
    """A client that refuses oversized messages and never connects anywhere else.

    The kernel could replace its socket by a link to another one on this machine, so a broken connection is not made
    again.
    """

    def _create_connected_socket(self, channel: str, identity: bytes | None = None) -> Any:
        context, self.context = self.context, _CappedContext(self.context)
        try:
            return super()._create_connected_socket(channel, identity)
        finally:
            self.context = context


class _CappedContext(zmq.asyncio.Context):
    """Wraps a context, and sets limits on the sockets that it makes."""

    def __init__(self, context: Any) -> None:
        super().__init__(shadow=context)

    def socket(self, *args: Any, **kwargs: Any) -> Any:
        made = super().socket(*args, **kwargs)
        made.setsockopt(zmq.MAXMSGSIZE, _MESSAGE_BYTES)
        made.setsockopt(zmq.RCVHWM, _QUEUED_MESSAGES)
        made.setsockopt(zmq.RECONNECT_IVL, -1)
        made.setsockopt(zmq.SNDTIMEO, _SEND_MILLISECONDS)  # a kernel that has hung up takes nothing any more
        made.setsockopt(zmq.LINGER, 0)
        return made


class SandboxedProvisioner(LocalProvisioner):
    """Starts a kernel in the sandbox, and ends all of its processes."""

    tree: Path
    package: str = PACKAGE
    libraries: tuple[str, ...] = ()
    limits = kernel_limits(300.0)
    _launched: Launched | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel and wait until its sockets are there."""
        info = {k: v.decode() if isinstance(v, bytes) else v for k, v in self.connection_info.items()}
        with tempfile.NamedTemporaryFile("w", prefix="kernel-", suffix=".json") as connection:
            json.dump(info | {"ip": _SOCKETS}, connection)
            connection.flush()
            os.chmod(connection.name, 0o644)
            init = self._start(connection.name)
            self.connection_info["ip"] = f"/proc/{init}/root{_SOCKETS}"
            self._await_sockets()
        self.pid = init
        # The kernel is in our own process group: a signal to the group would reach the grader.
        self.pgid = None
        assert self.parent is not None
        self.parent.ip = self.connection_info["ip"]
        return self.connection_info

    def _start(self, connection: str) -> int:
        """Start the sandbox and return the process id of its first process."""
        binds = [*library_binds((*LIBRARIES, *self.libraries)), Bind(connection, _CONNECTION)]
        binds += [Bind(str(path), f"{SCRATCH}/{path.name}") for path in sorted(self.tree.iterdir())]
        if fonts := _font_cache():
            binds.append(Bind(str(fonts), f"{_FONTS}/{fonts.name}"))
        argv = [python_executable(), "-S", "-B", "-c", _LAUNCH, "-f", _CONNECTION]
        env = {
            "PYTHONPATH": PYTHON_PATH,
            "NBGRADER_EXECUTION": "autograde",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        self._launched = launch(
            argv, binds=binds, env=env, limits=self.limits, profile="kernel", hidden=(self.package,)
        )
        self.process = cast("subprocess.Popen[bytes]", self._launched.process)  # it is not forked
        return self._launched.init

    def _await_sockets(self) -> None:
        """Wait for the kernel to listen. No code of the submission has run before that."""
        ip = self.connection_info["ip"]
        paths = [f"{ip}-{port}" for name, port in self.connection_info.items() if name.endswith("_port")]
        deadline = time.monotonic() + _START_SECONDS
        for path in paths:
            while not _listens(path):
                if time.monotonic() > deadline or self.process is None or self.process.poll() is not None:
                    said = self._launched.watchdog.tail.strip()[-500:] if self._launched else ""
                    raise SandboxUnavailable(f"the notebook's kernel did not start: {said}")
                time.sleep(0.02)

    async def send_signal(self, signum: int) -> None:
        """End the kernel; other signals do not reach into a sandbox."""
        if signum in (signal.SIGKILL, signal.SIGTERM):
            await self.kill()

    async def kill(self, restart: bool = False) -> None:
        """End every process of the sandbox."""
        if self._launched is not None:
            self._launched.watchdog.kill()

    async def terminate(self, restart: bool = False) -> None:
        """End every process of the sandbox."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """End the kernel and free what it held."""
        await self.kill(restart)
        if self._launched is not None:
            self._launched.close()
            self._launched = None


class SandboxedKernelManager(AsyncKernelManager):
    """A kernel manager whose kernels run in the sandbox, beside one submission.

    Parameters
    ----------
    tree : Path
        The clean tree of the submission; shown read-only in the kernel's working directory.
    milestone : Milestone
        Its libraries are shown in addition to `LIBRARIES`.
    seconds : float
        How long the kernel may live.
    """

    def __init__(self, tree: Path, milestone: Milestone, seconds: float = 300.0, **kwargs: Any) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="kernel-")
        folder = Path(self._folder.name)
        super().__init__(
            transport="ipc",
            ip=str(folder / "k"),  # replaced when the sandbox is there
            connection_file=str(folder / "manager.json"),
            client_factory=_CappedClient,
            **kwargs,
        )
        self._kernel_spec = KernelSpec(
            argv=["python"], display_name="Python 3", language="python", interrupt_mode="message"
        )
        provisioner = SandboxedProvisioner(
            kernel_id=str(uuid.uuid4()), kernel_spec=self._kernel_spec, parent=self
        )
        provisioner.tree = tree
        provisioner.package = milestone.package
        provisioner.libraries = milestone.libraries
        provisioner.limits = kernel_limits(seconds)
        self.provisioner = provisioner

    async def remove(self) -> None:
        """End the kernel, whatever state it is in, and delete what the manager wrote."""
        if self.provisioner is not None:
            await self.provisioner.cleanup()
        self._folder.cleanup()


@functools.cache
def _font_cache() -> Path | None:
    """Return matplotlib's list of this machine's fonts; making it again for each kernel would take seconds."""
    import matplotlib

    found = sorted(
        Path(matplotlib.get_cachedir()).glob("fontlist-v*.json"), key=lambda path: path.stat().st_mtime
    )
    return found[-1] if found else None


def _listens(path: str) -> bool:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
        return True
