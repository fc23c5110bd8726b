"""Write everywhere but in the scratch folder, make devices, mount, change users."""

import os
import stat

LOOT = []


def _try(what, function, *arguments):
    try:
        function(*arguments)
    except (OSError, ValueError):
        return
    LOOT.append(what)


def _write(path):
    with open(path, "w") as file:
        file.write("x")


FOLDERS = (
    "/ /dev /dev/shm /libraries /libraries/numpy /submission /submission/nndl /usr /etc /root /home /sys"
)
for folder in FOLDERS.split():
    _try(f"write {folder}", _write, os.path.join(folder, "written-by-student"))
for path in (
    "/submission/nndl/neural_net.py",
    "/libraries/__main__.py",
    "/libraries/autograder/sandbox/inside/protocol.py",
):
    _try(f"overwrite {path}", _write, path)
    _try(f"remove {path}", os.remove, path)
    _try(f"chmod {path}", os.chmod, path, 0o777)
_try("block device", os.mknod, "/scratch/disk", stat.S_IFBLK | 0o666, os.makedev(254, 0))
_try("character device", os.mknod, "/scratch/memory", stat.S_IFCHR | 0o666, os.makedev(1, 1))
_try("setuid", os.setuid, 0)
_try("setgid", os.setgid, 0)
_try("setgroups", os.setgroups, [0])
_try("nice", os.nice, -5)
_try("chroot", os.chroot, "/scratch")
for path in (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/vm/drop_caches",
    "/proc/sysrq-trigger",
    "/proc/1/oom_score_adj",
):
    _try(path, _write, path)


class TwoLayerNet:
    def __init__(self, *args, **kwargs):
        self.params = {}

    def loss(self, X, y=None, reg=0.0):
        return LOOT
