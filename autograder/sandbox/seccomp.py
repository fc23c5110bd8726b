"""The system-call filter of a sandbox: what untrusted code may not even ask the kernel for.

Namespaces already hide files, processes and networks. The filter closes what they leave open: tracing, new
namespaces, kernel keyrings, address families without a namespace (vsock), memory that belongs to no process
(memfd, System V segments), and io_uring, which would carry out calls behind the filter's back.
"""

from __future__ import annotations

import errno
import functools
import os
from typing import Any

PROFILES = ("worker", "kernel")
"""``"worker"`` allows no sockets at all; ``"kernel"`` allows those that Jupyter needs inside its own network."""

_DENIED = """
    ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd
    unshare setns mount umount umount2 pivot_root chroot move_mount open_tree open_tree_attr fsopen fsconfig
    fsmount fspick mount_setattr
    add_key request_key keyctl bpf perf_event_open userfaultfd fanotify_init
    open_by_handle_at name_to_handle_at
    init_module finit_module delete_module create_module query_module get_kernel_syms
    kexec_load kexec_file_load reboot swapon swapoff acct quotactl quotactl_fd nfsservctl syslog
    iopl ioperm vm86 vm86old modify_ldt lookup_dcookie uselib ustat sysfs vserver vhangup
    settimeofday clock_settime clock_adjtime adjtimex stime sethostname setdomainname
    mbind set_mempolicy migrate_pages move_pages
    memfd_create memfd_secret shmget msgget semget mq_open
"""

_MISSING = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register")
"""Answered with ENOSYS, on which the C library falls back to calls that can be filtered by argument."""

_NEW_NAMESPACES = 0x7E020080
"""All CLONE_NEW… flags that clone takes, CLONE_NEWTIME included."""

_PR_SET_PDEATHSIG = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
_FAMILIES = (AF_UNIX, AF_INET, AF_INET6, AF_NETLINK)
"""Address families of a kernel's sockets; a network namespace confines all of them but unix."""


@functools.cache
def program(profile: str) -> bytes:
    """Return the filter for ``profile`` as a BPF program, ready for ``bwrap --seccomp``.

    Raises
    ------
    ValueError
        If there is no such profile.
    ImportError, RuntimeError
        If pyseccomp or libseccomp is missing.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile must be one of {', '.join(PROFILES)}, but got {profile!r}")
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    low_word = 0xFFFFFFFF  # the kernel reads an int argument from the low half only

    def deny(call: str, *arguments: Any, error: int = errno.EPERM) -> None:
        number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, call)
        if number != -1:  # -1: newer than this libseccomp, and then it still needs a capability
            rules.add_rule(seccomp.ERRNO(error), number, *arguments)

    for call in _DENIED.split():
        deny(call)
    for call in _MISSING:
        deny(call, error=errno.ENOSYS)
    for bit in range(32):
        if _NEW_NAMESPACES >> bit & 1:
            deny("clone", seccomp.Arg(0, seccomp.MASKED_EQ, 1 << bit, 1 << bit))
    # the sandbox's first process must not be able to outlive the grader
    deny("prctl", seccomp.Arg(0, seccomp.MASKED_EQ, low_word, _PR_SET_PDEATHSIG))
    for request in (_TIOCSTI, _TIOCLINUX):
        deny("ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, low_word, request))
    if profile == "worker":
        deny("socket")
        deny("socketpair")
    else:
        # whole 64-bit comparisons: anything in the high half makes the number large and is denied too
        last = max(_FAMILIES)
        deny("socket", seccomp.Arg(0, seccomp.GT, last))
        for family in set(range(last)) - set(_FAMILIES):
            deny("socket", seccomp.Arg(0, seccomp.EQ, family))
        deny("socket", seccomp.Arg(0, seccomp.EQ, AF_NETLINK), seccomp.Arg(2, seccomp.NE, 0))
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:  # no disk is needed
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
