"""What a sandbox may use."""

from __future__ import annotations

from dataclasses import dataclass, field

from .inside.protocol import Limits


@dataclass(frozen=True)
class SandboxLimits:
    """What a sandbox may use: all of its processes together, unless stated otherwise.

    Attributes
    ----------
    wall : float, default 10
        Seconds for one request.
    lifetime : float, default 900
        Seconds from start to end.
    cpu : float, default 120
        Seconds of processor time; it also applies to each process alone.
    memory : int, default 1 GiB
        Bytes of memory in use (proportional set size); files in the scratch folder are not included.
    address_space : int or None, default 4 GiB
        Bytes of address space of each process, besides what importing a milestone's libraries takes (some builds
        of PyTorch need several GiB); None for no limit.
    processes : int, default 32
        Processes and threads.
    open_files : int, default 128
        Open files of each process.
    scratch_bytes : int, default 64 MiB
        Size of the scratch folder, and of any one file.
    scratch_files : int, default 2000
        Files and folders in it.
    output_bytes : int, default 4 MiB
        Bytes printed.
    message : protocol.Limits
        What one reply may hold.
    """

    wall: float = 10.0
    lifetime: float = 900.0
    cpu: float = 120.0
    memory: int = 1 << 30
    address_space: int | None = 4 << 30
    processes: int = 32
    open_files: int = 128
    scratch_bytes: int = 64 << 20
    scratch_files: int = 2000
    output_bytes: int = 4 << 20
    message: Limits = field(default_factory=Limits)
