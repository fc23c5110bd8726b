"""The command that runs a program in a sandbox.

Isolation is bubblewrap's: an empty file system with read-only views of what is needed, its own processes,
network, users and host name, no capabilities, a system-call filter (`seccomp`) and, inside, resource limits set
by ``prlimit``. An ordinary user gets it through a user namespace. Root needs none, and there the program runs
under a user id of its own, because some limits do not apply to root.

`watchdog` watches what can only be counted over a whole tree of processes: memory, processor time, files.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..failures import SandboxUnavailable
from ..milestone import PACKAGE
from . import seccomp
from .limits import SandboxLimits
from .mounts import Bind, masked_folders, program, system_binds, top_links

SCRATCH = "/scratch"
"""The only writable folder in a sandbox, and its working directory; ``/tmp`` leads there too."""

MINIMUM_VERSION = (0, 8)

_FIRST_SLOT_UID = 0x7000_0000
_SLOTS = 64
_slots = itertools.count()

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "USER": "student",
    "LOGNAME": "student",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    # results must not depend on the machine's cores, and threads count as processes
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # where the C library's own rule ends up with large arrays; to get there costs thousands of page faults each time
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}

_APART = (
    *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
    *("--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"),
)


@dataclass
class LaunchSpec:
    """A command ready for `subprocess.Popen`; close it once the process has been started.

    Attributes
    ----------
    argv : list of str
    pass_fds : tuple of int
        Descriptors that the process must inherit.
    env : dict of str to str
        Its whole environment; nothing of the caller's may be in it.
    owned : tuple of int
        Those descriptors that `close` closes.
    uid : int or None
        The user id under which the program runs if this process is root's; writable binds must belong to it. None
        if the program keeps this process's id.
    """

    argv: list[str]
    pass_fds: tuple[int, ...]
    env: dict[str, str]
    owned: tuple[int, ...] = ()
    uid: int | None = None

    def close(self) -> None:
        """Close the descriptors that belong only to the command."""
        for descriptor in self.owned:
            os.close(descriptor)
        self.owned = ()

    def __enter__(self) -> LaunchSpec:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def build_command(
    argv: Sequence[str],
    *,
    binds: Iterable[Bind] = (),
    env: Mapping[str, str] | None = None,
    limits: SandboxLimits | None = None,
    profile: str = "worker",
    chdir: str = SCRATCH,
    pass_fds: Sequence[int] = (),
    status_fd: int | None = None,
    hidden: Sequence[str] = (PACKAGE,),
) -> LaunchSpec:
    """Return the command that runs ``argv`` in a sandbox.

    Shown besides ``binds``: the interpreter, its standard library and what they need, read-only;
    ``/proc`` and ``/dev`` of the sandbox; an empty, writable ``/scratch`` of limited size. The network is empty
    except for its loopback.

    Start it with ``Popen(spec.argv, env=spec.env, pass_fds=spec.pass_fds)`` and only these, from a thread that
    lives as long as the sandbox should: the sandbox ends with that thread. Killing the process ends the whole
    sandbox. bubblewrap forwards no other signal.

    Parameters
    ----------
    argv : sequence of str
        Program and arguments, as paths inside the sandbox.
    binds : iterable of Bind
        Files and folders to show, in order; `mounts.library_binds` makes those for libraries. No limit counts what
        is written there. A Unix socket shown read-only can still be connected to.
    env : mapping, optional
        Added to a minimal environment; nothing else is passed on.
    limits : SandboxLimits, optional
        Those that apply to each process are set here.
    profile : {"worker", "kernel"}
        ``"worker"`` allows no socket; ``"kernel"`` allows unix and loopback sockets, as Jupyter kernels need.
    chdir : str
        Working directory.
    pass_fds : sequence of int
        Descriptors that the program inherits under the same numbers.
    status_fd : int, optional
        Where bubblewrap writes JSON about the process: ``child-pid``, and ``exit-code`` at its end.
    hidden : sequence of str
        Packages with solutions in them. If a folder that is shown contains one, the folder around it looks empty.

    Raises
    ------
    SandboxUnavailable
        If bubblewrap, setpriv or prlimit is not installed.
    ValueError
        If ``profile`` is unknown.
    """
    limits = limits or SandboxLimits()
    uid = slot_uid()
    options = list(_APART)
    if uid is not None:
        # only for the change of user below, which drops them
        options += ["--cap-drop", "ALL"]
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            options += ["--cap-add", capability]
    else:
        options += ["--unshare-user", "--disable-userns"]
    for name, value in {**ENVIRONMENT, **(env or {})}.items():
        options += ["--setenv", name, value]
    options += _files(list(binds), limits, profile, hidden)
    options += ["--chdir", chdir]

    filter_fd = _memory_file("filter", _filter(profile))
    options += ["--seccomp", str(filter_fd)]
    if status_fd is not None:
        options += ["--json-status-fd", str(status_fd)]
    inherited = (*pass_fds, *(() if status_fd is None else (status_fd,)))
    try:
        inner = [*(as_user(uid) if uid is not None else ()), *limited(limits), *argv]
        return _command(options, inner, inherited, (filter_fd,), uid)
    except BaseException:
        os.close(filter_fd)
        raise


def build_server(
    argv: Sequence[str],
    *,
    binds: Iterable[Bind],
    folders: Sequence[str],
    pass_fds: Sequence[int],
    hidden: Sequence[str],
) -> LaunchSpec:
    """Return the command that runs a program of ours which makes sandboxes of its own: `inside.fork_server`.

    It sees what `build_command` shows, and keeps the rights to make namespaces and mounts inside of its own. No code of
    a student's may ever run in it.

    Parameters
    ----------
    argv, binds, pass_fds, hidden
        As for `build_command`.
    folders : sequence of str
        Paths at the top that it may mount something on. What it writes there stays in memory.
    """
    options = list(_APART)
    capabilities = ["CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_SYS_RESOURCE"]
    if slot_uid() is None:
        # As root of it: for another user bubblewrap would make a second one, without rights over what the first owns.
        options += ["--unshare-user", "--uid", "0", "--gid", "0"]
        capabilities.append("CAP_SETFCAP")  # without it, that root cannot be mapped to the user of a sandbox
    options += ["--cap-drop", "ALL"]
    for capability in capabilities:
        options += ["--cap-add", capability]
    for name, value in ENVIRONMENT.items():
        options += ["--setenv", name, value]
    files = _files(list(binds), SandboxLimits(), "worker", hidden)
    made = [option for folder in folders for option in ("--perms", "0755", "--tmpfs", folder)]
    options += [*made, *files, "--chdir", "/"]
    return _command(options, argv, pass_fds, (), None)


def _command(
    options: Sequence[str],
    argv: Sequence[str],
    pass_fds: Sequence[int],
    owned: Sequence[int],
    uid: int | None,
) -> LaunchSpec:
    # through a descriptor: /proc/1/cmdline can be read inside
    options_fd = _memory_file("options", b"".join(os.fsencode(option) + b"\0" for option in options))
    owned = (*owned, options_fd)
    try:
        command = [program("bwrap"), "--args", str(options_fd), "--", *argv]
    except BaseException:
        os.close(options_fd)
        raise
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return LaunchSpec(command, (*owned, *pass_fds), environment, owned, uid)


def _files(binds: list[Bind], limits: SandboxLimits, profile: str, hidden: Sequence[str]) -> list[str]:
    """Return the options that build the file system; their order matters."""
    options: list[str] = []
    made: set[str] = set()
    for path, target in top_links().items():
        options += ["--symlink", target, path]
    for bind in system_binds():
        options += [*_parents(bind.target, made), "--ro-bind", bind.source, bind.target]
    for folder in masked_folders(hidden):
        options += ["--perms", "0755", "--size", "4096", "--tmpfs", folder, "--remount-ro", folder]
    options += ["--proc", "/proc", "--dev", "/dev"]
    if profile == "kernel":
        options += [*_tmpfs("/dev/shm", limits.scratch_bytes)]
    options += [*_tmpfs(SCRATCH, limits.scratch_bytes), "--symlink", SCRATCH.lstrip("/"), "/tmp"]
    for bind in binds:
        how = "--bind" if bind.writable else "--ro-bind"
        options += [*_parents(bind.target, made), how, bind.source, bind.target]
    # bubblewrap's own / and /dev are writable and without a size
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/"]


def _tmpfs(path: str, size: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size), "--tmpfs", path]


def _parents(path: str, made: set[str]) -> list[str]:
    """Return options that make the folders above ``path``; bubblewrap would make them unreadable."""
    options: list[str] = []
    folders = []
    while (path := os.path.dirname(path)) != "/":
        folders.append(path)
    for folder in reversed(folders):
        if folder not in made:
            made.add(folder)
            options += ["--perms", "0755", "--dir", folder]
    return options


def limited(limits: SandboxLimits) -> list[str]:
    """Return the command prefix that sets limits on each process, inside, where they count per sandbox."""
    settings = [f"--{name}={value}:{value}" for name, value in of_each_process(limits).items()]
    # when memory runs out on this machine, a sandbox's process is the one to end
    return [program("choom"), "-n", "1000", "--", program("prlimit"), *settings, "--"]


def of_each_process(limits: SandboxLimits) -> dict[str, int]:
    """Return the limits that the kernel keeps for each process, by the names that ``prlimit`` has for them."""
    found = {
        # a little more than the limit on the sum over all processes, so that the sum is what is reported
        "cpu": int(limits.cpu) + 2,
        "nproc": limits.processes,
        "fsize": limits.scratch_bytes,
        "nofile": limits.open_files,
        "core": 0,
        "memlock": 0,
        "msgqueue": 0,
    }
    return found if limits.address_space is None else found | {"as": limits.address_space}


def slot_uid() -> int | None:
    """Return a user id that no other sandbox on this machine has now; None if this process is not root's.

    Root inside a user namespace, as in a rootless container, cannot give such ids and counts as an ordinary user.
    """
    uid = _FIRST_SLOT_UID + (os.getpid() % (1 << 20)) * _SLOTS + next(_slots) % _SLOTS
    if os.geteuid() != 0:
        return None
    with open("/proc/self/uid_map") as ranges:
        for line in ranges:
            first, _, length = map(int, line.split())
            if first <= uid < first + length:
                return uid
    return None


def as_user(uid: int) -> list[str]:
    """Return the command prefix that gives up root's rights for good."""
    return [
        program("setpriv"),
        f"--reuid={uid}",
        f"--regid={uid}",
        *("--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"),
    ]


def _filter(profile: str) -> bytes:
    try:
        return seccomp.program(profile)
    except (ImportError, RuntimeError) as error:
        raise SandboxUnavailable(
            f"the system-call filter cannot be built ({error}); install libseccomp "
            "(on Debian and Ubuntu: apt-get install libseccomp2) and the Python package pyseccomp"
        ) from error


def _memory_file(name: str, content: bytes) -> int:
    descriptor = os.memfd_create(name)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
